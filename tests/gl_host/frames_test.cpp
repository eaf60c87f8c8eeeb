// A ring of two images, a slow reader, every frame checked; and who waits how often.
#include "gl_test.h"

namespace gl_host {
namespace {

class GlFrames : public GlTest {
 protected:
  static constexpr uint32_t kFrames = 300;
  const Shape shape_{"frame", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 129, 65};

  // Draws the texture late into a layer of its own, so that what is drawn is looked at when all is over.
  void draw_slowly(GLuint program, GLuint texture, GLuint result) {
    GlHost& g = gl();
    g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, result, 0);
    g.Viewport(0, 0, static_cast<GLsizei>(shape_.width), static_cast<GLsizei>(shape_.height));
    g.UseProgram(program);
    g.BindTexture(GL_TEXTURE_2D, texture);
    g.DrawArrays(GL_TRIANGLES, 0, 3);
  }

  // Of its last hand-over.
  IstRung told_rung(TiImage image) {
    const IstHandover which = handover(image);
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime(), &which, &state), TI_ERROR_SUCCESS) << error();
    return state.rung;
  }

  void run_ring(bool shared) {
    GlHost& g = gl();
    std::string log;
    const GLuint program =
        g.program("void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }",
                  "uniform highp sampler2D t; out vec4 color; void main() { float x = gl_FragCoord.x;"
                  "for (int i = 0; i < 500; ++i) x = sin(x + float(i));"
                  "color = texelFetch(t, ivec2(gl_FragCoord.xy) + ivec2(x > 2.0 ? 1 : 0), 0); }",
                  &log);
    ASSERT_NE(program, 0u) << log;
    GLuint vertices = 0, framebuffer = 0;
    std::vector<GLuint> results(kFrames);
    g.GenVertexArrays(1, &vertices);
    g.BindVertexArray(vertices);
    g.GenTextures(kFrames, results.data());
    for (const GLuint result : results) {
      g.BindTexture(GL_TEXTURE_2D, result);
      g.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, static_cast<GLsizei>(shape_.width),
                     static_cast<GLsizei>(shape_.height));
    }
    g.GenFramebuffers(1, &framebuffer);
    g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);

    const TiImage ring[2] = {make_image(shape_, shared), make_image(shape_, shared)};
    const IstGlObject textures[2] = {share(ring[0]), share(ring[1])};
    const IstCounters before = counters();
    for (uint32_t frame = 0; frame < kFrames; ++frame) {
      const IstHandover object = handover(ring[frame % 2]);
      write_image(object.image, shape_, frame);
      lend(object);
      draw_slowly(program, textures[frame % 2].name, results[frame]);
      take_back(object);
    }
    const IstCounters after = counters();
    for (uint32_t frame = 0; frame < kFrames; ++frame) {
      const IstGlObject result{sizeof(IstGlObject), results[frame], GL_TEXTURE_2D, 0, {}, {}, 0, {}};
      SCOPED_TRACE(frame);
      g.BindFramebuffer(GL_FRAMEBUFFER, 0);
      expect_gl(result, shape_, frame);
    }
    EXPECT_EQ(after.lends - before.lends, kFrames);
    EXPECT_EQ(after.takes - before.takes, kFrames);
    if (textures[0].copied) {
      EXPECT_EQ(after.share_copies - before.share_copies, kFrames);
    } else {
      EXPECT_EQ(after.share_copies, before.share_copies);
      EXPECT_EQ(after.share_bytes, before.share_bytes);
      if (semaphores()) {
        EXPECT_EQ(after.gpu_waits - before.gpu_waits, kFrames);
        EXPECT_EQ(after.gpu_signals - before.gpu_signals, kFrames);
      } else {
        EXPECT_EQ(after.gpu_waits, before.gpu_waits);
      }
    }
    std::printf("[          ] %s: to GL by rung %d, back by rung %d; blocking waits %llu, polls %llu\n",
                gl().renderer().c_str(), static_cast<int>(textures[0].to_gl), static_cast<int>(textures[0].from_gl),
                static_cast<unsigned long long>(after.blocking_waits - before.blocking_waits),
                static_cast<unsigned long long>(after.polls - before.polls));
    g.BindFramebuffer(GL_FRAMEBUFFER, 0);
    g.DeleteFramebuffers(1, &framebuffer);
    g.DeleteTextures(kFrames, results.data());
    g.DeleteVertexArrays(1, &vertices);
    g.UseProgram(0);
    g.DeleteProgram(program);
  }
};

