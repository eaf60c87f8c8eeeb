// Checks of values, and where figures go.
#include "common/command_line.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace demo {
namespace {

constexpr uint32_t kSizeMin = 64;
constexpr uint32_t kSizeMax = 8192;

std::filesystem::path program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

}  // namespace

void refuse(std::string_view name, std::string_view value, const std::string& rule) {
  throw std::invalid_argument(std::string(name) + " (" + std::string(value) + ") " + rule);
}

Size parse_size(std::string_view name, std::string_view text) {
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) refuse(name, text, "is not of the form WxH.");
  return {parse_number<uint32_t>(name, text.substr(0, cross), kSizeMin, kSizeMax),
          parse_number<uint32_t>(name, text.substr(cross + 1), kSizeMin, kSizeMax)};
}

std::string one_of(std::string_view name, std::string_view value, std::initializer_list<const char*> allowed) {
  const auto found = std::find(allowed.begin(), allowed.end(), value);
  if (found != allowed.end()) return *found;
  std::string all;
  for (const char* each : allowed) all += (all.empty() ? "" : ", ") + std::string(each);
  refuse(name, value, "is none of: " + all + ".");
}

std::vector<std::filesystem::path> module_folders() {
  const auto beside = program_folder() / ".." / "share" / "isthmus" / "modules";
  return {beside.lexically_normal(), std::filesystem::path(DEMO_MODULE_FOLDER)};
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

void write_figures(const std::string& path, const std::string& json) {
  if (path.empty()) return;
  if (path == "-") {
    std::cout << json << std::flush;
    return;
  }
  std::ofstream file(path);
  file << json << std::flush;
  if (!file) throw std::runtime_error("The figures '" + path + "' cannot be written.");
}

}  // namespace demo
