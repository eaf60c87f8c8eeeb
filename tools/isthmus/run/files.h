// Whole files in and out, with sentences for what goes wrong.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace tool {

using Bytes = std::vector<std::byte>;

// At most 8 GiB.
ist::Result<Bytes> read_whole_file(const std::string& path);
// Whether write_whole_file() has a folder to write to and no folder in its way.
ist::Status check_can_write(const std::string& path);
// The file is as it was, or whole: it is written beside its place, and renamed when it is complete. What is no
// file (a pipe, a device) is written to as it is.
ist::Status write_whole_file(const std::string& path, std::span<const std::byte> bytes);

// Whether two paths lead to the same file, be it there or not.
bool is_same_file(const std::string& a, const std::string& b);

// Whether the name ends so, in whatever case: ".png".
bool has_suffix(const std::string& path, const std::string& suffix);

}  // namespace tool
