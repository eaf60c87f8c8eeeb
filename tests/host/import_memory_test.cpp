// The host's buffers as memory, and ours as the host's.
#include "host_test.h"

#include <numeric>

namespace host {
namespace {

constexpr VkBufferUsageFlags kFull =
    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

class HostMemory : public HostTest {
 protected:
  void SetUp() override { start(); }
  static TiMemory import_buffer(TiRuntime runtime, const HostBuffer& buffer) {
    const TiVulkanMemoryInteropInfo info = buffer.interop_info();
    TiMemory memory = ti_import_vulkan_memory(runtime, &info);
    EXPECT_NE(memory, nullptr) << take_error().message;
    return memory;
  }
  // A vector of n words at the start of this memory.
  static TiArgument words(TiMemory memory, uint32_t count) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_NDARRAY;
    argument.value.ndarray.memory = memory;
    argument.value.ndarray.elem_type = TI_DATA_TYPE_I32;
    argument.value.ndarray.shape.dim_count = 1;
    argument.value.ndarray.shape.dims[0] = count;
    return argument;
  }
  static void expect_refused(TiRuntime runtime, const TiVulkanMemoryInteropInfo& info,
                             std::initializer_list<TiError> codes, std::initializer_list<const char*> members) {
    EXPECT_EQ(ti_import_vulkan_memory(runtime, &info), nullptr);
    expect_error(codes, members);
  }
};

TEST_F(HostMemory, KernelsAndCopiesUseTheHostsBuffer) {
  Runtime runtime = import();
  for (const VkDeviceSize offset : {VkDeviceSize{0}, VkDeviceSize{5000}}) {
    HostBuffer buffer = host().make_buffer(1000, kFull, offset);
    TiMemory memory = import_buffer(runtime, buffer);
    Module fields(runtime, "fields");
    fields.launch("fill", {conformance::i32(70)});
    fields.launch("read_line", {words(memory, 20)});
    const TiMemorySlice from{memory, 0, 80}, to{memory, 500, 80};
    ti_copy_memory_device_to_device(runtime, &to, &from);
    ti_wait(runtime);
    for (int32_t i = 0; i < 20; ++i) {
      EXPECT_EQ(buffer.as<int32_t>()[i], 70 + i);
      EXPECT_EQ(buffer.as<int32_t>()[125 + i], 70 + i);
    }
    EXPECT_EQ(buffer.as<int32_t>()[20], 0);
    TiVulkanMemoryInteropInfo told{};
    ti_export_vulkan_memory(runtime, memory, &told);
    const TiVulkanMemoryInteropInfo given = buffer.interop_info();
    EXPECT_EQ(told.buffer, given.buffer);
    EXPECT_EQ(told.size, given.size);
    EXPECT_EQ(told.usage, given.usage);
    EXPECT_EQ(told.memory, given.memory);
    EXPECT_EQ(told.offset, given.offset);
    ti_free_memory(runtime, memory);
    ti_wait(runtime);
    host().destroy(buffer);
    expect_no_error("an imported buffer");
  }
}

TEST_F(HostMemory, WhatIsWrongIsNamed) {
  Runtime runtime = import();
  const HostBuffer buffer = host().make_buffer(1024, kFull, 4096);
  EXPECT_EQ(ti_import_vulkan_memory(runtime, nullptr), nullptr);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info"});
  TiVulkanMemoryInteropInfo info = buffer.interop_info();
  info.buffer = VK_NULL_HANDLE;
  expect_refused(runtime, info, {TI_ERROR_ARGUMENT_NULL}, {"buffer"});
  info = buffer.interop_info();
  info.size = 0;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"size"});
  info = buffer.interop_info();
  info.usage = 0;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"usage"});
  VkMemoryRequirements requirements;
  host().vk().GetBufferMemoryRequirements(host().device(), buffer.buffer, &requirements);
  info = buffer.interop_info();
  info.size = requirements.size + 1;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"size", "1025"});
  if (requirements.alignment > 1) {
    info = buffer.interop_info();
    info.offset += 1;
    expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"offset", "4097"});
  }
}

TEST_F(HostMemory, AKernelNeedsStorageUsage) {
  Runtime runtime = import();
  HostBuffer copies_only = host().make_buffer(80, VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
  TiMemory memory = import_buffer(runtime, copies_only);
  Module fields(runtime, "fields");
  const TiArgument out = words(memory, 20);
  ti_launch_kernel(runtime, fields.kernel("read_line"), 1, &out);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"out", "STORAGE"});
  ti_free_memory(runtime, memory);

  HostBuffer read_only = host().make_buffer(80, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
  TiMemory no_copies = import_buffer(runtime, read_only);
  const TiMemorySlice from{no_copies, 0, 8}, to{no_copies, 16, 8};
  ti_copy_memory_device_to_device(runtime, &to, &from);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TRANSFER"});
  fields.launch("read_line", {words(no_copies, 20)});
  ti_free_memory(runtime, no_copies);
}

