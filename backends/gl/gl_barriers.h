// From what the state tracker says of two uses to the bits of glMemoryBarrier. GL orders by itself all that is not
// done by shaders (OpenGL 4.6, section 7.13.2). Pure.
#pragma once

#include "contract/device.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

// 0: nothing is needed. The bit of mapped buffers is known only to contexts that have persistent maps.
uint32_t barrier_bits(const BarrierCommand& command, bool persistent_maps);

}  // namespace ist::gl
