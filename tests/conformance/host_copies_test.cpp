// Host reads and writes, copies between memory and images, mips, and calls that wait, against models in plain C++:
// offsets, rows with gaps, mips, layers, formats, and the order towards launches that are not submitted yet.
#include "support.h"

#include <ist/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>

namespace conformance {
namespace {

// Numbers that look random and are the same in every run.
class Dice {
 public:
  uint32_t below(uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 33) % limit);
  }

 private:
  uint64_t state_ = 1;
};

// An image with mips and layers, and what every texel of it should be.
class ModelImage {
 public:
  ModelImage(TiRuntime runtime, TiImageDimension dimension, TiImageExtent extent, uint32_t mips, TiFormat format,
             uint32_t texel_bytes, TiImageUsageFlags usage = TI_IMAGE_USAGE_SAMPLED_BIT)
      : runtime_(runtime), extent_(extent), mips_(mips), texel_bytes_(texel_bytes) {
    TiImageAllocateInfo info{};
    info.dimension = dimension;
    info.extent = extent;
    info.mip_level_count = mips;
    info.format = format;
    info.usage = usage;
    handle_ = ti_allocate_image(runtime, &info);
    EXPECT_NE(handle_, nullptr) << take_error().message;
    for (uint32_t mip = 0; mip < mips; ++mip) {
      const TiImageExtent size = level(mip);
      texels_.emplace_back(size_t{size.width} * size.height * size.depth * size.array_layer_count * texel_bytes);
    }
  }
  ~ModelImage() {
    if (handle_) ti_free_image(runtime_, handle_);
  }
  ModelImage(const ModelImage&) = delete;
  ModelImage& operator=(const ModelImage&) = delete;

  TiImage handle() const { return handle_; }
  uint32_t mips() const { return mips_; }
  uint32_t texel_bytes() const { return texel_bytes_; }
  TiImageExtent level(uint32_t mip) const {
    const auto side = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
    return {side(extent_.width), side(extent_.height), side(extent_.depth), extent_.array_layer_count};
  }
  TiImageSlice whole(uint32_t mip) const { return {handle_, {}, level(mip), mip}; }
  std::vector<uint8_t>& texels(uint32_t mip) { return texels_[mip]; }
  // A region somewhere in the image.
  TiImageSlice part(Dice& dice) const {
    TiImageSlice slice{handle_, {}, {}, dice.below(mips_)};
    const TiImageExtent size = level(slice.mip_level);
    const auto pick = [&](uint32_t limit, uint32_t& offset, uint32_t& count) {
      offset = dice.below(limit);
      count = 1 + dice.below(limit - offset);
    };
    pick(size.width, slice.offset.x, slice.extent.width);
    pick(size.height, slice.offset.y, slice.extent.height);
    pick(size.depth, slice.offset.z, slice.extent.depth);
    pick(size.array_layer_count, slice.offset.array_layer_offset, slice.extent.array_layer_count);
    return slice;
  }
  // Calls visit(byte in texels(mip), byte in rows, bytes) for each row of a region.
  template <class Visit>
  void rows(const TiImageSlice& slice, size_t row_bytes, Visit&& visit) const {
    const TiImageExtent size = level(slice.mip_level);
    size_t row = 0;
    for (uint32_t l = 0; l < slice.extent.array_layer_count; ++l) {
      for (uint32_t z = 0; z < slice.extent.depth; ++z) {
        for (uint32_t y = 0; y < slice.extent.height; ++y, ++row) {
          const size_t slices = size_t{slice.offset.array_layer_offset + l} * size.depth + slice.offset.z + z;
          const size_t first = (slices * size.height + slice.offset.y + y) * size.width + slice.offset.x;
          visit(first * texel_bytes_, row * row_bytes, size_t{slice.extent.width} * texel_bytes_);
        }
      }
    }
  }
  static size_t room(const TiImageSlice& slice, size_t row_bytes, size_t texel_bytes) {
    const size_t count = size_t{slice.extent.height} * slice.extent.depth * slice.extent.array_layer_count;
    return (count - 1) * row_bytes + slice.extent.width * texel_bytes;
  }

