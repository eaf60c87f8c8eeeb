// By C's streams.
#include "files.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"

namespace tool {

namespace fs = std::filesystem;

using ist::Code;

namespace {

ist::Status cannot_write(const std::string& path, int why) {
  return ist::fail(Code::invalid_argument, "File '%s' cannot be written: %s.", path.c_str(), std::strerror(why));
}

ist::Status written_or(const std::string& path, int why) { return why ? cannot_write(path, why) : ist::Status(); }

// Without links and dots, be it there or not.
fs::path place_of(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error), place = fs::weakly_canonical(whole, error);
  return error ? whole : place;
}

// 0, or else why not, as errno has it.
int put(const fs::path& path, std::span<const std::byte> bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return errno;
  const bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int why = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return 0;
  return written ? errno : why;
}

}  // namespace

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

ist::Status check_can_write(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (fs::is_directory(path, error)) return cannot_write(path, EISDIR);
  if (!folder.empty() && !fs::is_directory(folder, error)) return cannot_write(path, error ? error.value() : ENOTDIR);
  return {};
}

ist::Status write_whole_file(const std::string& path, std::span<const std::byte> bytes) {
  std::error_code error;
  const fs::path place = place_of(path);
  const fs::file_status before = fs::status(place, error);
  if (fs::exists(before) && !fs::is_regular_file(before)) return written_or(path, put(place, bytes));
  const fs::path beside = place.string() + "." + std::to_string(::getpid()) + ".part";
  int why = put(beside, bytes);
  if (!why && fs::exists(before)) fs::permissions(beside, before.permissions(), error);
  if (!why && std::rename(beside.c_str(), place.c_str()) != 0) why = errno;
  if (why) fs::remove(beside, error);
  return written_or(path, why);
}

bool is_same_file(const std::string& a, const std::string& b) { return place_of(a) == place_of(b); }

bool has_suffix(const std::string& path, const std::string& suffix) {
  return path.size() >= suffix.size() &&
         std::equal(suffix.begin(), suffix.end(), path.end() - static_cast<std::ptrdiff_t>(suffix.size()),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace tool
