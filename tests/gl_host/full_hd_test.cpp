// A picture of 1920 x 1080 on its way from a kernel to a texture: no byte is copied, and how often the host waits.
#include "gl_test.h"

namespace gl_host {
namespace {

constexpr uint32_t kFrames = 20;

class GlFullHd : public GlTest {
 protected:
  const Shape shape_{"full hd", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 1920, 1080};

  void store(const conformance::Module& textures, TiImage image, uint32_t seed) const {
    TiArgument texture{};
    texture.type = TI_ARGUMENT_TYPE_TEXTURE;
    texture.value.texture.image = image;
    texture.value.texture.dimension = shape_.dimension;
    texture.value.texture.extent = shape_.extent(0);
    texture.value.texture.format = shape_.format;
    textures.launch("store_2d_rgba8", {texture, conformance::i32(static_cast<int32_t>(shape_.width)),
                                       conformance::i32(static_cast<int32_t>(shape_.height)),
                                       conformance::i32(static_cast<int32_t>(seed))});
  }
  // What that kernel computes.
  std::vector<uint8_t> stored(uint32_t seed) const {
    std::vector<uint8_t> texels;
    texels.reserve(size_t{shape_.width} * shape_.height * 4);
    for (uint32_t y = 0; y < shape_.height; ++y)
      for (uint32_t x = 0; x < shape_.width; ++x)
        for (uint32_t c = 0; c < 4; ++c) texels.push_back(static_cast<uint8_t>(37 * x + 59 * y + 101 * c + 7 * seed));
    return texels;
  }
};

// A ring of 2, and a host that presents: it waits for its own frame.
TEST_P(GlFullHd, ReachesATextureWithoutACopyAndWithTheLeastWaits) {
  ASSERT_EQ(ist_set_option(runtime(), IST_OPTION_REQUIRE_ZERO_COPY, 1), TI_ERROR_SUCCESS) << error();
  const conformance::Module textures(runtime(), "textures");
  const TiImage ring[2] = {make_image(shape_), make_image(shape_)};
  const IstGlObject shared[2] = {share(ring[0]), share(ring[1])};
  EXPECT_EQ(shared[0].copied, 0u);
  EXPECT_EQ(shared[0].to_gl, semaphores() ? IST_RUNG_BINARY : IST_RUNG_HOST);
  EXPECT_EQ(shared[0].from_gl, semaphores() ? IST_RUNG_BINARY : IST_RUNG_GL_FENCE);
  IstCounters before{};
  for (uint32_t frame = 0; frame <= kFrames; ++frame) {
    if (frame == 1) before = counters();  // the first compiles pipelines
    SCOPED_TRACE(frame);
    const IstHandover object = handover(ring[frame % 2]);
    store(textures, object.image, frame);
    lend(object);
    EXPECT_TRUE(gl_read(shared[frame % 2], shape_, 0) == stored(frame));
    take_back(object);
    gl().Finish();
  }
  const IstCounters after = counters();
  EXPECT_EQ(after.share_copies, 0u);
  EXPECT_EQ(after.share_bytes, 0u);
  EXPECT_EQ(after.host_bytes, 0u);
  EXPECT_EQ(after.lends - before.lends, kFrames);
  // Only waits that slept count: one for each frame, or none where the kernel happens to have finished.
  EXPECT_LE(after.blocking_waits - before.blocking_waits, semaphores() ? 0u : kFrames);
  EXPECT_EQ(after.blocking_waits == before.blocking_waits, semaphores());
  EXPECT_EQ(after.gpu_waits - before.gpu_waits, semaphores() ? kFrames : 0u);
  EXPECT_EQ(after.gpu_signals - before.gpu_signals, semaphores() ? kFrames : 0u);
}

GL_HOST_SUITE(GlFullHd);

}  // namespace
}  // namespace gl_host
