// Recordings into a host's command buffer: dropped when the host does not submit them.
#include <ist/cpp/vulkan.hpp>
#include <memory>

#include "cpp/owners.h"
#include "host/host_device.h"

namespace {

using isthmus::Recording;
using owners::take_error;

class Recordings : public testing::Test {
 protected:
  void SetUp() override {
    host::HostOptions options;
    options.needs = &ist_vulkan_needs;
    options.features = host::FeatureSet::needs;
    device_ = std::make_unique<host::HostDevice>(options);
    ASSERT_TRUE(*device_);
    runtime_ = isthmus::adopt_device(device_->declared());
    ASSERT_TRUE(runtime_.is_valid()) << take_error().message;
    image_ = runtime_.allocate_image(owners::image_info());
    other_ = runtime_.allocate_image(owners::image_info());
  }
  void TearDown() override {
    const ti::Error error = take_error();
    EXPECT_EQ(error.error, TI_ERROR_SUCCESS) << error.message;
    image_.destroy();
    other_.destroy();
    runtime_.destroy();
  }
  TiImageLayout layout() {
    IstHandover which{};
    which.image = image_;
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime_, &which, &state), TI_ERROR_SUCCESS) << take_error().message;
    return state.layout;
  }
  // Brings image_ into a layout that it is in at no other time.
  void record() {
    image_.transition_to(TI_IMAGE_LAYOUT_SHADER_READ);
    EXPECT_EQ(ti::get_last_error().error, TI_ERROR_SUCCESS) << take_error().message;
  }

  std::unique_ptr<host::HostDevice> device_;
  ti::Runtime runtime_;
  ti::Image image_, other_;
};

TEST_F(Recordings, ThatAreDestroyedAreDropped) {
  const TiImageLayout before = layout();
  for (const bool ended : {false, true}) {
    SCOPED_TRACE(ended);
    VkCommandBuffer commands = device_->begin();
    {
      Recording recording = Recording::begin(runtime_, commands);
      ASSERT_TRUE(recording.is_valid()) << take_error().message;
      EXPECT_TRUE(recording.is_open());
      record();
      if (ended) {
        EXPECT_EQ(recording.end(), TI_ERROR_SUCCESS) << take_error().message;
      }
      Recording moved = std::move(recording);
      EXPECT_FALSE(recording.is_valid());
      EXPECT_EQ(layout(), TI_IMAGE_LAYOUT_SHADER_READ);
    }
    EXPECT_EQ(layout(), before) << "as if it had never been";
    device_->discard(commands);
  }
}

TEST_F(Recordings, ThatAreSubmittedStay) {
  VkCommandBuffer commands = device_->begin();
  {
    Recording recording = Recording::begin(runtime_, commands);
    ASSERT_TRUE(recording.is_valid()) << take_error().message;
    record();
    ASSERT_EQ(recording.end(), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_FALSE(recording.is_open());
    device_->submit_and_wait(commands);
    EXPECT_EQ(recording.submitted(), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_TRUE(recording.is_submitted());
    EXPECT_EQ(recording.retire(), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_FALSE(recording.is_valid());
  }
  EXPECT_EQ(layout(), TI_IMAGE_LAYOUT_SHADER_READ);
}

TEST_F(Recordings, ThatFailToBeginAreNotValid) {
  Recording recording = Recording::begin(runtime_, VK_NULL_HANDLE);
  EXPECT_FALSE(recording.is_valid());
  EXPECT_NE(take_error().error, TI_ERROR_SUCCESS);
  EXPECT_EQ(recording.drop(), TI_ERROR_SUCCESS) << "there is nothing to drop";
}

}  // namespace
