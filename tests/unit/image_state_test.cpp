// ImageState: random uses of many-subresource images against the dependency model, one timeline per
// subresource, and how few barriers it gets by with.
#include "core/image_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "happens_before.h"

namespace ist {
namespace {

using testing::Timeline;
using testing::Verdict;

constexpr ImageUse kSampled{Layout::shader_read, {stage::kCompute, access::kShaderRead}};
constexpr ImageUse kSampledInFragment{Layout::shader_read, {stage::kFragmentShader, access::kShaderRead}};
constexpr ImageUse kStorageWrite{Layout::shader_write, {stage::kCompute, access::kShaderWrite}};
constexpr ImageUse kStorageBoth{Layout::shader_read_write,
                                {stage::kCompute, access::kShaderRead | access::kShaderWrite}};
constexpr ImageUse kStorageRead{Layout::shader_read_write, {stage::kCompute, access::kShaderRead}};
constexpr ImageUse kCopyFrom{Layout::transfer_src, {stage::kTransfer, access::kTransferRead}};
constexpr ImageUse kCopyTo{Layout::transfer_dst, {stage::kTransfer, access::kTransferWrite}};
constexpr ImageUse kUses[] = {
    kSampled,
    kSampledInFragment,
    kStorageWrite,
    kStorageBoth,
    kStorageRead,
    kCopyFrom,
    kCopyTo,
    {Layout::color_attachment, {stage::kColorAttachment, access::kColorRead | access::kColorWrite}},
    {Layout::present_src, {}},
    {Layout::shader_read, {stage::kAllCommands, access::kMemoryRead}},
};
// What a host may have done behind our back.
constexpr Scope kForeignWrites[] = {
    {stage::kCompute, access::kShaderWrite},
    {stage::kTransfer, access::kTransferWrite},
    {stage::kFragmentShader, access::kShaderWrite},
    {stage::kColorAttachment, access::kColorWrite},
};

std::vector<ImageBarrier> require(ImageState& image, const SubresourceRange& range, const ImageUse& use) {
  std::vector<ImageBarrier> out;
  image.require(range, use, [&](const ImageBarrier& b) { out.push_back(b); });
  return out;
}

SubresourceRange random_range(std::mt19937& random, const ImageState& image) {
  SubresourceRange r;
  r.base_mip = random() % image.mips();
  r.mip_count = 1 + random() % (image.mips() - r.base_mip);
  r.base_layer = random() % image.layers();
  r.layer_count = 1 + random() % (image.layers() - r.base_layer);
  return random() % 8 ? r : image.full_range();
}

// A timeline and the true layout for every subresource, and a second Cell each for the count of
// barriers.
class Shadow {
 public:
  Shadow(uint32_t mips, uint32_t layers) : mips_(mips), subresources_(size_t{mips} * layers) {}

  struct Subresource {
    Timeline timeline;
    Layout layout = Layout::undefined;
    Cell cell;
    int barriers_now = 0;
  };

  template <class F>
  void each(const SubresourceRange& r, F&& f) {
    for (uint32_t l = r.base_layer; l < r.base_layer + r.layer_count; ++l)
      for (uint32_t m = r.base_mip; m < r.base_mip + r.mip_count; ++m) f(subresources_[size_t{l} * mips_ + m]);
  }

