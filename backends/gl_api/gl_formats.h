// What GL calls each TiFormat and each dimension.
#pragma once

#include "contract/formats.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

struct GlFormat {
  Enum internal = 0;  // 0: GL has none
  Enum format = 0;    // of texels in host memory
  Enum type = 0;
  bool blue_first = false;  // a swizzle makes up for it
};

// not_supported, with the reason, when the context has no such textures.
Result<GlFormat> gl_format(Format format, const Caps& caps);

// The texture target, and the GL_TEXTURE_BINDING_* that tells what is bound there. not_supported: GLES and 1D.
struct GlTarget {
  Enum target = 0;
  Enum binding = 0;
};
Result<GlTarget> gl_target(ImageDimension dimension, const Caps& caps);

// Unsigned integers with channels of the same size: of its class of views, and any bytes are texels of it. Depth has
// none (0).
Format raw_format(Format format);

// The GL_LAYOUT_*_EXT; a TiImageLayout that GL lacks is "general".
Enum gl_layout(Layout layout);

// Would a texture be incomplete with GL's default filters?
bool wants_nearest(Format format);

}  // namespace ist::gl
