// Which images a context has: of each format, in each dimension. Calls no GL function.
#pragma once

#include "contract/formats.h"
#include "contract/image_ops.h"
#include "gl/gl_caps.h"
#include "gl_api/gl_formats.h"

namespace ist::gl {

// What the context can do with the format and dimension.
FormatSupport format_support(const ContextFacts& facts, Format format, ImageDimension dimension);

// Where its images live: one-dimensional ones of ES in two dimensions of which one is 1.
GlTarget image_target(const Caps& caps, ImageDimension dimension);

// The format of image units, 0: no shader stores texels of it. sRGB is stored without.
Enum storage_format(const ContextFacts& facts, Format format);

}  // namespace ist::gl
