// The members of an AOT module, from a folder or from a .tcm with uncompressed members (as Taichi writes it).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ist::bench {

class ModuleFiles {
 public:
  explicit ModuleFiles(const std::string& path);

  // Fails the process when the member is missing or compressed.
  std::string text(const std::string& member) const;
  std::vector<uint32_t> words(const std::string& member) const;

 private:
  std::string path_;
  std::string archive_;  // empty: path_ is a folder
};

}  // namespace ist::bench
