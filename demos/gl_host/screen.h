// Where the app draws, with a context of OpenGL current on this thread: a window, or a framebuffer of its own
// when there is no display. Knows nothing of what is drawn.
#pragma once

#include <ist/gl.h>

#include <cstdint>
#include <memory>

#include "common/host_options.h"
#include "scenes/scene.h"

namespace demo {

struct Extent {
  uint32_t width = 0;
  uint32_t height = 0;
};

// A part of the picture in pixels; x and y from the lower left corner.
struct Rectangle {
  int x = 0;
  int y = 0;
  int side = 0;
};

// The square of a scene, as large as it fits: centred, or at the right where the panel does not hide it.
Rectangle square_in(Extent extent, bool with_panel);

// The framebuffer to draw to is bound whenever the app draws.
class Screen {
 public:
  virtual ~Screen() = default;
  virtual IstGlInfo gl_info() const = 0;
  // Of the framebuffer; a window's may change from frame to frame, and is empty while it is minimised.
  virtual Extent extent() const = 0;
  // The user has closed the window.
  virtual bool closed() const = 0;
  virtual Stir stir(uint32_t frame) = 0;
  // Tells ImGui size, time and input of its next frame; an ImGui context exists from the first call on.
  virtual void feed_imgui() = 0;
  // Shows what was drawn, and waits as long as that takes; looks for input.
  virtual void present() = 0;
};

// Both throw std::runtime_error: no display, no such context.
std::unique_ptr<Screen> open_window(const HostOptions& options);
std::unique_ptr<Screen> open_headless(const HostOptions& options);

}  // namespace demo
