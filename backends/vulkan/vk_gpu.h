// The native device that all parts of the backend work on: handles, who owns them, tables, facts.
#pragma once

#include <memory>
#include <string>

#include "vulkan/vk_physical.h"
#include "vulkan/vk_queue.h"

namespace ist::vk {

// Immutable after creation, so any thread may read it. Parts hold a reference; it outlives them.
struct Gpu {
  // A VkDevice of our own on a physical device of `instance`, which it keeps.
  static Result<std::unique_ptr<Gpu>> create(std::unique_ptr<Instance> instance,
                                             std::unique_ptr<PhysicalDevice> physical);
  // The host's VkDevice, which stays the host's and is not touched: nothing is submitted or waited for.
  static Result<std::unique_ptr<Gpu>> adopt(std::unique_ptr<Instance> instance,
                                            std::unique_ptr<PhysicalDevice> physical, const HostDevice& host);
  ~Gpu();
  Gpu() = default;
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  const DeviceInfo& info() const { return physical->info; }
  VkSharingMode sharing_mode() const {
    return families.empty() ? VK_SHARING_MODE_EXCLUSIVE : VK_SHARING_MODE_CONCURRENT;
  }
  bool has_addresses() const { return info().features.has(aot::Feature::buffer_device_address); }

  std::unique_ptr<Instance> instance;
  std::unique_ptr<PhysicalDevice> physical;
  VkDevice device = VK_NULL_HANDLE;
  bool owns_device = true;
  Queue queue;
  VkQueue graphics_queue = VK_NULL_HANDLE;  // the host's, or ours if it draws; null: none
  uint32_t graphics_queue_family = 0;
  std::vector<uint32_t> families;     // that share our objects: none, or at least two
  std::string pipeline_cache_folder;  // absolute; "": pipelines are not kept on disk
  DeviceTable vk;

 private:
  Status load_functions();
};

}  // namespace ist::vk
