// Memory and images that cross from one VkDevice to another and back, and pages of the host.
#include <sys/mman.h>

#include <algorithm>

#include "contract/formats.h"
#include "share_test.h"

namespace ist::vk {
namespace {

constexpr Peer kOutside{Peer::Kind::external, 0};

struct ImageCase {
  const char* name;
  ImageDimension dimension;
  Format format;
  Extent extent;
  uint32_t mips;
  uint32_t layers;
};

const ImageCase kImages[] = {
    {"2D rgba8", ImageDimension::d2, 3, {67, 45, 1}, 1, 1},
    {"2D rgba8 1080p odd", ImageDimension::d2, 3, {1921, 1081, 1}, 1, 1},
    {"2D rgba16f mips", ImageDimension::d2, 28, {67, 45, 1}, 7, 1},
    {"2D r32f", ImageDimension::d2, 37, {33, 1, 1}, 1, 1},
    {"2D array mips", ImageDimension::d2_array, 3, {35, 21, 1}, 3, 4},
    {"3D r32f mips", ImageDimension::d3, 37, {19, 11, 7}, 2, 1},
    {"cube", ImageDimension::cube, 3, {17, 17, 1}, 1, 6},
};

class VulkanSharing : public SharingTest {
 protected:
  static Extent mip_extent(const ImageDesc& desc, uint32_t mip) {
    const auto side = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
    return {side(desc.extent.width), side(desc.extent.height), side(desc.extent.depth)};
  }

  static uint64_t texel_bytes(const ImageDesc& desc, uint32_t mip) {
    const Extent e = mip_extent(desc, mip);
    return uint64_t{e.width} * e.height * e.depth * desc.layer_count * format_info(desc.format).texel_bytes;
  }

  static uint64_t all_bytes(const ImageDesc& desc) {
    uint64_t bytes = 0;
    for (uint32_t mip = 0; mip < desc.mip_count; ++mip) bytes += (texel_bytes(desc, mip) + 15) & ~uint64_t{15};
    return bytes;
  }

  static SubresourceRange all_of(const ImageDesc& desc) { return {0, desc.mip_count, 0, desc.layer_count}; }

  template <class Copy>
  static void each_mip(const ImageDesc& desc, ist::Buffer& texels, Copy&& copy) {
    BufferTexels place{&texels};
    for (uint32_t mip = 0; mip < desc.mip_count; ++mip) {
      copy(ImageRegion{mip, 0, desc.layer_count, {}, mip_extent(desc, mip)}, place);
      place.offset_bytes += (texel_bytes(desc, mip) + 15) & ~uint64_t{15};
    }
  }

  // Fills the image with a pattern and releases it: from transfer_dst to `lent`.
  static void give(ist::Device& device, ist::Image& image, const ImageDesc& desc, Layout before, uint32_t seed) {
    const auto texels = host_buffer(device, all_bytes(desc));
    for (uint64_t i = 0; i < texels->size_bytes(); ++i) texels->host()[i] = std::byte{pattern(i, seed)};
    run(device, [&] {
      const ImageBarrierCommand enter{&image, all_of(desc), before, Layout::transfer_dst, {}, kTransferWrite};
      device.barrier({{}, {}, {&enter, 1}});
      each_mip(desc, *texels, [&](const ImageRegion& region, const BufferTexels& place) {
        device.image_ops()->copy_buffer_to_image(image, region, place);
      });
      const ImageBarrierCommand leave{&image,         all_of(desc), Layout::transfer_dst, Layout::shader_read_write,
                                      kTransferWrite, {},           Transfer::release,    kOutside};
      device.barrier({{}, {}, {&leave, 1}});
    });
  }

