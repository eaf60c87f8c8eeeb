// Images that GL sees and writes: every dimension, mips, layers and many formats, texel by texel.
#include "gl_test.h"

namespace gl_host {
namespace {

constexpr auto k1D = TI_IMAGE_DIMENSION_1D;
constexpr auto k2D = TI_IMAGE_DIMENSION_2D;
constexpr auto k3D = TI_IMAGE_DIMENSION_3D;
constexpr auto k1DArray = TI_IMAGE_DIMENSION_1D_ARRAY;
constexpr auto k2DArray = TI_IMAGE_DIMENSION_2D_ARRAY;
constexpr auto kCube = TI_IMAGE_DIMENSION_CUBE;

const Shape kShapes[] = {
    {"rgba8", TI_FORMAT_RGBA8},
    {"rgba8 odd", TI_FORMAT_RGBA8, k2D, 1, 1},
    {"rgba8 large", TI_FORMAT_RGBA8, k2D, 1921, 1081},
    {"rgba8srgb", TI_FORMAT_RGBA8SRGB},
    {"r8", TI_FORMAT_R8},
    {"rg8", TI_FORMAT_RG8},
    {"r8u", TI_FORMAT_R8U},
    {"rgba8i", TI_FORMAT_RGBA8I},
    {"rg16u", TI_FORMAT_RG16U},
    {"r16f", TI_FORMAT_R16F},
    {"rgba16f", TI_FORMAT_RGBA16F},
    {"r32u", TI_FORMAT_R32U},
    {"rgba32i", TI_FORMAT_RGBA32I},
    {"r32f", TI_FORMAT_R32F},
    {"rgba32f", TI_FORMAT_RGBA32F},
    {"rgba8 mips", TI_FORMAT_RGBA8, k2D, 67, 45, 1, 1, 5},
    {"rgba16f mips", TI_FORMAT_RGBA16F, k2D, 67, 45, 1, 1, 7},
    {"r32f mips", TI_FORMAT_R32F, k2D, 67, 45, 1, 1, 4},
    {"rgba8 layers", TI_FORMAT_RGBA8, k2DArray, 67, 45, 1, 4},
    {"rgba16f mips layers", TI_FORMAT_RGBA16F, k2DArray, 67, 45, 1, 3, 4},
    {"r32f layers", TI_FORMAT_R32F, k2DArray, 33, 21, 1, 5},
    {"rgba8 3d", TI_FORMAT_RGBA8, k3D, 19, 11, 7},
    {"r32f 3d mips", TI_FORMAT_R32F, k3D, 19, 11, 7, 1, 3},
    {"rgba16f 3d", TI_FORMAT_RGBA16F, k3D, 19, 11, 7},
    {"rgba8 cube mips", TI_FORMAT_RGBA8, kCube, 33, 33, 1, 6, 3},
    {"r32f cube", TI_FORMAT_R32F, kCube, 17, 17, 1, 6},
    {"rgba8 1d", TI_FORMAT_RGBA8, k1D, 101, 1},
    {"rgba8 1d layers", TI_FORMAT_RGBA8, k1DArray, 101, 1, 1, 3},
};

class GlImages : public GlTest {
 protected:
  bool has(const Shape& shape) const { return !es() || (shape.dimension != k1D && shape.dimension != k1DArray); }

  // zink does not leave sRGB textures of OpenGL where they are, and over lavapipe it cannot attach cubes.
  bool zink_copies(const Shape& shape, const IstGlObject& texture) {
    if (!gl().renderer().starts_with("zink")) return false;
    return shape.format == TI_FORMAT_RGBA8SRGB ? !es() : shape.dimension == kCube && texture.copied != 0;
  }

