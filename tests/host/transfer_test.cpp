// Objects that cross to another VkDevice by their OS handles and records, and pages of the host: contents both ways,
// who holds them, what a record protects from, and that no handle is lost.
#include <ist/share.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "conformance/support.h"

namespace {

using conformance::expect_error;
using conformance::take_error;

size_t open_files() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

// The checksum that records carry, written down a second time.
void seal(IstShareRecord& record) {
  uint32_t crc = ~0u;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
  for (size_t i = 0; i < offsetof(IstShareRecord, crc32); ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  record.crc32 = ~crc;
}

class Transfers : public testing::Test {
 protected:
  void TearDown() override { conformance::expect_no_error("after the test"); }

  static TiImage make_image(TiRuntime runtime, TiImageAllocateInfo info) {
    info.export_sharing = TI_TRUE;
    TiImage image = ti_allocate_image(runtime, &info);
    EXPECT_NE(image, nullptr) << take_error().message;
    ist_set_name(runtime, image, "dye");
    return image;
  }
  static TiImageAllocateInfo image_info(TiFormat format, TiImageDimension dimension = TI_IMAGE_DIMENSION_2D) {
    TiImageAllocateInfo info{};
    info.dimension = dimension;
    info.extent = {37, 21, 1, 1};
    info.mip_level_count = 1;
    info.format = format;
    info.usage = TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_STORAGE_BIT;
    return info;
  }
  static TiMemory make_memory(TiRuntime runtime, uint64_t size_bytes, TiBool shared = TI_TRUE) {
    TiMemoryAllocateInfo info{};
    info.size = size_bytes;
    info.export_sharing = shared;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    TiMemory memory = ti_allocate_memory(runtime, &info);
    EXPECT_NE(memory, nullptr) << take_error().message;
    return memory;
  }
  struct Exported {
    IstOsHandle handle = -1;
    IstShareRecord record{};
    ~Exported() {
      if (handle >= 0) ::close(static_cast<int>(handle));
    }
  };
  void expect_crosses(TiImageAllocateInfo info);

  conformance::OwnRuntime ours_{TI_ARCH_VULKAN}, theirs_{TI_ARCH_VULKAN};
};

// Fills every subresource here, reads it there, fills it there, reads it here.
void Transfers::expect_crosses(TiImageAllocateInfo info) {
  TiRuntime us = ours_.handle(), them = theirs_.handle();
  TiImage image = make_image(us, info);
  IstFormatInfo format{};
  format.size = sizeof format;
  ASSERT_EQ(ist_format_info(us, info.format, info.dimension, &format), TI_ERROR_SUCCESS);
  const auto each = [&](auto&& f) {
    for (uint32_t mip = 0; mip < info.mip_level_count; ++mip) {
      for (uint32_t layer = 0; layer < info.extent.array_layer_count; ++layer) {
        TiImageSlice slice{};
        slice.mip_level = mip;
        slice.offset.array_layer_offset = layer;
        slice.extent = {std::max(info.extent.width >> mip, 1u), std::max(info.extent.height >> mip, 1u),
                        std::max(info.extent.depth >> mip, 1u), 1};
        const size_t bytes = size_t{slice.extent.width} * slice.extent.height * slice.extent.depth * format.texel_bytes;
        f(slice, bytes, mip * 16 + layer);
      }
    }
  };
  const auto texels = [](size_t bytes, uint32_t seed) {
    std::vector<uint8_t> made(bytes);
    for (size_t k = 0; k < bytes; ++k) made[k] = static_cast<uint8_t>(k * 13 + seed * 41) & 0x3f;
    return made;
  };
  const auto write = [&](TiRuntime runtime, TiImage target, uint32_t salt) {
    each([&](TiImageSlice slice, size_t bytes, uint32_t seed) {
      slice.image = target;
      const auto made = texels(bytes, seed + salt);
      ASSERT_EQ(ist_write_image(runtime, &slice, made.data(), bytes, 0), TI_ERROR_SUCCESS) << take_error().message;
    });
  };
  const auto expect = [&](TiRuntime runtime, TiImage source, uint32_t salt) {
    each([&](TiImageSlice slice, size_t bytes, uint32_t seed) {
      slice.image = source;
      std::vector<uint8_t> got(bytes);
      ASSERT_EQ(ist_read_image(runtime, &slice, got.data(), bytes, 0), TI_ERROR_SUCCESS) << take_error().message;
      EXPECT_EQ(got, texels(bytes, seed + salt)) << "mip " << slice.mip_level;
    });
  };
  write(us, image, 1);
  IstHandover loan{};
  loan.image = image;
  loan.layout = TI_IMAGE_LAYOUT_SHADER_READ_WRITE;
  loan.peer = IST_PEER_EXTERNAL;
  ASSERT_EQ(ist_lend(us, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  Exported exported;
  ASSERT_EQ(ist_export_image(us, image, IST_HANDLE_OPAQUE_FD, &exported.handle, &exported.record), TI_ERROR_SUCCESS)
      << take_error().message;
  EXPECT_STREQ(exported.record.name, "dye");
  EXPECT_EQ(exported.record.layout, static_cast<uint32_t>(TI_IMAGE_LAYOUT_SHADER_READ_WRITE));
  TiImage theirs = nullptr;
  ASSERT_EQ(ist_import_image(them, exported.handle, &exported.record, &theirs), TI_ERROR_SUCCESS)
      << take_error().message;
  IstHandover in = loan;
  in.image = theirs;
  ASSERT_EQ(ist_take_back(them, 1, &in, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  expect(them, theirs, 1);
  write(them, theirs, 2);
  ASSERT_EQ(ist_lend(them, 1, &in, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_take_back(us, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  expect(us, image, 2);
  ti_free_image(them, theirs);
  ti_free_image(us, image);
}

TEST_F(Transfers, ImagesCrossWithTheirContents) {
  for (const TiFormat format : {TI_FORMAT_RGBA8, TI_FORMAT_RGBA16F, TI_FORMAT_R32F}) {
    SCOPED_TRACE(format);
    expect_crosses(image_info(format));
    TiImageAllocateInfo mips = image_info(format, TI_IMAGE_DIMENSION_2D_ARRAY);
    mips.mip_level_count = 4;
    mips.extent.array_layer_count = 3;
    expect_crosses(mips);
    TiImageAllocateInfo volume = image_info(format, TI_IMAGE_DIMENSION_3D);
    volume.extent = {5, 3, 7, 1};
    volume.mip_level_count = 2;
    expect_crosses(volume);
  }
}

TEST_F(Transfers, MemoryCrossesAndOutlivesItsExporter) {
  TiRuntime them = theirs_.handle();
  std::vector<uint32_t> words(1000);
  for (uint32_t i = 0; i < words.size(); ++i) words[i] = i * 2654435761u;
  TiMemory imported = nullptr;
  IstHandover in{};
  in.peer = IST_PEER_EXTERNAL;
  {
    conformance::OwnRuntime exporter(TI_ARCH_VULKAN);
    TiMemory memory = make_memory(exporter.handle(), 4000);
    const TiMemorySlice slice{memory, 0, 4000};
    ASSERT_EQ(ist_write_memory(exporter.handle(), &slice, words.data()), TI_ERROR_SUCCESS);
    IstHandover loan = in;
    loan.memory = memory;
    ASSERT_EQ(ist_lend(exporter.handle(), 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    Exported exported;
    ASSERT_EQ(ist_export_memory(exporter.handle(), memory, IST_HANDLE_OPAQUE_FD, &exported.handle, &exported.record),
              TI_ERROR_SUCCESS)
        << take_error().message;
    ASSERT_EQ(ist_import_memory(them, exported.handle, &exported.record, &imported), TI_ERROR_SUCCESS)
        << take_error().message;
  }
  const TiMemorySlice slice{imported, 0, 4000};
  std::vector<uint32_t> got(1000);
  EXPECT_EQ(ist_read_memory(them, &slice, got.data()), TI_ERROR_INVALID_STATE) << "it starts lent";
  expect_error({TI_ERROR_INVALID_STATE}, {"lent to another device"});
  in.memory = imported;
  ASSERT_EQ(ist_take_back(them, 1, &in, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_read_memory(them, &slice, got.data()), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(got, words);
}

TEST_F(Transfers, RecordsThatCannotBeTrustedAreRefused) {
  TiRuntime us = ours_.handle(), them = theirs_.handle();
  TiImage image = make_image(us, image_info(TI_FORMAT_RGBA8));
  Exported exported;
  ASSERT_EQ(ist_export_image(us, image, IST_HANDLE_OPAQUE_FD, &exported.handle, &exported.record), TI_ERROR_SUCCESS);
  const size_t files = open_files();
  const auto refused = [&](const IstShareRecord& record, std::initializer_list<TiError> codes,
                           std::initializer_list<const char*> words) {
    TiImage made = image;
    EXPECT_NE(ist_import_image(them, exported.handle, &record, &made), TI_ERROR_SUCCESS);
    EXPECT_EQ(made, nullptr);
    expect_error(codes, words);
  };
  for (size_t at = 0; at < sizeof(IstShareRecord); ++at) {
    SCOPED_TRACE(at);
    IstShareRecord damaged = exported.record;
    reinterpret_cast<uint8_t*>(&damaged)[at] ^= 0x20;
    refused(damaged, {TI_ERROR_CORRUPTED_DATA}, {"record->"});
  }
  IstShareRecord other = exported.record;
  other.driver_uuid[3] ^= 1;
  seal(other);
  refused(other, {TI_ERROR_INVALID_INTEROP}, {"driver", "device"});
  other = exported.record;
  other.size_bytes = other.allocation_bytes + 1;
  seal(other);
  refused(other, {TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"allocation"});
  other = exported.record;
  other.width = 1u << 14;
  other.height = 1u << 13;
  seal(other);
  refused(other, {TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_NOT_SUPPORTED, TI_ERROR_OUT_OF_MEMORY}, {});
  other = exported.record;
  other.mips = 99;
  seal(other);
  refused(other, {TI_ERROR_INVALID_ARGUMENT}, {"99"});
  other = exported.record;
  other.format = 4000;
  seal(other);
  refused(other, {TI_ERROR_CORRUPTED_DATA}, {"4000"});
  other = exported.record;
  other.handle_type = IST_HANDLE_DMA_BUF;
  seal(other);
  refused(other, {TI_ERROR_NOT_SUPPORTED}, {"handle type 2"});
  TiMemory memory = nullptr;
  EXPECT_NE(ist_import_memory(them, exported.handle, &exported.record, &memory), TI_ERROR_SUCCESS);
  expect_error({TI_ERROR_CORRUPTED_DATA}, {"kind"});
  EXPECT_EQ(open_files(), files);
}

TEST_F(Transfers, HandlesThatAreNoneAreRefused) {
  TiRuntime us = ours_.handle(), them = theirs_.handle();
  TiMemory memory = make_memory(us, 4096), plain = make_memory(us, 4096, TI_FALSE);
  Exported exported;
  EXPECT_EQ(ist_export_memory(us, plain, IST_HANDLE_OPAQUE_FD, &exported.handle, &exported.record),
            TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"export_sharing"});
  EXPECT_EQ(exported.handle, -1);
  EXPECT_EQ(ist_export_memory(us, memory, IST_HANDLE_SYNC_FD, &exported.handle, &exported.record),
            TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED}, {"handle type 3", "mask"});
  EXPECT_EQ(ist_export_memory(us, memory, static_cast<IstHandleType>(77), &exported.handle, &exported.record),
            TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"77"});
  ASSERT_EQ(ist_export_memory(us, memory, IST_HANDLE_OPAQUE_FD, &exported.handle, &exported.record), TI_ERROR_SUCCESS);
  const size_t files = open_files();
  TiMemory imported = nullptr;
  EXPECT_NE(ist_import_memory(them, 100000, &exported.record, &imported), TI_ERROR_SUCCESS) << "no such file";
  take_error();
  EXPECT_NE(ist_import_memory(them, -1, &exported.record, &imported), TI_ERROR_SUCCESS);
  take_error();
  EXPECT_EQ(open_files(), files);
}

TEST_F(Transfers, NoFileIsLostInManyRounds) {
  TiRuntime us = ours_.handle(), them = theirs_.handle();
  TiImage image = make_image(us, image_info(TI_FORMAT_RGBA8));
  TiMemory memory = make_memory(us, 4096);
  const auto round = [&] {
    Exported texels, bytes;
    ASSERT_EQ(ist_export_image(us, image, IST_HANDLE_OPAQUE_FD, &texels.handle, &texels.record), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_export_memory(us, memory, IST_HANDLE_OPAQUE_FD, &bytes.handle, &bytes.record), TI_ERROR_SUCCESS);
    TiImage theirs = nullptr;
    TiMemory their_memory = nullptr;
    ASSERT_EQ(ist_import_image(them, texels.handle, &texels.record, &theirs), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_import_memory(them, bytes.handle, &bytes.record, &their_memory), TI_ERROR_SUCCESS);
    ti_free_image(them, theirs);
    ti_free_memory(them, their_memory);
  };
  for (int i = 0; i < 20; ++i) round();
  const size_t files = open_files();
  for (int i = 0; i < 500; ++i) round();
  EXPECT_EQ(open_files(), files);
}

TEST_F(Transfers, PagesOfTheHostAreMemory) {
  TiRuntime us = ours_.handle();
  IstDeviceInfo device{};
  device.size = sizeof device;
  ASSERT_EQ(ist_runtime_info(us, &device), TI_ERROR_SUCCESS);
  const auto alignment = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* pages = std::aligned_alloc(alignment, alignment * 2);
  std::memset(pages, 5, alignment * 2);
  TiMemory memory = nullptr;
  if (!(device.memory_import >> IST_HANDLE_HOST_POINTER & 1)) {
    EXPECT_EQ(ist_import_host_memory(us, pages, alignment, &memory), TI_ERROR_NOT_SUPPORTED);
    expect_error({TI_ERROR_NOT_SUPPORTED}, {"pages"});
    std::free(pages);
    return;
  }
  EXPECT_EQ(ist_import_host_memory(us, static_cast<char*>(pages) + 4, alignment, &memory), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"multiples"});
  EXPECT_EQ(ist_import_host_memory(us, pages, 100, &memory), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"100"});
  ASSERT_EQ(ist_import_host_memory(us, pages, alignment * 2, &memory), TI_ERROR_SUCCESS) << take_error().message;
  TiMemory copy = make_memory(us, alignment);
  const TiMemorySlice from{memory, alignment, alignment}, to{copy, 0, alignment};
  ti_copy_memory_device_to_device(us, &to, &from);
  std::vector<uint8_t> got(alignment);
  ASSERT_EQ(ist_read_memory(us, &to, got.data()), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(got, std::vector<uint8_t>(alignment, 5));
  const std::vector<uint8_t> nines(alignment, 9);
  ASSERT_EQ(ist_write_memory(us, &to, nines.data()), TI_ERROR_SUCCESS);
  const TiMemorySlice start{memory, 0, alignment};
  ti_copy_memory_device_to_device(us, &start, &to);
  ti_wait(us);
  EXPECT_EQ(std::memcmp(pages, nines.data(), alignment), 0);
  ti_free_memory(us, memory);
  ti_wait(us);
  std::free(pages);
}

TEST_F(Transfers, PairsTellHowTheyShareAndWhyNotBetter) {
  TiRuntime us = ours_.handle(), them = theirs_.handle();
  IstDeviceInfo device{};
  device.size = sizeof device;
  ASSERT_EQ(ist_runtime_info(us, &device), TI_ERROR_SUCCESS);
  IstSide from{}, to{};
  from.runtime = us;
  to.runtime = them;
  IstPair pair{};
  pair.size = sizeof pair;
  ASSERT_EQ(ist_describe_pair(&from, &to, &pair), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(pair.memory, IST_HANDLE_OPAQUE_FD);
  EXPECT_EQ(pair.image, IST_HANDLE_OPAQUE_FD);
  EXPECT_EQ(pair.memory_copies, 0u);
  EXPECT_EQ(pair.image_copies, 0u);
  const bool semaphores = device.binary_export >> IST_HANDLE_OPAQUE_FD & 1;
  EXPECT_EQ(pair.forth, semaphores ? IST_RUNG_BINARY : IST_RUNG_HOST);
  EXPECT_EQ(pair.back, pair.forth);
  EXPECT_EQ(std::strstr(pair.reason, "exports none") == nullptr, semaphores) << pair.reason;

  device.driver_uuid[0] ^= 1;
  to = {};
  to.device = &device;
  ASSERT_EQ(ist_describe_pair(&from, &to, &pair), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(pair.memory, IST_HANDLE_NONE);
  EXPECT_EQ(pair.image_copies, 1u);
  EXPECT_EQ(pair.forth, IST_RUNG_HOST);
  EXPECT_NE(std::strstr(pair.reason, "driver"), nullptr) << pair.reason;

  to.runtime = them;
  EXPECT_EQ(ist_describe_pair(&from, &to, &pair), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"to has 2"});
  EXPECT_EQ(ist_describe_pair(&from, nullptr, &pair), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"to"});
}

}  // namespace
