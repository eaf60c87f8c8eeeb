// The parts of ImageState that need no caller's code inlined.
#include "core/image_state.h"

namespace ist {

void ImageState::track(const SubresourceRange& range, Layout layout) { restate(range, {layout, kUnknownWriter, {}}); }

void ImageState::restate(const SubresourceRange& range, const Cell& known) {
  cells_.update(range, [&](const SubresourceRange&, Cell& cell) { cell = known; });
}

void ImageState::add_readers(const SubresourceRange& range, Scope readers) {
  cells_.update(range, [&](const SubresourceRange&, Cell& cell) { cell.reads |= readers; });
}

std::optional<Layout> ImageState::layout_of(const SubresourceRange& range) const {
  const Layout first = cells_.at(range.base_mip, range.base_layer).layout;
  bool same = true;
  cells_.for_each(range, [&](const SubresourceRange&, const Cell& cell) { same = same && cell.layout == first; });
  return same ? std::optional(first) : std::nullopt;
}

}  // namespace ist
