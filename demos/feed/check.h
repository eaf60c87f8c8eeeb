// Errors of the library as exceptions of a demo.
#pragma once

#include <taichi/taichi_core.h>

#include <stdexcept>
#include <string>

namespace demo {

inline std::string last_error() {
  char text[1024] = "";
  uint64_t size = sizeof text;
  ti_get_last_error(&size, text);
  return text;
}

inline void check(TiError error) {
  if (error != TI_ERROR_SUCCESS) throw std::runtime_error(last_error());
}

inline void check_handle(const void* handle, const std::string& step) {
  if (!handle) throw std::runtime_error("Cannot " + step + ": " + last_error());
}

}  // namespace demo
