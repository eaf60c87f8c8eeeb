// A script on disk for the time of a test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace differential {

class ScriptFile {
 public:
  explicit ScriptFile(const std::string& text)
      : path_(testing::TempDir() + "/ist_script_" + std::to_string(getpid()) + ".txt") {
    std::ofstream(path_) << text;
  }
  ~ScriptFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace differential
