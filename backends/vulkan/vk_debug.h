// Validation messages to the log, names and labels for debuggers.
#pragma once

#include <string_view>

#include "vulkan/vk_table.h"

namespace ist::vk {

struct Gpu;

// Delivers the layer's errors and warnings as "validation: ..." at error level.
VkDebugUtilsMessengerCreateInfoEXT messenger_info();

// No-ops unless the device was made with debug names.
void set_name(const Gpu& gpu, VkObjectType type, uint64_t handle, std::string_view name);
void begin_label(const Gpu& gpu, VkCommandBuffer commands, std::string_view name);
void end_label(const Gpu& gpu, VkCommandBuffer commands);

template <class Handle>
void set_name(const Gpu& gpu, VkObjectType type, Handle handle, std::string_view name) {
  set_name(gpu, type, reinterpret_cast<uint64_t>(handle), name);
}

}  // namespace ist::vk
