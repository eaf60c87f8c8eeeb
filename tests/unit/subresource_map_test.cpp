// SubresourceMap against a plain array: values, full cover without overlap, and the count of greedy
// rectangles.
#include "core/subresource_map.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ist {
namespace {

// The same contract, written the slow and obvious way.
struct Naive {
  uint32_t mips, layers;
  std::vector<int> cells;

  Naive(uint32_t m, uint32_t l, int value) : mips(m), layers(l), cells(size_t{m} * l, value) {}
  int& at(uint32_t mip, uint32_t layer) { return cells[size_t{layer} * mips + mip]; }
  bool is_uniform() const {
    for (int c : cells)
      if (c != cells[0]) return false;
    return true;
  }

  std::vector<SubresourceRange> rectangles(const SubresourceRange& r) {
    std::vector<SubresourceRange> out;
    std::vector<bool> taken(cells.size(), false);
    const auto open = [&](uint32_t m, uint32_t l, int value) {
      return m < r.base_mip + r.mip_count && l < r.base_layer + r.layer_count && !taken[size_t{l} * mips + m] &&
             at(m, l) == value;
    };
    for (uint32_t l = r.base_layer; l < r.base_layer + r.layer_count; ++l) {
      for (uint32_t m = r.base_mip; m < r.base_mip + r.mip_count; ++m) {
        if (taken[size_t{l} * mips + m]) continue;
        const int value = at(m, l);
        SubresourceRange rect{m, 0, l, 0};
        while (open(m + rect.mip_count, l, value)) ++rect.mip_count;
        for (bool whole = true; whole;) {
          ++rect.layer_count;
          for (uint32_t i = 0; i < rect.mip_count; ++i) whole = whole && open(m + i, l + rect.layer_count, value);
        }
        for (uint32_t i = 0; i < rect.mip_count; ++i)
          for (uint32_t j = 0; j < rect.layer_count; ++j) taken[size_t{l + j} * mips + m + i] = true;
        out.push_back(rect);
      }
    }
    return out;
  }
};

SubresourceRange random_range(std::mt19937& random, uint32_t mips, uint32_t layers) {
  SubresourceRange r;
  r.base_mip = random() % mips;
  r.mip_count = 1 + random() % (mips - r.base_mip);
  r.base_layer = random() % layers;
  r.layer_count = 1 + random() % (layers - r.base_layer);
  return random() % 16 ? r : SubresourceRange{0, mips, 0, layers};
}

// The visited rectangles lie in the range and cover each of its cells exactly once.
::testing::AssertionResult tiles(const std::vector<SubresourceRange>& rects, const SubresourceRange& range) {
  std::vector<int> hits(size_t{range.mip_count} * range.layer_count, 0);
  for (const SubresourceRange& r : rects) {
    for (uint32_t m = r.base_mip; m < r.base_mip + r.mip_count; ++m) {
      for (uint32_t l = r.base_layer; l < r.base_layer + r.layer_count; ++l) {
        if (m - range.base_mip >= range.mip_count || l - range.base_layer >= range.layer_count)
          return ::testing::AssertionFailure() << "mip " << m << " layer " << l << " is outside";
        ++hits[size_t{l - range.base_layer} * range.mip_count + m - range.base_mip];
      }
    }
  }
  for (int h : hits)
    if (h != 1) return ::testing::AssertionFailure() << "a cell is visited " << h << " times";
  return ::testing::AssertionSuccess();
}

struct Count {
  uint64_t rectangles = 0;
  uint64_t cells = 0;
  uint64_t uniform = 0;
};

void random_updates(std::mt19937& random, uint32_t mips, uint32_t layers, int updates, Count& count) {
  SubresourceMap<int> map(mips, layers, 0);
  Naive naive(mips, layers, 0);
  std::vector<SubresourceRange> visited;
  for (int i = 0; i < updates; ++i) {
    const SubresourceRange range = random_range(random, mips, layers);
    const auto expected = naive.rectangles(range);
    // One of: set a value, derive it from the old one, keep it.
    const int kind = static_cast<int>(random() % 8);
    const int value = static_cast<int>(random() % 3);
    const auto next = [&](int old) { return kind < 5 ? value : kind < 7 ? (old + 1) % 3 : old; };

    visited.clear();
    map.for_each(range, [&](const SubresourceRange& rect, const int& cell) {
      visited.push_back(rect);
      ASSERT_EQ(cell, naive.at(rect.base_mip, rect.base_layer));
    });
    ASSERT_EQ(visited, expected);
    visited.clear();
    map.update(range, [&](const SubresourceRange& rect, int& cell) {
      visited.push_back(rect);
      for (uint32_t m = 0; m < rect.mip_count; ++m)
        for (uint32_t l = 0; l < rect.layer_count; ++l)
          ASSERT_EQ(cell, naive.at(rect.base_mip + m, rect.base_layer + l));
      cell = next(cell);
    });
    ASSERT_EQ(visited, expected);
    ASSERT_TRUE(tiles(visited, range));

    for (uint32_t l = range.base_layer; l < range.base_layer + range.layer_count; ++l)
      for (uint32_t m = range.base_mip; m < range.base_mip + range.mip_count; ++m)
        naive.at(m, l) = next(naive.at(m, l));
    ASSERT_EQ(map.is_uniform(), naive.is_uniform());
    for (uint32_t l = 0; l < layers; ++l)
      for (uint32_t m = 0; m < mips; ++m) ASSERT_EQ(map.at(m, l), naive.at(m, l));
    count.rectangles += visited.size();
    count.cells += size_t{range.mip_count} * range.layer_count;
    count.uniform += map.is_uniform();
  }
}

TEST(SubresourceMap, AgreesWithAPlainArrayOver180000RandomUpdates) {
  constexpr uint32_t kShapes[][2] = {{1, 1}, {1, 6}, {7, 1}, {2, 2}, {4, 3}, {12, 6}};
  std::mt19937 random(7);
  Count count;
  for (const auto& shape : kShapes) {
    random_updates(random, shape[0], shape[1], 30000, count);
    if (HasFatalFailure()) return;
  }
  EXPECT_LT(count.rectangles * 2, count.cells);
  EXPECT_GT(count.uniform, 30000u);
  RecordProperty("rectangles", static_cast<int>(count.rectangles));
  RecordProperty("cells", static_cast<int>(count.cells));
}

// More cells than the visited set holds inline.
TEST(SubresourceMap, AgreesWithAPlainArrayWhenLarge) {
  std::mt19937 random(8);
  Count count;
  random_updates(random, 11, 130, 200, count);
  random_updates(random, 1, 2048, 100, count);
}

template <class F>
uint32_t rectangles(SubresourceMap<int>& map, const SubresourceRange& range, F&& f) {
  uint32_t n = 0;
  map.update(range, [&](const SubresourceRange&, int& cell) { ++n, f(cell); });
  return n;
}

TEST(SubresourceMap, UniformIsOneVisitOfTheAskedRange) {
  SubresourceMap<int> map(12, 6, 5);
  EXPECT_EQ(rectangles(map, map.full_range(), [](int& c) { c = 6; }), 1u);
  EXPECT_TRUE(map.is_uniform());
  EXPECT_EQ(map.at(11, 5), 6);
  SubresourceRange seen;
  map.for_each({3, 2, 1, 4}, [&](const SubresourceRange& r, const int&) { seen = r; });
  EXPECT_EQ(seen, (SubresourceRange{3, 2, 1, 4}));
}

TEST(SubresourceMap, PartialUpdateThatChangesNothingStaysUniform) {
  SubresourceMap<int> map(3, 3, 1);
  EXPECT_EQ(rectangles(map, {1, 1, 1, 1}, [](int& c) { c = 1; }), 1u);
  EXPECT_TRUE(map.is_uniform());
}

TEST(SubresourceMap, SplitsAndReturnsToUniform) {
  SubresourceMap<int> map(3, 2, 1);
  rectangles(map, {1, 1, 0, 2}, [](int& c) { c = 2; });
  EXPECT_FALSE(map.is_uniform());
  EXPECT_EQ(map.at(0, 1), 1);
  EXPECT_EQ(map.at(1, 1), 2);
  EXPECT_EQ(rectangles(map, map.full_range(), [](int&) {}), 3u);
  EXPECT_EQ(rectangles(map, {1, 1, 0, 2}, [](int& c) { c = 1; }), 1u);
  EXPECT_TRUE(map.is_uniform());
}

TEST(SubresourceMap, SixLayersOfOneMipAreOneRectangle) {
  SubresourceMap<int> map(12, 6, 0);
  rectangles(map, {2, 1, 0, 6}, [](int& c) { c = 1; });
  EXPECT_EQ(rectangles(map, {2, 1, 0, 6}, [](int& c) { c = 2; }), 1u);
  EXPECT_FALSE(map.is_uniform());
}

// Stands in for an allocation count: the array cannot be made without copying values into it.
struct Counted {
  int value = 0;
  static inline int copies = 0;
  Counted(int v) : value(v) {}
  Counted(const Counted& o) : value(o.value) { ++copies; }
  Counted& operator=(const Counted&) = default;
  bool operator==(const Counted& o) const { return value == o.value; }
};

TEST(SubresourceMap, UniformPathMakesNoArray) {
  SubresourceMap<Counted> map(12, 6, Counted(0));
  Counted::copies = 0;
  for (int i = 0; i < 100; ++i) map.update(map.full_range(), [&](const SubresourceRange&, Counted& c) { c.value = i; });
  EXPECT_EQ(Counted::copies, 0);
  map.update({0, 1, 0, 1}, [](const SubresourceRange&, Counted& c) { c.value = 99; });
  EXPECT_EQ(Counted::copies, 1);
  EXPECT_TRUE(map.is_uniform());
}

}  // namespace
}  // namespace ist