 private:
  TiRuntime runtime_;
  TiImageExtent extent_;
  uint32_t mips_, texel_bytes_;
  TiImage handle_;
  std::vector<std::vector<uint8_t>> texels_;
};

class HostCopiesTest : public ArchTest {
 protected:
  void write(ModelImage& image, const TiImageSlice& slice, const std::vector<uint8_t>& bytes, uint32_t row_bytes) {
    ASSERT_EQ(ist_write_image(runtime(), &slice, bytes.data(), bytes.size(), row_bytes), TI_ERROR_SUCCESS)
        << take_error().message;
    const size_t pitch = row_bytes ? row_bytes : slice.extent.width * image.texel_bytes();
    image.rows(slice, pitch, [&](size_t texel, size_t row, size_t count) {
      std::copy_n(&bytes[row], count, &image.texels(slice.mip_level)[texel]);
    });
  }
  void fill(ModelImage& image, Dice& dice) {
    for (uint32_t mip = 0; mip < image.mips(); ++mip) {
      std::vector<uint8_t> bytes(image.texels(mip).size());
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(dice.below(61));  // no NaN in any format
      write(image, image.whole(mip), bytes, 0);
    }
  }
  void expect_texels(ModelImage& image, const char* what) {
    for (uint32_t mip = 0; mip < image.mips(); ++mip) {
      std::vector<uint8_t> bytes(image.texels(mip).size());
      const TiImageSlice whole = image.whole(mip);
      ASSERT_EQ(ist_read_image(runtime(), &whole, bytes.data(), bytes.size(), 0), TI_ERROR_SUCCESS)
          << take_error().message;
      ASSERT_TRUE(bytes == image.texels(mip)) << what << ", mip " << mip;
    }
  }
  struct Shape {
    const char* name;
    TiImageDimension dimension;
    TiImageExtent extent;
    uint32_t mips;
  };
  static constexpr Shape kShapes[] = {{"1d", TI_IMAGE_DIMENSION_1D, {67, 1, 1, 1}, 3},
                                      {"2d", TI_IMAGE_DIMENSION_2D, {67, 33, 1, 1}, 4},
                                      {"3d", TI_IMAGE_DIMENSION_3D, {17, 9, 5, 1}, 3},
                                      {"1d array", TI_IMAGE_DIMENSION_1D_ARRAY, {33, 1, 1, 4}, 2},
                                      {"2d array", TI_IMAGE_DIMENSION_2D_ARRAY, {19, 11, 1, 5}, 3},
                                      {"cube", TI_IMAGE_DIMENSION_CUBE, {13, 13, 1, 6}, 3}};
};
IST_CONFORMANCE_SUITE(HostCopiesTest);

TEST_P(HostCopiesTest, MemoryAgainstAModel) {
  for (bool mappable : {true, false}) {
    Dice dice;
    Module module(runtime(), "ndarrays");
    constexpr uint32_t kBytes = 4096;
    Memory memory(runtime(), kBytes, TI_MEMORY_USAGE_STORAGE_BIT, mappable);
    std::vector<uint8_t> model(kBytes), bytes(kBytes);
    const TiMemorySlice whole = memory.slice(0, kBytes);
    ASSERT_EQ(ist_write_memory(runtime(), &whole, model.data()), TI_ERROR_SUCCESS) << take_error().message;
    TiArgument array{};
    array.type = TI_ARGUMENT_TYPE_NDARRAY;
    array.value.ndarray.memory = memory.handle();
    array.value.ndarray.shape = {1, {kBytes / 4}};
    array.value.ndarray.elem_type = TI_DATA_TYPE_I32;
    for (int step = 0; step < 300; ++step) {
      const uint32_t offset = dice.below(kBytes), size = 1 + dice.below(std::min(kBytes - offset, 300u));
      const TiMemorySlice slice = memory.slice(offset, size);
      switch (dice.below(4)) {
        case 0: {
          std::vector<uint8_t> back(size);  // as long as it says: a sanitizer sees what goes past it
          ASSERT_EQ(ist_read_memory(runtime(), &slice, back.data()), TI_ERROR_SUCCESS);
          ASSERT_TRUE(std::equal(back.begin(), back.end(), model.begin() + offset)) << "step " << step;
          break;
        }
        case 1: {  // not submitted, not waited for
          module.launch("scalar_i32", {array});
          for (uint32_t i = 0; i < kBytes / 4; ++i) {
            uint32_t value;
            std::memcpy(&value, &model[4 * i], 4);
            value += i + 1;
            std::memcpy(&model[4 * i], &value, 4);
          }
          break;
        }
        default: {
          std::vector<uint8_t> data(size);
          for (uint8_t& byte : data) byte = static_cast<uint8_t>(dice.below(256));
          ASSERT_EQ(ist_write_memory(runtime(), &slice, data.data()), TI_ERROR_SUCCESS);
          std::copy(data.begin(), data.end(), model.begin() + offset);
          std::fill(data.begin(), data.end(), uint8_t{0xee});  // the caller's again
        }
      }
    }
    ASSERT_EQ(ist_read_memory(runtime(), &whole, bytes.data()), TI_ERROR_SUCCESS);
    EXPECT_TRUE(bytes == model) << (mappable ? "mappable" : "hidden");
  }
}

