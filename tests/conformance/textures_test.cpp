// Storage and sampled textures in one, two and three dimensions, stored, loaded, fetched and sampled by kernels.
#include "support.h"

#include <cmath>
#include <memory>

namespace conformance {
namespace {

constexpr Image::Size kLine{67}, kPlane{67, 33}, kBlock{17, 9, 5};

// How a format keeps a value in [0, 1]: its channels, and the largest error of one store and load.
struct Storage {
  const char* name;
  TiFormat format;
  int channels;
  float tolerance;
};
// A unorm8 value k / 255 is exact up to the division's rounding. A half may be rounded either way (Vulkan leaves
// it to the device): one unit of 2^-11 below 1.
constexpr Storage kFormats[] = {
    {"r8", TI_FORMAT_R8, 1, 1e-6f},        {"rgba8", TI_FORMAT_RGBA8, 4, 1e-6f},
    {"r16f", TI_FORMAT_R16F, 1, 0x1p-11f}, {"rgba16f", TI_FORMAT_RGBA16F, 4, 0x1p-11f},
    {"r32f", TI_FORMAT_R32F, 1, 1e-7f},    {"rgba32f", TI_FORMAT_RGBA32F, 4, 1e-7f},
};

class TexturesTest : public ArchTest {
 protected:
  static float pattern(uint32_t x, uint32_t y, uint32_t z, int c, int seed) {
    return static_cast<float>(
               (37 * x + 59 * y + 83 * z + 101 * static_cast<uint32_t>(c) + 7 * static_cast<uint32_t>(seed)) % 256) /
           255.0f;
  }
  // What a kernel reads from a stored pattern: channels that the format lacks are 0, and alpha 1.
  static float stored(const Storage& format, uint32_t x, uint32_t y, uint32_t z, int c, int seed) {
    if (c < format.channels) return pattern(x, y, z, c, seed);
    return c == 3 ? 1.0f : 0.0f;
  }
  static std::vector<uint32_t> shape_of(Image::Size size, int rank) {
    const uint32_t all[] = {size.width, size.height, size.depth};
    return {all, all + rank};
  }
  std::unique_ptr<Image> image(const Storage& format, Image::Size size, int rank) {
    const TiImageDimension dimensions[] = {TI_IMAGE_DIMENSION_1D, TI_IMAGE_DIMENSION_2D, TI_IMAGE_DIMENSION_3D};
    return std::make_unique<Image>(runtime(), dimensions[rank - 1], size, format.format);
  }
  void store(const Module& module, const Image& image, const Storage& format, int rank, int seed) {
    std::vector<TiArgument> args = {image.arg()};
    for (uint32_t dim : shape_of(image.size(), rank)) args.push_back(i32(static_cast<int32_t>(dim)));
    args.push_back(i32(seed));
    module.launch("store_" + std::to_string(rank) + "d_" + format.name, args);
  }
  // `texels` holds four floats per texel, last dimension fastest as in the kernels.
  void expect_pattern(const std::vector<float>& texels, Image::Size size, const Storage& format, int seed,
                      const std::string& what) {
    size_t k = 0, wrong = 0;
    for (uint32_t x = 0; x < size.width; ++x) {
      for (uint32_t y = 0; y < size.height; ++y) {
        for (uint32_t z = 0; z < size.depth; ++z) {
          for (int c = 0; c < 4; ++c, ++k) {
            const float expected = stored(format, x, y, z, c, seed);
            if (std::abs(texels.at(k) - expected) <= format.tolerance) continue;
            if (wrong++ == 0) {
              ADD_FAILURE() << what << ": texel (" << x << ", " << y << ", " << z << ") channel " << c << " is "
                            << texels[k] << " and not " << expected;
            }
          }
        }
      }
    }
    EXPECT_EQ(wrong, 0u) << what;
  }
  void check(const Module& module, const Storage& format, Image::Size size, int rank) {
    const std::string ending = std::to_string(rank) + "d";
    auto picture = image(format, size, rank);
    Array<float> out(runtime(), shape_of(size, rank), {4});
    for (int seed : {0, 5}) {
      store(module, *picture, format, rank, seed);
      out.fill(-1.0f);
      module.launch("load_" + ending + "_" + format.name, {picture->arg(), out.arg()});
      expect_pattern(out.read(), size, format, seed, "load " + ending + " " + format.name);
      out.fill(-1.0f);
      module.launch("fetch_" + ending, {picture->arg(), out.arg()});
      expect_pattern(out.read(), size, format, seed, "fetch " + ending + " " + format.name);
    }
  }
};
IST_CONFORMANCE_SUITE(TexturesTest);

TEST_P(TexturesTest, EveryFormatIn2D) {
  Module module(runtime(), "textures");
  for (const Storage& format : kFormats) check(module, format, kPlane, 2);
}

TEST_P(TexturesTest, OneAndThreeDimensions) {
  Module module(runtime(), "textures");
  for (const Storage& format : {kFormats[1], kFormats[4]}) {
    check(module, format, kLine, 1);
    check(module, format, kBlock, 3);
  }
}

TEST_P(TexturesTest, SamplesAtTexelCentresAreTheTexels) {
  Module module(runtime(), "textures");
  const std::pair<Image::Size, int> cases[] = {{kLine, 1}, {kPlane, 2}, {kBlock, 3}};
  for (auto [size, rank] : cases) {
    Storage format = kFormats[4];
    // The normalised coordinate is rounded, so a neighbour gets a weight of up to 67 * 2^-23 before the
    // device cuts weights to 8 bits or more.
    format.tolerance = 0x1p-8f;
    auto picture = image(format, size, rank);
    store(module, *picture, format, rank, 2);
    Array<float> out(runtime(), shape_of(size, rank), {4});
    module.launch("sample_" + std::to_string(rank) + "d", {picture->arg(), out.arg(), f32(0.5f)});
    expect_pattern(out.read(), size, format, 2, "sample " + std::to_string(rank) + "d");
  }
}

TEST_P(TexturesTest, SamplesBetweenTexelsBlendAndRepeat) {
  Module module(runtime(), "textures");
  const Storage& format = kFormats[4];
  auto picture = image(format, kPlane, 2);
  store(module, *picture, format, 2, 0);
  Array<float> out(runtime(), {kPlane.width, kPlane.height}, {4});
  module.launch("sample_2d", {picture->arg(), out.arg(), f32(1.0f)});
  const std::vector<float> texels = out.read();
  for (uint32_t x = 0; x < kPlane.width; ++x) {
    for (uint32_t y = 0; y < kPlane.height; ++y) {
      // Halfway between four texels; past the border the image repeats.
      const uint32_t right = (x + 1) % kPlane.width, below = (y + 1) % kPlane.height;
      const float expected = 0.25f * (pattern(x, y, 0, 0, 0) + pattern(right, y, 0, 0, 0) + pattern(x, below, 0, 0, 0) +
                                      pattern(right, below, 0, 0, 0));
      // Weights have at least 8 bits.
      ASSERT_NEAR(texels[(x * kPlane.height + y) * 4], expected, 2.0f / 256) << x << ", " << y;
    }
  }
}

TEST_P(TexturesTest, AStorageImageIsReadAndWrittenInOneTask) {
  Module module(runtime(), "textures");
  const Storage& format = kFormats[4];
  auto picture = image(format, kPlane, 2);
  store(module, *picture, format, 2, 1);
  for (int k = 0; k < 3; ++k) module.launch("halve_r32f", {picture->arg(), i32(67), i32(33)});
  Array<float> out(runtime(), {67, 33}, {4});
  module.launch("load_2d_r32f", {picture->arg(), out.arg()});
  const std::vector<float> texels = out.read();
  for (uint32_t x = 0; x < 67; ++x) {
    for (uint32_t y = 0; y < 33; ++y)
      ASSERT_FLOAT_EQ(texels[(x * 33 + y) * 4], pattern(x, y, 0, 0, 1) / 8) << x << ", " << y;
  }
}

TEST_P(TexturesTest, OneTaskFetchesOneImageAndStoresAnother) {
  Module module(runtime(), "textures");
  const Storage &source = kFormats[1], &target = kFormats[5];
  auto src = image(source, kPlane, 2), dst = image(target, kPlane, 2);
  store(module, *src, source, 2, 4);
  module.launch("flip_2d", {src->arg(), dst->arg(), i32(67), i32(33)});
  Array<float> out(runtime(), {67, 33}, {4});
  module.launch("fetch_2d", {dst->arg(), out.arg()});
  const std::vector<float> texels = out.read();
  for (uint32_t x = 0; x < 67; ++x) {
    for (uint32_t y = 0; y < 33; ++y) {
      for (int c = 0; c < 4; ++c) {
        ASSERT_NEAR(texels[(x * 33 + y) * 4 + static_cast<uint32_t>(c)], pattern(66 - x, 32 - y, 0, c, 4), 1e-6f);
      }
    }
  }
}

TEST_P(TexturesTest, ATaskMayHaveTexturesOnly) {
  Module module(runtime(), "textures");
  const Storage& format = kFormats[1];
  auto picture = image(format, {16, 8}, 2);
  module.launch("texture_only", {picture->arg()});
  Array<float> out(runtime(), {16, 8}, {4});
  module.launch("load_2d_rgba8", {picture->arg(), out.arg()});
  expect_pattern(out.read(), {16, 8}, format, 3, "texture_only");
}

// The Julia set's iteration, as the kernel does it; counts near the set's edge hang on the last bit.
int escape_count(float re, float im, float c_re, float c_im, int limit) {
  int count = 0;
  while (re * re + im * im <= 4.0f && count < limit) {
    const float next = re * re - im * im + c_re;
    im = 2.0f * re * im + c_im;
    re = next;
    ++count;
  }
  return count;
}

class FractalTest : public TexturesTest {};
IST_CONFORMANCE_SUITE(FractalTest);

TEST_P(FractalTest, CountsAreThoseOfTheJuliaSet) {
  constexpr int kWidth = 67, kHeight = 33, kLimit = 64;
  Module module(runtime(), "fractal"), textures(runtime(), "textures");
  Image counts(runtime(), TI_IMAGE_DIMENSION_2D, {kWidth, kHeight}, TI_FORMAT_R32F);
  module.launch("count", {counts.arg(), i32(kWidth), i32(kHeight), f32(-0.8f), f32(0.156f), f32(1.25f), i32(kLimit)});
  Array<float> out(runtime(), {kWidth, kHeight}, {4});
  textures.launch("load_2d_r32f", {counts.arg(), out.arg()});
  const std::vector<float> texels = out.read();
  int different = 0;
  for (int i = 0; i < kWidth; ++i) {
    for (int j = 0; j < kHeight; ++j) {
      const float re = static_cast<float>(2 * i + 1 - kWidth) * 1.25f / kHeight;
      const float im = static_cast<float>(2 * j + 1 - kHeight) * 1.25f / kHeight;
      const int expected = escape_count(re, im, -0.8f, 0.156f, kLimit);
      different += static_cast<int>(texels[static_cast<size_t>(i * kHeight + j) * 4]) != expected;
    }
  }
  // Fused or reordered arithmetic changes the count of chaotic points only: allow one texel in a hundred.
  EXPECT_LE(different, kWidth * kHeight / 100);
}

// llvmpipe bounds the rounds of all loops of an invocation together.
TEST_P(FractalTest, EachTexelOfALargePictureIsPainted) {
  constexpr int kSide = 1001;
  Module module(runtime(), "fractal"), textures(runtime(), "textures");
  Image picture(runtime(), TI_IMAGE_DIMENSION_2D, {kSide, kSide}, TI_FORMAT_RGBA8);
  module.launch("paint", {picture.arg(), i32(kSide), i32(kSide), f32(-0.79f), f32(0.15f), f32(1.35f), i32(300)});
  Array<float> out(runtime(), {kSide, kSide}, {4});
  textures.launch("load_2d_rgba8", {picture.arg(), out.arg()});
  const std::vector<float> texels = out.read();
  int missing = 0;
  for (size_t i = 3; i < texels.size(); i += 4) missing += texels[i] != 1.0f;
  EXPECT_EQ(missing, 0);
}

// Three points that never escape are 131072 iterations apart: one invocation would get all of them if there were no
// more invocations than the module advises.
TEST_P(FractalTest, LongLoopsOfOneInvocationDoNotAddUp) {
  constexpr int kWidth = 33, kHeight = 8192, kLimit = 30000;
  Module module(runtime(), "fractal"), textures(runtime(), "textures");
  Image counts(runtime(), TI_IMAGE_DIMENSION_2D, {kWidth, kHeight}, TI_FORMAT_R32F);
  module.launch("count", {counts.arg(), i32(kWidth), i32(kHeight), f32(0), f32(0), f32(1), i32(kLimit)});
  Array<float> out(runtime(), {kWidth, kHeight}, {4});
  textures.launch("load_2d_r32f", {counts.arg(), out.arg()});
  const std::vector<float> texels = out.read();
  for (const int i : {0, 16, 32}) EXPECT_EQ(texels[static_cast<size_t>(i * kHeight + kHeight / 2) * 4], kLimit) << i;
}

TEST_P(FractalTest, ThePictureIsOpaqueAndSymmetric) {
  constexpr int kWidth = 67, kHeight = 33;
  Module module(runtime(), "fractal"), textures(runtime(), "textures");
  Image picture(runtime(), TI_IMAGE_DIMENSION_2D, {kWidth, kHeight}, TI_FORMAT_RGBA8);
  module.launch("paint", {picture.arg(), i32(kWidth), i32(kHeight), f32(-0.8f), f32(0.156f), f32(1.25f), i32(64)});
  Array<float> out(runtime(), {kWidth, kHeight}, {4});
  textures.launch("load_2d_rgba8", {picture.arg(), out.arg()});
  const std::vector<float> texels = out.read();
  int different = 0;
  bool colourful = false;
  for (int i = 0; i < kWidth; ++i) {
    for (int j = 0; j < kHeight; ++j) {
      const float* texel = &texels[static_cast<size_t>(i * kHeight + j) * 4];
      const float* mirrored = &texels[static_cast<size_t>((kWidth - 1 - i) * kHeight + kHeight - 1 - j) * 4];
      ASSERT_EQ(texel[3], 1.0f);
      // A Julia set looks the same turned by half a circle.
      different += std::abs(texel[0] - mirrored[0]) > 0.02f;
      colourful = colourful || texel[0] > 0.5f;
    }
  }
  EXPECT_LE(different, kWidth * kHeight / 100);
  EXPECT_TRUE(colourful);
}

}  // namespace
}  // namespace conformance
