// Objects as a cache gives them: from another process, or damaged.
#include <gtest/gtest.h>

#include <random>

#include "test_ir.h"

namespace ist::llvm_test {
namespace {

std::string object() {
  const auto module = parsed("range.ll", {"add_indices"});
  const auto bytes = module.emit_object(std::vector<uint32_t>{0}, 0);
  EXPECT_TRUE(bytes.ok());
  return bytes.ok() ? *bytes : "";
}

TEST(DamagedObjects, AreToldFromSoundOnes) {
  const std::string sound = object();
  ASSERT_TRUE(llvm_host::Code::link("k", sound).ok());
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = sound;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
    const auto code = llvm_host::Code::link("k", damaged);
    ASSERT_FALSE(code.ok());
    ASSERT_EQ(code.status().message(),
              "The object of kernel 'k' (" + std::to_string(sound.size()) + " bytes) is damaged.");
  }
}

TEST(DamagedObjects, MayBeShortOrNoObjects) {
  const std::string sound = object();
  for (size_t size = 0; size < sound.size(); size += 37)
    ASSERT_EQ(llvm_host::Code::link("k", sound.substr(0, size)).status().code(), ist::Code::corrupted_data) << size;
  EXPECT_FALSE(llvm_host::Code::link("k", std::string(100, 'x')).ok());
}

TEST(LinkedCode, GoesWithItsOwner) {
  const std::string bytes = object();
  for (int i = 0; i < 500; ++i) {
    auto code = llvm_host::Code::link("k", bytes);
    ASSERT_TRUE(code.ok());
    ASSERT_NE(code->find("add_indices"), nullptr);
  }
}

TEST(LinkedCode, OfTwoObjectsIsApart) {
  const std::string bytes = object();
  const auto one = llvm_host::Code::link("k", bytes);
  const auto other = llvm_host::Code::link("k", bytes);
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->find("add_indices"), other->find("add_indices"));
}

}  // namespace
}  // namespace ist::llvm_test
