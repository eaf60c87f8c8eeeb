// A Vulkan device as a guest sees it: one function table, memory types, a queue that draws, and owners for the
// objects a small renderer needs. Knows nothing of Taichi; the device, the instance and the queue stay the lender's.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <string>
#include <utility>

namespace demo {

#define DEMO_INSTANCE_FUNCTIONS(X)       \
  X(vkGetDeviceProcAddr)                 \
  X(vkGetPhysicalDeviceProperties)       \
  X(vkGetPhysicalDeviceMemoryProperties) \
  X(vkGetPhysicalDeviceQueueFamilyProperties)

#define DEMO_DEVICE_FUNCTIONS(X)    \
  X(vkAllocateCommandBuffers)       \
  X(vkAllocateDescriptorSets)       \
  X(vkAllocateMemory)               \
  X(vkBeginCommandBuffer)           \
  X(vkBindBufferMemory)             \
  X(vkBindImageMemory)              \
  X(vkCmdBeginRenderPass)           \
  X(vkCmdBindDescriptorSets)        \
  X(vkCmdBindPipeline)              \
  X(vkCmdBindVertexBuffers)         \
  X(vkCmdCopyImageToBuffer)         \
  X(vkCmdDraw)                      \
  X(vkCmdEndRenderPass)             \
  X(vkCmdPipelineBarrier)           \
  X(vkCmdPushConstants)             \
  X(vkCmdSetScissor)                \
  X(vkCmdSetViewport)               \
  X(vkCreateBuffer)                 \
  X(vkCreateCommandPool)            \
  X(vkCreateDescriptorPool)         \
  X(vkCreateDescriptorSetLayout)    \
  X(vkCreateFence)                  \
  X(vkCreateFramebuffer)            \
  X(vkCreateGraphicsPipelines)      \
  X(vkCreateImage)                  \
  X(vkCreateImageView)              \
  X(vkCreatePipelineLayout)         \
  X(vkCreateRenderPass)             \
  X(vkCreateSampler)                \
  X(vkCreateSemaphore)              \
  X(vkCreateShaderModule)           \
  X(vkDestroyBuffer)                \
  X(vkDestroyCommandPool)           \
  X(vkDestroyDescriptorPool)        \
  X(vkDestroyDescriptorSetLayout)   \
  X(vkDestroyFence)                 \
  X(vkDestroyFramebuffer)           \
  X(vkDestroyImage)                 \
  X(vkDestroyImageView)             \
  X(vkDestroyPipeline)              \
  X(vkDestroyPipelineLayout)        \
  X(vkDestroyRenderPass)            \
  X(vkDestroySampler)               \
  X(vkDestroySemaphore)             \
  X(vkDestroyShaderModule)          \
  X(vkDeviceWaitIdle)               \
  X(vkEndCommandBuffer)             \
  X(vkFreeMemory)                   \
  X(vkGetBufferMemoryRequirements)  \
  X(vkGetImageMemoryRequirements)   \
  X(vkInvalidateMappedMemoryRanges) \
  X(vkMapMemory)                    \
  X(vkQueueSubmit)                  \
  X(vkResetCommandPool)             \
  X(vkResetFences)                  \
  X(vkUnmapMemory)                  \
  X(vkUpdateDescriptorSets)         \
  X(vkWaitForFences)

struct VulkanTable {
#define DEMO_DECLARE(name) PFN_##name name = nullptr;
  DEMO_INSTANCE_FUNCTIONS(DEMO_DECLARE)
  DEMO_DEVICE_FUNCTIONS(DEMO_DECLARE)
#undef DEMO_DECLARE
};

// What a lender hands over. The queue must not be used by anyone else while a call of a guest runs.
struct GpuLoan {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  uint32_t queue_family = 0;
};

// A zeroed Vulkan structure with its type filled in.
template <class Info>
Info typed(VkStructureType type) {
  Info info{};
  info.sType = type;
  return info;
}

// Throws std::runtime_error naming the call and the VkResult when it is an error.
void expect_vulkan(VkResult result, const char* call);

class Gpu {
 public:
  // Loads the table. Throws when a function is missing or the queue family cannot draw.
  explicit Gpu(const GpuLoan& loan);
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  VulkanTable vk;
  VkDevice device() const { return loan_.device; }
  VkQueue queue() const { return loan_.queue; }
  uint32_t queue_family() const { return loan_.queue_family; }
  const std::string& name() const { return name_; }

  // Index of a memory type that has `required`, and `preferred` too where there is one.
  uint32_t memory_type(uint32_t allowed_mask, VkMemoryPropertyFlags required, VkMemoryPropertyFlags preferred) const;

 private:
  void load_table();
  void check_queue() const;

  GpuLoan loan_;
  VkPhysicalDeviceMemoryProperties memory_{};
  std::string name_;
};

// Owns one device-level object; the Gpu outlives it.
template <class Handle, auto kDestroy>
class Owned {
 public:
  Owned() = default;
  Owned(const Gpu& gpu, Handle handle) : gpu_(&gpu), handle_(handle) {}
  Owned(Owned&& other) noexcept : gpu_(other.gpu_), handle_(std::exchange(other.handle_, VK_NULL_HANDLE)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(gpu_, other.gpu_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_ != VK_NULL_HANDLE) (gpu_->vk.*kDestroy)(gpu_->device(), handle_, nullptr);
  }
  Handle get() const { return handle_; }

 private:
  const Gpu* gpu_ = nullptr;
  Handle handle_ = VK_NULL_HANDLE;
};

using OwnedBuffer = Owned<VkBuffer, &VulkanTable::vkDestroyBuffer>;
using OwnedCommandPool = Owned<VkCommandPool, &VulkanTable::vkDestroyCommandPool>;
using OwnedDescriptorPool = Owned<VkDescriptorPool, &VulkanTable::vkDestroyDescriptorPool>;
using OwnedFence = Owned<VkFence, &VulkanTable::vkDestroyFence>;
using OwnedFramebuffer = Owned<VkFramebuffer, &VulkanTable::vkDestroyFramebuffer>;
using OwnedImage = Owned<VkImage, &VulkanTable::vkDestroyImage>;
using OwnedMemory = Owned<VkDeviceMemory, &VulkanTable::vkFreeMemory>;
using OwnedPipeline = Owned<VkPipeline, &VulkanTable::vkDestroyPipeline>;
using OwnedPipelineLayout = Owned<VkPipelineLayout, &VulkanTable::vkDestroyPipelineLayout>;
using OwnedRenderPass = Owned<VkRenderPass, &VulkanTable::vkDestroyRenderPass>;
using OwnedSampler = Owned<VkSampler, &VulkanTable::vkDestroySampler>;
using OwnedSemaphore = Owned<VkSemaphore, &VulkanTable::vkDestroySemaphore>;
using OwnedSetLayout = Owned<VkDescriptorSetLayout, &VulkanTable::vkDestroyDescriptorSetLayout>;
using OwnedShader = Owned<VkShaderModule, &VulkanTable::vkDestroyShaderModule>;
using OwnedView = Owned<VkImageView, &VulkanTable::vkDestroyImageView>;

}  // namespace demo
