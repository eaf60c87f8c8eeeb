// What is said when the plugin is not there: this program is neither beside it nor told where it is.
#include <gtest/gtest.h>

#include "llvm/plugin.h"

namespace ist::llvm_host {
namespace {

TEST(AMissingPlugin, NamesItsPackage) {
  const auto table = plugin();
  if (table.ok()) GTEST_SKIP() << "the plugin is installed on this machine";
  EXPECT_EQ(table.status().code(), ist::Code::not_supported);
  const std::string said(table.status().message());
  EXPECT_NE(said.find("libisthmus_llvm.so"), std::string::npos) << said;
  EXPECT_NE(said.find("package isthmus-llvm"), std::string::npos) << said;
  const auto module = Module::parse("k", "", {});
  EXPECT_EQ(module.status().code(), ist::Code::not_supported);
}

}  // namespace
}  // namespace ist::llvm_host
