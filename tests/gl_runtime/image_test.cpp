// The host's textures in the runtime, the runtime's in the host.
#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;
using conformance::Module;

const Shape kShapes[] = {
    {"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 33, 17},
    {"2d of two bytes", TI_FORMAT_R8, TI_IMAGE_DIMENSION_2D, 33, 17},
    {"2d with mips", TI_FORMAT_RGBA16F, TI_IMAGE_DIMENSION_2D, 19, 7, 1, 1, 4},
    {"2d of integers", TI_FORMAT_R32U, TI_IMAGE_DIMENSION_2D, 19, 7, 1, 1, 2},
    {"2d of small integers", TI_FORMAT_R8U, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"2d of signed integers", TI_FORMAT_RGBA32I, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"2d of small signed integers", TI_FORMAT_RGBA8I, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"2d of two channels", TI_FORMAT_RG16U, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"2d srgb", TI_FORMAT_RGBA8SRGB, TI_IMAGE_DIMENSION_2D, 19, 7, 1, 1, 2},
    {"2d float", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"2d four floats", TI_FORMAT_RGBA32F, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D_ARRAY, 19, 7, 1, 3, 2},
    {"cube", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_CUBE, 9, 9, 1, 6, 2},
    {"cube of floats", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_CUBE, 8, 8, 1, 6},
    {"3d", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_3D, 9, 5, 4, 1, 2},
    {"3d of bytes", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_3D, 9, 5, 4},
    {"1d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D, 9, 1, 1, 1, 2},
    {"1d array", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_1D_ARRAY, 9, 1, 1, 4},
};

const Shape kPicture{"picture", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 40, 24};

class Textures : public RuntimeTest {
 protected:
  bool is_line(const Shape& shape) const {
    return shape.dimension == TI_IMAGE_DIMENSION_1D || shape.dimension == TI_IMAGE_DIMENSION_1D_ARRAY;
  }
  void expect_refused(const TiOpenglImageInteropInfo& texture, TiError code, std::initializer_list<const char*> words) {
    EXPECT_EQ(ti_import_opengl_image(runtime(), &texture), nullptr);
    conformance::expect_error({code}, words);
  }
  // What store_2d_rgba8 of the module `textures` writes.
  static std::vector<uint8_t> stored(const Shape& shape, int seed) {
    std::vector<uint8_t> texels;
    for (uint32_t y = 0; y < shape.height; ++y)
      for (uint32_t x = 0; x < shape.width; ++x)
        for (uint32_t c = 0; c < 4; ++c)
          texels.push_back(static_cast<uint8_t>(37 * x + 59 * y + 101 * c + 7 * static_cast<uint32_t>(seed)));
    return texels;
  }
  void store(const Module& module, TiImage image, const Shape& shape, int seed) {
    module.launch("store_2d_rgba8",
                  {texture_of(image, shape.width, shape.height, shape.format), i32(static_cast<int32_t>(shape.width)),
                   i32(static_cast<int32_t>(shape.height)), i32(seed)});
  }
  // Draws the texture over all of a target of the same size, and reads that.
  std::vector<uint8_t> drawn(GLuint texture, const Shape& shape) {
    GlHost& g = gl();
    std::string log;
    if (!program_)
      program_ =
          g.program("void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }",
                    "uniform highp sampler2D t; out vec4 color;"
                    "void main() { color = texture(t, gl_FragCoord.xy / vec2(textureSize(t, 0))); }",
                    &log);
    EXPECT_NE(program_, 0u) << log;
    if (!target_) {
      target_ = make_texture(shape).texture;
      g.GenVertexArrays(1, &vertices_);
      g.GenFramebuffers(1, &framebuffer_);
    }
    g.BindVertexArray(vertices_);
    g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
    g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target_, 0);
    g.Viewport(0, 0, static_cast<GLsizei>(shape.width), static_cast<GLsizei>(shape.height));
    g.UseProgram(program_);
    g.BindTexture(GL_TEXTURE_2D, texture);
    g.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    g.TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    g.DrawArrays(GL_TRIANGLES, 0, 3);
    std::vector<uint8_t> pixels(size_t{shape.width} * shape.height * 4);
    g.ReadPixels(0, 0, static_cast<GLsizei>(shape.width), static_cast<GLsizei>(shape.height), GL_RGBA, GL_UNSIGNED_BYTE,
                 pixels.data());
    g.BindFramebuffer(GL_FRAMEBUFFER, 0);
    return pixels;
  }

 private:
  GLuint program_ = 0, target_ = 0, vertices_ = 0, framebuffer_ = 0;
};

TEST_P(Textures, OfEveryShapeGoBothWays) {
  for (const Shape& shape : kShapes) {
    if (es() && is_line(shape)) continue;
    SCOPED_TRACE(shape.name);
    const TiOpenglImageInteropInfo texture = make_texture(shape);
    host_writes(texture, shape, 1);
    const TiImage image = import_image(texture);
    if (!image) continue;
    expect_runtime_reads(image, shape, 1);
    runtime_writes(image, shape, 2);
    ti_flush(runtime());
    expect_host_reads(texture, shape, 2);
    TiOpenglImageInteropInfo told{};
    ti_export_opengl_image(runtime(), image, &told);
    EXPECT_EQ(std::memcmp(&told, &texture, sizeof told), 0);
    ti_free_image(runtime(), image);
    EXPECT_TRUE(gl().IsTexture(texture.texture));
    ti_wait(runtime());
    expect_host_reads(texture, shape, 2);
    expect_no_gl_errors();
  }
}

// Of levels the first ones may be imported.
TEST_P(Textures, WithFewerLevelsThanTheyHave) {
  const Shape shape{"four", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 32, 16, 1, 1, 4};
  TiOpenglImageInteropInfo texture = make_texture(shape);
  host_writes(texture, shape, 3);
  Shape half = shape;
  half.mips = 2;
  texture.levels = 2;
  const TiImage image = import_image(texture);
  expect_runtime_reads(image, half, 3);
  runtime_writes(image, half, 4);
  ti_flush(runtime());
  expect_host_reads(texture, half, 4);
}

// The second name says more of the texture than the first.
TEST_P(Textures, ImportedTwiceAreOne) {
  const Shape shape{"four", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 32, 16, 1, 1, 4};
  TiOpenglImageInteropInfo texture = make_texture(shape);
  texture.levels = 1;
  const TiImage first = import_image(texture);
  texture.levels = 4;
  const TiImage second = import_image(texture);
  ASSERT_NE(first, second);
  const Module module(runtime(), "textures");
  Shape one = shape;
  one.mips = 1;
  store(module, first, one, 1);
  ti_flush(runtime());
  for (int i = 0; i < 10; ++i) {
    store(module, first, one, i);
    std::vector<uint8_t> texels(stored(one, i).size());
    const TiImageSlice whole{second, {}, one.extent(0), 0};
    EXPECT_EQ(ist_read_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
    EXPECT_EQ(texels, stored(one, i));
  }
  runtime_writes(second, shape, 9);
  ti_free_image(runtime(), first);
  expect_runtime_reads(second, shape, 9);
  EXPECT_EQ(ist_generate_mips(runtime(), second), TI_ERROR_SUCCESS) << conformance::take_error().message;
  ti_flush(runtime());
  expect_host_reads(texture, one, 9);
}

// A host that makes its texture anew gets the old name, while we still hold the old texture's state.
TEST_P(Textures, MadeAnewUnderTheSameNameAreRefused) {
  const Shape small{"small", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 8, 8};
  const Shape large{"large", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 16, 16, 1, 1, 4};
  const TiOpenglImageInteropInfo texture = make_texture(small);
  const TiImage image = import_image(texture);
  gl().DeleteTextures(1, &texture.texture);
  const TiOpenglImageInteropInfo again = make_texture(large);
  if (again.texture == texture.texture) {
    EXPECT_EQ(ti_import_opengl_image(runtime(), &again), nullptr);
    conformance::expect_error({TI_ERROR_INVALID_INTEROP}, {"free that image first"});
  }
  ti_free_image(runtime(), image);
  const TiImage second = import_image(again);
  EXPECT_EQ(ist_generate_mips(runtime(), second), TI_ERROR_SUCCESS) << conformance::take_error().message;
  ti_flush(runtime());
}

TEST_P(Textures, AKernelPaintsWhatTheHostDraws) {
  const TiOpenglImageInteropInfo texture = make_texture(kPicture);
  const TiImage image = import_image(texture);
  const Module module(runtime(), "textures");
  for (int seed = 0; seed < 8; ++seed) {
    store(module, image, kPicture, seed);
    ti_flush(runtime());
    ASSERT_EQ(drawn(texture.texture, kPicture), stored(kPicture, seed)) << seed;
  }
}

TEST_P(Textures, OfTheRuntimeAreDrawnByTheHost) {
  conformance::Image ours(runtime(), TI_IMAGE_DIMENSION_2D, {kPicture.width, kPicture.height, 1}, TI_FORMAT_RGBA8);
  TiOpenglImageInteropInfo told{};
  ti_export_opengl_image(runtime(), ours.handle(), &told);
  ASSERT_TRUE(gl().IsTexture(told.texture));
  EXPECT_EQ(told.target, GLenum{GL_TEXTURE_2D});
  EXPECT_EQ(told.format, GLenum{GL_RGBA8});
  EXPECT_EQ(told.levels, 1);
  EXPECT_EQ(told.width, 40);
  EXPECT_EQ(told.height, 24);
  EXPECT_EQ(told.depth, 1);
  const Module module(runtime(), "textures");
  for (int seed = 0; seed < 8; ++seed) {
    store(module, ours.handle(), kPicture, seed);
    ti_flush(runtime());
    ASSERT_EQ(drawn(told.texture, kPicture), stored(kPicture, seed)) << seed;
  }
  ours.free_now();
  ti_wait(runtime());
  const conformance::Memory something(runtime(), 64);
  EXPECT_FALSE(gl().IsTexture(told.texture));
}

// The host draws into it, a kernel fetches.
TEST_P(Textures, AKernelSeesWhatTheHostHasDrawn) {
  GlHost& g = gl();
  const TiOpenglImageInteropInfo texture = make_texture(kPicture);
  const TiImage image = import_image(texture);
  const Module module(runtime(), "textures");
  const uint32_t width = kPicture.width, height = kPicture.height;
  conformance::Array<float> out(runtime(), {width, height}, {4});
  GLuint framebuffer = 0;
  g.GenFramebuffers(1, &framebuffer);
  for (int round = 0; round < 4; ++round) {
    g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture.texture, 0);
    g.ClearColor(static_cast<float>(round) / 4, 0, 1, 0.5f);
    g.Clear(GL_COLOR_BUFFER_BIT);
    g.BindFramebuffer(GL_FRAMEBUFFER, 0);
    module.launch("fetch_2d", {texture_of(image, width, height, TI_FORMAT_RGBA8), out.arg()});
    const std::vector<float> texels = out.read();
    for (size_t i = 0; i < texels.size(); i += 4) {
      ASSERT_NEAR(texels[i], static_cast<float>(round) / 4, 1.0 / 255);
      ASSERT_EQ(texels[i + 2], 1);
    }
  }
}

TEST_P(Textures, AreRefusedByWhatIsWrong) {
  GlHost& g = gl();
  const Shape shape{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 32, 16, 1, 1, 3};
  const TiOpenglImageInteropInfo good = make_texture(shape);
  TiOpenglImageInteropInfo bad = good;
  bad.texture = 0;
  expect_refused(bad, TI_ERROR_ARGUMENT_NULL, {"interop_info.texture is 0"});
  bad.texture = 987654;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"interop_info.texture (987654)", "no texture of the context"});
  bad = good;
  bad.target = GL_TEXTURE_2D_MULTISAMPLE;
  expect_refused(bad, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"target (0x9100)"});
  bad = good;
  bad.format = GL_RGBA16F;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"internal format 0x8058", "0x881a"});
  bad.format = 0x1234;
  expect_refused(bad, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"format (0x1234)"});
  bad = good;
  bad.levels = 4;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"3 mip levels", "interop_info.levels is 4"});
  bad.levels = -1;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"-1 levels"});
  bad = good;
  bad.width = 31;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"is 32x16x1", "says 31x16x1"});
  bad.width = 0;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"0x16x1 texels"});
  bad = good;
  bad.depth = 2;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"32x16x"});
  if (es()) {
    bad = good;
    bad.target = GL_TEXTURE_1D;
    expect_refused(bad, TI_ERROR_NOT_SUPPORTED, {"1"});
  }

  TiOpenglImageInteropInfo changeable = good;
  g.GenTextures(1, &changeable.texture);
  expect_refused(changeable, TI_ERROR_INVALID_ARGUMENT, {"no texture of the context"});
  g.BindTexture(GL_TEXTURE_2D, changeable.texture);
  g.TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, 32, 16, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  g.BindTexture(GL_TEXTURE_2D, 0);
  changeable.levels = 1;
  expect_refused(changeable, TI_ERROR_INVALID_ARGUMENT, {"glTexStorage", "immutable"});
  expect_no_gl_errors();

  bad = good;
  bad.target = GL_TEXTURE_3D;
  expect_refused(bad, TI_ERROR_INVALID_ARGUMENT, {"another target than interop_info.target (0x806f)"});
  for (const std::string& message : g.take_messages())  // the driver says so, too
    EXPECT_NE(message.find("BindTexture"), std::string::npos) << message;

  host_writes(good, shape, 5);
  expect_runtime_reads(import_image(good), shape, 5);
}

GL_RUNTIME_SUITE(Textures);

}  // namespace
}  // namespace gl_runtime
