// Objects that change hands between the runtime and a host on the same device: who may touch them when, in what
// layout they arrive, and each way of ordering the two sides.
#include <ist/share.h>

#include <cstring>

#include "host_test.h"

namespace host {
namespace {

constexpr VkExtent3D kSize = {37, 21, 1};
constexpr size_t kBytes = size_t{37} * 21 * 4;

std::vector<uint8_t> pattern(uint32_t seed) {
  std::vector<uint8_t> bytes(kBytes);
  for (size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<uint8_t>(k * 29 + k / 253 + seed * 7);
  return bytes;
}

class HostLends : public HostTest {
 protected:
  void SetUp() override { start(as_needed()); }

  static TiImage make_image(TiRuntime runtime, uint32_t mips = 1, uint32_t layers = 1) {
    TiImageAllocateInfo info{};
    info.dimension = layers > 1 ? TI_IMAGE_DIMENSION_2D_ARRAY : TI_IMAGE_DIMENSION_2D;
    info.extent = {kSize.width, kSize.height, 1, layers};
    info.mip_level_count = mips;
    info.format = TI_FORMAT_RGBA8;
    info.usage = TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT;
    TiImage image = ti_allocate_image(runtime, &info);
    EXPECT_NE(image, nullptr) << take_error().message;
    EXPECT_EQ(ist_set_name(runtime, image, "dye"), TI_ERROR_SUCCESS);
    return image;
  }
  static TiImageSlice whole(TiImage image, uint32_t mip = 0, uint32_t layer = 0) {
    TiImageSlice slice{};
    slice.image = image;
    slice.mip_level = mip;
    slice.offset.array_layer_offset = layer;
    slice.extent = {std::max(kSize.width >> mip, 1u), std::max(kSize.height >> mip, 1u), 1, 1};
    return slice;
  }
  static IstHandover handover(TiImage image, TiImageLayout layout, TiFlags flags = 0) {
    IstHandover object{};
    object.image = image;
    object.layout = layout;
    object.flags = flags;
    return object;
  }
  static TiError write(TiRuntime runtime, TiImage image, const std::vector<uint8_t>& texels) {
    const TiImageSlice slice = whole(image);
    return ist_write_image(runtime, &slice, texels.data(), texels.size(), 0);
  }
  static std::vector<uint8_t> read(TiRuntime runtime, TiImage image) {
    std::vector<uint8_t> texels(kBytes);
    const TiImageSlice slice = whole(image);
    EXPECT_EQ(ist_read_image(runtime, &slice, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS)
        << take_error().message;
    return texels;
  }
  static IstObjectState state_of(TiRuntime runtime, TiImage image, uint32_t mip = 0, uint32_t layer = 0) {
    IstHandover which{};
    which.image = image;
    which.base_mip = mip;
    which.base_layer = layer;
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime, &which, &state), TI_ERROR_SUCCESS) << take_error().message;
    return state;
  }
  // The runtime's image as one of the host's own.
  static HostImage seen_by_host(TiRuntime runtime, TiImage image) {
    TiVulkanImageInteropInfo info{};
    ti_export_vulkan_image(runtime, image, &info);
    expect_no_error("ti_export_vulkan_image");
    HostImage seen;
    seen.image = info.image;
    seen.info.extent = info.extent;
    seen.info.usage = info.usage;
    return seen;
  }
  static IstCounters counters(TiRuntime runtime) {
    IstCounters counted{};
    counted.size = sizeof counted;
    EXPECT_EQ(ist_counters(runtime, &counted), TI_ERROR_SUCCESS);
    return counted;
  }
};

TEST_F(HostLends, WhatIsLentIsRefusedByName) {
  Runtime runtime = adopt();
  Module textures(runtime, "textures");
  TiImage image = make_image(runtime);
  ASSERT_EQ(write(runtime, image, pattern(1)), TI_ERROR_SUCCESS);
  const IstHandover dye = handover(image, TI_IMAGE_LAYOUT_SHADER_READ);
  ASSERT_EQ(ist_lend(runtime, 1, &dye, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(state_of(runtime, image).holder, IST_HOLDER_LENT);
  EXPECT_EQ(state_of(runtime, image).layout, TI_IMAGE_LAYOUT_SHADER_READ);

  Array<float> out(runtime, {kSize.width, kSize.height}, {4});
  TiArgument texture{};
  texture.type = TI_ARGUMENT_TYPE_TEXTURE;
  texture.value.texture = {image, nullptr, TI_IMAGE_DIMENSION_2D, {kSize.width, kSize.height, 1, 1}, TI_FORMAT_RGBA8};
  const TiArgument args[] = {texture, out.arg()};
  ti_launch_kernel(runtime, textures.kernel("fetch_2d"), 2, args);
  expect_error({TI_ERROR_INVALID_STATE}, {"Image 'dye'", "lent to the host", "kernel 'fetch_2d'"});
  EXPECT_EQ(write(runtime, image, pattern(2)), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "take it back"});
  const TiImageSlice slice = whole(image);
  std::vector<uint8_t> texels(kBytes);
  EXPECT_EQ(ist_read_image(runtime, &slice, texels.data(), texels.size(), 0), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'"});
  ti_transition_image(runtime, image, TI_IMAGE_LAYOUT_TRANSFER_SRC);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "ti_transition_image"});
  ti_track_image_ext(runtime, image, TI_IMAGE_LAYOUT_TRANSFER_SRC);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "ti_track_image_ext"});
  EXPECT_EQ(ist_generate_mips(runtime, image), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'"});
  EXPECT_EQ(ist_lend(runtime, 1, &dye, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "is lent to the host"});
  ti_free_image(runtime, image);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "ti_free_image"});

  ASSERT_EQ(ist_take_back(runtime, 1, &dye, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(read(runtime, image), pattern(1));
  EXPECT_EQ(ist_take_back(runtime, 1, &dye, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "is not lent"});
  EXPECT_EQ(counters(runtime).lends, 1u);
  EXPECT_EQ(counters(runtime).takes, 1u);
}

TEST_F(HostLends, ALoanIsNoWrite) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  graphs.launch("add_to", {a.arg(), conformance::i32(4)});
  IstHandover object{};
  object.memory = a.memory().handle();
  IstObjectState state{};
  state.size = sizeof state;
  for (const TiFlags flags : {TiFlags{IST_HANDOVER_READ_ONLY_BIT}, TiFlags{0}}) {
    object.flags = flags;
    ASSERT_EQ(ist_lend(runtime, 1, &object, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(ist_object_state(runtime, &object, &state), TI_ERROR_SUCCESS);
    EXPECT_STREQ(state.last_writer, "kernel add_to");
    ASSERT_EQ(ist_take_back(runtime, 1, &object, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(ist_object_state(runtime, &object, &state), TI_ERROR_SUCCESS);
    EXPECT_STREQ(state.last_writer, flags ? "kernel add_to" : "host");
  }
  graphs.launch("add_to", {a.arg(), conformance::i32(1)});
  EXPECT_EQ(a.read()[63], 5);
}

TEST_F(HostLends, MemoryToo) {
  Runtime runtime = adopt();
  conformance::Memory memory(runtime, 4096);
  ASSERT_EQ(ist_set_name(runtime, memory.handle(), "points"), TI_ERROR_SUCCESS);
  void* mapped = ti_map_memory(runtime, memory.handle());
  ASSERT_NE(mapped, nullptr);
  IstHandover points{};
  points.memory = memory.handle();
  EXPECT_EQ(ist_lend(runtime, 1, &points, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'points'", "is mapped"});
  ti_unmap_memory(runtime, memory.handle());
  ASSERT_EQ(ist_lend(runtime, 1, &points, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(ti_map_memory(runtime, memory.handle()), nullptr);
  expect_error({TI_ERROR_INVALID_STATE}, {"'points'", "ti_map_memory"});
  const uint32_t word = 7;
  const TiMemorySlice slice = memory.slice(0, 4);
  EXPECT_EQ(ist_write_memory(runtime, &slice, &word), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'points'"});
  ASSERT_EQ(ist_take_back(runtime, 1, &points, nullptr), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_write_memory(runtime, &slice, &word), TI_ERROR_SUCCESS);
}

TEST_F(HostLends, EachLayoutArrivesAndComesBack) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  const HostImage seen = seen_by_host(runtime, image);
  uint32_t seed = 0;
  for (const TiImageLayout layout :
       {TI_IMAGE_LAYOUT_SHADER_READ, TI_IMAGE_LAYOUT_SHADER_READ_WRITE, TI_IMAGE_LAYOUT_COLOR_ATTACHMENT,
        TI_IMAGE_LAYOUT_TRANSFER_SRC, TI_IMAGE_LAYOUT_TRANSFER_DST}) {
    SCOPED_TRACE(layout);
    ASSERT_EQ(write(runtime, image, pattern(++seed)), TI_ERROR_SUCCESS);
    const IstHandover out = handover(image, layout);
    ASSERT_EQ(ist_lend(runtime, 1, &out, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(host().read_texels(seen, ist_vulkan_layout(layout)), pattern(seed));
    host().write_texels(seen, pattern(seed + 100), ist_vulkan_layout(layout), VK_IMAGE_LAYOUT_GENERAL);
    const IstHandover back = handover(image, TI_IMAGE_LAYOUT_SHADER_READ_WRITE);
    ASSERT_EQ(ist_take_back(runtime, 1, &back, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_STREQ(state_of(runtime, image).last_writer, "host");
    EXPECT_EQ(read(runtime, image), pattern(seed + 100));
  }
}

TEST_F(HostLends, PartsOfAnImageGoTheirOwnWays) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime, 3, 4);
  std::vector<uint8_t> texels(kBytes, 3);
  for (uint32_t layer = 0; layer < 4; ++layer) {
    const TiImageSlice slice = whole(image, 0, layer);
    ASSERT_EQ(ist_write_image(runtime, &slice, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  }
  IstHandover part = handover(image, TI_IMAGE_LAYOUT_SHADER_READ, IST_HANDOVER_DISCARD_BIT);
  part.base_mip = 1;
  part.base_layer = 2;
  part.layer_count = 1;  // mips 1 and 2 of layer 2
  ASSERT_EQ(ist_lend(runtime, 1, &part, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  for (uint32_t mip = 0; mip < 3; ++mip)
    for (uint32_t layer = 0; layer < 4; ++layer)
      EXPECT_EQ(state_of(runtime, image, mip, layer).holder, mip > 0 && layer == 2 ? IST_HOLDER_LENT : IST_HOLDER_OURS)
          << mip << ", " << layer;
  const TiImageSlice ours = whole(image, 0, 2), theirs = whole(image, 1, 2);
  EXPECT_EQ(ist_read_image(runtime, &ours, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_read_image(runtime, &theirs, texels.data(), texels.size(), 0), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'"});
  IstHandover one = part;
  one.mip_count = 1;
  one.flags = 0;
  ASSERT_EQ(ist_take_back(runtime, 1, &one, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(state_of(runtime, image, 1, 2).holder, IST_HOLDER_OURS);
  EXPECT_EQ(state_of(runtime, image, 2, 2).holder, IST_HOLDER_LENT);
  EXPECT_EQ(ist_take_back(runtime, 1, &part, nullptr), TI_ERROR_INVALID_STATE) << "one of the two is ours";
  take_error();
  one.base_mip = 2;
  ASSERT_EQ(ist_take_back(runtime, 1, &one, nullptr), TI_ERROR_SUCCESS) << take_error().message;
}

TEST_F(HostLends, AReadOnlyLoanKeepsOurWriterAndItsLayout) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  ASSERT_EQ(write(runtime, image, pattern(5)), TI_ERROR_SUCCESS);
  const IstHandover loan = handover(image, TI_IMAGE_LAYOUT_SHADER_READ, IST_HANDOVER_READ_ONLY_BIT);
  ASSERT_EQ(ist_lend(runtime, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  const IstHandover other = handover(image, TI_IMAGE_LAYOUT_TRANSFER_SRC, IST_HANDOVER_READ_ONLY_BIT);
  EXPECT_EQ(ist_take_back(runtime, 1, &other, nullptr), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"'dye'", "read-only", "SHADER_READ", "TRANSFER_SRC"});
  ASSERT_EQ(ist_take_back(runtime, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_STREQ(state_of(runtime, image).last_writer, "copy");
  EXPECT_EQ(read(runtime, image), pattern(5));
}

TEST_F(HostLends, OtherFamiliesAndDevicesGetTheOwnership) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  ASSERT_EQ(write(runtime, image, pattern(6)), TI_ERROR_SUCCESS);
  const size_t before = spy().barriers().size();
  IstHandover loan = handover(image, TI_IMAGE_LAYOUT_SHADER_READ);
  loan.peer = IST_PEER_EXTERNAL;
  ASSERT_EQ(ist_lend(runtime, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  const IstHandover elsewhere = handover(image, TI_IMAGE_LAYOUT_SHADER_READ);
  EXPECT_EQ(ist_take_back(runtime, 1, &elsewhere, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"'dye'", "another device or process", "the host"});
  ASSERT_EQ(ist_take_back(runtime, 1, &loan, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(read(runtime, image), pattern(6));
  std::vector<SeenBarrier> transfers;
  const auto barriers = spy().barriers();
  for (size_t i = before; i < barriers.size(); ++i)
    if (barriers[i].from_family != barriers[i].to_family) transfers.push_back(barriers[i]);
  ASSERT_EQ(transfers.size(), 2u);
  EXPECT_EQ(transfers[0].to_family, VK_QUEUE_FAMILY_EXTERNAL);
  EXPECT_EQ(transfers[1].from_family, VK_QUEUE_FAMILY_EXTERNAL);
  for (const SeenBarrier& transfer : transfers) {
    EXPECT_EQ(transfer.from, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
    EXPECT_EQ(transfer.to, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  }
}

TEST_F(HostLends, BadHandoversChangeNothing) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  ASSERT_EQ(write(runtime, image, pattern(7)), TI_ERROR_SUCCESS);
  conformance::Memory memory(runtime, 64);
  const auto refused = [&](const IstHandover& object, TiError code, std::initializer_list<const char*> words) {
    const IstHandover objects[] = {handover(image, TI_IMAGE_LAYOUT_SHADER_READ), object};
    EXPECT_EQ(ist_lend(runtime, 2, objects, nullptr), code);
    expect_error({code}, words);
    EXPECT_EQ(state_of(runtime, image).holder, IST_HOLDER_OURS) << "all or none";
  };
  IstHandover object{};
  refused(object, TI_ERROR_INVALID_ARGUMENT, {"objects[1]", "both null"});
  object = handover(image, TI_IMAGE_LAYOUT_SHADER_READ);
  object.memory = memory.handle();
  refused(object, TI_ERROR_INVALID_ARGUMENT, {"objects[1]", "both set"});
  refused(handover(image, TI_IMAGE_LAYOUT_SHADER_READ), TI_ERROR_INVALID_ARGUMENT, {"overlap", "'dye'"});
  object = {};
  object.memory = memory.handle();
  object.flags = 64;
  refused(object, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"flags", "0x40"});
  object.flags = 0;
  object.peer = static_cast<IstPeer>(9);
  refused(object, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"peer", "9"});
  object.peer = IST_PEER_SAME_DEVICE;
  object.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  refused(object, TI_ERROR_INVALID_ARGUMENT, {"layout", "memory"});
  TiImage second = make_image(runtime);
  refused(handover(second, TI_IMAGE_LAYOUT_UNDEFINED), TI_ERROR_INVALID_ARGUMENT, {"UNDEFINED", "DISCARD"});
  refused(handover(second, TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT), TI_ERROR_INVALID_ARGUMENT, {"DEPTH_ATTACHMENT"});
  refused(handover(second, static_cast<TiImageLayout>(11)), TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"layout"});
  object = handover(second, TI_IMAGE_LAYOUT_SHADER_READ);
  object.base_mip = 1;
  refused(object, TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"mips", "1"});
  EXPECT_EQ(ist_lend(runtime, 1, nullptr, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"objects"});
  EXPECT_EQ(read(runtime, image), pattern(7));
}

TEST_F(HostLends, ALoanThatCannotBeSubmittedIsNone) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  ASSERT_EQ(write(runtime, image, pattern(8)), TI_ERROR_SUCCESS);
  ti_wait(runtime);
  const IstHandover loan = handover(image, TI_IMAGE_LAYOUT_SHADER_READ);
  for (int failures = 0, nth = 1; failures < 2; ++nth) {
    spy().fail_creation(static_cast<uint64_t>(nth));
    const TiError lent = ist_lend(runtime, 1, &loan, nullptr);
    const bool failed = !spy().failed_creation().empty();
    spy().fail_creation(0);
    if (!failed) {
      ASSERT_EQ(lent, TI_ERROR_SUCCESS);
      ASSERT_EQ(ist_take_back(runtime, 1, &loan, nullptr), TI_ERROR_SUCCESS);
      break;
    }
    ++failures;
    EXPECT_EQ(lent, TI_ERROR_OUT_OF_MEMORY);
    take_error();
    EXPECT_EQ(state_of(runtime, image).holder, IST_HOLDER_OURS);
    EXPECT_EQ(read(runtime, image), pattern(8));
  }
}

}  // namespace
}  // namespace host
