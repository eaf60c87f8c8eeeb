// A host that draws with what the runtime computes in the same context, without a window: its bindings are made once
// and never again, so whatever the runtime left behind would show.
#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;
using conformance::Module;

constexpr uint32_t kWidth = 64, kHeight = 48;

class Frames : public RuntimeTest {
 protected:
  // Two textures and a target on the host's side; everything stays bound.
  void set_up_drawing() {
    GlHost& g = gl();
    std::string log;
    program_ = g.program(
        "layout(location = 0) in int column; uniform int points;"
        "void main() { vec2 corner = vec2(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1);"
        "vec2 place = (vec2(column % 64, gl_VertexID) + 0.5) / vec2(32, 24) - 1.0;"
        "gl_Position = vec4(points == 1 ? place : corner, 0, 1); gl_PointSize = 1.0; }",
        "uniform highp sampler2D picture; uniform int points; out vec4 color;"
        "void main() { color = points == 1 ? vec4(1, 0, 1, 1) : texelFetch(picture, ivec2(gl_FragCoord.xy), 0); }",
        &log);
    ASSERT_NE(program_, 0u) << log;
    const Shape shape{"frame", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, kWidth, kHeight};
    texture_ = make_texture(shape);
    std::vector<int32_t> columns;
    for (int32_t i = 0; i < static_cast<int32_t>(kHeight); ++i) columns.push_back(i * i);
    buffer_ = make_buffer(columns);
    const GLuint target = make_texture(shape).texture;
    GLuint framebuffer = 0, vertices = 0;
    g.GenFramebuffers(1, &framebuffer);
    g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
    g.Viewport(0, 0, kWidth, kHeight);
    g.GenVertexArrays(1, &vertices);
    g.BindVertexArray(vertices);
    g.BindBuffer(GL_ARRAY_BUFFER, buffer_);
    g.EnableVertexAttribArray(0);
    g.VertexAttribIPointer(0, 1, GL_INT, 0, nullptr);
    g.BindTexture(GL_TEXTURE_2D, texture_.texture);
    g.UseProgram(program_);
    points_ = g.GetUniformLocation(program_, "points");
  }

  std::vector<uint8_t> draw() {
    GlHost& g = gl();
    g.Uniform1i(points_, 0);
    g.DrawArrays(GL_TRIANGLES, 0, 3);
    g.Uniform1i(points_, 1);
    g.DrawArrays(GL_POINTS, 0, kHeight);
    std::vector<uint8_t> pixels(kWidth * kHeight * 4);
    g.ReadPixels(0, 0, kWidth, kHeight, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
    return pixels;
  }

  static std::vector<uint8_t> expected(uint32_t frame) {
    std::vector<uint8_t> pixels;
    for (uint32_t y = 0; y < kHeight; ++y) {
      for (uint32_t x = 0; x < kWidth; ++x) {
        const bool point = (y * y + frame + 1) % kWidth == x;
        for (uint32_t c = 0; c < 4; ++c)
          pixels.push_back(static_cast<uint8_t>(point ? (c == 1 ? 0 : 255) : 37 * x + 59 * y + 101 * c + 7 * frame));
      }
    }
    return pixels;
  }

  GLuint program_ = 0, buffer_ = 0;
  GLint points_ = 0;
  TiOpenglImageInteropInfo texture_{};
};

TEST_P(Frames, TheHostDrawsWhatTheRuntimeComputes) {
  set_up_drawing();
  const Module textures(runtime(), "textures"), graphs(runtime(), "graphs");
  const TiImage image = import_image(texture_);
  const TiMemory columns = import_memory(buffer_, kHeight * 4);
  for (uint32_t frame = 0; frame < 300; ++frame) {
    SCOPED_TRACE(frame);
    textures.launch("store_2d_rgba8", {texture_of(image, kWidth, kHeight, TI_FORMAT_RGBA8), i32(kWidth), i32(kHeight),
                                       i32(static_cast<int32_t>(frame))});
    graphs.launch("add_to", {array_of(columns, kHeight), i32(1)});
    // Both ways of handing work over, and the CPU's looks at what the host draws with.
    frame % 3 == 2 ? ti_wait(runtime()) : ti_flush(runtime());
    if (frame % 7 == 0) {
      std::vector<uint8_t> texels(kWidth * kHeight * 4);
      const TiImageSlice whole{image, {}, {kWidth, kHeight, 1, 1}, 0};
      ASSERT_EQ(ist_read_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
      ASSERT_EQ(texels[4], static_cast<uint8_t>(37 + 7 * frame));
    }
    ASSERT_EQ(draw(), expected(frame));
    expect_no_gl_errors();
    if (HasFailure()) break;
  }
}

GL_RUNTIME_SUITE(Frames);

}  // namespace
}  // namespace gl_runtime
