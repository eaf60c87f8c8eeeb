// Images of every format as textures of kernels: storage textures stored and loaded texel by texel, sampled ones
// fetched from every mip level, and which mips and layers of an image a texture argument shows.
#include <algorithm>
#include <cmath>

#include "formats_support.h"

namespace conformance {
namespace {

std::string ending(int rank) { return std::to_string(rank) + "d"; }

std::vector<uint32_t> sides(const TiImageExtent& extent, int rank) {
  const uint32_t all[] = {extent.width, extent.height, extent.depth};
  return {all, all + rank};
}

class FormatKernelsTest : public FormatTest {
 protected:
  static uint32_t hash(uint32_t x, uint32_t y, uint32_t z, uint32_t c, uint32_t seed) {
    return 37 * x + 59 * y + 83 * z + 101 * c + 7 * seed;
  }
  // Fills texels as the kernels of a module store them; put(h, channel) writes one channel.
  template <class Put>
  std::vector<uint8_t> stored(const TiImageExtent& size, uint32_t seed, Put&& put) const {
    std::vector<uint8_t> bytes(size_t{size.width} * size.height * size.depth * row().texel_bytes());
    uint8_t* at = bytes.data();
    for (uint32_t z = 0; z < size.depth; ++z) {
      for (uint32_t y = 0; y < size.height; ++y) {
        for (uint32_t x = 0; x < size.width; ++x) {
          for (uint32_t c = 0; c < row().channels; ++c, at += row().channel_bytes) put(hash(x, y, z, c, seed), at);
        }
      }
    }
    return bytes;
  }
  void store(const Module& module, const CellImage& image, int rank, uint32_t seed) {
    std::vector<TiArgument> args = {image.arg()};
    for (uint32_t side : sides(image.level(0), rank)) args.push_back(i32(static_cast<int32_t>(side)));
    args.push_back(i32(static_cast<int32_t>(seed)));
    module.launch("store_" + ending(rank) + "_" + row().name, args);
  }
  // Compares four values per texel, last dimension fastest as in kernels, with a cell's bytes.
  void expect_texels(const std::vector<float>& texels, const CellImage& image, uint32_t mip,
                     const std::vector<uint8_t>& bytes, uint32_t channels, double tolerance, const std::string& what) {
    const TiImageExtent size = image.level(mip);
    size_t at = 0;
    for (uint32_t x = 0; x < size.width; ++x) {
      for (uint32_t y = 0; y < size.height; ++y) {
        for (uint32_t z = 0; z < size.depth; ++z, at += 4) {
          const size_t texel = (size_t{z} * size.height + y) * size.width + x;
          const std::array<double, 4> expected = decode(row(), &bytes[texel * row().texel_bytes()]);
          for (uint32_t c = 0; c < channels; ++c) {
            ASSERT_NEAR(texels.at(at + c), expected[c], tolerance)
                << what << ": mip " << mip << ", texel (" << x << ", " << y << ", " << z << "), channel " << c;
          }
        }
      }
    }
  }
  std::vector<float> fetch(const Module& module, const CellImage& image, int rank, uint32_t mip) {
    Array<float> out(runtime(), sides(image.level(mip), rank), {4});
    out.fill(-77.0f);
    module.launch("fetch_" + ending(rank), {image.arg(), out.arg(), i32(static_cast<int32_t>(mip))});
    return out.read();
  }
  std::vector<float> load(const Module& module, const CellImage& image, int rank) {
    Array<float> out(runtime(), sides(image.level(0), rank), {4});
    out.fill(-77.0f);
    module.launch("load_" + ending(rank) + "_" + row().name, {image.arg(), out.arg()});
    return out.read();
  }
  // A division by 255 may be off by a rounding, sRGB by half of an 8-bit step.
  double tolerance() const {
    return row().numbers == Numbers::sfloat ? 0 : row().numbers == Numbers::srgb ? 2e-3 : 1e-6;
  }
};

class StorageFormatsTest : public FormatKernelsTest {
 protected:
  std::vector<uint8_t> pattern(const TiImageExtent& size, uint32_t seed) const {
    return stored(size, seed, [this](uint32_t h, uint8_t* to) {
      const auto wide = static_cast<uint16_t>(331 * h % 65536);
      const Half half(static_cast<float>(h % 2048) * 0.25f - 256.0f);
      const float real = static_cast<float>(wide) * 0.125f - 4096.0f;
      if (row().numbers == Numbers::unorm && row().channel_bytes == 1) *to = static_cast<uint8_t>(h);
      if (row().numbers == Numbers::unorm && row().channel_bytes == 2) std::memcpy(to, &wide, 2);
      if (row().numbers == Numbers::sfloat && row().channel_bytes == 2) std::memcpy(to, &half, 2);
      if (row().numbers == Numbers::sfloat && row().channel_bytes == 4) std::memcpy(to, &real, 4);
    });
  }
};
// What the compiler can declare as floats; it knows no storage of three channels, bgra or srgb.
IST_FORMAT_SUITE(StorageFormatsTest, format_rows([](const FormatRow& row) {
                   const bool floats = row.numbers == Numbers::unorm || row.numbers == Numbers::sfloat;
                   return floats && row.channels != 3 && row.format != TI_FORMAT_BGRA8;
                 }));

// Of an image with mips and layers a storage texture is the first mip of the first layer.
TEST_P(StorageFormatsTest, KernelsStoreCopyAndLoadTexels) {
  Module module(runtime(), "formats");
  Random random;
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    if ((offered.usage & TI_IMAGE_USAGE_STORAGE_BIT) == 0) continue;
    for (TiImageUsageFlags usage : {TiImageUsageFlags{TI_IMAGE_USAGE_STORAGE_BIT}, offered.usage}) {
      SCOPED_TRACE(std::string(dimension.name) + ", usage " + std::to_string(usage));
      const uint32_t mips = full_chain(dimension.extent, offered);
      CellImage image(runtime(), row(), dimension.dimension, dimension.extent, mips, usage);
      CellImage target(runtime(), row(), dimension.dimension, dimension.extent, mips, offered.usage);
      ASSERT_TRUE(image.handle() && target.handle());
      image.fill(random, true);
      target.fill(random, true);
      store(module, image, dimension.rank, 3);
      image.model({0, 0}) = pattern(image.level(0), 3);
      target.copy(target.whole({0, 0}), image, image.whole({0, 0}));
      image.expect_models("stored");
      target.expect_models("copied");
      expect_texels(load(module, image, dimension.rank), image, 0, image.model({0, 0}), 4, tolerance(), "loaded");
      if (offered.usage & TI_IMAGE_USAGE_SAMPLED_BIT)
        expect_texels(fetch(module, target, dimension.rank, 0), target, 0, image.model({0, 0}), 4, tolerance(),
                      "fetched");
    }
  }
}

TEST_P(StorageFormatsTest, OtherFormatsAndUsagesAreRefused) {
  Module module(runtime(), "formats");
  const IstFormatInfo offered = info(TI_IMAGE_DIMENSION_2D);
  if ((offered.usage & TI_IMAGE_USAGE_STORAGE_BIT) == 0) return;  // nothing to test
  TiKernel kernel = module.kernel(std::string("store_2d_") + row().name);
  const auto launch = [&](const CellImage& image) {
    const TiArgument args[] = {image.arg(), i32(4), i32(4), i32(0)};
    ti_launch_kernel(runtime(), kernel, 4, args);
  };
  for (const FormatRow& other : format_rows()) {
    if (other.format == row().format) continue;
    if ((describe_format(runtime(), other, TI_IMAGE_DIMENSION_2D).usage & TI_IMAGE_USAGE_STORAGE_BIT) == 0) continue;
    CellImage image(runtime(), other, TI_IMAGE_DIMENSION_2D, {4, 4, 1, 1}, 1, TI_IMAGE_USAGE_STORAGE_BIT);
    launch(image);
    expect_error({TI_ERROR_INVALID_ARGUMENT}, {row().name, other.name, "image"});
  }
  CellImage sampled(runtime(), row(), TI_IMAGE_DIMENSION_2D, {4, 4, 1, 1}, 1, TI_IMAGE_USAGE_SAMPLED_BIT);
  launch(sampled);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"STORAGE"});
}

