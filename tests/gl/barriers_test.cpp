// Bits of glMemoryBarrier for sequences of uses, as the state tracker tells them.
#include "gl/gl_barriers.h"

#include <gtest/gtest.h>

#include "core/image_state.h"
#include "core/resource_state.h"

namespace {

using namespace ist;

constexpr uint32_t kStorage = 0x2000, kUpdate = 0x0200, kMapped = 0x4000, kFetch = 0x0008, kImage = 0x0020;
constexpr Scope kReads{stage::kCompute, access::kShaderRead}, kWrites{stage::kCompute, access::kShaderWrite};
constexpr Scope kCopiesFrom{stage::kTransfer, access::kTransferRead},
    kCopiesTo{stage::kTransfer, access::kTransferWrite};
constexpr Scope kHost{stage::kHost, access::kHostRead};

// The bits before the last of the uses of one buffer.
uint32_t before_last(std::initializer_list<Scope> uses, bool persistent = true) {
  AccessState state;
  uint32_t bits = 0;
  for (const Scope use : uses) {
    const auto barrier = require(state, use);
    bits = barrier ? gl::barrier_bits({barrier->src, barrier->dst, {}}, persistent) : 0;
  }
  return bits;
}

uint32_t before_last(std::initializer_list<ImageUse> uses) {
  ImageState state(1, 1, Layout::shader_read_write);
  uint32_t bits = 0;
  for (const ImageUse& use : uses) {
    bits = 0;
    state.require({0, 1, 0, 1}, use, [&](const ImageBarrier& barrier) {
      const ImageBarrierCommand command{nullptr, barrier.range, barrier.from, barrier.to, barrier.src, barrier.dst};
      bits |= gl::barrier_bits({{}, {}, {&command, 1}}, true);
    });
  }
  return bits;
}

TEST(GlBarriers, BuffersAmongShaders) {
  EXPECT_EQ(before_last({kReads, kReads}), 0u);
  EXPECT_TRUE(before_last({kWrites, kReads}) & kStorage);
  EXPECT_TRUE(before_last({kWrites, kWrites}) & kStorage);
  EXPECT_TRUE(before_last({kReads, kWrites}) & kStorage);
  EXPECT_TRUE(before_last({kWrites, kReads, kWrites}) & kStorage);
}

TEST(GlBarriers, BuffersBetweenShadersAndCopies) {
  EXPECT_TRUE(before_last({kWrites, kCopiesFrom}) & kUpdate);
  EXPECT_TRUE(before_last({kWrites, kReads, kCopiesTo}) & kUpdate);
  EXPECT_TRUE(before_last({kWrites, kReads, kCopiesFrom}) & kUpdate);
  EXPECT_TRUE(before_last({kWrites, kCopiesFrom, kReads}) & kStorage);
  EXPECT_EQ(before_last({kCopiesTo, kCopiesFrom}), 0u);
  EXPECT_EQ(before_last({kCopiesTo, kReads}), 0u);
}

TEST(GlBarriers, MappedMemoryIsABitOfContextsThatHaveIt) {
  EXPECT_TRUE(before_last({kWrites, kHost}) & kMapped);
  EXPECT_EQ(before_last({kWrites, kHost}, false) & kMapped, 0u);
  EXPECT_TRUE(before_last({kWrites, kHost}, false) & kUpdate);
}

TEST(GlBarriers, ImagesBetweenShadersAndCopies) {
  constexpr Scope kBoth{stage::kCompute, access::kShaderRead | access::kShaderWrite};
  const ImageUse store{Layout::shader_read_write, kBoth}, load{Layout::shader_read_write, kReads};
  const ImageUse sample{Layout::shader_read, kReads}, download{Layout::transfer_src, kCopiesFrom};
  EXPECT_TRUE(before_last({store, store}) & kImage);
  EXPECT_TRUE(before_last({store, sample}) & kFetch);
  EXPECT_TRUE(before_last({store, sample, store}) & kImage);
  // What the first barrier has shown already need not be shown again, but may be.
  const auto shown = [](std::initializer_list<ImageUse> first, std::initializer_list<ImageUse> then) {
    return before_last(first) | before_last(then);
  };
  EXPECT_TRUE(shown({store, sample}, {store, sample, load}) & kImage);
  EXPECT_TRUE(shown({store, download}, {store, download, sample}) & kFetch);
  EXPECT_TRUE(shown({store, download}, {store, download, load}) & kImage);
}

}  // namespace
