// Reads assets with minizip and the standard library, not with the code under test.
#include "module_files.h"

#include <gtest/gtest.h>
#include <minizip/unzip.h>

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace ist::test {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Files unzip(const fs::path& path) {
  Files files;
  unzFile zip = unzOpen64(path.c_str());
  if (!zip) throw std::runtime_error("cannot open " + path.string());
  for (int next = unzGoToFirstFile(zip); next == UNZ_OK; next = unzGoToNextFile(zip)) {
    unz_file_info64 info = {};
    char name[512] = {};
    unzGetCurrentFileInfo64(zip, &info, name, sizeof name, nullptr, 0, nullptr, 0);
    std::string content(info.uncompressed_size, '\0');
    unzOpenCurrentFile(zip);
    unzReadCurrentFile(zip, content.data(), static_cast<unsigned>(content.size()));
    unzCloseCurrentFile(zip);
    files[name] = content;
  }
  unzClose(zip);
  return files;
}

}  // namespace

std::vector<fs::path> asset_modules() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(IST_ASSET_MODULES)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Files asset_files(const std::string& module) {
  const fs::path folder = fs::path(IST_ASSET_MODULES) / module;
  if (!fs::is_directory(folder)) return unzip(folder.string() + ".tcm");
  Files files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

aot::ModuleDesc asset(const std::string& module) {
  const fs::path folder = fs::path(IST_ASSET_MODULES) / module;
  auto desc = aot::read_module_from_path(fs::is_directory(folder) ? folder.string() : folder.string() + ".tcm");
  EXPECT_TRUE(desc.ok()) << module << ": " << (desc.ok() ? "" : desc.status().message());
  return desc.ok() ? *std::move(desc) : aot::ModuleDesc{};
}

Result<aot::ModuleDesc> read(const Files& files, Packing packing) {
  return aot::read_module_from_memory(write_zip(files, packing));
}

Files edited(const Files& files, const std::string& file, const std::function<void(nlohmann::json&)>& edit) {
  Files changed = files;
  auto json = nlohmann::json::parse(files.at(file));
  edit(json);
  changed[file] = json.dump();
  return changed;
}

TemporaryFolder::TemporaryFolder() {
  std::random_device random;
  path_ = fs::temp_directory_path() / ("isthmus_aot_" + std::to_string(random()) + std::to_string(random()));
  fs::create_directory(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
}

const aot::KernelDesc& kernel_of(const aot::ModuleDesc& module, const std::string& name) {
  for (const aot::KernelDesc& kernel : module.kernels) {
    if (kernel.name == name) return kernel;
  }
  throw std::runtime_error("no kernel " + name);
}

}  // namespace ist::test
