// No file stays open: after a thousand rounds, and after each way in which a crossing fails.
#include <fcntl.h>
#include <ist/gl.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "contents.h"
#include "gl_host/gl_host.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::take_error;

constexpr int kRounds = 1000;

size_t open_files() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

class Files : public testing::Test {
 protected:
  static TiMemory make_memory(TiRuntime runtime, bool shared = true) {
    TiMemoryAllocateInfo info{};
    info.size = 4096;
    info.export_sharing = shared ? TI_TRUE : TI_FALSE;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    const TiMemory memory = ti_allocate_memory(runtime, &info);
    EXPECT_NE(memory, nullptr) << take_error().message;
    return memory;
  }
  bool semaphores() {
    IstDeviceInfo info{};
    info.size = sizeof info;
    EXPECT_EQ(ist_runtime_info(us_, &info), TI_ERROR_SUCCESS);
    return info.binary_export >> IST_HANDLE_OPAQUE_FD & 1;
  }

  const Shape shape_{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 33, 17};
  conformance::OwnRuntime ours_{TI_ARCH_VULKAN}, theirs_{TI_ARCH_VULKAN};
  TiRuntime us_ = ours_.handle(), them_ = theirs_.handle();
};

TEST_F(Files, AreClosedAfterAThousandRoundsOfExportAndImport) {
  const bool with_semaphores = semaphores();
  const auto round = [&] {
    const TiImage image = make_image(us_, shape_);
    const TiMemory memory = make_memory(us_);
    Exported texels(us_, image);
    IstOsHandle bytes = -1;
    IstShareRecord record{};
    ASSERT_EQ(ist_export_memory(us_, memory, IST_HANDLE_OPAQUE_FD, &bytes, &record), TI_ERROR_SUCCESS);
    TiImage their_image = nullptr;
    TiMemory their_memory = nullptr;
    ASSERT_EQ(ist_import_image(them_, texels.handle, &texels.record, &their_image), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_import_memory(them_, bytes, &record, &their_memory), TI_ERROR_SUCCESS);
    ::close(static_cast<int>(bytes));
    if (with_semaphores) {
      IstSyncPoint made{}, imported{};
      ASSERT_EQ(ist_create_semaphore(us_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, &made), TI_ERROR_SUCCESS);
      ASSERT_EQ(ist_export_semaphore(us_, &made, IST_HANDLE_OPAQUE_FD, &bytes), TI_ERROR_SUCCESS);
      ASSERT_EQ(ist_import_semaphore(them_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, bytes, &imported), TI_ERROR_SUCCESS);
      ::close(static_cast<int>(bytes));
      ASSERT_EQ(ist_destroy_semaphore(them_, &imported), TI_ERROR_SUCCESS);
      ASSERT_EQ(ist_destroy_semaphore(us_, &made), TI_ERROR_SUCCESS);
    }
    ti_free_image(them_, their_image);
    ti_free_memory(them_, their_memory);
    ti_free_image(us_, image);
    ti_free_memory(us_, memory);
  };
  for (int i = 0; i < 5; ++i) round();
  const size_t before = open_files();
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) round();
  EXPECT_EQ(open_files(), before);
  conformance::expect_no_error("after the rounds");
}

TEST_F(Files, AreClosedAfterAThousandRoundsWithGl) {
  gl_host::GlHost gl(gl_host::Api::gl);
  ASSERT_EQ(gl.problem(), "");
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = gl_host::get_proc_addr;
  IstGl joined = nullptr;
  ASSERT_EQ(ist_gl_attach(us_, &info, &joined), TI_ERROR_SUCCESS) << take_error().message;
  const auto round = [&] {
    const TiImage image = make_image(us_, shape_);
    IstGlObject texture{};
    texture.size = sizeof texture;
    ASSERT_EQ(ist_gl_share_image(joined, image, &texture), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(texture.copied, 0u);
    ASSERT_EQ(ist_gl_unshare(joined, image), TI_ERROR_SUCCESS) << take_error().message;
    ti_free_image(us_, image);
  };
  for (int i = 0; i < 5; ++i) round();
  gl.Finish();
  const size_t before = open_files();
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) round();
  gl.Finish();
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(ist_gl_detach(joined, TI_FALSE), TI_ERROR_SUCCESS) << take_error().message;
  gl.destroy();
}

