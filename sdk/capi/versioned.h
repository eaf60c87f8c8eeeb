// Structs with `size` first: filled for callers of any age, and read from them.
#pragma once

#include <algorithm>
#include <cstring>

#include "capi/entry.h"

namespace ist::capi {

// The `size` of a caller's struct is believed when it could be that of any version.
inline Status check_struct_size(uint32_t size, size_t ours, const char* name) {
  constexpr uint32_t kLargest = 64 << 10;  // no struct of ours will be; an uninitialised `size` often is
  if (size >= sizeof(uint32_t) && size <= kLargest && size % sizeof(uint32_t) == 0) return {};
  return fail(Code::invalid_argument, "%s->size (%u) is not the size of a struct; this library's has %zu bytes.", name,
              size, ours);
}

// The caller's struct as this library knows it: what an older caller does not have is 0. A newer caller
// that sets something we do not know is refused, because it could not be obeyed.
template <class T>
Result<T> read_in(const T* in, const char* name) {
  IST_CHECK(require_pointer(in, name));
  const uint32_t size = in->size;
  IST_CHECK(check_struct_size(size, sizeof(T), name));
  T known{};
  std::memcpy(&known, in, std::min<size_t>(size, sizeof(T)));
  const auto* bytes = reinterpret_cast<const std::byte*>(in);
  for (size_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] != std::byte{0}) {
      return fail(Code::not_supported, "%s has %u bytes, and byte %zu is set; this library knows %zu bytes of it.",
                  name, size, i, sizeof(T));
    }
  }
  return known;
}

// Writes as much of `value` as the caller's struct holds, zeroes what only the caller knows, and
// leaves its `size` as it is.
template <class T>
Status write_out(T* out, T value, const char* name) {
  IST_CHECK(require_pointer(out, name));
  const uint32_t size = out->size;
  IST_CHECK(check_struct_size(size, sizeof(T), name));
  value.size = size;
  std::memset(out, 0, size);
  std::memcpy(out, &value, std::min<size_t>(size, sizeof(T)));
  return {};
}

}  // namespace ist::capi
