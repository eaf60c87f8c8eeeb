// Walks the central directory of a ZIP; trusts the module, which is one of our own assets.
#include "module_files.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fail.h"

namespace ist::bench {
namespace {

constexpr uint32_t kEndOfDirectory = 0x06054b50;
constexpr uint32_t kDirectoryEntry = 0x02014b50;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("File '%s' does not open.", path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Integer>
Integer read_at(const std::string& bytes, size_t offset) {
  Integer value = 0;
  if (offset + sizeof value > bytes.size()) fail("The module archive ends early.");
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string stored_member(const std::string& zip, const std::string& name) {
  size_t end = zip.size() < 22 ? 0 : zip.size() - 22;
  while (end > 0 && read_at<uint32_t>(zip, end) != kEndOfDirectory) --end;
  size_t entry = read_at<uint32_t>(zip, end + 16);
  for (int left = read_at<uint16_t>(zip, end + 10); left > 0; --left) {
    if (read_at<uint32_t>(zip, entry) != kDirectoryEntry) break;
    const size_t name_size = read_at<uint16_t>(zip, entry + 28);
    if (zip.compare(entry + 46, name_size, name) == 0) {
      if (read_at<uint16_t>(zip, entry + 10) != 0)
        fail("Member '%s' is compressed; bench reads stored members only.", name.c_str());
      const size_t local = read_at<uint32_t>(zip, entry + 42);
      const size_t data = local + 30 + read_at<uint16_t>(zip, local + 26) + read_at<uint16_t>(zip, local + 28);
      return zip.substr(data, read_at<uint32_t>(zip, entry + 24));
    }
    entry += 46 + name_size + read_at<uint16_t>(zip, entry + 30) + read_at<uint16_t>(zip, entry + 32);
  }
  fail("The module archive has no member '%s'.", name.c_str());
}

}  // namespace

ModuleFiles::ModuleFiles(const std::string& path) : path_(path) {
  if (!std::filesystem::is_directory(path)) archive_ = read_file(path);
}

std::string ModuleFiles::text(const std::string& member) const {
  return archive_.empty() ? read_file(path_ + "/" + member) : stored_member(archive_, member);
}

std::vector<uint32_t> ModuleFiles::words(const std::string& member) const {
  const std::string bytes = text(member);
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), words.size() * 4);
  return words;
}

}  // namespace ist::bench
