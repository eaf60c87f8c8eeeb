// Files in which a backend keeps what a driver has compiled: where they are, what of them may be believed, how they are
// replaced. What is read is untrusted; other processes read and replace the same files at any time. Knows no driver.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ist {

// More than this is neither read nor written in one file.
inline constexpr uint64_t kMaxCacheBytes = uint64_t{256} << 20;

// The folder that IST_PIPELINE_CACHE (`option`) and the XDG base directories name; "" for none. Null or empty
// variables count as unset, relative ones are ignored. not_supported: `option` is no known word and no absolute path.
Result<std::string> cache_folder(std::string_view option, const char* xdg_cache_home, const char* home);
// As the options and the environment of this process say, asked once; what is wrong with them is a line of the log.
const std::string& standard_cache_folder();

// Not cryptographic: bytes that differ in one place never have the same sum.
uint64_t checksum_of(std::span<const std::byte> bytes);

// Deletes the files of `folder` whose names begin with `prefix`, those first that were used longest ago, until the
// others have at most `keep_bytes`; nothing while they have no more than `most_bytes`.
void trim_folder(const std::string& folder, std::string_view prefix, uint64_t most_bytes, uint64_t keep_bytes);

// How much the files of one kind may take of a folder together. Any thread.
struct CacheAllowance {
  const uint64_t most_bytes;
  const uint64_t trimmed_bytes;                     // are left when there were more
  std::atomic<uint64_t> unseen_bytes = most_bytes;  // written since the folder was last looked at; at first unknown
  std::atomic<bool> failed = false;                 // something could not be kept
};

class CacheFile {
 public:
  struct Content {
    std::vector<std::byte> blob;  // empty: there is none, or none to believe
    uint64_t checksum = 0;        // of the blob
    std::string problem;          // why a file that is there is not believed
  };
  // Why a blob is not believed although its file is sound; empty: it is.
  using Check = std::function<std::string(std::span<const std::byte>)>;

  // Touches nothing. `folder` is absolute; `name` is "kind-rest". `identity` is the sum of all that must be equal where
  // the blob was made and where it is used.
  CacheFile(const std::string& folder, const std::string& name, uint64_t identity, Check check);

  const std::string& path() const { return path_; }

  Content read() const;
  // Makes the folder when it is missing, clears away what killed processes have left of files of this kind, and puts
  // the blob in place at once: who reads meanwhile sees the old file or the new one. On failure the old one stays.
  Status replace(std::span<const std::byte> blob) const;
  // As replace(), for who can do without: the first failure is a line of the log, and now and then the folder is
  // trimmed.
  void keep(std::span<const std::byte> blob, CacheAllowance& allowance) const;
  void remove() const;
  // Tells trim_folder() that it is of use; writes to the disk once an hour at most.
  void touch() const;

 private:
  struct FileHeader;

  std::string problem_of_header(const FileHeader& header, uint64_t size_bytes) const;
  std::string read_into(int fd, Content& content) const;

  std::string folder_;
  std::string path_;
  std::string kind_;  // "kind-"
  uint64_t identity_;
  Check check_;
};

}  // namespace ist