  // There and back, on shared memory or by copies; true: by copies.
  bool cross(const Shape& shape, bool shared) {
    SCOPED_TRACE(shape.name);
    const TiImage image = make_image(shape, shared);
    const IstGlObject texture = share(image);
    const bool copied = !shared || !zero_copy() || zink_copies(shape, texture);
    EXPECT_EQ(texture.copied != 0, copied) << texture.reason;
    const IstHandover read = handover(image);
    const IstHandover written = handover(image, false, TI_IMAGE_LAYOUT_TRANSFER_DST);
    write_image(image, shape, 1);
    lend(read);
    expect_gl(texture, shape, 1);
    take_back(read);
    write_image(image, shape, 2);
    lend(read);
    expect_gl(texture, shape, 2);
    take_back(read);
    lend(written);
    gl_write(texture, shape, 3);
    take_back(written);
    expect_image(image, shape, 3);
    EXPECT_EQ(ist_gl_unshare(joined(), image), TI_ERROR_SUCCESS) << error();
    ti_free_image(runtime(), image);
    for (const std::string& message : gl().take_messages()) ADD_FAILURE() << message;
    return texture.copied != 0;
  }
};

TEST_P(GlImages, CrossWithoutACopy) {
  if (!zero_copy()) GTEST_SKIP() << "no shared memory between " << gl().renderer() << " and the runtime";
  for (const Shape& shape : kShapes) {
    if (!has(shape)) continue;
    const IstCounters before = counters();
    const bool copied = cross(shape, true);
    EXPECT_EQ(counters().share_copies - before.share_copies, copied ? 4u : 0u);
    EXPECT_EQ(counters().share_bytes == before.share_bytes, !copied);
  }
}

TEST_P(GlImages, CrossByCopiesWhereTheyAreNotShared) {
  for (const Shape& shape : kShapes)
    if (has(shape)) cross(shape, false);
}

TEST_P(GlImages, CopiesAreCounted) {
  const Shape shape{"mips", TI_FORMAT_RGBA8, k2D, 16, 8, 1, 1, 2};
  const TiImage image = make_image(shape, false);
  const IstGlObject texture = share(image);
  EXPECT_EQ(texture.copied, 1u);
  EXPECT_EQ(texture.to_gl, IST_RUNG_HOST);
  EXPECT_STREQ(texture.reason, "it was allocated without export_sharing");
  const IstCounters before = counters();
  write_image(image, shape, 1);
  lend(handover(image, false));
  take_back(handover(image, false));
  EXPECT_EQ(counters().share_copies - before.share_copies, 2u);
  EXPECT_EQ(counters().share_bytes - before.share_bytes, 2u * 4 * (16 * 8 + 8 * 4));
  EXPECT_EQ(counters().lends - before.lends, 1u);
  EXPECT_EQ(counters().takes - before.takes, 1u);
  lend(handover(image));
  take_back(handover(image));
  EXPECT_EQ(counters().share_copies - before.share_copies, 3u);
}

TEST_P(GlImages, BlueFirstIsSampledRightAndNotWritten) {
  const Shape shape{"bgra8", TI_FORMAT_BGRA8, k2D, 8, 4};
  for (const bool shared : {true, false}) {
    const TiImage image = make_image(shape, shared);
    const IstGlObject texture = share(image);
    write_image(image, shape, 1);
    expect_failed(ist_gl_lend(joined(), 1, std::array{handover(image, false)}.data()), TI_ERROR_NOT_SUPPORTED,
                  {"can only read", "swizzle", "READ_ONLY"});
    lend(handover(image));
    std::string log;
    const GLuint program = gl().program(
        "void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }",
        "uniform sampler2D t; out vec4 color; void main() { color = texelFetch(t, ivec2(gl_FragCoord.xy), 0); }", &log);
    ASSERT_NE(program, 0u) << log;
    GLuint target = 0, framebuffer = 0, vertices = 0;
    gl().GenVertexArrays(1, &vertices);
    gl().BindVertexArray(vertices);
    gl().GenTextures(1, &target);
    gl().BindTexture(GL_TEXTURE_2D, target);
    gl().TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 8, 4);
    gl().GenFramebuffers(1, &framebuffer);
    gl().BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    gl().FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
    gl().Viewport(0, 0, 8, 4);
    gl().UseProgram(program);
    gl().BindTexture(GL_TEXTURE_2D, texture.name);
    gl().DrawArrays(GL_TRIANGLES, 0, 3);
    take_back(handover(image));
    std::vector<uint8_t> seen(8 * 4 * 4);
    gl().ReadPixels(0, 0, 8, 4, GL_RGBA, GL_UNSIGNED_BYTE, seen.data());
    auto expected = pattern(shape, 0, 1);
    for (size_t i = 0; i < expected.size(); i += 4) std::swap(expected[i], expected[i + 2]);
    EXPECT_EQ(seen, expected);
    gl().BindFramebuffer(GL_FRAMEBUFFER, 0);
    gl().DeleteFramebuffers(1, &framebuffer);
    gl().DeleteTextures(1, &target);
    gl().DeleteVertexArrays(1, &vertices);
    gl().UseProgram(0);
    gl().DeleteProgram(program);
  }
}

TEST_P(GlImages, PartsChangeHandsAlone) {
  const Shape shape{"parts", TI_FORMAT_RGBA8, k2DArray, 20, 12, 1, 4, 3};
  for (const bool shared : {true, false}) {
    const TiImage image = make_image(shape, shared);
    const IstGlObject texture = share(image);
    write_image(image, shape, 5);
    IstHandover part = handover(image);
    part.base_mip = 1;
    part.mip_count = 1;
    part.base_layer = 2;
    part.layer_count = 2;
    IstHandover other = part;
    other.base_layer = 1;
    other.layer_count = 1;
    lend(part);
    EXPECT_EQ(holder(part), IST_HOLDER_LENT);
    EXPECT_EQ(holder(other), IST_HOLDER_OURS);
    const auto seen = gl_read(texture, shape, 1);
    const auto expected = pattern(shape, 1, 5);
    const size_t half = expected.size() / 2;
    EXPECT_TRUE(std::equal(seen.begin() + static_cast<ptrdiff_t>(half), seen.end(),
                           expected.begin() + static_cast<ptrdiff_t>(half)));
    expect_failed(ist_gl_take_back(joined(), 1, &other), TI_ERROR_INVALID_STATE, {"not lent"});
    expect_failed(ist_gl_unshare(joined(), image), TI_ERROR_INVALID_STATE, {"is lent to OpenGL"});
    take_back(part);
    gl().Finish();
    expect_image(image, shape, 5);
    EXPECT_EQ(ist_gl_unshare(joined(), image), TI_ERROR_SUCCESS);
  }
}

TEST_P(GlImages, SharedAndCopiedGoInOneCall) {
  const Shape shape{"2d", TI_FORMAT_RGBA8};
  const TiImage shared = make_image(shape, true);
  const TiImage copied = make_image(shape, false);
  const TiMemory memory = make_memory(1000);
  const IstGlObject one = share(shared);
  const IstGlObject two = share(copied);
  share(memory);
  write_image(shared, shape, 1);
  write_image(copied, shape, 2);
  const IstHandover objects[] = {handover(shared), handover(copied), handover(memory)};
  ASSERT_EQ(ist_gl_lend(joined(), 3, objects), TI_ERROR_SUCCESS) << error();
  expect_gl(one, shape, 1);
  expect_gl(two, shape, 2);
  ASSERT_EQ(ist_gl_take_back(joined(), 3, objects), TI_ERROR_SUCCESS) << error();
  gl().Finish();
  expect_image(shared, shape, 1);
}

TEST_P(GlImages, DepthAndThreeChannels) {
  const Shape depth{"depth32f", TI_FORMAT_DEPTH32F, k2D, 16, 16};
  const TiImage image = make_image(depth, true);
  const IstGlObject texture = share(image);
  EXPECT_EQ(texture.internal_format, 0x8CACu);
  const Shape rgb{"rgb32f", TI_FORMAT_RGB32F};
  IstFormatInfo there{};
  there.size = sizeof there;
  ASSERT_EQ(ist_format_info(runtime(), TI_FORMAT_RGB32F, k2D, &there), TI_ERROR_SUCCESS);
  if (!there.usage || !there.image_export) return;
  const TiImage three = make_image(rgb, true);
  const IstGlObject copied = share(three);
  EXPECT_EQ(copied.copied, 1u);
  EXPECT_NE(std::string(copied.reason).find("fourth channel"), std::string::npos) << copied.reason;
}

GL_HOST_SUITE(GlImages);

}  // namespace
}  // namespace gl_host