TEST_P(GlFrames, NoFrameIsTornOrStale) { run_ring(true); }
TEST_P(GlFrames, NorWithCopies) { run_ring(false); }

// Each rung that the ladder has, in both directions; those that are not between these two are refused by name.
TEST_P(GlFrames, NorOnAnyForcedRung) {
  if (!zero_copy()) GTEST_SKIP() << "no shared memory between " << gl().renderer() << " and the runtime";
  const TiImage image = make_image(shape_);
  share(image);
  IstDeviceInfo device{};
  device.size = sizeof device;
  ASSERT_EQ(ist_runtime_info(runtime(), &device), TI_ERROR_SUCCESS) << error();
  EXPECT_TRUE(device.rungs >> IST_RUNG_GL_FENCE & 1);
  uint32_t walked = 0;
  for (uint32_t raw = IST_RUNG_AUTO; raw <= IST_RUNG_HOST; ++raw) {
    SCOPED_TRACE(raw);
    const auto rung = static_cast<IstRung>(raw);
    if (rung != IST_RUNG_AUTO && !(device.rungs >> raw & 1)) {
      expect_failed(ist_set_option(runtime(), IST_OPTION_FORCE_RUNG, raw), TI_ERROR_NOT_SUPPORTED, {"Rung", "HOST"});
      continue;
    }
    ASSERT_EQ(ist_set_option(runtime(), IST_OPTION_FORCE_RUNG, raw), TI_ERROR_SUCCESS) << error();
    const bool there = rung == IST_RUNG_AUTO || rung == IST_RUNG_GL_FENCE || rung == IST_RUNG_HOST ||
                       (rung == IST_RUNG_BINARY && semaphores());
    const IstHandover written = handover(image, false, TI_IMAGE_LAYOUT_SHADER_READ_WRITE);
    if (!there) {
      expect_failed(ist_gl_lend(joined(), 1, &written), TI_ERROR_NOT_SUPPORTED, {"is forced", "GL_FENCE and HOST"});
      EXPECT_EQ(holder(written), IST_HOLDER_OURS);
      continue;
    }
    const IstGlObject object = share(image);
    const bool by_semaphore = semaphores() && (rung == IST_RUNG_AUTO || rung == IST_RUNG_BINARY);
    EXPECT_EQ(object.to_gl, by_semaphore ? IST_RUNG_BINARY : IST_RUNG_HOST);
    EXPECT_EQ(object.from_gl, by_semaphore ? IST_RUNG_BINARY : rung == IST_RUNG_HOST ? rung : IST_RUNG_GL_FENCE);
    const IstCounters before = counters();
    for (uint32_t frame = 0; frame < 20; frame += 2) {
      write_image(image, shape_, frame);
      lend(written);
      expect_gl(object, shape_, frame);
      gl_write(object, shape_, frame + 1);
      take_back(written);
      EXPECT_EQ(told_rung(image), object.from_gl);
      expect_image(image, shape_, frame + 1);
    }
    EXPECT_EQ(counters().gpu_waits - before.gpu_waits, by_semaphore ? 10u : 0u);
    EXPECT_EQ(counters().share_copies, before.share_copies);
    walked |= 1u << raw;
  }
  EXPECT_EQ(walked, 1u << IST_RUNG_AUTO | 1u << IST_RUNG_GL_FENCE | 1u << IST_RUNG_HOST |
                        (semaphores() ? 1u << IST_RUNG_BINARY : 0));
  ASSERT_EQ(ist_set_option(runtime(), IST_OPTION_FORCE_RUNG, IST_RUNG_AUTO), TI_ERROR_SUCCESS);
}

// GL writes what the runtime reads, and the other way round, with nobody waiting in between.
TEST_P(GlFrames, PingPong) {
  for (const bool shared : {true, false}) {
    const TiImage image = make_image(shape_, shared);
    const IstGlObject texture = share(image);
    const IstHandover written = handover(image, false, TI_IMAGE_LAYOUT_SHADER_READ_WRITE);
    for (uint32_t frame = 0; frame < 60; frame += 2) {
      lend(written);
      gl_write(texture, shape_, frame);
      take_back(written);
      expect_image(image, shape_, frame);
      write_image(image, shape_, frame + 1);
      lend(written);
      expect_gl(texture, shape_, frame + 1);
      take_back(written);
    }
  }
}

GL_HOST_SUITE(GlFrames);

}  // namespace
}  // namespace gl_host
