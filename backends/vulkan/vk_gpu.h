// The native device that all parts of the backend work on: handles, who owns them, tables, facts.
#pragma once

#include <memory>

#include "vulkan/vk_physical.h"

namespace ist::vk {

// Immutable after creation, so any thread may read it. Parts hold a reference; it outlives them.
struct Gpu {
  // A VkDevice of our own on a physical device of `instance`, which it keeps.
  static Result<std::unique_ptr<Gpu>> create(std::unique_ptr<Instance> instance,
                                             std::unique_ptr<PhysicalDevice> physical);
  ~Gpu();
  Gpu() = default;
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  const DeviceInfo& info() const { return physical->info; }
  bool has_addresses() const { return info().features.has(aot::Feature::buffer_device_address); }

  std::unique_ptr<Instance> instance;
  std::unique_ptr<PhysicalDevice> physical;
  VkDevice device = VK_NULL_HANDLE;
  bool owns_device = true;
  VkQueue queue = VK_NULL_HANDLE;
  DeviceTable vk;
};

}  // namespace ist::vk
