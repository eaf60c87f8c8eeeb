// FreeSpans against a model that knows every byte.
#include "vulkan/vk_spans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace ist::vk {
namespace {

struct Live {
  uint64_t offset;
  uint64_t size;
};

size_t free_intervals(const std::vector<bool>& taken) {
  size_t count = 0;
  for (size_t i = 0; i < taken.size(); ++i)
    if (!taken[i] && (i == 0 || taken[i - 1])) ++count;
  return count;
}

TEST(FreeSpans, AgreesWithAModelOverRandomAllocations) {
  constexpr uint64_t kSize = 4096;
  std::mt19937 random(7);
  FreeSpans spans(kSize);
  std::vector<bool> taken(kSize);
  std::vector<Live> live;
  size_t refused = 0;
  for (int step = 0; step < 5000; ++step) {
    if (live.empty() || random() % 5 < 3) {
      const uint64_t size = 1 + random() % 300;
      const uint64_t alignment = uint64_t{1} << (random() % 9);
      const auto offset = spans.allocate(size, alignment);
      if (!offset) {
        ++refused;
        bool fits = false;
        for (uint64_t o = 0; o + size <= kSize && !fits; o += alignment)
          fits = std::none_of(taken.begin() + o, taken.begin() + o + size, [](bool b) { return b; });
        ASSERT_FALSE(fits) << "refused " << size << " at " << alignment;
        continue;
      }
      ASSERT_EQ(*offset % alignment, 0u);
      ASSERT_LE(*offset + size, kSize);
      for (uint64_t i = *offset; i < *offset + size; ++i) {
        ASSERT_FALSE(taken[i]);
        taken[i] = true;
      }
      live.push_back({*offset, size});
    } else {
      const size_t index = random() % live.size();
      const Live gone = live[index];
      live.erase(live.begin() + static_cast<ptrdiff_t>(index));
      spans.release(gone.offset, gone.size);
      std::fill_n(taken.begin() + static_cast<ptrdiff_t>(gone.offset), gone.size, false);
    }
    ASSERT_EQ(spans.free_bytes(), static_cast<uint64_t>(std::count(taken.begin(), taken.end(), false)));
    ASSERT_EQ(spans.span_count(), free_intervals(taken));
  }
  EXPECT_GT(refused, 0u);
  for (const Live& one : live) spans.release(one.offset, one.size);
  EXPECT_TRUE(spans.unused());
  EXPECT_EQ(spans.span_count(), 1u);
}

TEST(FreeSpans, TakesTheTightestHole) {
  FreeSpans spans(1000);
  const auto wide = spans.allocate(300, 1);
  ASSERT_TRUE(spans.allocate(10, 1));
  const auto tight = spans.allocate(100, 1);
  ASSERT_TRUE(spans.allocate(590, 1));
  spans.release(*wide, 300);
  spans.release(*tight, 100);
  EXPECT_EQ(spans.allocate(90, 1), *tight);
  EXPECT_EQ(spans.allocate(301, 1), std::nullopt);
  EXPECT_EQ(spans.allocate(300, 1), *wide);
}

}  // namespace
}  // namespace ist::vk
