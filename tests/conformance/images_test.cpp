// Images outside kernels: copies, regions, layouts, lifetimes; host copies by ist_*.
#include "support.h"

#include <ist/core.h>

#include <memory>

namespace conformance {
namespace {

constexpr uint32_t kWidth = 67, kHeight = 33;

class ImagesTest : public ArchTest {
 protected:
  void SetUp() override {
    ArchTest::SetUp();
    if (!HasFatalFailure()) module_ = std::make_unique<Module>(runtime(), "textures");
  }
  void TearDown() override {
    module_.reset();
    ArchTest::TearDown();
  }
  // The value that store_2d_r32f puts at (x, y).
  static float pattern(uint32_t x, uint32_t y, uint32_t seed) {
    return static_cast<float>((37 * x + 59 * y + 7 * seed) % 256) / 255.0f;
  }
  void store(const Image& image, int seed) {
    module_->launch("store_2d_r32f", {image.arg(), i32(static_cast<int32_t>(image.size().width)),
                                      i32(static_cast<int32_t>(image.size().height)), i32(seed)});
  }
  // Red channel of every texel, index x * height + y.
  std::vector<float> fetch(const Image& image) {
    Array<float> out(runtime(), {image.size().width, image.size().height}, {4});
    out.fill(-1.0f);
    module_->launch("fetch_2d", {image.arg(), out.arg()});
    const std::vector<float> texels = out.read();
    std::vector<float> red(texels.size() / 4);
    for (size_t k = 0; k < red.size(); ++k) red[k] = texels[4 * k];
    return red;
  }
  static std::vector<float> pattern_of(Image::Size size, uint32_t seed) {
    std::vector<float> values;
    for (uint32_t x = 0; x < size.width; ++x) {
      for (uint32_t y = 0; y < size.height; ++y) values.push_back(pattern(x, y, seed));
    }
    return values;
  }
  // The kernel divides on the device, which may be off by a rounding.
  static void expect_same(const std::vector<float>& values, const std::vector<float>& expected, const char* what) {
    ASSERT_EQ(values.size(), expected.size()) << what;
    for (size_t k = 0; k < values.size(); ++k) ASSERT_NEAR(values[k], expected[k], 1e-7f) << what << ", texel " << k;
  }
  std::unique_ptr<Image> image(Image::Size size = {kWidth, kHeight}, TiFormat format = TI_FORMAT_R32F,
                               TiImageUsageFlags usage = Image::kUsage) {
    return std::make_unique<Image>(runtime(), TI_IMAGE_DIMENSION_2D, size, format, usage);
  }
  Module& module() { return *module_; }