  // Acquires it and compares all of it.
  static void take(ist::Device& device, ist::Image& image, const ImageDesc& desc, uint32_t seed) {
    const auto texels = host_buffer(device, all_bytes(desc));
    run(device, [&] {
      const ImageBarrierCommand enter{&image, all_of(desc),  Layout::transfer_dst, Layout::shader_read_write,
                                      {},     kTransferRead, Transfer::acquire,    kOutside};
      device.barrier({{}, {}, {&enter, 1}});
      const ImageBarrierCommand read{&image,        all_of(desc), Layout::shader_read_write, Layout::transfer_src,
                                     kTransferRead, kTransferRead};
      device.barrier({{}, {}, {&read, 1}});
      each_mip(desc, *texels, [&](const ImageRegion& region, const BufferTexels& place) {
        device.image_ops()->copy_image_to_buffer(place, image, region);
      });
      device.barrier({kTransferWrite, kHostRead, {}});
    });
    uint64_t wrong = 0;
    each_mip(desc, *texels, [&](const ImageRegion& region, const BufferTexels& place) {
      const uint64_t end = place.offset_bytes + texel_bytes(desc, region.mip);
      for (uint64_t i = place.offset_bytes; i < end; ++i) wrong += texels->host()[i] != std::byte{pattern(i, seed)};
    });
    EXPECT_EQ(wrong, 0u);
  }
};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanSharing, testing::ValuesIn(kAllPaths), name_of);

#define NEEDS(mask, type) \
  if (!(device_->info().share.mask & bit(HandleType::type))) GTEST_SKIP() << "the driver has no " #mask " of " #type

TEST_P(VulkanSharing, ABufferCrossesBothWays) {
  NEEDS(memory_export, opaque_fd);
  NEEDS(memory_import, opaque_fd);
  for (const uint64_t size : {4u, 1004u, 65536u, 5000004u}) {
    SCOPED_TRACE(size);
    auto made = device_->create_buffer(shared_buffer_desc(size));
    ASSERT_TRUE(made.ok()) << made.status().message();
    ist::Buffer& ours = **made;
    const SharedAllocation allocation = ops().allocation_of(ours);
    EXPECT_EQ(allocation.size_bytes, size);
    EXPECT_EQ(allocation.offset_bytes, 0u);
    EXPECT_GE(allocation.allocation_bytes, size + 64);  // GL drivers want room behind it
    EXPECT_FALSE(allocation.dedicated);
    const Handle handle(ops().export_handle(ours, HandleType::opaque_fd));
    auto imported_buffer =
        peer_ops().import_buffer(imported(shared_buffer_desc(size)), HandleType::opaque_fd, handle.get(), allocation);
    ASSERT_TRUE(imported_buffer.ok()) << imported_buffer.status().message();
    ist::Buffer& theirs = **imported_buffer;
    EXPECT_EQ(theirs.size_bytes(), size);
    EXPECT_EQ(theirs.host(), nullptr);

    ist::Device* const devices[] = {device_, peer_.get()};
    ist::Buffer* const buffers[] = {&ours, &theirs};
    for (uint32_t round = 0; round < 4; ++round) {
      ist::Device &writer = *devices[round % 2], &reader = *devices[1 - round % 2];
      const auto up = host_buffer(writer, size), down = host_buffer(reader, size);
      for (uint64_t i = 0; i < size; ++i) up->host()[i] = std::byte{pattern(i, round)};
      run(writer, [&] {
        if (round > 0) transfer(writer, *buffers[round % 2], Transfer::acquire, kTransferWrite, kOutside.kind);
        writer.copy_buffer(*buffers[round % 2], 0, *up, 0, size);
        transfer(writer, *buffers[round % 2], Transfer::release, kTransferWrite, kOutside.kind);
      });
      run(reader, [&] {
        transfer(reader, *buffers[1 - round % 2], Transfer::acquire, kTransferRead, kOutside.kind);
        reader.copy_buffer(*down, 0, *buffers[1 - round % 2], 0, size);
        reader.barrier({kTransferWrite, kHostRead, {}});
        transfer(reader, *buffers[1 - round % 2], Transfer::release, kTransferRead, kOutside.kind);
      });
      ASSERT_TRUE(std::equal(up->host(), up->host() + size, down->host())) << "round " << round;
    }
  }
}

TEST_P(VulkanSharing, AMappedImportSeesTheSameBytes) {
  NEEDS(memory_import, opaque_fd);
  BufferDesc desc = shared_buffer_desc(4099);
  desc.host_read = desc.host_write = true;
  auto ours = device_->create_buffer(desc);
  ASSERT_TRUE(ours.ok()) << ours.status().message();
  const Handle handle(ops().export_handle(**ours, HandleType::opaque_fd));
  auto theirs =
      peer_ops().import_buffer(imported(desc), HandleType::opaque_fd, handle.get(), ops().allocation_of(**ours));
  ASSERT_TRUE(theirs.ok()) << theirs.status().message();
  ASSERT_TRUE((*theirs)->host());
  for (uint64_t i = 0; i < 4099; ++i) (*ours)->host()[i] = std::byte{pattern(i, 9)};
  for (uint64_t i = 0; i < 4099; ++i) ASSERT_EQ((*theirs)->host()[i], (std::byte{pattern(i, 9)}));
  (*ours).reset();  // the memory lives as long as either side
  EXPECT_EQ((*theirs)->host()[4098], (std::byte{pattern(4098, 9)}));
}

TEST_P(VulkanSharing, ABufferAtAnOffsetIsFoundThere) {
  NEEDS(memory_import, opaque_fd);
  BufferDesc desc = shared_buffer_desc(16384);
  desc.host_read = desc.host_write = true;
  auto ours = device_->create_buffer(desc);
  ASSERT_TRUE(ours.ok()) << ours.status().message();
  const Handle handle(ops().export_handle(**ours, HandleType::opaque_fd));
  SharedAllocation part = ops().allocation_of(**ours);
  part.offset_bytes = 4096;
  desc.size_bytes = 1000;
  auto theirs = peer_ops().import_buffer(imported(desc), HandleType::opaque_fd, handle.get(), part);
  ASSERT_TRUE(theirs.ok()) << theirs.status().message();
  (*ours)->host()[4096] = std::byte{1};
  (*ours)->host()[5095] = std::byte{2};
  EXPECT_EQ((*theirs)->host()[0], std::byte{1});
  EXPECT_EQ((*theirs)->host()[999], std::byte{2});
}

TEST_P(VulkanSharing, ImagesCrossBothWays) {
  NEEDS(image_export, opaque_fd);
  NEEDS(image_import, opaque_fd);
  for (const ImageCase& one : kImages) {
    SCOPED_TRACE(one.name);
    ImageDesc desc = shared_image_desc(one.extent);
    desc.dimension = one.dimension;
    desc.format = one.format;
    desc.mip_count = one.mips;
    desc.layer_count = one.layers;
    const ShareSupport share = ops().share_support(desc);
    if (!(share.image_export & share.image_import & bit(HandleType::opaque_fd))) {
      EXPECT_EQ(code_of_result(device_->image_ops()->create_image(desc)), Code::not_supported);
      continue;
    }
    auto ours = device_->image_ops()->create_image(desc);
    ASSERT_TRUE(ours.ok()) << ours.status().message();
    const SharedAllocation allocation = ops().allocation_of(**ours);
    EXPECT_TRUE(allocation.dedicated);
    EXPECT_EQ(allocation.offset_bytes, 0u);
    EXPECT_GE(allocation.size_bytes, texel_bytes(desc, 0));
    const Handle handle(ops().export_handle(**ours, HandleType::opaque_fd));
    auto theirs = peer_ops().import_image(imported(desc), HandleType::opaque_fd, handle.get(), allocation);
    ASSERT_TRUE(theirs.ok()) << theirs.status().message();
    give(*device_, **ours, desc, Layout::undefined, 1);
    take(*peer_, **theirs, desc, 1);
    give(*peer_, **theirs, desc, Layout::transfer_src, 2);
    take(*device_, **ours, desc, 2);
  }
}

TEST_P(VulkanSharing, NoHandleIsLeftAfterManyRounds) {
  NEEDS(memory_import, opaque_fd);
  NEEDS(image_import, opaque_fd);
  auto buffer = device_->create_buffer(shared_buffer_desc(1000));
  auto image = device_->image_ops()->create_image(shared_image_desc());
  ASSERT_TRUE(buffer.ok() && image.ok());
  const size_t before = open_files();
  for (int round = 0; round < 200; ++round) {
    const Handle first(ops().export_handle(**buffer, HandleType::opaque_fd));
    const Handle second(ops().export_handle(**image, HandleType::opaque_fd));
    EXPECT_NE(first.get(), second.get());
    ASSERT_TRUE(peer_ops()
                    .import_buffer(imported(shared_buffer_desc(1000)), HandleType::opaque_fd, first.get(),
                                   ops().allocation_of(**buffer))
                    .ok());
    ASSERT_TRUE(peer_ops()
                    .import_image(imported(shared_image_desc()), HandleType::opaque_fd, second.get(),
                                  ops().allocation_of(**image))
                    .ok());
  }
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(static_cast<Device&>(*peer_).memory().live_count(), 0u);
}

TEST_P(VulkanSharing, PagesOfTheHostAreMemory) {
  NEEDS(memory_import, host_pointer);
  const uint64_t page = ops().host_pointer_alignment();
  ASSERT_GT(page, 0u);
  const uint64_t size = 3 * page;
  void* pages = mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* const bytes = static_cast<std::byte*>(pages);
  BufferDesc desc;
  desc.size_bytes = size;
  desc.usage = memory_usage::kStorage;
  {
    auto made = ops().import_host_pages(desc, pages);
    ASSERT_TRUE(made.ok()) << made.status().message();
    EXPECT_EQ((*made)->host(), bytes);
    const auto copy = host_buffer(*device_, size);
    std::fill(bytes, bytes + size, std::byte{7});
    run(*device_, [&] {
      device_->copy_buffer(*copy, 0, **made, 0, size);
      device_->barrier({{stage::kTransfer, access::kTransferRead}, kTransferWrite, {}});
      device_->fill_buffer(**made, 0, size, 0x01020304);
      device_->barrier({kTransferWrite, kHostRead, {}});
    });
    EXPECT_EQ(copy->host()[size - 1], std::byte{7});
  }
  EXPECT_EQ(bytes[size - 4], std::byte{4});  // the pages outlive the buffer
  EXPECT_EQ(bytes[size], std::byte{0});
  EXPECT_EQ(code_of_result(ops().import_host_pages(desc, bytes + 16)), Code::invalid_argument);
  EXPECT_EQ(code_of_result(ops().import_host_pages(desc, nullptr)), Code::argument_null);
  desc.size_bytes = size - 1;
  const auto odd = ops().import_host_pages(desc, pages);
  ASSERT_EQ(code_of_result(odd), Code::invalid_argument);
  EXPECT_NE(odd.status().message().find(std::to_string(page)), std::string_view::npos) << odd.status().message();
  munmap(pages, size + page);
}

TEST_F(SharingTest, WhatTheDriverSaysIsConsistent) {
  const ShareSupport& share = device_->info().share;
  const ShareSupport same = ops().share_support(shared_image_desc());
  EXPECT_EQ(share.image_export, same.image_export);
  EXPECT_EQ(share.image_import, same.image_import);
  EXPECT_EQ(share.memory_export & ~(bit(HandleType::opaque_fd) | bit(HandleType::dma_buf)), 0u);
  EXPECT_EQ((share.timeline_export | share.timeline_import) & bit(HandleType::sync_fd), 0u);
  EXPECT_EQ(ops().host_pointer_alignment() != 0, (share.memory_import & bit(HandleType::host_pointer)) != 0);
  ImageDesc unknown = shared_image_desc();
  unknown.format = 999;
  EXPECT_EQ(ops().share_support(unknown).image_import, 0u);
  std::printf("%s: memory %x/%x, images %x/%x, timeline %d %x/%x, binary %x/%x (export/import), host pages %llu\n",
              device_->info().name.c_str(), share.memory_export, share.memory_import, share.image_export,
              share.image_import, share.timeline, share.timeline_export, share.timeline_import, share.binary_export,
              share.binary_import, static_cast<unsigned long long>(ops().host_pointer_alignment()));
}

}  // namespace
}  // namespace ist::vk