// A host that has written on the device before it imports need not wait: submission order is enough.
TEST_F(HostMemory, TwoHandlesOfOneBufferAreOrdered) {
  Runtime runtime = import();
  Module fields(runtime, "fields");
  HostBuffer buffer = host().make_buffer(4096, kFull), result = host().make_buffer(4096, kFull);
  TiMemory first = import_buffer(runtime, buffer), second = import_buffer(runtime, buffer);
  TiMemory copy = import_buffer(runtime, result);
  for (int32_t round = 0; round < 20; ++round) {
    fields.launch("fill", {conformance::i32(round)});
    fields.launch("read_line", {words(first, 20)});
    const TiMemorySlice from{second, 0, 80}, to{copy, 100 * static_cast<uint64_t>(round), 80};
    ti_copy_memory_device_to_device(runtime, &to, &from);
  }
  ti_wait(runtime);
  for (int32_t round = 0; round < 20; ++round) {
    for (int32_t i = 0; i < 20; ++i) ASSERT_EQ(result.as<int32_t>()[25 * round + i], round + i) << round;
  }
  ti_free_memory(runtime, first);
  const TiMemorySlice from{second, 0, 80}, to{copy, 0, 80};
  ti_copy_memory_device_to_device(runtime, &to, &from);
  ti_wait(runtime);
  expect_no_error("the second handle lives on");
}

TEST_F(HostMemory, AnImportedBufferIsNotMapped) {
  Runtime runtime = import();
  HostBuffer buffer = host().make_buffer(80, kFull);
  TiMemory memory = import_buffer(runtime, buffer);
  EXPECT_EQ(ti_map_memory(runtime, memory), nullptr);
  expect_error({TI_ERROR_INVALID_STATE});
  const uint32_t value = 42;
  const TiMemorySlice slice{memory, 40, 4};
  EXPECT_EQ(ist_write_memory(runtime, &slice, &value), TI_ERROR_SUCCESS);
  uint32_t back = 0;
  EXPECT_EQ(ist_read_memory(runtime, &slice, &back), TI_ERROR_SUCCESS);
  EXPECT_EQ(back, 42u);
  EXPECT_EQ(buffer.as<uint32_t>()[10], 42u);
}

TEST_F(HostMemory, OursAreTheHostsByExport) {
  Runtime runtime = import();
  conformance::Memory ours(runtime, 4096, TI_MEMORY_USAGE_STORAGE_BIT, false);
  const std::vector<uint32_t> words(1024, 0xabcd1234u);
  const TiMemorySlice whole = ours.slice(0, 4096);
  EXPECT_EQ(ist_write_memory(runtime, &whole, words.data()), TI_ERROR_SUCCESS);
  ti_wait(runtime);
  TiVulkanMemoryInteropInfo native{};
  ti_export_vulkan_memory(runtime, ours.handle(), &native);
  expect_no_error("export");
  ASSERT_NE(native.buffer, VkBuffer{VK_NULL_HANDLE});
  EXPECT_GE(native.size, 4096u);
  HostBuffer back = host().make_buffer(4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  const VkCommandBuffer commands = host().begin();
  const VkBufferCopy copy{0, 0, 4096};
  host().vk().CmdCopyBuffer(commands, native.buffer, back.buffer, 1, &copy);
  host().submit_and_wait(commands);
  EXPECT_EQ(back.as<uint32_t>()[1023], 0xabcd1234u);
}

// The device of one runtime of ours, imported into a second one: both see one buffer and one image.
TEST_F(HostMemory, ADeviceOfOursServesASecondRuntime) {
  conformance::OwnRuntime owner(TI_ARCH_VULKAN);
  TiVulkanRuntimeInteropInfo device{};
  ti_export_vulkan_runtime(owner.handle(), &device);
  Runtime guest(ti_import_vulkan_runtime(&device));
  ASSERT_NE(guest, nullptr) << take_error().message;
  run_fields(guest);

  conformance::Memory memory(owner.handle(), 80);
  conformance::Image image(owner.handle(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
  Module textures(owner.handle(), "textures");
  textures.launch("texture_only", {image.arg()});
  ti_wait(owner.handle());
  TiVulkanMemoryInteropInfo buffer{};
  ti_export_vulkan_memory(owner.handle(), memory.handle(), &buffer);
  TiVulkanImageInteropInfo picture{};
  ti_export_vulkan_image(owner.handle(), image.handle(), &picture);
  expect_no_error("export");
  TiMemory shared = ti_import_vulkan_memory(guest, &buffer);
  ASSERT_NE(shared, nullptr) << take_error().message;
  Module fields(guest, "fields");
  fields.launch("fill", {conformance::i32(31)});
  fields.launch("read_line", {words(shared, 20)});
  ti_wait(guest);
  std::vector<int32_t> line(20), expected(20);
  std::iota(expected.begin(), expected.end(), 31);
  memory.load(line.data(), 80);
  EXPECT_EQ(line, expected);

  TiImage seen = ti_import_vulkan_image(guest, &picture, VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_GENERAL);
  ASSERT_NE(seen, nullptr) << take_error().message;
  std::vector<uint8_t> texels(16 * 8 * 4);
  const TiImageSlice slice{seen, {}, {16, 8, 1, 1}, 0};
  EXPECT_EQ(ist_read_image(guest, &slice, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  EXPECT_EQ(texels[0], 21);
  EXPECT_EQ(texels[4 * 15], (37 * 15 + 21) % 256);
  // Handed back in the layout that its owner believes.
  ti_transition_image(guest, seen, TI_IMAGE_LAYOUT_SHADER_READ_WRITE);
  ti_wait(guest);
  textures.launch("texture_only", {image.arg()});
  ti_wait(owner.handle());
  expect_no_error("sharing");
}

}  // namespace
}  // namespace host