class SampledFormatsTest : public FormatKernelsTest {};
IST_FORMAT_SUITE(SampledFormatsTest, format_rows());

// Of an image with layers a sampled texture is the first layer, of one with mips all of them.
TEST_P(SampledFormatsTest, KernelsFetchEveryMipOfTheFirstLayer) {
  Module module(runtime(), "formats");
  Random random;
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    if ((offered.usage & TI_IMAGE_USAGE_SAMPLED_BIT) == 0) continue;
    SCOPED_TRACE(dimension.name);
    CellImage image(runtime(), row(), dimension.dimension, dimension.extent, full_chain(dimension.extent, offered),
                    TI_IMAGE_USAGE_SAMPLED_BIT);
    ASSERT_NE(image.handle(), nullptr);
    image.fill(random, true);
    if (row().is_integer()) {
      Array<float> out(runtime(), sides(image.level(0), dimension.rank), {4});
      const TiArgument args[] = {image.arg(), out.arg(), i32(0)};
      ti_launch_kernel(runtime(), module.kernel("fetch_" + ending(dimension.rank)), 3, args);
      expect_error({TI_ERROR_INVALID_ARGUMENT}, {row().name, "integer"});
      continue;
    }
    // Vulkan of 1.0 leaves what follows the depth to the device.
    const uint32_t channels = row().numbers == Numbers::depth ? 1 : 4;
    for (uint32_t mip = 0; mip < image.mips(); ++mip) {
      expect_texels(fetch(module, image, dimension.rank, mip), image, mip, image.model({mip, 0}), channels, tolerance(),
                    "fetched");
    }
    image.expect_models("after fetches");
  }
}

