// The core's timeline through a command buffer of the host, where the C API cannot look: what a dropped one leaves of
// an object that was on its way back from OpenGL.
#include "core/handover.h"
#include "vulkan/vk_interop.h"

#include "vulkan/vk_convert.h"
#include "vulkan_test.h"

namespace ist::vk {
namespace {

class OpenGate final : public ReturnGate {
 public:
  bool passed() override { return true; }
  Status wait() override { return {}; }
};

TEST(VulkanTimeline, ADropUndoesAReturn) {
  ValidationLog log;
  DeviceOptions options = default_options();
  auto device = create_device(0, options);
  ASSERT_TRUE(device.ok()) << device.status().message();
  Runtime runtime(std::move(*device));
  const Gpu& gpu = static_cast<Device&>(runtime.device()).gpu();
  VkCommandPoolCreateInfo pool_info{};
  pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool_info.queueFamilyIndex = expose(runtime.device()).queue_family;
  VkCommandPool pool = VK_NULL_HANDLE;
  ASSERT_EQ(gpu.vk.CreateCommandPool(gpu.device, &pool_info, nullptr, &pool), VK_SUCCESS);
  VkCommandBufferAllocateInfo allocation{};
  allocation.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocation.commandPool = pool;
  allocation.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  ASSERT_EQ(gpu.vk.AllocateCommandBuffers(gpu.device, &allocation, &commands), VK_SUCCESS);
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  ASSERT_EQ(gpu.vk.BeginCommandBuffer(commands, &begin), VK_SUCCESS);
  {
    ImageDesc desc;
    desc.dimension = ImageDimension::d2;
    desc.extent = {16, 16, 1};
    desc.format = format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
    desc.usage = image_usage::kSampled | image_usage::kStorage;
    auto made = allocate_image(runtime, desc);
    ASSERT_TRUE(made.ok()) << made.status().message();
    ImageResource& image = **made;
    TrackedImage& tracked = image.tracked();
    Timeline& timeline = runtime.timeline();
    Handover part;
    part.image = &image;
    part.range = image.full_range();
    part.layout = Layout::shader_read;
    part.peer = {Peer::Kind::external, kHeldByGl};
    ASSERT_TRUE(transition_image(runtime, image, Layout::shader_read).ok());
    ASSERT_TRUE(record_lend(runtime, {&part, 1}, 5).ok());
    ASSERT_TRUE(timeline.submit().ok());
    return_through(runtime, {&part, 1}, std::make_shared<OpenGate>(), 5);
    const uint64_t last_use = tracked.last_use;

    ist::RecordingOps& ops = *runtime.device().recording_ops();
    ASSERT_TRUE(timeline.open_in_host(ops, reinterpret_cast<uint64_t>(commands), 1).ok());
    ASSERT_TRUE(image.require_ours(image.full_range(), "a kernel").ok());
    ASSERT_TRUE(transition_image(runtime, image, Layout::shader_read_write).ok());
    EXPECT_EQ(tracked.lending, nullptr);
    const auto batch = timeline.close_in_host();
    ASSERT_TRUE(batch.ok());
    timeline.dropped_by_host(*batch);

    EXPECT_EQ(tracked.last_use, last_use);
    EXPECT_EQ(tracked.state.layout_of(part.range), Layout::shader_read);
    ASSERT_NE(tracked.lending, nullptr);
    EXPECT_EQ(tracked.lending->at(0, 0).holder, Holder::returning);
    EXPECT_TRUE(image.require_ours(image.full_range(), "a kernel").ok());
    ASSERT_TRUE(timeline.submit().ok());
    ASSERT_TRUE(timeline.wait(timeline.last_serial()).ok());
  }
  gpu.vk.DestroyCommandPool(gpu.device, pool, nullptr);
  EXPECT_EQ(log.lines(), std::vector<std::string>());
}

}  // namespace
}  // namespace ist::vk
