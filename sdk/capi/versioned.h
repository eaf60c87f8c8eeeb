// Structs with `size` first: filled for callers of any age.
#pragma once

#include <algorithm>
#include <cstring>

#include "capi/entry.h"

namespace ist::capi {

// Writes as much of `value` as the caller's struct holds, zeroes what only the caller knows, and
// leaves its `size` as it is.
template <class T>
Status write_out(T* out, T value, const char* name) {
  IST_CHECK(require_pointer(out, name));
  const uint32_t size = out->size;
  constexpr uint32_t kLargest = 64 << 10;  // no struct of ours will be; an uninitialised `size` often is
  if (size < sizeof(uint32_t) || size > kLargest || size % sizeof(uint32_t) != 0) {
    return fail(Code::invalid_argument, "%s->size (%u) is not the size of a struct; this library's has %zu bytes.",
                name, size, sizeof(T));
  }
  value.size = size;
  std::memset(out, 0, size);
  std::memcpy(out, &value, std::min<size_t>(size, sizeof(T)));
  return {};
}

}  // namespace ist::capi
