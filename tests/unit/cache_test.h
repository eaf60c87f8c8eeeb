// A folder of its own for each test of what is kept on disk, and what is in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace ist {

class CacheTest : public testing::Test {
 protected:
  CacheTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    base_ = testing::TempDir() + "ist_" + info->name() + "_" + std::to_string(getpid());
    std::filesystem::remove_all(base_);
    std::filesystem::create_directories(base_);
  }
  ~CacheTest() override { std::filesystem::remove_all(base_); }

  // Not there yet; two levels, to see that both are made.
  std::string folder() const { return base_ + "/cache/isthmus"; }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    if (!std::filesystem::is_directory(folder())) return found;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

  static std::vector<std::byte> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
  static void write_file(const std::string& path, std::span<const std::byte> bytes) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::string base_;
};

}  // namespace ist
