// One program, one texture (the font), buffers that are filled anew for each list.
#include "gl_host/panel_painter.h"

#include <cstddef>
#include <cstdint>

namespace demo {
namespace {

constexpr const char* kVertex = R"(
layout(location = 0) in vec2 position;  // in points, y downwards
layout(location = 1) in vec2 place;
layout(location = 2) in vec4 tint;
uniform vec2 scale;
uniform vec2 corner;
out vec2 texel_place;
out vec4 texel_tint;
void main() {
  texel_place = place;
  texel_tint = tint;
  vec2 unit = (position - corner) * scale;
  gl_Position = vec4(unit.x - 1.0, 1.0 - unit.y, 0.0, 1.0);
}
)";

constexpr const char* kFragment = R"(
uniform sampler2D font;
in vec2 texel_place;
in vec4 texel_tint;
out vec4 colour;
void main() { colour = texel_tint * texture(font, texel_place); }
)";

const void* at(size_t offset) { return reinterpret_cast<const void*>(offset); }

}  // namespace

PanelPainter::PanelPainter(const Gl& gl)
    : gl_(&gl),
      program_(gl.program(kVertex, kFragment)),
      scale_(gl.GetUniformLocation(program_, "scale")),
      corner_(gl.GetUniformLocation(program_, "corner")) {
  unsigned char* texels = nullptr;
  int width = 0, height = 0;
  ImGuiIO& io = ImGui::GetIO();
  io.Fonts->GetTexDataAsRGBA32(&texels, &width, &height);
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  gl.ActiveTexture(GL_TEXTURE0);
  gl.GenTextures(1, &font_);
  gl.BindTexture(GL_TEXTURE_2D, font_);
  gl.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, width, height);
  gl.TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, texels);
  gl.BindTexture(GL_TEXTURE_2D, 0);

  gl.GenBuffers(1, &vertices_);
  gl.GenBuffers(1, &indices_);
  gl.GenVertexArrays(1, &vertex_array_);
  gl.BindVertexArray(vertex_array_);
  gl.BindBuffer(GL_ELEMENT_ARRAY_BUFFER, indices_);
  for (GLuint i = 0; i < 3; ++i) gl.EnableVertexAttribArray(i);
  gl.BindVertexArray(0);
}

PanelPainter::~PanelPainter() {
  gl_->DeleteVertexArrays(1, &vertex_array_);
  gl_->DeleteBuffers(1, &indices_);
  gl_->DeleteBuffers(1, &vertices_);
  gl_->DeleteTextures(1, &font_);
  gl_->DeleteProgram(program_);
}

void PanelPainter::paint(const ImDrawData& data) const {
  const int width = int(data.DisplaySize.x * data.FramebufferScale.x);
  const int height = int(data.DisplaySize.y * data.FramebufferScale.y);
  if (width <= 0 || height <= 0) return;
  gl_->Viewport(0, 0, width, height);
  gl_->UseProgram(program_);
  gl_->Uniform2f(scale_, 2 / data.DisplaySize.x, 2 / data.DisplaySize.y);
  gl_->Uniform2f(corner_, data.DisplayPos.x, data.DisplayPos.y);
  gl_->ActiveTexture(GL_TEXTURE0);
  gl_->BindTexture(GL_TEXTURE_2D, font_);
  gl_->BindVertexArray(vertex_array_);
  gl_->Enable(GL_BLEND);
  gl_->Enable(GL_SCISSOR_TEST);
  gl_->BlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  for (int i = 0; i < data.CmdListsCount; ++i) paint_list(data, *data.CmdLists[i]);
  gl_->Disable(GL_SCISSOR_TEST);
  gl_->Disable(GL_BLEND);
  gl_->BindVertexArray(0);
  gl_->BindTexture(GL_TEXTURE_2D, 0);
}

void PanelPainter::paint_list(const ImDrawData& data, const ImDrawList& list) const {
  gl_->BindBuffer(GL_ARRAY_BUFFER, vertices_);
  gl_->BufferData(GL_ARRAY_BUFFER, list.VtxBuffer.size_in_bytes(), list.VtxBuffer.Data, GL_STREAM_DRAW);
  gl_->BufferData(GL_ELEMENT_ARRAY_BUFFER, list.IdxBuffer.size_in_bytes(), list.IdxBuffer.Data, GL_STREAM_DRAW);
  const ImVec2 scale = data.FramebufferScale;
  for (const ImDrawCmd& command : list.CmdBuffer) {
    const ImVec4& clip = command.ClipRect;
    const int left = int((clip.x - data.DisplayPos.x) * scale.x), right = int((clip.z - data.DisplayPos.x) * scale.x);
    const int top = int((clip.y - data.DisplayPos.y) * scale.y), bottom = int((clip.w - data.DisplayPos.y) * scale.y);
    if (right <= left || bottom <= top) continue;
    gl_->Scissor(left, int(data.DisplaySize.y * scale.y) - bottom, right - left, bottom - top);
    const size_t first = command.VtxOffset * sizeof(ImDrawVert);
    gl_->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, sizeof(ImDrawVert), at(first + offsetof(ImDrawVert, pos)));
    gl_->VertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, sizeof(ImDrawVert), at(first + offsetof(ImDrawVert, uv)));
    gl_->VertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, sizeof(ImDrawVert),
                             at(first + offsetof(ImDrawVert, col)));
    gl_->DrawElements(GL_TRIANGLES, GLsizei(command.ElemCount),
                      sizeof(ImDrawIdx) == 2 ? GL_UNSIGNED_SHORT : GL_UNSIGNED_INT,
                      at(command.IdxOffset * sizeof(ImDrawIdx)));
  }
  gl_->BindBuffer(GL_ARRAY_BUFFER, 0);
}

}  // namespace demo
