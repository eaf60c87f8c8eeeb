// What a context can share, in words that need no GL: for ist_describe_pair. Any thread.
#pragma once

#include <ist/share.h>

#include <string>

#include "base/status.h"

namespace ist::gl_host {

struct GlSide {
  std::string renderer;
  uint8_t device_uuid[16] = {};
  uint8_t driver_uuid[16] = {};
  // Why not; empty when the context can.
  std::string missing_memory;
  std::string missing_semaphores;
};

// invalid_argument for a handle that is no living context.
Result<GlSide> side_of(IstGl gl);

}  // namespace ist::gl_host
