// The layouts and pending accesses of one image, subresource by subresource, as recorded so far.
// Depth and stencil move together. Does not know who holds the image (lending) nor any native
// object.
#pragma once

#include <optional>

#include "core/resource_state.h"
#include "core/subresource_map.h"

namespace ist {

struct ImageBarrier {
  SubresourceRange range;
  Layout from = Layout::undefined;
  Layout to = Layout::undefined;
  Scope src;
  Scope dst;
  friend bool operator==(const ImageBarrier&, const ImageBarrier&) = default;
};

// Thread-safety: unsafe, calls on one image are serialised by its runtime.
class ImageState {
 public:
  // An image nobody has used: a fresh one (`undefined`), or one known to be idle in `layout`.
  ImageState(uint32_t mips, uint32_t layers, Layout layout = Layout::undefined)
      : cells_(mips, layers, Cell{layout, {}, {}}) {}

  uint32_t mips() const { return cells_.mips(); }
  uint32_t layers() const { return cells_.layers(); }
  SubresourceRange full_range() const { return cells_.full_range(); }
  bool is_uniform() const { return cells_.is_uniform(); }

  // Records the next use of a range and calls sink(ImageBarrier) for each rectangle that needs one
  // before it: at most one call while the image is uniform. All barriers of a command go out as one
  // batch before it. The uses one command makes of the same subresources are merged into one.
  // Allocates only when a uniform image becomes split.
  template <class Sink>
  void require(const SubresourceRange& range, const ImageUse& use, Sink&& sink) {
    cells_.update(range, [&](const SubresourceRange& rect, Cell& cell) {
      if (const auto b = ist::require(cell, use)) sink(ImageBarrier{rect, b->from, b->to, b->src, b->dst});
    });
  }

  // Takes the owner's word that the range is now in `layout` (`undefined`: its content is gone).
  // What was recorded before is forgotten in favour of an unknown writer, so that the next use is
  // ordered after all commands.
  void track(const SubresourceRange& range, Layout layout);

  // Takes what is known of a range from outside: its layout, and what the next use has to come after.
  void restate(const SubresourceRange& range, const Cell& cell);
  // Readers that we have not recorded ourselves: the next write comes after them.
  void add_readers(const SubresourceRange& range, Scope readers);

  // The layout of the range, or nothing when its subresources are in several.
  std::optional<Layout> layout_of(const SubresourceRange& range) const;

 private:
  SubresourceMap<Cell> cells_;
};

}  // namespace ist