 private:
  std::unique_ptr<Module> module_;
};
IST_CONFORMANCE_SUITE(ImagesTest);

TEST_P(ImagesTest, WholeCopiesAreExact) {
  auto src = image(), dst = image();
  store(*src, 3);
  const TiImageSlice to = dst->whole(), from = src->whole();
  ti_copy_image_device_to_device(runtime(), &to, &from);
  expect_same(fetch(*dst), pattern_of(dst->size(), 3), "copy");
  expect_same(fetch(*src), pattern_of(src->size(), 3), "source");
}

TEST_P(ImagesTest, RegionCopiesTouchTheirRegionOnly) {
  auto src = image(), dst = image();
  store(*src, 1);
  store(*dst, 100);
  const TiImageSlice to = dst->region({40, 3, 0, 0}, {21, 17, 1}), from = src->region({5, 12, 0, 0}, {21, 17, 1});
  ti_copy_image_device_to_device(runtime(), &to, &from);
  std::vector<float> expected = pattern_of(dst->size(), 100);
  for (uint32_t x = 0; x < 21; ++x) {
    for (uint32_t y = 0; y < 17; ++y) expected[(40 + x) * kHeight + 3 + y] = pattern(5 + x, 12 + y, 1);
  }
  expect_same(fetch(*dst), expected, "region copy");
}

TEST_P(ImagesTest, CopiesChainInOrder) {
  auto a = image(), b = image(), c = image();
  const TiImageSlice a_all = a->whole(), b_all = b->whole(), c_all = c->whole();
  store(*a, 1);
  ti_copy_image_device_to_device(runtime(), &b_all, &a_all);
  store(*a, 2);
  ti_copy_image_device_to_device(runtime(), &c_all, &b_all);
  ti_copy_image_device_to_device(runtime(), &b_all, &a_all);
  expect_same(fetch(*c), pattern_of(c->size(), 1), "the first contents moved on");
  expect_same(fetch(*b), pattern_of(b->size(), 2), "the second contents");
}

TEST_P(ImagesTest, TransitionsKeepTheContents) {
  auto picture = image({kWidth, kHeight}, TI_FORMAT_R32F, Image::kUsage | TI_IMAGE_USAGE_ATTACHMENT_BIT);
  store(*picture, 9);
  for (TiImageLayout layout :
       {TI_IMAGE_LAYOUT_SHADER_READ, TI_IMAGE_LAYOUT_SHADER_WRITE, TI_IMAGE_LAYOUT_SHADER_READ_WRITE,
        TI_IMAGE_LAYOUT_COLOR_ATTACHMENT, TI_IMAGE_LAYOUT_COLOR_ATTACHMENT_READ, TI_IMAGE_LAYOUT_TRANSFER_DST,
        TI_IMAGE_LAYOUT_TRANSFER_SRC, TI_IMAGE_LAYOUT_TRANSFER_SRC}) {
    ti_transition_image(runtime(), picture->handle(), layout);
    expect_no_error("transition");
  }
  expect_same(fetch(*picture), pattern_of(picture->size(), 9), "after transitions");
}

TEST_P(ImagesTest, AFreshImageMayGoToAnyLayout) {
  auto picture = image();
  ti_transition_image(runtime(), picture->handle(), TI_IMAGE_LAYOUT_SHADER_READ);
  store(*picture, 4);
  expect_same(fetch(*picture), pattern_of(picture->size(), 4), "stored after a transition");
}

TEST_P(ImagesTest, TrackingRestatesTheLayout) {
  auto picture = image();
  store(*picture, 6);
  ti_transition_image(runtime(), picture->handle(), TI_IMAGE_LAYOUT_TRANSFER_DST);
  ti_track_image_ext(runtime(), picture->handle(), TI_IMAGE_LAYOUT_TRANSFER_DST);
  expect_no_error("track");
  expect_same(fetch(*picture), pattern_of(picture->size(), 6), "tracked");
}

TEST_P(ImagesTest, DepthImagesHaveTheirLayouts) {
  auto depth = image({kWidth, kHeight}, TI_FORMAT_DEPTH32F, TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT);
  ti_transition_image(runtime(), depth->handle(), TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT);
  expect_no_error("depth attachment");
  ti_transition_image(runtime(), depth->handle(), TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT_READ);
  expect_no_error("depth attachment, read only");
  ti_transition_image(runtime(), depth->handle(), TI_IMAGE_LAYOUT_SHADER_READ);
  expect_no_error("depth read by a shader");
  ti_wait(runtime());
}

TEST_P(ImagesTest, LiveOnUntilPendingWorkIsDone) {
  auto kept = image();
  {
    auto gone = image();
    store(*gone, 8);
    const TiImageSlice to = kept->whole(), from = gone->whole();
    ti_copy_image_device_to_device(runtime(), &to, &from);
  }
  expect_same(fetch(*kept), pattern_of(kept->size(), 8), "copied from a freed image");
}

TEST_P(ImagesTest, ZeroMipsAndLayersMeanOne) {
  TiImageAllocateInfo info{};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {8, 4, 1, 0};
  info.mip_level_count = 0;
  info.format = TI_FORMAT_RGBA8;
  info.usage = Image::kUsage;
  TiImage made = ti_allocate_image(runtime(), &info);
  EXPECT_NE(made, nullptr) << take_error().message;
  ti_free_image(runtime(), made);
}

class HostImagesTest : public ImagesTest {};
IST_CONFORMANCE_SUITE(HostImagesTest);

TEST_P(HostImagesTest, KernelsFetchWhatTheHostWrote) {
  auto picture = image();
  // Rows of the host are lines of constant y.
  std::vector<float> rows(kWidth * kHeight);
  std::vector<float> expected(rows.size());
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x)
      rows[y * kWidth + x] = expected[x * kHeight + y] = static_cast<float>(1000 * y + x);
  }
  const TiImageSlice whole = picture->whole();
  ASSERT_EQ(ist_write_image(runtime(), &whole, rows.data(), rows.size() * 4, 0), TI_ERROR_SUCCESS)
      << take_error().message;
  expect_same(fetch(*picture), expected, "written by the host");
}

TEST_P(HostImagesTest, TheHostReadsWhatKernelsStored) {
  auto picture = image();
  store(*picture, 11);
  std::vector<float> rows(kWidth * kHeight);
  const TiImageSlice whole = picture->whole();
  ASSERT_EQ(ist_read_image(runtime(), &whole, rows.data(), rows.size() * 4, 0), TI_ERROR_SUCCESS)
      << take_error().message;
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x) ASSERT_NEAR(rows[y * kWidth + x], pattern(x, y, 11), 1e-7f) << x << ", " << y;
  }
}

