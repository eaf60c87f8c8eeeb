// One file of a pipeline cache: where it is, what of it may be believed, how it is replaced. What is read is
// untrusted; other processes read and replace the same file at any time. Knows no Vulkan object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ist::vk {

// More than this is neither read nor written.
inline constexpr uint64_t kMaxCacheBytes = uint64_t{256} << 20;

// Whose blob it is: a driver must be given only what the very same driver made for the same device.
struct CacheIdentity {
  uint32_t vendor_id = 0;
  uint32_t device_id = 0;
  uint32_t driver_version = 0;
  uint8_t uuid[16] = {};  // pipelineCacheUUID; some drivers leave it the same over their versions, so
  std::string driver;     // its name and build as text belong to it too
};

// The folder that IST_PIPELINE_CACHE (`option`) and the XDG base directories name; "" for none. Null or empty
// variables count as unset, relative ones are ignored. not_supported: `option` is no known word and no absolute path.
Result<std::string> cache_folder(std::string_view option, const char* xdg_cache_home, const char* home);

class CacheFile {
 public:
  struct Content {
    std::vector<std::byte> blob;  // empty: there is none, or none to believe
    uint64_t checksum = 0;        // of the blob
    std::string problem;          // why a file that is there is not believed
  };

  // Touches nothing. `folder` is absolute.
  CacheFile(const std::string& folder, const CacheIdentity& identity);

  const std::string& path() const { return path_; }

  Content read() const;
  // Makes the folder when it is missing, clears away what killed processes have left, and puts the blob in place
  // at once: who reads meanwhile sees the old file or the new one. On failure the old one stays.
  Status replace(std::span<const std::byte> blob) const;
  void remove() const;

  static uint64_t checksum_of(std::span<const std::byte> bytes);

 private:
  struct FileHeader;

  std::string problem_of_blob(std::span<const std::byte> blob) const;
  std::string problem_of_header(const FileHeader& header, uint64_t size_bytes) const;
  std::string read_into(int fd, Content& content) const;

  CacheIdentity identity_;
  uint64_t identity_sum_ = 0;
  std::string folder_;
  std::string path_;
};

}  // namespace ist::vk
