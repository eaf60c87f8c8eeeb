// Random numbers: one invocation against the generator's model, many against the moments of a uniform variable.
#include "support.h"

#include <algorithm>
#include <cmath>

namespace conformance {
namespace {

// The generator as a compiled task runs it; `state` is the runtime's word, bumped by every launch.
struct Generator {
  uint32_t x, y = 362436069u, z = 521288629u, w = 88675123u;

  Generator(uint32_t invocation, uint32_t state)
      : x((7654321u + invocation) * (1234567u + 9723451u * state) * 123456789u * 1000000007u) {}

  uint32_t draw() {
    const uint32_t t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >> 19) ^ t ^ (t >> 8);
    return w * 1000000007u;
  }
};

class RandomTest : public ArchTest {};
IST_CONFORMANCE_SUITE(RandomTest);

TEST_P(RandomTest, OneInvocationFollowsTheModel) {
  OwnRuntime fresh(arch());
  Module module(fresh.handle(), "random");
  Array<uint32_t> bits(fresh.handle(), {8});
  for (uint32_t launch = 0; launch < 4; ++launch) {
    module.launch("draw_one_bits", {bits.arg()});
    Generator model(0, launch);
    std::vector<uint32_t> expected;
    for (int k = 0; k < 8; ++k) expected.push_back(model.draw());
    EXPECT_EQ(bits.read(), expected) << "launch " << launch;
  }
}

TEST_P(RandomTest, FloatsAreTheBitsOver2To32) {
  OwnRuntime fresh(arch());
  Module module(fresh.handle(), "random");
  Array<float> out(fresh.handle(), {8});
  module.launch("draw_one", {out.arg()});
  Generator model(0, 0);
  const std::vector<float> floats = out.read();
  // A device may round the bits to either float beside them.
  for (float value : floats) {
    const double exact = model.draw() * 0x1p-32;
    EXPECT_LT(std::nextafter(value, 0.0f), exact);
    EXPECT_GT(std::nextafter(value, 2.0f), exact);
  }
}

TEST_P(RandomTest, ManyInvocationsAreUniform) {
  constexpr uint32_t kCount = 100000;
  Module module(runtime(), "random");
  Array<float> out(runtime(), {kCount});
  module.launch("draw_many", {out.arg()});
  double sum = 0, squares = 0;
  std::vector<int> tenths(10);
  for (float value : out.read()) {
    ASSERT_GE(value, 0.0f);
    ASSERT_LE(value, 1.0f);
    sum += value;
    squares += double{value} * value;
    ++tenths[std::min<size_t>(9, static_cast<size_t>(value * 10))];
  }
  const double mean = sum / kCount;
  // Six standard deviations of the mean, the variance and a bin of 10,000.
  EXPECT_NEAR(mean, 0.5, 6 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount - mean * mean, 1.0 / 12, 6 * std::sqrt(1.0 / 180 / kCount));
  for (int bin : tenths) EXPECT_NEAR(bin, kCount / 10, 6 * 95);
}

TEST_P(RandomTest, LaunchesDrawDifferentNumbers) {
  Module module(runtime(), "random");
  Array<float> first(runtime(), {1000}), second(runtime(), {1000});
  module.launch("draw_many", {first.arg()});
  module.launch("draw_many", {second.arg()});
  const std::vector<float> a = first.read(), b = second.read();
  size_t equal = 0;
  for (size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
  EXPECT_LT(equal, 10u);
}

}  // namespace
}  // namespace conformance
