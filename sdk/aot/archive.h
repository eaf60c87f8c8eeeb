// The files of a module, from a folder, a .tcm on disk or a .tcm in memory. Knows names and bytes,
// not what they mean; every size is limited before anything is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ist::aot {

// Whether `name` may be used to look up a file: not empty, no separator, no "..", no NUL.
bool is_plain_file_name(std::string_view name);

class Archive {
 public:
  // A file that begins with "PK" is a zip, everything else is taken for a folder.
  static Result<Archive> open_path(const std::string& path);
  // `bytes` must outlive the archive.
  static Result<Archive> open_memory(std::span<const std::byte> bytes);

  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();

  // False for names that are not plain.
  bool contains(const std::string& name) const;
  // Whether the archive holds any file whose name ends so.
  bool contains_suffix(std::string_view suffix) const;
  // The whole file. corrupted_data when it is absent, damaged or larger than `limit_bytes`, or when
  // all files read so far exceed the total an archive may have.
  Result<std::vector<std::byte>> read(const std::string& name, uint64_t limit_bytes);

 private:
  struct Source;
  struct Folder;
  struct Zip;
  explicit Archive(std::unique_ptr<Source> source);

  std::unique_ptr<Source> source_;
  uint64_t bytes_left_;
};

}  // namespace ist::aot
