// The program as a user runs it, and files in a folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "isthmus/doctor/child.h"
#include "isthmus/run/files.h"

namespace tests {

using doctor::ChildEnd;
using Json = nlohmann::ordered_json;

// `arguments` as a shell reads them.
inline ChildEnd isthmus(const std::string& arguments, const std::string& environment = "") {
  return doctor::run_child({"/bin/sh", "-c", environment + " exec '" ISTHMUS_PROGRAM "' " + arguments},
                           std::chrono::seconds(100));
}

inline std::string module(const std::string& name) { return ISTHMUS_MODULES "/" + name; }

inline Json parsed(const ChildEnd& end) {
  Json value = Json::parse(end.out, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << end.out << end.err;
  return value;
}

inline tool::Bytes bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// An empty folder for one test, removed behind it.
class InFolder : public testing::Test {
 protected:
  InFolder() : folder_((std::filesystem::temp_directory_path() / "isthmus_tools_XXXXXX").string()) {
    if (!::mkdtemp(folder_.data())) folder_.clear();
  }
  ~InFolder() override {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const tool::Bytes& bytes) const {
    ASSERT_TRUE(tool::write_whole_file(path(name), bytes).ok());
  }
  tool::Bytes read(const std::string& name) const {
    auto bytes = tool::read_whole_file(path(name));
    EXPECT_TRUE(bytes.ok()) << name;
    return bytes.ok() ? *bytes : tool::Bytes();
  }

 private:
  std::string folder_;
};

}  // namespace tests
