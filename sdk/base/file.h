// Files read through C's streams: those of C++ would bring 400 KB of locales into the library.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

namespace ist {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Null when it cannot be opened.
File open_for_reading(const std::string& path);

// The first 64 KiB of a file, such as those in /proc; "" when it cannot be read.
std::string read_small_file(const std::string& path);

}  // namespace ist
