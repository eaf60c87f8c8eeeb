// Two programs: a triangle that covers the square, and discs. Colours are sRGB values that go to the framebuffer
// as they are.
#include "gl_host/renderer.h"

#include <algorithm>

namespace demo {
namespace {

constexpr float kDiscDiameter = 0.011f;  // of the square's height

constexpr const char* kTextureVertex = R"(
out vec2 place;
void main() {
  place = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
  gl_Position = vec4(place * 2.0 - 1.0, 0.0, 1.0);
}
)";

constexpr const char* kTextureFragment = R"(
uniform sampler2D picture;
in vec2 place;
out vec4 colour;
void main() { colour = vec4(texture(picture, place).rgb, 1.0); }
)";

constexpr const char* kPointsVertex = R"(
layout(location = 0) in vec2 position;
layout(location = 1) in int material;
uniform float diameter;  // in pixels
flat out vec3 tint;
const vec3 kTints[4] = vec3[4](vec3(0.949, 0.651, 0.353), vec3(0.310, 0.702, 0.749),
                               vec3(0.243, 0.486, 0.694), vec3(0.910, 0.365, 0.459));
void main() {
  tint = kTints[material & 3];
  gl_Position = vec4(position * 2.0 - 1.0, 0.0, 1.0);
  gl_PointSize = diameter;
}
)";

// The outer 1.5 pixels fade out.
constexpr const char* kPointsFragment = R"(
uniform float diameter;
flat in vec3 tint;
out vec4 colour;
void main() {
  float radius = 0.5 * diameter;
  float from_centre = length(gl_PointCoord - 0.5) * diameter;
  colour = vec4(tint, 1.0 - smoothstep(radius - 1.5, radius, from_centre));
}
)";

}  // namespace

Renderer::Renderer(const Gl& gl)
    : gl_(&gl),
      texture_program_(gl.program(kTextureVertex, kTextureFragment)),
      points_program_(gl.program(kPointsVertex, kPointsFragment)),
      diameter_(gl.GetUniformLocation(points_program_, "diameter")) {
  gl.GenVertexArrays(1, &vertices_);
  gl.GenSamplers(1, &sampler_);
  gl.SamplerParameteri(sampler_, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  gl.SamplerParameteri(sampler_, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  gl.SamplerParameteri(sampler_, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  gl.SamplerParameteri(sampler_, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

Renderer::~Renderer() {
  gl_->DeleteProgram(points_program_);
  gl_->DeleteProgram(texture_program_);
  gl_->DeleteSamplers(1, &sampler_);
  gl_->DeleteVertexArrays(1, &vertices_);
}

void Renderer::clear(Extent extent) const {
  gl_->Viewport(0, 0, GLsizei(extent.width), GLsizei(extent.height));
  gl_->ClearColor(0.043f, 0.055f, 0.075f, 1);
  gl_->Clear(GL_COLOR_BUFFER_BIT);
}

void Renderer::draw_texture(const Rectangle& square, GLuint texture) const {
  gl_->Viewport(square.x, square.y, square.side, square.side);
  gl_->UseProgram(texture_program_);
  gl_->BindVertexArray(vertices_);
  gl_->ActiveTexture(GL_TEXTURE0);
  gl_->BindTexture(GL_TEXTURE_2D, texture);
  gl_->BindSampler(0, sampler_);
  gl_->DrawArrays(GL_TRIANGLES, 0, 3);
  gl_->BindSampler(0, 0);
  gl_->BindTexture(GL_TEXTURE_2D, 0);
}

void Renderer::draw_points(const Rectangle& square, GLuint positions, GLuint materials, uint32_t count) const {
  gl_->Viewport(square.x, square.y, square.side, square.side);
  gl_->UseProgram(points_program_);
  gl_->Uniform1f(diameter_, std::max(kDiscDiameter * float(square.side), 1.0f));
  gl_->BindVertexArray(vertices_);
  gl_->EnableVertexAttribArray(0);
  gl_->EnableVertexAttribArray(1);
  gl_->BindBuffer(GL_ARRAY_BUFFER, positions);
  gl_->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
  gl_->BindBuffer(GL_ARRAY_BUFFER, materials);
  gl_->VertexAttribIPointer(1, 1, GL_INT, 0, nullptr);
  gl_->BindBuffer(GL_ARRAY_BUFFER, 0);
  // OpenGL ES always takes the size from the shader.
  if (!gl_->es) gl_->Enable(GL_PROGRAM_POINT_SIZE);
  gl_->Enable(GL_BLEND);
  gl_->BlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
  gl_->DrawArrays(GL_POINTS, 0, GLsizei(count));
  gl_->Disable(GL_BLEND);
}

std::vector<uint8_t> Renderer::read_pixels(Extent extent) const {
  const size_t row = size_t{extent.width} * 4;
  std::vector<uint8_t> upwards(row * extent.height), downwards(row * extent.height);
  gl_->ReadPixels(0, 0, GLsizei(extent.width), GLsizei(extent.height), GL_RGBA, GL_UNSIGNED_BYTE, upwards.data());
  for (size_t y = 0; y < extent.height; ++y)
    std::copy_n(upwards.begin() + ptrdiff_t((extent.height - 1 - y) * row), row,
                downwards.begin() + ptrdiff_t(y * row));
  // A window may have no alpha of its own.
  for (size_t i = 3; i < downwards.size(); i += 4) downwards[i] = 255;
  return downwards;
}

}  // namespace demo
