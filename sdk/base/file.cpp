// Errors of reading look like the end of the file.
#include "base/file.h"

namespace ist {

File open_for_reading(const std::string& path) { return File(std::fopen(path.c_str(), "rbe")); }

std::string read_small_file(const std::string& path) {
  constexpr size_t kMost = 64 << 10;
  const File file = open_for_reading(path);
  if (!file) return "";
  std::string text(kMost, '\0');
  text.resize(std::fread(text.data(), 1, kMost, file.get()));
  return text;
}

}  // namespace ist
