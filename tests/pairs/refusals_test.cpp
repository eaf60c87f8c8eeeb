// What a driver or an API cannot do is refused by name, and what it says it can do works.
#include <ist/gl.h>
#include <unistd.h>

#include "contents.h"
#include "gl_host/gl_host.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::expect_error;
using conformance::take_error;

class Refusals : public testing::Test {
 protected:
  void SetUp() override {
    device_.size = sizeof device_;
    ASSERT_EQ(ist_runtime_info(runtime_.handle(), &device_), TI_ERROR_SUCCESS) << take_error().message;
  }
  static std::string hex(uint32_t mask) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", mask);
    return text;
  }

  conformance::OwnRuntime runtime_{TI_ARCH_VULKAN};
  IstDeviceInfo device_{};
};

TEST_F(Refusals, HandlesThatTheDriverLacks) {
  const Shape shape{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 61, 37};
  const TiImage image = make_image(runtime_.handle(), shape);
  TiMemoryAllocateInfo info{};
  info.size = 4096;
  info.export_sharing = TI_TRUE;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  const TiMemory memory = ti_allocate_memory(runtime_.handle(), &info);
  ASSERT_NE(memory, nullptr) << take_error().message;
  EXPECT_NE(device_.memory_export, 0u);
  EXPECT_NE(device_.image_export, 0u);
  for (const IstHandleType type : {IST_HANDLE_OPAQUE_FD, IST_HANDLE_DMA_BUF, IST_HANDLE_SYNC_FD,
                                   IST_HANDLE_OPAQUE_WIN32, IST_HANDLE_HOST_POINTER}) {
    SCOPED_TRACE(type);
    const std::string named = "handle type " + std::to_string(type);
    IstOsHandle handle = -1;
    IstShareRecord record{};
    const auto expect = [&](TiError result, uint32_t mask) {
      const bool there = mask >> type & 1;
      EXPECT_EQ(result, there ? TI_ERROR_SUCCESS : TI_ERROR_NOT_SUPPORTED);
      EXPECT_EQ(handle >= 0, there);
      if (handle >= 0) ::close(static_cast<int>(std::exchange(handle, -1)));
      if (!there) expect_error({TI_ERROR_NOT_SUPPORTED}, {named.c_str(), hex(mask).c_str()});
    };
    expect(ist_export_memory(runtime_.handle(), memory, type, &handle, &record), device_.memory_export);
    expect(ist_export_image(runtime_.handle(), image, type, &handle, &record), device_.image_export);
  }
}

TEST_F(Refusals, SemaphoresThatTheDriverDoesNotShare) {
  const struct {
    IstRung rung;
    uint32_t mask;
  } kinds[] = {{IST_RUNG_BINARY, device_.binary_export}, {IST_RUNG_TIMELINE, device_.timeline_export}};
  for (const auto& [rung, mask] : kinds) {
    for (const IstHandleType type : {IST_HANDLE_OPAQUE_FD, IST_HANDLE_SYNC_FD}) {
      SCOPED_TRACE(rung * 10 + type);
      IstSyncPoint point{};
      const TiError result = ist_create_semaphore(runtime_.handle(), rung, type, &point);
      if (mask >> type & 1) {
        EXPECT_EQ(result, TI_ERROR_SUCCESS) << take_error().message;
        EXPECT_EQ(ist_destroy_semaphore(runtime_.handle(), &point), TI_ERROR_SUCCESS) << take_error().message;
      } else {
        EXPECT_EQ(result, TI_ERROR_NOT_SUPPORTED);
        expect_error({TI_ERROR_NOT_SUPPORTED}, {hex(mask).c_str()});
      }
    }
  }
}

TEST_F(Refusals, RungsThatTheDeviceLacks) {
  for (const IstRung rung :
       {IST_RUNG_QUEUE, IST_RUNG_TIMELINE, IST_RUNG_BINARY, IST_RUNG_SYNC_FD, IST_RUNG_GL_FENCE, IST_RUNG_HOST}) {
    SCOPED_TRACE(rung);
    const TiError result = ist_set_option(runtime_.handle(), IST_OPTION_FORCE_RUNG, rung);
    if (device_.rungs >> rung & 1) {
      EXPECT_EQ(result, TI_ERROR_SUCCESS) << take_error().message;
    } else {
      EXPECT_EQ(result, TI_ERROR_NOT_SUPPORTED);
      expect_error({TI_ERROR_NOT_SUPPORTED}, {"Rung", "GL_FENCE, HOST"});
    }
  }
}

// OpenGL ES has no 1-D textures: neither shared nor as copies.
TEST_F(Refusals, DimensionsThatGlesLacks) {
  gl_host::GlHost gl(gl_host::Api::gles);
  ASSERT_EQ(gl.problem(), "");
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = gl_host::get_proc_addr;
  IstGl joined = nullptr;
  ASSERT_EQ(ist_gl_attach(runtime_.handle(), &info, &joined), TI_ERROR_SUCCESS) << take_error().message;
  const TiImage image = make_image(runtime_.handle(), {"1d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D, 61, 1});
  for (const uint64_t zero_copy : {0, 1}) {
    ASSERT_EQ(ist_set_option(runtime_.handle(), IST_OPTION_REQUIRE_ZERO_COPY, zero_copy), TI_ERROR_SUCCESS);
    IstGlObject texture{};
    texture.size = sizeof texture;
    EXPECT_EQ(ist_gl_share_image(joined, image, &texture), TI_ERROR_NOT_SUPPORTED);
    expect_error({TI_ERROR_NOT_SUPPORTED}, {"1D"});
  }
  EXPECT_EQ(ist_gl_detach(joined, TI_FALSE), TI_ERROR_SUCCESS) << take_error().message;
  gl.destroy();
}

}  // namespace
}  // namespace pairs