TEST_P(HostImagesTest, RegionsAndRowPitchesAreKept) {
  auto picture = image({kWidth, kHeight}, TI_FORMAT_RGBA8);
  std::vector<uint8_t> all(kWidth * kHeight * 4, 7), expected = all;
  const TiImageSlice whole = picture->whole(), part = picture->region({13, 5, 0, 0}, {9, 4, 1});
  ASSERT_EQ(ist_write_image(runtime(), &whole, all.data(), all.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
  constexpr uint32_t kPitch = 64;
  std::vector<uint8_t> texels(kPitch * 4);
  for (size_t k = 0; k < texels.size(); ++k) texels[k] = static_cast<uint8_t>(k + 100);
  ASSERT_EQ(ist_write_image(runtime(), &part, texels.data(), texels.size(), kPitch), TI_ERROR_SUCCESS)
      << take_error().message;
  for (uint32_t y = 0; y < 4; ++y) std::memcpy(&expected[((5 + y) * kWidth + 13) * 4], &texels[y * kPitch], 9 * 4);
  ASSERT_EQ(ist_read_image(runtime(), &whole, all.data(), all.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(all, expected);
  std::vector<uint8_t> back(kPitch * 4, 0xcc);
  ASSERT_EQ(ist_read_image(runtime(), &part, back.data(), back.size(), kPitch), TI_ERROR_SUCCESS)
      << take_error().message;
  for (uint32_t y = 0; y < 4; ++y) {
    EXPECT_EQ(std::memcmp(&back[y * kPitch], &texels[y * kPitch], 9 * 4), 0) << "row " << y;
    // The room between rows belongs to the caller.
    if (y < 3) {
      EXPECT_EQ(back[y * kPitch + 9 * 4], 0xcc);
    }
  }
}

TEST_P(HostImagesTest, ThreeDimensionsRoundTrip) {
  Image block(runtime(), TI_IMAGE_DIMENSION_3D, {17, 9, 5}, TI_FORMAT_R32F);
  std::vector<float> values(block.size().texels()), back(values.size());
  for (size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k);
  const TiImageSlice whole = block.whole();
  ASSERT_EQ(ist_write_image(runtime(), &whole, values.data(), values.size() * 4, 0), TI_ERROR_SUCCESS)
      << take_error().message;
  ASSERT_EQ(ist_read_image(runtime(), &whole, back.data(), back.size() * 4, 0), TI_ERROR_SUCCESS)
      << take_error().message;
  EXPECT_EQ(back, values);
}

TEST_P(HostImagesTest, ImagesAndMemoryCopyIntoEachOther) {
  auto picture = image();
  constexpr uint32_t kPitch = 320;
  Memory memory(runtime(), kPitch * kHeight + 16);
  std::vector<uint8_t> bytes(memory.size_bytes());
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x) {
      const float value = static_cast<float>(x) - 1000.0f * static_cast<float>(y);
      std::memcpy(&bytes[16 + y * kPitch + x * 4], &value, 4);
    }
  }
  memory.store(bytes.data(), bytes.size());
  const TiImageSlice whole = picture->whole();
  const TiMemorySlice pitched = memory.slice(16, kPitch * kHeight);
  ASSERT_EQ(ist_copy_memory_to_image(runtime(), &whole, &pitched, kPitch), TI_ERROR_SUCCESS) << take_error().message;
  Array<float> tight(runtime(), {kHeight, kWidth});
  const TiMemorySlice target = tight.memory().slice(0, kWidth * kHeight * 4);
  ASSERT_EQ(ist_copy_image_to_memory(runtime(), &target, &whole, 0), TI_ERROR_SUCCESS) << take_error().message;
  const std::vector<float> values = tight.read();
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x) {
      ASSERT_EQ(values[y * kWidth + x], static_cast<float>(x) - 1000.0f * static_cast<float>(y)) << x << ", " << y;
    }
  }
}

TEST_P(HostImagesTest, RefusesWhatLiesOutside) {
  auto picture = image();
  std::vector<float> texels(kWidth * kHeight);
  const TiImageSlice wide = picture->region({1, 0, 0, 0}, {kWidth, kHeight, 1});
  EXPECT_EQ(ist_read_image(runtime(), &wide, texels.data(), texels.size() * 4, 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"67"});
  TiImageSlice deep = picture->whole();
  deep.mip_level = 1;
  EXPECT_EQ(ist_read_image(runtime(), &deep, texels.data(), texels.size() * 4, 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"mip"});
  const TiImageSlice whole = picture->whole();
  EXPECT_EQ(ist_read_image(runtime(), &whole, texels.data(), 100, 0), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"100"});
}

}  // namespace
}  // namespace conformance