class IntegerFormatsTest : public FormatKernelsTest {
 protected:
  int32_t value(uint32_t h) const {
    const auto narrow = static_cast<int32_t>(h % 200), wide = static_cast<int32_t>(131 * h % 30000);
    const bool is_signed = row().numbers == Numbers::sint;
    return row().channel_bytes == 1 ? narrow - (is_signed ? 100 : 0) : wide - (is_signed ? 15000 : 0);
  }
};
IST_FORMAT_SUITE(IntegerFormatsTest,
                 format_rows([](const FormatRow& row) { return row.is_integer() && row.channels != 3; }));

TEST_P(IntegerFormatsTest, KernelsStoreAndLoadTheBits) {
  const IstFormatInfo offered = info(TI_IMAGE_DIMENSION_2D);
  if ((offered.usage & TI_IMAGE_USAGE_STORAGE_BIT) == 0) return;  // nothing to test
  Module module(runtime(), "formats_integer");
  Random random;
  CellImage image(runtime(), row(), TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 4, TI_IMAGE_USAGE_STORAGE_BIT);
  image.fill(random);
  store(module, image, 2, 5);
  image.model({0, 0}) = stored(image.level(0), 5, [this](uint32_t h, uint8_t* to) {
    const int32_t bits = value(h);
    std::memcpy(to, &bits, row().channel_bytes);
  });
  image.expect_models("stored");
  Array<int32_t> out(runtime(), {13, 7}, {4});
  out.fill(-77);
  module.launch(std::string("load_2d_") + row().name, {image.arg(), out.arg()});
  const std::vector<int32_t> loaded = out.read();
  for (uint32_t x = 0; x < 13; ++x) {
    for (uint32_t y = 0; y < 7; ++y) {
      for (uint32_t c = 0; c < row().channels; ++c)
        ASSERT_EQ(loaded[(x * 7 + y) * 4 + c], value(hash(x, y, 0, c, 5))) << x << ", " << y << ", channel " << c;
    }
  }
}

class TextureShapesTest : public ArchTest {};
IST_CONFORMANCE_SUITE(TextureShapesTest);

// Arrays and cubes count by what one layer of them is.
TEST_P(TextureShapesTest, AreMatchedByTheRankOfALayer) {
  Module module(runtime(), "formats");
  const FormatRow& row = format_rows()[TI_FORMAT_RGBA8 - 1];
  for (const Dimension& dimension : kDimensions) {
    CellImage image(runtime(), row, dimension.dimension, dimension.extent, 1, TI_IMAGE_USAGE_SAMPLED_BIT);
    for (int rank : {1, 2, 3}) {
      SCOPED_TRACE(std::string(dimension.name) + " as " + ending(rank));
      Array<float> out(runtime(), std::vector<uint32_t>(static_cast<size_t>(rank), 1), {4});
      const TiArgument args[] = {image.arg(), out.arg(), i32(0)};
      ti_launch_kernel(runtime(), module.kernel("fetch_" + ending(rank)), 3, args);
      if (rank == dimension.rank) {
        expect_no_error("fetch");
      } else {
        expect_error({TI_ERROR_INVALID_ARGUMENT}, {std::to_string(rank).c_str(), "texture"});
      }
    }
  }
}

}  // namespace
}  // namespace conformance
