// From what the state tracker says of two uses to the bits of glMemoryBarrier. GL orders by itself all that is not
// done by shaders (OpenGL 4.6, section 7.13.2). Pure.
#pragma once

#include "contract/device.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

// 0: nothing is needed.
uint32_t barrier_bits(const BarrierCommand& command);

}  // namespace ist::gl
