// Mistakes of hosts that have another device: the code, and both sides in the sentence. Those of hosts with OpenGL
// are in gl_host, those of hosts that lend their device in host.
#include <cstdio>

#include "contents.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::expect_error;
using conformance::expect_no_error;
using conformance::take_error;

std::string hex(const uint8_t (&uuid)[16]) {
  std::string text;
  for (const uint8_t byte : uuid) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

class Mistakes : public testing::Test {
 protected:
  void SetUp() override {
    image_ = make_image(runtime_.handle(), shape_);
    ASSERT_EQ(ist_set_name(runtime_.handle(), image_, "dye"), TI_ERROR_SUCCESS);
  }
  void TearDown() override { expect_no_error("after the test"); }

  const Shape shape_{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 31, 29};
  conformance::OwnRuntime runtime_{TI_ARCH_VULKAN};
  TiImage image_ = nullptr;
};

TEST_F(Mistakes, TakeBackIsForgotten) {
  const conformance::Module formats(runtime_.handle(), "formats");
  const IstHandover loan = handover(image_, Use::read, IST_PEER_EXTERNAL);
  ASSERT_EQ(ist_lend(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  const TiArgument args[] = {texture_argument(image_, shape_), conformance::i32(31), conformance::i32(29),
                             conformance::i32(1)};
  ti_launch_kernel(runtime_.handle(), formats.kernel("store_2d_rgba8"), 4, args);
  expect_error({TI_ERROR_INVALID_STATE},
               {"Image 'dye'", "lent to another device", "take it back", "kernel 'store_2d_rgba8'"});
  EXPECT_EQ(ist_lend(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"Image 'dye'", "lent to another device"});
  ASSERT_EQ(ist_take_back(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  ti_launch_kernel(runtime_.handle(), formats.kernel("store_2d_rgba8"), 4, args);
}

TEST_F(Mistakes, LayoutsThatTheUsageDoesNotAllow) {
  IstHandover loan = handover(image_, Use::read, IST_PEER_EXTERNAL);
  loan.layout = TI_IMAGE_LAYOUT_COLOR_ATTACHMENT;
  EXPECT_EQ(ist_lend(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"Image 'dye'", "COLOR_ATTACHMENT", "usage"});
  loan.layout = TI_IMAGE_LAYOUT_UNDEFINED;
  EXPECT_EQ(ist_lend(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"Image 'dye'", "UNDEFINED", "DISCARD"});
  loan.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  ASSERT_EQ(ist_lend(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  loan.layout = TI_IMAGE_LAYOUT_TRANSFER_SRC;
  EXPECT_EQ(ist_take_back(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"Image 'dye'", "SHADER_READ", "TRANSFER_SRC"});
  loan.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  ASSERT_EQ(ist_take_back(runtime_.handle(), 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
}

// The driver is not asked: a drivers' own answer to a stranger's handle may be a crash.
TEST_F(Mistakes, AnotherDeviceOrDriver) {
  const Exported exported(runtime_.handle(), image_);
  for (const bool driver : {false, true}) {
    IstShareRecord record = exported.record;
    (driver ? record.driver_uuid : record.device_uuid)[5] ^= 0x40;
    seal(record);
    TiImage imported = image_;
    EXPECT_EQ(ist_import_image(runtime_.handle(), exported.handle, &record, &imported), TI_ERROR_INVALID_INTEROP);
    EXPECT_EQ(imported, nullptr);
    expect_error({TI_ERROR_INVALID_INTEROP},
                 {hex(record.device_uuid).c_str(), hex(record.driver_uuid).c_str(),
                  hex(exported.record.device_uuid).c_str(), hex(exported.record.driver_uuid).c_str()});
  }
}

TEST_F(Mistakes, OneTimelineValueTwice) {
  IstSyncPoint point{};
  ASSERT_EQ(ist_create_semaphore(runtime_.handle(), IST_RUNG_TIMELINE, IST_HANDLE_NONE, &point), TI_ERROR_SUCCESS)
      << take_error().message;
  point.value = 7;
  const IstHandover loan = handover(image_, Use::read, IST_PEER_SAME_DEVICE);
  ASSERT_EQ(ist_lend(runtime_.handle(), 1, &loan, &point), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_take_back(runtime_.handle(), 1, &loan, &point), TI_ERROR_SUCCESS) << take_error().message;
  for (const uint64_t again : {7, 4}) {
    point.value = again;
    EXPECT_EQ(ist_lend(runtime_.handle(), 1, &loan, &point), TI_ERROR_INVALID_ARGUMENT);
    expect_error({TI_ERROR_INVALID_ARGUMENT}, {again == 7 ? "value (7)" : "value (4)", "last signalled (7)"});
  }
  point.value = 8;
  ASSERT_EQ(ist_lend(runtime_.handle(), 1, &loan, &point), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_take_back(runtime_.handle(), 1, &loan, &point), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_destroy_semaphore(runtime_.handle(), &point), TI_ERROR_SUCCESS) << take_error().message;
}

}  // namespace
}  // namespace pairs
