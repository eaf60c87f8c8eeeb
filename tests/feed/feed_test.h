// What the tests of feeds stand on: a folder of their own for feeds, and the number of open files.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <taichi/taichi_core.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace feed_test {

inline size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (folder && readdir(folder)) ++count;
  if (folder) closedir(folder);
  return count;
}

// The code and sentence of this thread's last error.
inline std::string last_error() {
  char text[1024] = "";
  uint64_t size = sizeof text;
  ti_get_last_error(&size, text);
  return text;
}

class FeedTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "feedsXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("XDG_RUNTIME_DIR");
    std::filesystem::remove_all(folder_);
  }
  std::string socket_of(const std::string& name) const { return folder_ + "/isthmus/" + name; }

  std::string folder_;
};

}  // namespace feed_test
