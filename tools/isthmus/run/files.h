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
ist::Status write_whole_file(const std::string& path, std::span<const std::byte> bytes);

// Whether the name ends so, in whatever case: ".png".
bool has_suffix(const std::string& path, const std::string& suffix);

}  // namespace tool
