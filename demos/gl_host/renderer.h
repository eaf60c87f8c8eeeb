// Draws a scene's texture or particles, which are textures and buffers of the context; knows nothing of who
// fills them.
#pragma once

#include <cstdint>
#include <vector>

#include "gl_host/gl_functions.h"
#include "gl_host/screen.h"

namespace demo {

class Renderer {
 public:
  // The context is current on this thread in every call.
  explicit Renderer(const Gl& gl);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  void clear(Extent extent) const;
  // Spreads the texture over the square, filtered.
  void draw_texture(const Rectangle& square, GLuint texture) const;
  // Draws discs; positions: two floats each, in the unit square, materials: an int each, 0..3.
  void draw_points(const Rectangle& square, GLuint positions, GLuint materials, uint32_t count) const;
  // RGBA of what was drawn, rows from the top.
  std::vector<uint8_t> read_pixels(Extent extent) const;

 private:
  const Gl* gl_;
  GLuint vertices_ = 0;
  GLuint sampler_ = 0;
  GLuint texture_program_ = 0;
  GLuint points_program_ = 0;
  GLint diameter_ = -1;
};

}  // namespace demo
