// One value per mip level and array layer of an image, at the price of one value while all agree.
// Knows nothing of what the values mean.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "contract/types.h"

namespace ist {

// A set of small integers that needs the heap only for images of more than 1024 subresources.
class VisitedSet {
 public:
  explicit VisitedSet(size_t count) {
    const size_t words = (count + 63) / 64;
    if (words > inline_.size()) {
      heap_.assign(words, 0);
      words_ = heap_.data();
    } else {
      std::fill_n(inline_.data(), words, 0);
    }
  }
  VisitedSet(const VisitedSet&) = delete;
  VisitedSet& operator=(const VisitedSet&) = delete;

  bool has(size_t index) const { return (words_[index / 64] >> (index % 64) & 1) != 0; }
  void add(size_t index) { words_[index / 64] |= uint64_t{1} << (index % 64); }

 private:
  std::array<uint64_t, 16> inline_;
  std::vector<uint64_t> heap_;
  uint64_t* words_ = inline_.data();
};

// Two levels: one inline value while uniform; a dense mips x layers array after a partial update
// that changed something; back to one value as soon as all cells agree. Visits go by greedy maximal
// rectangles of equal cells (runs along mips, grown over layers), so that one barrier covers a
// rectangle. Thread-safety: const calls may run together; update() needs the map alone. T is cheap
// to copy and compare.
template <class T>
class SubresourceMap {
 public:
  // Both counts are at least 1.
  SubresourceMap(uint32_t mips, uint32_t layers, const T& value) : mips_(mips), layers_(layers), value_(value) {
    assert(mips > 0 && layers > 0);
  }

  uint32_t mips() const { return mips_; }
  uint32_t layers() const { return layers_; }
  SubresourceRange full_range() const { return {0, mips_, 0, layers_}; }
  bool is_uniform() const { return cells_.empty(); }

  const T& at(uint32_t mip, uint32_t layer) const {
    assert(mip < mips_ && layer < layers_);
    return is_uniform() ? value_ : cells_[index(mip, layer)];
  }

  // Calls f(SubresourceRange, T&) once per rectangle; together they are the range, each cell once,
  // and what f leaves in T becomes the value of the whole rectangle. Law: f must not derive the new
  // value from the range it is given. How a range falls into rectangles follows from the values
  // around, so such a value would depend on history; tell cells apart by calling update() once for
  // each. f must not touch the map. Cost: O(1) while uniform (a partial update that changes nothing
  // stays uniform), else O(cells), allocating on the first partial change only.
  template <class F>
  void update(const SubresourceRange& range, F&& f) {
    assert(contains(range));
    if (is_uniform()) return update_uniform(range, f);
    bool changed = false;
    walk(range, [&](const SubresourceRange& rect, size_t first) {
      T next = cells_[first];
      f(rect, next);
      if (next == cells_[first]) return;
      fill(rect, next);
      changed = true;
    });
    if (changed) collapse();
  }

  // Calls f(SubresourceRange, const T&) for the same rectangles.
  template <class F>
  void for_each(const SubresourceRange& range, F&& f) const {
    assert(contains(range));
    if (is_uniform()) return f(range, value_);
    walk(range, [&](const SubresourceRange& rect, size_t first) { f(rect, cells_[first]); });
  }

 private:
  size_t index(uint32_t mip, uint32_t layer) const { return size_t{layer} * mips_ + mip; }

  bool contains(const SubresourceRange& r) const {
    return r.mip_count > 0 && r.layer_count > 0 && r.base_mip < mips_ && r.mip_count <= mips_ - r.base_mip &&
           r.base_layer < layers_ && r.layer_count <= layers_ - r.base_layer;
  }

  template <class F>
  void update_uniform(const SubresourceRange& range, F& f) {
    if (range == full_range()) return f(range, value_);
    T next = value_;
    f(range, next);
    if (next == value_) return;
    cells_.assign(size_t{mips_} * layers_, value_);
    fill(range, next);
  }

  void fill(const SubresourceRange& rect, const T& value) {
    for (uint32_t layer = 0; layer < rect.layer_count; ++layer)
      std::fill_n(cells_.begin() + index(rect.base_mip, rect.base_layer + layer), rect.mip_count, value);
  }

  // Keeps the array's memory: an image that was split once is split again next frame.
  void collapse() {
    for (const T& cell : cells_)
      if (!(cell == cells_.front())) return;
    value_ = cells_.front();
    cells_.clear();
  }

  // visit(rect, index of its first cell) may change the cells of the rectangle it is given.
  template <class Visit>
  void walk(const SubresourceRange& range, Visit&& visit) const {
    VisitedSet visited(size_t{range.mip_count} * range.layer_count);
    const auto slot = [&](uint32_t m, uint32_t l) { return size_t{l} * range.mip_count + m; };
    for (uint32_t l = 0; l < range.layer_count; ++l) {
      for (uint32_t m = 0; m < range.mip_count;) {
        if (visited.has(slot(m, l))) {
          ++m;
          continue;
        }
        const size_t first = index(range.base_mip + m, range.base_layer + l);
        const auto joins = [&](uint32_t mip, uint32_t layer) {
          return !visited.has(slot(mip, layer)) &&
                 cells_[index(range.base_mip + mip, range.base_layer + layer)] == cells_[first];
        };
        uint32_t m_end = m + 1;
        while (m_end < range.mip_count && joins(m_end, l)) ++m_end;
        const auto row_joins = [&](uint32_t layer) {
          for (uint32_t mip = m; mip < m_end; ++mip)
            if (!joins(mip, layer)) return false;
          return true;
        };
        uint32_t l_end = l + 1;
        while (l_end < range.layer_count && row_joins(l_end)) ++l_end;
        for (uint32_t layer = l; layer < l_end; ++layer)
          for (uint32_t mip = m; mip < m_end; ++mip) visited.add(slot(mip, layer));
        visit(SubresourceRange{range.base_mip + m, m_end - m, range.base_layer + l, l_end - l}, first);
        m = m_end;
      }
    }
  }

  uint32_t mips_;
  uint32_t layers_;
  T value_;               // meaningful while uniform
  std::vector<T> cells_;  // empty while uniform; layer-major
};

}  // namespace ist
