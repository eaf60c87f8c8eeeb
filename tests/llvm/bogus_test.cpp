// A file with the plugin's name beside this program that is no library.
#include <gtest/gtest.h>

#include "llvm/plugin.h"

namespace ist::llvm_host {
namespace {

TEST(ABogusPlugin, IsRefusedBeforeARuntimeIsMade) {
  const Status expected = plugin_expected();
  if (expected.ok()) GTEST_SKIP() << "another plugin is installed on this machine";
  EXPECT_EQ(expected.code(), ist::Code::not_supported);
  // What the loader says names the file beside this program, not only what it looked for elsewhere.
  EXPECT_NE(expected.message().find("/bogus/libisthmus_llvm.so"), std::string_view::npos) << expected.message();
}

}  // namespace
}  // namespace ist::llvm_host
