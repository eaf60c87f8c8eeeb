// Draws what ImGui has laid out, with OpenGL and OpenGL ES alike: the backend in Debian's libimgui is for
// OpenGL only.
#pragma once

#include <imgui.h>

#include "gl_host/gl_functions.h"

namespace demo {

class PanelPainter {
 public:
  // An ImGui context exists; its font atlas becomes a texture. The context is current in every call.
  explicit PanelPainter(const Gl& gl);
  ~PanelPainter();
  PanelPainter(const PanelPainter&) = delete;
  PanelPainter& operator=(const PanelPainter&) = delete;

  // To the framebuffer that is bound.
  void paint(const ImDrawData& data) const;

 private:
  void paint_list(const ImDrawData& data, const ImDrawList& list) const;

  const Gl* gl_;
  GLuint program_ = 0;
  GLint scale_ = -1;
  GLint corner_ = -1;
  GLuint font_ = 0;
  GLuint vertex_array_ = 0;
  GLuint vertices_ = 0;
  GLuint indices_ = 0;
};

}  // namespace demo
