// A program of its own that owns a VkInstance and a VkDevice, as an engine does, and can hand them to the
// library. Everything runs under the validation layer with synchronization validation where that is
// installed; each message fails the current test. Knows Vulkan and the public headers only.
#pragma once

#include <ist/vulkan.h>
#include <taichi/taichi_vulkan.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "host_table.h"

namespace host {

enum class FeatureSet {
  // Nothing is enabled.
  none,
  // Everything in VkPhysicalDeviceFeatures but robustness.
  core,
  // As core, and VkPhysicalDeviceVulkan11Features to 13 as far as api_version has them, all on.
  versions,
  // Features and extensions that HostOptions::needs tells.
  needs,
};

struct HostOptions {
  // Of VkApplicationInfo. The default with FeatureSet::none is the least that runs compiled modules.
  uint32_t api_version = VK_API_VERSION_1_1;
  FeatureSet features = FeatureSet::none;
  // Beside those that `needs` names.
  std::vector<const char*> instance_extensions, device_extensions;
  // &ist_vulkan_needs. A member, so that this library does not link to the SDK.
  decltype(&ist_vulkan_needs) needs = nullptr;
  bool validation = true;
};

// Owned by the HostDevice that made it. usage and size are as created.
struct HostBuffer {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkDeviceSize size_bytes = 0, offset_bytes = 0;
  VkBufferUsageFlags usage = 0;
  // Always mapped, and coherent.
  void* mapped = nullptr;

  TiVulkanMemoryInteropInfo interop_info() const { return {buffer, size_bytes, usage, memory, offset_bytes}; }
  template <class T>
  T* as() const {
    return static_cast<T*>(mapped);
  }
};

struct HostImageInfo {
  VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
  VkExtent3D extent = {1, 1, 1};
  VkImageUsageFlags usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                            VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  VkImageType type = VK_IMAGE_TYPE_2D;
  uint32_t mip_count = 1, layer_count = 1;
  VkImageCreateFlags flags = 0;
  VkImageTiling tiling = VK_IMAGE_TILING_OPTIMAL;
};

// Owned by the HostDevice that made it.
struct HostImage {
  VkImage image = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  HostImageInfo info;

  VkExtent3D mip_extent(uint32_t mip) const;
  TiVulkanImageInteropInfo interop_info() const;
};

// Thread rule: objects are made and destroyed by one thread; submits of several threads take turns.
class HostDevice {
 public:
  explicit HostDevice(const HostOptions& options = {});
  // Waits for the device and destroys what is left. Runtimes on it must be gone.
  ~HostDevice();
  HostDevice(const HostDevice&) = delete;
  HostDevice& operator=(const HostDevice&) = delete;

  // False after a failure, which has also failed the test.
  explicit operator bool() const { return device_ != VK_NULL_HANDLE; }
  bool validated() const { return messenger_ != VK_NULL_HANDLE; }

  const HostTable& vk() const { return vk_; }
  VkInstance instance() const { return instance_; }
  VkPhysicalDevice physical_device() const { return physical_device_; }
  VkDevice device() const { return device_; }
  VkQueue queue() const { return queue_; }
  uint32_t queue_family() const { return queue_family_; }
  // What vkCreateDevice got; null on FeatureSet::none.
  const VkPhysicalDeviceFeatures2* enabled_features() const { return features_; }

  // What ti_import_vulkan_runtime takes. graphics_queue is compute_queue.
  TiVulkanRuntimeInteropInfo interop_info() const;
  // What ist_vulkan_adopt_device takes, with the extensions and features that are really enabled; its
  // pointers live as long as the HostDevice. No queue functions.
  IstVulkanDevice declared() const;

  // Sizes in bytes; the buffer lies offset_bytes (rounded up to its alignment) into its memory.
  HostBuffer make_buffer(VkDeviceSize size_bytes, VkBufferUsageFlags usage, VkDeviceSize offset_bytes = 0);
  HostImage make_image(const HostImageInfo& info);
  void destroy(HostBuffer& buffer);
  void destroy(HostImage& image);

  VkCommandBuffer begin();
  // Ends, submits under queue_mutex(), waits, frees.
  void submit_and_wait(VkCommandBuffer commands);
  // Frees what was begun and is not to run.
  void discard(VkCommandBuffer commands);
  // Orders everything before and after, on the whole image (colour or depth without stencil).
  void barrier(VkCommandBuffer commands, const HostImage& image, VkImageLayout from, VkImageLayout to);
  // Tightly packed texels of one subresource. The image is in `from` before and in `to` after; both submit and
  // wait. from UNDEFINED discards all subresources.
  void write_texels(const HostImage& image, const std::vector<uint8_t>& texels, VkImageLayout from, VkImageLayout to,
                    uint32_t mip = 0, uint32_t layer = 0);
  std::vector<uint8_t> read_texels(const HostImage& image, VkImageLayout layout, uint32_t mip = 0, uint32_t layer = 0);
  void transition(const HostImage& image, VkImageLayout from, VkImageLayout to);

  // Held around each submit of the host's own.
  std::mutex& queue_mutex() { return queue_mutex_; }

 private:
  // Room for the structs of core versions.
  struct Features {
    VkPhysicalDeviceFeatures2 all{};
    VkPhysicalDeviceVulkan11Features v11{};
    VkPhysicalDeviceVulkan12Features v12{};
    VkPhysicalDeviceVulkan13Features v13{};
  };

  bool make_instance(const HostOptions& options);
  bool make_device(const HostOptions& options);
  void choose_features(const HostOptions& options);
  VkDeviceMemory allocate(const VkMemoryRequirements& requirements, VkDeviceSize offset_bytes, bool mapped);

  HostTable vk_;
  uint32_t api_version_ = 0;
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  uint32_t queue_family_ = 0;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  std::mutex queue_mutex_;
  std::vector<const char*> instance_extensions_, device_extensions_;
  Features chosen_;
  const VkPhysicalDeviceFeatures2* features_ = nullptr;
  std::vector<HostBuffer> buffers_;
  std::vector<HostImage> images_;
};

// Bytes of one texel of the formats that tests use.
uint32_t texel_bytes(VkFormat format);

}  // namespace host
