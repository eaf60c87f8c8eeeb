// The committed modules as files in memory, to be changed and packed again by tests.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aot/module_reader.h"
#include "zip_writer.h"

namespace ist::test {

// Folders and .tcm files of assets/modules.
std::vector<std::filesystem::path> asset_modules();
// The files of one of them, by name without extension. Throws when there is none.
Files asset_files(const std::string& module);
// The description of one of them. Fails the test when it does not load.
aot::ModuleDesc asset(const std::string& module);

Result<aot::ModuleDesc> read(const Files& files, Packing packing = Packing::stored);
// `files` with a changed JSON file.
Files edited(const Files& files, const std::string& file, const std::function<void(nlohmann::json&)>& edit);

// A folder that is removed again.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

const aot::KernelDesc& kernel_of(const aot::ModuleDesc& module, const std::string& name);

}  // namespace ist::test
