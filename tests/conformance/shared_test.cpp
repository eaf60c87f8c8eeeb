// Workgroup memory: exact block counts matter here, fewer or more groups would give wrong sums.
#include "support.h"

namespace conformance {
namespace {

constexpr uint32_t kBlock = 128;

class SharedTest : public ArchTest {};
IST_CONFORMANCE_SUITE(SharedTest);

TEST_P(SharedTest, BlocksSumTheirPart) {
  Module module(runtime(), "shared");
  for (uint32_t blocks : {1u, 3u, 41u}) {
    Array<int32_t> values(runtime(), {blocks * kBlock}), sums(runtime(), {blocks + 1});
    std::vector<int32_t> input(blocks * kBlock), expected(blocks + 1);
    for (uint32_t i = 0; i < input.size(); ++i) {
      input[i] = static_cast<int32_t>((i * 7919u) % 1000u) - 400;
      expected[i / kBlock] += input[i];
    }
    values.write(input);
    module.launch("block_sums", {i32(static_cast<int32_t>(blocks)), values.arg(), sums.arg()});
    EXPECT_EQ(sums.read(), expected) << blocks << " blocks";
  }
}

TEST_P(SharedTest, NoBlockRunsNothing) {
  Module module(runtime(), "shared");
  Array<int32_t> values(runtime(), {kBlock}), sums(runtime(), {1});
  sums.fill(-5);
  module.launch("block_sums", {i32(0), values.arg(), sums.arg()});
  EXPECT_EQ(sums.read(), std::vector<int32_t>{-5});
}

TEST_P(SharedTest, LanesExchangeValues) {
  Module module(runtime(), "shared");
  Array<float> values(runtime(), {4 * kBlock}), out(runtime(), {4 * kBlock});
  std::vector<float> input(4 * kBlock), expected(4 * kBlock);
  for (uint32_t i = 0; i < input.size(); ++i) input[i] = 0.5f * static_cast<float>(i);
  for (uint32_t i = 0; i < input.size(); ++i) expected[i] = input[i / kBlock * kBlock + kBlock - 1 - i % kBlock];
  values.write(input);
  module.launch("block_reverse", {values.arg(), out.arg()});
  EXPECT_EQ(out.read(), expected);
}

}  // namespace
}  // namespace conformance
