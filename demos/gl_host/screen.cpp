// The geometry that every screen shares.
#include "gl_host/screen.h"

#include <algorithm>

namespace demo {

Rectangle square_in(Extent extent, bool with_panel) {
  const int width = int(extent.width), height = int(extent.height);
  const int side = std::min(width, height);
  return {(width - side) / (with_panel ? 1 : 2), (height - side) / 2, side};
}

}  // namespace demo
