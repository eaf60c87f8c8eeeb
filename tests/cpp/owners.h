// What the tests of the owners share: a runtime with small images, and what is counted.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>

#include <ist/cpp/share.hpp>
#include <string>
#include <vector>

namespace owners {

inline size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (folder && readdir(folder)) ++count;
  if (folder) closedir(folder);
  return count;
}

// The last error, which is cleared.
inline ti::Error take_error() {
  ti::Error error = ti::get_last_error();
  ti::set_last_error(TI_ERROR_SUCCESS);
  return error;
}

inline TiImageAllocateInfo image_info() {
  TiImageAllocateInfo info{};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {33, 17, 1, 1};
  info.mip_level_count = 1;
  info.format = TI_FORMAT_RGBA8;
  info.export_sharing = TI_TRUE;
  info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  return info;
}

class WithRuntime : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(runtime_.is_valid()) << take_error().message; }
  void TearDown() override {
    const ti::Error error = take_error();
    EXPECT_EQ(error.error, TI_ERROR_SUCCESS) << error.message;
  }

  ti::Image make_image(const ti::Runtime& runtime) { return runtime.allocate_image(image_info()); }
  ti::Image make_image() { return make_image(runtime_); }
  IstObjectState state_of(TiRuntime runtime, TiImage image) {
    IstHandover which{};
    which.image = image;
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime, &which, &state), TI_ERROR_SUCCESS) << take_error().message;
    return state;
  }
  IstHolder holder_of(TiImage image) { return state_of(runtime_.runtime(), image).holder; }

  // Every texel is `value`.
  void fill(TiRuntime runtime, TiImage image, uint32_t value) {
    const std::vector<uint32_t> texels(33 * 17, value);
    TiImageSlice slice{};
    slice.image = image;
    slice.extent = {33, 17, 1, 1};
    EXPECT_EQ(ist_write_image(runtime, &slice, texels.data(), texels.size() * 4, 0), TI_ERROR_SUCCESS)
        << take_error().message;
  }
  void expect_filled(TiRuntime runtime, TiImage image, uint32_t value) {
    std::vector<uint32_t> texels(33 * 17);
    TiImageSlice slice{};
    slice.image = image;
    slice.extent = {33, 17, 1, 1};
    EXPECT_EQ(ist_read_image(runtime, &slice, texels.data(), texels.size() * 4, 0), TI_ERROR_SUCCESS)
        << take_error().message;
    EXPECT_EQ(texels, std::vector<uint32_t>(33 * 17, value));
  }

  ti::Runtime runtime_{TI_ARCH_VULKAN};
};

}  // namespace owners
