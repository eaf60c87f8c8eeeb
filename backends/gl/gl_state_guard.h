// State of the host's context that dispatches and buffer copies touch, saved once for a batch and put back after it.
#pragma once

#include <vector>

#include "gl/gl_gpu.h"

namespace ist::gl {

// How far a batch goes: points and units 0 .. n - 1 of each kind.
struct TouchedState {
  bool program = false;
  bool copies = false;  // GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER
  uint32_t uniform_points = 0;
  uint32_t storage_points = 0;
  uint32_t texture_units = 0;
  uint32_t image_units = 0;
};

// The context is current at both ends.
class StateGuard {
 public:
  StateGuard(const Gpu& gpu, const TouchedState& touched);
  ~StateGuard();
  StateGuard(const StateGuard&) = delete;
  StateGuard& operator=(const StateGuard&) = delete;

 private:
  const Gpu& gpu_;
};

}  // namespace ist::gl
