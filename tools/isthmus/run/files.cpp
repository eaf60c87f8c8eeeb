// By C's streams.
#include "files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/file.h"

namespace tool {

using ist::Code;

ist::Result<Bytes> read_whole_file(const std::string& path) {
  constexpr size_t kMost = size_t{8} << 30, kStep = size_t{1} << 20;
  const ist::File file = ist::open_for_reading(path);
  if (!file)
    return ist::fail(Code::invalid_argument, "File '%s' cannot be read: %s.", path.c_str(), std::strerror(errno));
  Bytes bytes;
  for (size_t got = kStep; got == kStep;) {
    const size_t before = bytes.size();
    if (before >= kMost) return ist::fail(Code::invalid_argument, "File '%s' is larger than 8 GiB.", path.c_str());
    bytes.resize(before + kStep);
    got = std::fread(bytes.data() + before, 1, kStep, file.get());
    bytes.resize(before + got);
  }
  if (std::ferror(file.get()))
    return ist::fail(Code::invalid_argument, "File '%s' cannot be read: %s.", path.c_str(), std::strerror(errno));
  return bytes;
}

ist::Status write_whole_file(const std::string& path, std::span<const std::byte> bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int why = errno;
  const bool closed = file && std::fclose(file) == 0;
  if (written && closed) return {};
  return ist::fail(Code::invalid_argument, "File '%s' cannot be written: %s.", path.c_str(),
                   std::strerror(written ? errno : why));
}

bool has_suffix(const std::string& path, const std::string& suffix) {
  return path.size() >= suffix.size() &&
         std::equal(suffix.begin(), suffix.end(), path.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace tool