TEST_P(HostCopiesTest, LargeMemoryGoesThroughWhole) {
  constexpr size_t kBytes = (20 << 20) + 12;  // more than is kept for staging
  Memory memory(runtime(), kBytes, TI_MEMORY_USAGE_STORAGE_BIT, false);
  std::vector<uint32_t> words(kBytes / 4), back(words.size());
  for (size_t i = 0; i < words.size(); ++i) words[i] = static_cast<uint32_t>(i * 2654435761u);
  const TiMemorySlice whole = memory.slice(0, kBytes);
  ASSERT_EQ(ist_write_memory(runtime(), &whole, words.data()), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_read_memory(runtime(), &whole, back.data()), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_TRUE(back == words);
}

TEST_P(HostCopiesTest, NoBytesAreNoWork) {
  Memory memory(runtime(), 16, TI_MEMORY_USAGE_STORAGE_BIT, false);
  uint8_t byte = 77;
  const TiMemorySlice nothing = memory.slice(16, 0);
  EXPECT_EQ(ist_write_memory(runtime(), &nothing, &byte), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_read_memory(runtime(), &nothing, &byte), TI_ERROR_SUCCESS);
  EXPECT_EQ(byte, 77);
  EXPECT_EQ(ist_read_memory(runtime(), nullptr, &byte), TI_ERROR_ARGUMENT_NULL);
  const TiMemorySlice some = memory.slice(0, 4);
  EXPECT_EQ(ist_read_memory(runtime(), &some, nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_write_memory(runtime(), &some, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

TEST_P(HostCopiesTest, EveryFormatKeepsItsBytes) {
  Dice dice;
  int tried = 0;
  for (uint32_t f = TI_FORMAT_R8; f <= TI_FORMAT_RGBA32F; ++f) {
    IstFormatInfo info{};
    info.size = sizeof(info);
    ASSERT_EQ(ist_format_info(runtime(), static_cast<TiFormat>(f), TI_IMAGE_DIMENSION_2D, &info), TI_ERROR_SUCCESS);
    if (info.usage == 0) continue;
    ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D, {19, 7, 1, 1}, 2, static_cast<TiFormat>(f), info.texel_bytes,
                     info.usage);
    fill(image, dice);
    expect_texels(image, ("format " + std::to_string(f)).c_str());
    ++tried;
  }
  EXPECT_GE(tried, 30) << "most formats";
}

TEST_P(HostCopiesTest, DepthKeepsItsValues) {
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D, {19, 7, 1, 1}, 1, TI_FORMAT_DEPTH32F, 4);
  std::vector<float> depths(19 * 7);
  for (size_t k = 0; k < depths.size(); ++k) depths[k] = static_cast<float>(k) / static_cast<float>(depths.size());
  std::vector<uint8_t> bytes(depths.size() * 4);
  std::memcpy(bytes.data(), depths.data(), bytes.size());
  write(image, image.whole(0), bytes, 0);
  expect_texels(image, "depth");
}

TEST_P(HostCopiesTest, RegionsOfMipsAndLayersAgainstAModel) {
  for (const Shape& shape : kShapes) {
    for (const auto& [format, texel] : {std::pair{TI_FORMAT_RGBA8, 4u}, std::pair{TI_FORMAT_R8, 1u}}) {
      Dice dice;
      ModelImage image(runtime(), shape.dimension, shape.extent, shape.mips, format, texel);
      ASSERT_NE(image.handle(), nullptr);
      fill(image, dice);
      for (int step = 0; step < 40; ++step) {
        const TiImageSlice slice = image.part(dice);
        const uint32_t gap = dice.below(3) * texel * 5;
        const uint32_t row_bytes = gap ? slice.extent.width * texel + gap : 0;
        const size_t pitch = slice.extent.width * texel + gap;
        std::vector<uint8_t> bytes(ModelImage::room(slice, pitch, texel));
        if (dice.below(2)) {
          for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(dice.below(256));
          write(image, slice, bytes, row_bytes);
          continue;
        }
        std::fill(bytes.begin(), bytes.end(), uint8_t{0xcd});
        std::vector<uint8_t> expected = bytes;  // the gaps stay as they are
        image.rows(slice, pitch, [&](size_t at, size_t row, size_t count) {
          std::copy_n(&image.texels(slice.mip_level)[at], count, &expected[row]);
        });
        ASSERT_EQ(ist_read_image(runtime(), &slice, bytes.data(), bytes.size(), row_bytes), TI_ERROR_SUCCESS)
            << take_error().message;
        ASSERT_TRUE(bytes == expected) << shape.name << ", step " << step;
      }
      expect_texels(image, shape.name);
    }
  }
}

TEST_P(HostCopiesTest, RoomAndRowsAreChecked) {
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D_ARRAY, {8, 4, 1, 2}, 1, TI_FORMAT_RGBA8, 4);
  std::vector<uint8_t> bytes(1000, 0xcd);
  const TiImageSlice whole = image.whole(0);
  const auto both = [&](uint64_t size_bytes, uint32_t row_bytes, TiError expected,
                        std::initializer_list<const char*> words) {
    EXPECT_EQ(ist_write_image(runtime(), &whole, bytes.data(), size_bytes, row_bytes), expected);
    if (expected) expect_error({expected}, words);
    EXPECT_EQ(ist_read_image(runtime(), &whole, bytes.data(), size_bytes, row_bytes), expected);
    if (expected) expect_error({expected}, words);
  };
  both(256, 0, TI_ERROR_SUCCESS, {});
  both(255, 0, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"256", "255"});
  both(0, 0, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"256"});
  both(7 * 48 + 32, 48, TI_ERROR_SUCCESS, {});
  both(7 * 48 + 31, 48, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"368", "367"});
  both(1000, 28, TI_ERROR_INVALID_ARGUMENT, {"28", "32"});
  both(1000, 33, TI_ERROR_INVALID_ARGUMENT, {"33"});
  both(UINT64_MAX, UINT32_MAX - 3, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"4294967292"});
  EXPECT_EQ(bytes[999], 0xcd);
  EXPECT_EQ(ist_write_image(runtime(), &whole, nullptr, 256, 0), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_read_image(runtime(), &whole, nullptr, 256, 0), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_read_image(runtime(), nullptr, bytes.data(), 256, 0), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

TEST_P(HostCopiesTest, RegionsOutsideAreRefused) {
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D_ARRAY, {8, 4, 1, 3}, 2, TI_FORMAT_RGBA8, 4);
  std::vector<uint8_t> bytes(1000);
  const TiImageSlice bad[] = {{image.handle(), {8, 0, 0, 0}, {1, 1, 1, 1}, 0},
                              {image.handle(), {1, 0, 0, 0}, {8, 1, 1, 1}, 0},
                              {image.handle(), {0, 4, 0, 0}, {1, 1, 1, 1}, 0},
                              {image.handle(), {0, 0, 1, 0}, {1, 1, 1, 1}, 0},
                              {image.handle(), {0, 0, 0, 0}, {1, 1, 2, 1}, 0},
                              {image.handle(), {0, 0, 0, 3}, {1, 1, 1, 1}, 0},
                              {image.handle(), {0, 0, 0, 1}, {1, 1, 1, 3}, 0},
                              {image.handle(), {0, 0, 0, 0}, {5, 1, 1, 1}, 1},
                              {image.handle(), {0, 0, 0, 0}, {1, 1, 1, 1}, 2},
                              {image.handle(), {0, 0, 0, 0}, {0, 1, 1, 1}, 0},
                              {image.handle(), {UINT32_MAX, 0, 0, 0}, {2, 1, 1, 1}, 0},
                              {image.handle(), {0, 0, 0, UINT32_MAX}, {1, 1, 1, 2}, 0}};
  for (const TiImageSlice& slice : bad) {
    EXPECT_EQ(ist_write_image(runtime(), &slice, bytes.data(), bytes.size(), 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
    EXPECT_EQ(ist_read_image(runtime(), &slice, bytes.data(), bytes.size(), 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE});
  }
}

TEST_P(HostCopiesTest, ImagesKeepTheOrderOfLaunches) {
  Module module(runtime(), "textures");
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
  Array<float> before(runtime(), {16, 8}, {4}), after(runtime(), {16, 8}, {4});
  std::vector<uint8_t> texels(16 * 8 * 4, 51);
  const TiImageSlice whole = image.whole();
  module.launch("texture_only", {image.arg()});
  module.launch("fetch_2d", {image.arg(), before.arg()});
  ASSERT_EQ(ist_write_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  std::fill(texels.begin(), texels.end(), uint8_t{0});
  module.launch("fetch_2d", {image.arg(), after.arg()});
  module.launch("texture_only", {image.arg()});
  ASSERT_EQ(ist_read_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  const std::vector<float> first = before.read(), second = after.read();
  for (uint32_t x = 0; x < 16; ++x) {
    for (uint32_t y = 0; y < 8; ++y) {
      const uint32_t pattern = (37 * x + 59 * y + 21) % 256;
      EXPECT_NEAR(first[(x * 8 + y) * 4], static_cast<float>(pattern) / 255.0f, 1e-6f);
      EXPECT_NEAR(second[(x * 8 + y) * 4], 0.2f, 1e-6f);
      EXPECT_EQ(texels[(y * 16 + x) * 4], pattern);
    }
  }
}

TEST_P(HostCopiesTest, MemoryAndImagesAgainstAModel) {
  for (const Shape& shape : kShapes) {
    Dice dice;
    ModelImage image(runtime(), shape.dimension, shape.extent, shape.mips, TI_FORMAT_RGBA8, 4);
    fill(image, dice);
    constexpr uint32_t kBytes = 1 << 16;
    Memory memory(runtime(), kBytes, TI_MEMORY_USAGE_STORAGE_BIT, false);
    std::vector<uint8_t> model(kBytes), bytes(kBytes);
    for (uint8_t& byte : model) byte = static_cast<uint8_t>(dice.below(256));
    const TiMemorySlice whole = memory.slice(0, kBytes);
    ASSERT_EQ(ist_write_memory(runtime(), &whole, model.data()), TI_ERROR_SUCCESS);
    for (int step = 0; step < 40; ++step) {
      const TiImageSlice slice = image.part(dice);
      const uint32_t gap = dice.below(3) * 20, offset = 4 * dice.below(500);
      const uint32_t row_bytes = gap ? slice.extent.width * 4 + gap : 0;
      const size_t pitch = slice.extent.width * 4 + gap, room = ModelImage::room(slice, pitch, 4);
      ASSERT_LE(offset + room, kBytes);
      const TiMemorySlice exact = memory.slice(offset, room);
      auto& texels = image.texels(slice.mip_level);
      if (dice.below(2)) {
        ASSERT_EQ(ist_copy_memory_to_image(runtime(), &slice, &exact, row_bytes), TI_ERROR_SUCCESS)
            << take_error().message;
        image.rows(slice, pitch,
                   [&](size_t at, size_t row, size_t count) { std::copy_n(&model[offset + row], count, &texels[at]); });
      } else {
        ASSERT_EQ(ist_copy_image_to_memory(runtime(), &exact, &slice, row_bytes), TI_ERROR_SUCCESS)
            << take_error().message;
        image.rows(slice, pitch,
                   [&](size_t at, size_t row, size_t count) { std::copy_n(&texels[at], count, &model[offset + row]); });
      }
    }
    ASSERT_EQ(ist_read_memory(runtime(), &whole, bytes.data()), TI_ERROR_SUCCESS);
    EXPECT_TRUE(bytes == model) << shape.name;
    expect_texels(image, shape.name);
  }
}

TEST_P(HostCopiesTest, MemoryTooSmallOrAskewForTexels) {
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D, {8, 4, 1, 1}, 1, TI_FORMAT_RGBA16F, 8);
  Memory memory(runtime(), 1024);
  const TiImageSlice whole = image.whole(0);
  const auto both = [&](TiMemorySlice slice, uint32_t row_bytes, TiError expected) {
    EXPECT_EQ(ist_copy_memory_to_image(runtime(), &whole, &slice, row_bytes), expected);
    EXPECT_EQ(ist_copy_image_to_memory(runtime(), &slice, &whole, row_bytes), expected);
    if (expected) expect_error({expected});
  };
  both(memory.slice(0, 256), 0, TI_ERROR_SUCCESS);
  both(memory.slice(768, 256), 64, TI_ERROR_SUCCESS);
  both(memory.slice(0, 255), 0, TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  both(memory.slice(0, 256), 72, TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  both(memory.slice(0, 280), 72, TI_ERROR_SUCCESS);
  both(memory.slice(776, 256), 0, TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  both(memory.slice(4, 512), 0, TI_ERROR_INVALID_ARGUMENT);
  both(memory.slice(0, 1024), 60, TI_ERROR_INVALID_ARGUMENT);
  both(memory.slice(0, 1024), 68, TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(ist_copy_memory_to_image(runtime(), nullptr, nullptr, 0), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

class MipsTest : public HostCopiesTest {
 protected:
  static constexpr Shape kPowersOfTwo[] = {
      {"1d", TI_IMAGE_DIMENSION_1D, {64, 1, 1, 1}, 7},     {"2d", TI_IMAGE_DIMENSION_2D, {64, 64, 1, 1}, 7},
      {"oblong", TI_IMAGE_DIMENSION_2D, {64, 8, 1, 1}, 7}, {"some levels", TI_IMAGE_DIMENSION_2D, {32, 16, 1, 1}, 3},
      {"3d", TI_IMAGE_DIMENSION_3D, {16, 16, 16, 1}, 5},   {"layers", TI_IMAGE_DIMENSION_2D_ARRAY, {16, 8, 1, 3}, 5},
      {"cube", TI_IMAGE_DIMENSION_CUBE, {16, 16, 1, 6}, 5}};

  // The largest distance between a level and the mean of the two, four or eight texels above each of its texels.
  template <class T>
  double worst(ModelImage& image, uint32_t channels) {
    double distance = 0;
    for (uint32_t mip = 1; mip < image.mips(); ++mip) {
      const TiImageExtent from = image.level(mip - 1), to = image.level(mip);
      const std::vector<T> source = read<T>(image, mip - 1), target = read<T>(image, mip);
      const uint32_t sx = from.width / to.width, sy = from.height / to.height, sz = from.depth / to.depth;
      size_t at = 0;
      for (uint32_t l = 0; l < to.array_layer_count; ++l)
        for (uint32_t z = 0; z < to.depth; ++z)
          for (uint32_t y = 0; y < to.height; ++y)
            for (uint32_t x = 0; x < to.width; ++x)
              for (uint32_t c = 0; c < channels; ++c, ++at) {
                double sum = 0;
                for (uint32_t k = 0; k < sx * sy * sz; ++k) {
                  const size_t fx = x * sx + k % sx, fy = y * sy + k / sx % sy, fz = z * sz + k / (sx * sy);
                  sum += static_cast<double>(
                      source[(((l * from.depth + fz) * from.height + fy) * from.width + fx) * channels + c]);
                }
                distance = std::max(distance, std::abs(sum / (sx * sy * sz) - static_cast<double>(target[at])));
              }
    }
    return distance;
  }
  template <class T>
  std::vector<T> read(ModelImage& image, uint32_t mip) {
    std::vector<T> values(image.texels(mip).size() / sizeof(T));
    const TiImageSlice whole = image.whole(mip);
    EXPECT_EQ(ist_read_image(runtime(), &whole, values.data(), values.size() * sizeof(T), 0), TI_ERROR_SUCCESS)
        << take_error().message;
    return values;
  }
  void fill_and_generate(ModelImage& image, bool floats) {
    Dice dice;
    fill(image, dice);
    std::vector<uint8_t> bytes(image.texels(0).size());
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(dice.below(256));
    for (size_t i = 0; floats && i < bytes.size(); i += 4) {
      const float value = static_cast<float>(dice.below(1000)) - 500.0f;
      std::memcpy(&bytes[i], &value, 4);
    }
    write(image, image.whole(0), bytes, 0);
    ASSERT_EQ(ist_generate_mips(runtime(), image.handle()), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_TRUE(read<uint8_t>(image, 0) == bytes) << "level 0 stays";
  }
};
IST_CONFORMANCE_SUITE(MipsTest);

// Of 8-bit texels a device may round after each dimension that it filters (llvmpipe does): half a step of 255 each.
TEST_P(MipsTest, AreTheMeansOfTheLevelAbove) {
  for (const Shape& shape : kPowersOfTwo) {
    SCOPED_TRACE(shape.name);
    ModelImage bytes(runtime(), shape.dimension, shape.extent, shape.mips, TI_FORMAT_RGBA8, 4);
    fill_and_generate(bytes, false);
    const int dimensions = (shape.extent.width > 1) + (shape.extent.height > 1) + (shape.extent.depth > 1);
    EXPECT_LE(worst<uint8_t>(bytes, 4), 0.5 * dimensions);
  }
}

// Exact but for their own rounding.
TEST_P(MipsTest, OfFloatsAreTheMeansOfTheLevelAbove) {
  for (const Shape& shape : kPowersOfTwo) {
    SCOPED_TRACE(shape.name);
    ModelImage floats(runtime(), shape.dimension, shape.extent, shape.mips, TI_FORMAT_RGBA32F, 16);
    fill_and_generate(floats, true);
    EXPECT_LE(worst<float>(floats, 4), 500.0 * 1e-6);
  }
}

TEST_P(MipsTest, OfOneColourAreThatColour) {
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D, {67, 33, 1, 1}, 7, TI_FORMAT_RGBA8, 4);
  for (uint32_t mip = 0; mip < 7; ++mip)
    write(image, image.whole(mip), std::vector<uint8_t>(image.texels(mip).size(), mip ? 0 : 77), 0);
  ASSERT_EQ(ist_generate_mips(runtime(), image.handle()), TI_ERROR_SUCCESS) << take_error().message;
  for (uint32_t mip = 0; mip < 7; ++mip) {
    for (uint8_t byte : read<uint8_t>(image, mip)) ASSERT_EQ(byte, 77) << "mip " << mip;
  }
}

TEST_P(MipsTest, FollowLaunchesAndAreSampledAfter) {
  Module module(runtime(), "textures");
  ModelImage image(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, 4, TI_FORMAT_RGBA8, 4,
                   TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT);
  TiArgument texture{};
  texture.type = TI_ARGUMENT_TYPE_TEXTURE;
  texture.value.texture = {image.handle(), nullptr, TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, TI_FORMAT_RGBA8};
  Array<float> out(runtime(), {16, 8}, {4});
  module.launch("texture_only", {texture});
  ASSERT_EQ(ist_generate_mips(runtime(), image.handle()), TI_ERROR_SUCCESS) << take_error().message;
  module.launch("fetch_2d", {texture, out.arg()});
  EXPECT_NEAR(out.read()[0], 21.0f / 255.0f, 1e-6f);
  EXPECT_LE(worst<uint8_t>(image, 4), 1.0);
}

TEST_P(MipsTest, OneLevelIsEnoughAndIntegersHaveNone) {
  ModelImage single(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8, 1, 1}, 1, TI_FORMAT_RGBA8, 4);
  fill_and_generate(single, false);
  ModelImage integers(runtime(), TI_IMAGE_DIMENSION_2D, {8, 8, 1, 1}, 4, TI_FORMAT_R32U, 4);
  EXPECT_EQ(ist_generate_mips(runtime(), integers.handle()), TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED}, {"r32u"});
  EXPECT_EQ(ist_generate_mips(runtime(), nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

class CallKernelTest : public ArchTest {};
IST_CONFORMANCE_SUITE(CallKernelTest);

TEST_P(CallKernelTest, FailuresLeaveCountAndResults) {
  Module module(runtime(), "returns");
  TiKernel kernel = module.kernel("give_tuple");
  const TiArgument good = i32(1), bad = f32(1.0f);
  TiTensor results[3];
  std::memset(results, 0xcd, sizeof(results));
  const TiTensor untouched = results[0];
  const auto expect_refused = [&](TiError code, uint32_t room, const TiArgument* args, TiTensor* out) {
    uint32_t count = room;
    EXPECT_EQ(ist_call_kernel(runtime(), kernel, 1, args, &count, out), code);
    expect_error({code});
    EXPECT_EQ(count, room);
    EXPECT_EQ(std::memcmp(&results[0], &untouched, sizeof(untouched)), 0);
  };
  expect_refused(TI_ERROR_ARGUMENT_OUT_OF_RANGE, 2, &good, results);
  expect_refused(TI_ERROR_ARGUMENT_OUT_OF_RANGE, 0, &good, nullptr);
  expect_refused(TI_ERROR_INVALID_ARGUMENT, 3, &bad, results);
  expect_refused(TI_ERROR_ARGUMENT_NULL, 3, &good, nullptr);
  expect_refused(TI_ERROR_ARGUMENT_NULL, 3, nullptr, results);
  EXPECT_EQ(ist_call_kernel(runtime(), kernel, 1, &good, nullptr, results), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_call_kernel(runtime(), nullptr, 1, &good, nullptr, results), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
  uint32_t count = 3;
  EXPECT_EQ(ist_call_kernel(runtime(), kernel, 1, &good, &count, results), TI_ERROR_SUCCESS);
  EXPECT_EQ(count, 3u);
  count = 100;
  std::vector<TiTensor> more(100);
  EXPECT_EQ(ist_call_kernel(runtime(), kernel, 1, &good, &count, more.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(count, 3u) << "their number, not the room";
}

class PendingCallTest : public CallKernelTest {
 protected:
  void SetUp() override {
    CallKernelTest::SetUp();
    if (HasFatalFailure()) return;
    module_ = std::make_unique<Module>(runtime(), "ndarrays");
    array_ = std::make_unique<Array<int32_t>>(runtime(), std::vector<uint32_t>{4});
  }
  void TearDown() override {
    array_.reset();
    module_.reset();
    CallKernelTest::TearDown();
  }
  void launch(int count) {
    for (int i = 0; i < count; ++i) module_->launch("scalar_i32", {array_->arg()});
    launches_ += count;
  }
  // The call has finished when it returns, and so has all before it.
  void call(const std::string& when) {
    const TiArgument arg = array_->arg();
    uint32_t count = 0;
    ASSERT_EQ(ist_call_kernel(runtime(), module_->kernel("scalar_i32"), 1, &arg, &count, nullptr), TI_ERROR_SUCCESS)
        << when << ": " << take_error().message;
    ++launches_;
    const std::vector<int32_t> values = array_->read_now();
    for (int32_t i = 0; i < 4; ++i) ASSERT_EQ(values[static_cast<size_t>(i)], launches_ * (i + 1)) << when;
  }

 private:
  std::unique_ptr<Module> module_;
  std::unique_ptr<Array<int32_t>> array_;
  int32_t launches_ = 0;
};
IST_CONFORMANCE_SUITE(PendingCallTest);

// Batches are handed over by size and by age: the call may find its own batch gone already.
TEST_P(PendingCallTest, WaitsBehindAnyNumberOfLaunches) {
  for (int pending : {0, 1, 10, 100, 200, 250, 253, 254, 255, 255, 255, 255, 256, 257, 258, 510, 511, 512, 1023}) {
    launch(pending);
    call(std::to_string(pending) + " launches pending");
  }
}

TEST_P(PendingCallTest, WaitsBehindLaunchesOfAnyAge) {
  for (int milliseconds : {0, 1, 3, 6, 10, 30}) {
    launch(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    call(std::to_string(milliseconds) + " ms after a launch");
  }
}

}  // namespace
}  // namespace conformance