 private:
  uint32_t mips_;
  std::vector<Subresource> subresources_;
};

struct Tally {
  Verdict verdict;
  uint64_t barriers = 0;         // as emitted, one per rectangle
  uint64_t per_subresource = 0;  // what a tracker without rectangles would emit
  uint64_t wrong_layouts = 0;
  uint64_t disagreements = 0;  // a subresource is not treated as a Cell of its own would be
};

void step_require(ImageState& image, Shadow& shadow, const SubresourceRange& range, const ImageUse& use, Tally& tally) {
  shadow.each(range, [&](Shadow::Subresource& s) { s.barriers_now = 0; });
  for (const ImageBarrier& b : require(image, range, use)) {
    ++tally.barriers;
    shadow.each(b.range, [&](Shadow::Subresource& s) {
      ++s.barriers_now;
      tally.wrong_layouts += s.layout != b.from;
      tally.verdict += s.timeline.barrier(b.src, b.dst, b.from != b.to);
      s.layout = b.to;
    });
  }
  shadow.each(range, [&](Shadow::Subresource& s) {
    const bool expected = ist::require(s.cell, use).has_value();
    tally.per_subresource += expected;
    tally.disagreements += s.barriers_now != (expected ? 1 : 0);
    tally.wrong_layouts += s.layout != use.layout;
    tally.verdict += s.timeline.command(use.scope);
  });
}

// The host waits for us, writes by its own means, and tells us the layout it left.
void step_track(std::mt19937& random, ImageState& image, Shadow& shadow, const SubresourceRange& range) {
  const Layout layout = kUses[random() % std::size(kUses)].layout;
  const Scope writer = kForeignWrites[random() % std::size(kForeignWrites)];
  image.track(range, layout);
  shadow.each(range, [&](Shadow::Subresource& s) {
    s.timeline.settle();
    s.timeline.command(writer);
    s.layout = layout;
    s.cell = {layout, kUnknownWriter, {}};
  });
}

TEST(ImageState, RandomTimelinesOfManySubresourcesAreOrderedAndVisible) {
  constexpr uint32_t kShapes[][2] = {{1, 1}, {1, 6}, {5, 1}, {3, 2}, {5, 4}};
  std::mt19937 random(99);
  Tally tally;
  for (int i = 0; i < 2000; ++i) {
    const auto& shape = kShapes[i % std::size(kShapes)];
    ImageState image(shape[0], shape[1]);
    Shadow shadow(shape[0], shape[1]);
    for (int step = 0; step < 24; ++step) {
      const SubresourceRange range = random_range(random, image);
      if (random() % 12 == 0)
        step_track(random, image, shadow, range);
      else
        step_require(image, shadow, range, kUses[random() % std::size(kUses)], tally);
    }
  }
  EXPECT_GT(tally.verdict.pairs, 1'000'000u);
  EXPECT_EQ(tally.verdict.unordered, 0u);
  EXPECT_EQ(tally.verdict.invisible, 0u);
  EXPECT_EQ(tally.wrong_layouts, 0u);
  EXPECT_EQ(tally.disagreements, 0u);
  EXPECT_LT(tally.barriers, tally.per_subresource);
  RecordProperty("barriers", static_cast<int>(tally.barriers));
  RecordProperty("per_subresource", static_cast<int>(tally.per_subresource));
  RecordProperty("pairs", static_cast<int>(tally.verdict.pairs));
}

// Every use writes, and the image starts undefined, so each rectangle needs a barrier: their number
// is the map's greedy rectangle count.
TEST(ImageState, OneBarrierPerGreedyRectangle) {
  std::mt19937 random(3);
  ImageState image(12, 6);
  SubresourceMap<Cell> map(12, 6, Cell{});
  uint64_t barriers = 0, per_subresource = 0;
  for (int i = 0; i < 20000; ++i) {
    const SubresourceRange range = random_range(random, image);
    const ImageUse use = random() % 2 ? kCopyTo : kStorageBoth;
    std::vector<SubresourceRange> rects;
    map.update(range, [&](const SubresourceRange& r, Cell& cell) {
      rects.push_back(r);
      ist::require(cell, use);
    });
    const auto emitted = require(image, range, use);
    ASSERT_EQ(emitted.size(), rects.size());
    for (size_t k = 0; k < rects.size(); ++k) ASSERT_EQ(emitted[k].range, rects[k]);
    barriers += emitted.size();
    per_subresource += size_t{range.mip_count} * range.layer_count;
  }
  EXPECT_LT(barriers * 2, per_subresource);
  RecordProperty("barriers", static_cast<int>(barriers));
  RecordProperty("per_subresource", static_cast<int>(per_subresource));
}

TEST(ImageState, UniformImageGivesOneBarrier) {
  ImageState image(12, 6);
  EXPECT_EQ(
      require(image, image.full_range(), kCopyTo),
      (std::vector<ImageBarrier>{{image.full_range(), Layout::undefined, Layout::transfer_dst, {}, kCopyTo.scope}}));
  EXPECT_EQ(require(image, image.full_range(), kSampled),
            (std::vector<ImageBarrier>{
                {image.full_range(), Layout::transfer_dst, Layout::shader_read, kCopyTo.scope, kSampled.scope}}));
  EXPECT_TRUE(require(image, image.full_range(), kSampled).empty());
  EXPECT_TRUE(require(image, {3, 1, 2, 2}, kSampled).empty());
  EXPECT_TRUE(image.is_uniform());
}

TEST(ImageState, SixLayersOfOneMipGiveOneBarrier) {
  ImageState image(12, 6, Layout::shader_read);
  EXPECT_EQ(require(image, {2, 1, 0, 6}, kCopyTo).size(), 1u);
  EXPECT_FALSE(image.is_uniform());
  const auto back = require(image, {2, 1, 0, 6}, kSampled);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].range, (SubresourceRange{2, 1, 0, 6}));
}

// The usual way to make mips: each level is read once written, and in the end all agree again.
TEST(ImageState, MipChainReturnsToOneState) {
  ImageState image(4, 1);
  require(image, image.full_range(), kCopyTo);
  for (uint32_t mip = 1; mip < 4; ++mip) {
    EXPECT_EQ(require(image, {mip - 1, 1, 0, 1}, kCopyFrom).size(), 1u);
    require(image, {mip, 1, 0, 1}, kCopyTo);
  }
  EXPECT_EQ(image.layout_of(image.full_range()), std::nullopt);
  EXPECT_EQ(image.layout_of({0, 3, 0, 1}), Layout::transfer_src);
  EXPECT_EQ(require(image, image.full_range(), kSampled).size(), 2u);
  EXPECT_EQ(image.layout_of(image.full_range()), Layout::shader_read);
  EXPECT_TRUE(image.is_uniform());
}

TEST(ImageState, LayoutIsKnownWhileScopesDiffer) {
  ImageState image(2, 1, Layout::shader_read_write);
  require(image, {0, 1, 0, 1}, kStorageBoth);
  EXPECT_FALSE(image.is_uniform());
  EXPECT_EQ(image.layout_of(image.full_range()), Layout::shader_read_write);
}

TEST(ImageState, TrackedRangesAreOrderedAfterAnUnknownWriter) {
  ImageState image(2, 1, Layout::shader_read);
  image.track({1, 1, 0, 1}, Layout::shader_read);
  EXPECT_TRUE(require(image, {0, 1, 0, 1}, kSampled).empty());
  const auto seen = require(image, {1, 1, 0, 1}, kSampled);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].src, kUnknownWriter);
  EXPECT_EQ(seen[0].from, Layout::shader_read);
  EXPECT_EQ(seen[0].to, Layout::shader_read);
  EXPECT_TRUE(require(image, {1, 1, 0, 1}, kSampled).empty());
}

TEST(ImageState, TrackedAsUndefinedIsDiscarded) {
  ImageState image(1, 1, Layout::shader_read);
  image.track(image.full_range(), Layout::undefined);
  EXPECT_EQ(image.layout_of(image.full_range()), Layout::undefined);
  const auto seen = require(image, image.full_range(), kCopyTo);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].from, Layout::undefined);
  EXPECT_EQ(seen[0].src, kUnknownWriter);
}

}  // namespace
}  // namespace ist
