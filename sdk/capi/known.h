// The runtime's own name for a native object that the host imports again: two names share one place on the timeline,
// so that work through them is ordered.
#pragma once

#include "core/runtime.h"

namespace ist::capi {

// The child of this kind for which same(child) is true; null: there is none.
template <class T, class Same>
const T* find_known(const Runtime& runtime, Kind kind, Same same) {
  const T* known = nullptr;
  runtime.each_child([&](const Child& child) {
    if (!known && child.kind() == kind && same(static_cast<const T&>(child))) known = static_cast<const T*>(&child);
  });
  return known;
}

}  // namespace ist::capi