TEST_F(Files, AreClosedAfterEachError) {
  const TiImage image = make_image(us_, shape_), gone = make_image(us_, shape_);
  ti_free_image(us_, gone);
  const TiMemory memory = make_memory(us_), plain = make_memory(us_, false);
  Exported texels(us_, image);
  IstOsHandle bytes = -1;
  IstShareRecord record{};
  ASSERT_EQ(ist_export_memory(us_, memory, IST_HANDLE_OPAQUE_FD, &bytes, &record), TI_ERROR_SUCCESS);
  const int closed = ::dup(static_cast<int>(bytes));
  ::close(closed);

  IstOsHandle handle = -1;
  IstShareRecord told{};
  TiImage to_image = nullptr;
  TiMemory to_memory = nullptr;
  IstSyncPoint point{};
  const auto changed = [](IstShareRecord from, const std::function<void(IstShareRecord&)>& change) {
    change(from);
    seal(from);
    return from;
  };
  const auto import_image = [&](const std::function<void(IstShareRecord&)>& change) {
    const IstShareRecord other = changed(texels.record, change);
    return ist_import_image(them_, texels.handle, &other, &to_image);
  };
  const auto import_memory = [&](const std::function<void(IstShareRecord&)>& change) {
    const IstShareRecord other = changed(record, change);
    return ist_import_memory(them_, bytes, &other, &to_memory);
  };
  constexpr IstHandleType kFd = IST_HANDLE_OPAQUE_FD;
  constexpr auto kUnknown = static_cast<IstHandleType>(77);
  const struct {
    const char* name;
    std::function<TiError()> call;
  } errors[] = {
      {"export null memory", [&] { return ist_export_memory(us_, nullptr, kFd, &handle, &told); }},
      {"export to no handle", [&] { return ist_export_memory(us_, memory, kFd, nullptr, &told); }},
      {"export to no record", [&] { return ist_export_memory(us_, memory, kFd, &handle, nullptr); }},
      {"export unshared memory", [&] { return ist_export_memory(us_, plain, kFd, &handle, &told); }},
      {"export memory of another", [&] { return ist_export_memory(them_, memory, kFd, &handle, &told); }},
      {"export memory as none", [&] { return ist_export_memory(us_, memory, IST_HANDLE_NONE, &handle, &told); }},
      {"export memory as sync fd", [&] { return ist_export_memory(us_, memory, IST_HANDLE_SYNC_FD, &handle, &told); }},
      {"export memory as 77", [&] { return ist_export_memory(us_, memory, kUnknown, &handle, &told); }},
      {"export freed image", [&] { return ist_export_image(us_, gone, kFd, &handle, &told); }},
      {"export image to no handle", [&] { return ist_export_image(us_, image, kFd, nullptr, &told); }},
      {"export image to no record", [&] { return ist_export_image(us_, image, kFd, &handle, nullptr); }},
      {"export image as win32", [&] { return ist_export_image(us_, image, IST_HANDLE_OPAQUE_WIN32, &handle, &told); }},
      {"import no record", [&] { return ist_import_image(them_, texels.handle, nullptr, &to_image); }},
      {"import to nothing", [&] { return ist_import_image(them_, texels.handle, &texels.record, nullptr); }},
      {"import memory to nothing", [&] { return ist_import_memory(them_, bytes, &record, nullptr); }},
      {"import no file", [&] { return ist_import_image(them_, -1, &texels.record, &to_image); }},
      {"import a closed file", [&] { return ist_import_image(them_, closed, &texels.record, &to_image); }},
      {"import no memory", [&] { return ist_import_memory(them_, -1, &record, &to_memory); }},
      {"import closed memory", [&] { return ist_import_memory(them_, closed, &record, &to_memory); }},
      {"import a memory as image", [&] { return ist_import_image(them_, bytes, &record, &to_image); }},
      {"import an image as memory",
       [&] { return ist_import_memory(them_, texels.handle, &texels.record, &to_memory); }},
      {"import another device's", [&] { return import_image([](auto& r) { r.device_uuid[0] ^= 1; }); }},
      {"import another driver's", [&] { return import_memory([](auto& r) { r.driver_uuid[0] ^= 1; }); }},
      {"import beyond the allocation",
       [&] { return import_image([](auto& r) { r.size_bytes = r.allocation_bytes + 1; }); }},
      {"import memory beyond it", [&] { return import_memory([](auto& r) { r.offset_bytes = r.allocation_bytes; }); }},
      {"import too large an image", [&] { return import_image([](auto& r) { r.width = r.height = 4096; }); }},
      {"import an image without width", [&] { return import_image([](auto& r) { r.width = 0; }); }},
      {"import 99 mips", [&] { return import_image([](auto& r) { r.mips = 99; }); }},
      {"import format 4000", [&] { return import_image([](auto& r) { r.format = 4000; }); }},
      {"import another VkFormat", [&] { return import_image([](auto& r) { r.native_format = 1; }); }},
      {"import unknown usages", [&] { return import_image([](auto& r) { r.native_usage = 1u << 30; }); }},
      {"import linear tiling", [&] { return import_image([](auto& r) { r.tiling = 1; }); }},
      {"import a win32 handle",
       [&] { return import_memory([](auto& r) { r.handle_type = IST_HANDLE_OPAQUE_WIN32; }); }},
      {"a semaphore of no rung", [&] { return ist_create_semaphore(us_, IST_RUNG_HOST, IST_HANDLE_NONE, &point); }},
      {"a semaphore for the host's pages",
       [&] { return ist_create_semaphore(us_, IST_RUNG_BINARY, IST_HANDLE_HOST_POINTER, &point); }},
      {"a semaphore of no file",
       [&] { return ist_import_semaphore(us_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, -1, &point); }},
      {"a semaphore of a closed file",
       [&] { return ist_import_semaphore(us_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, closed, &point); }},
      {"export no semaphore", [&] { return ist_export_semaphore(us_, &point, IST_HANDLE_OPAQUE_FD, &handle); }},
      {"pages that are not aligned", [&] { return ist_import_host_memory(us_, &told, 100, &to_memory); }},
  };
  for (const auto& error : errors) {
    SCOPED_TRACE(error.name);
    point = {};
    const size_t before = open_files();
    for (int i = 0; i < 3; ++i) {
      const TiError result = error.call();
      EXPECT_NE(result, TI_ERROR_SUCCESS);
      const conformance::LastError last = take_error();
      EXPECT_EQ(last.code, result);
      EXPECT_NE(last.message, "");
      EXPECT_EQ(handle, -1);
      EXPECT_EQ(to_image, nullptr);
      EXPECT_EQ(to_memory, nullptr);
    }
    EXPECT_EQ(open_files(), before);
  }
  ::close(static_cast<int>(bytes));
}

}  // namespace
}  // namespace pairs
