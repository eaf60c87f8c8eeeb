// Words for Vulkan's numbers, and the one conversion of a VkResult into a Status.
#pragma once

#include "base/status.h"
#include "vulkan/vk_table.h"

namespace ist::vk {

const char* result_name(VkResult result);

// Ok for results >= 0. `call` is the Vulkan function: "vkAllocateMemory fails (VK_ERROR_...)."
Status vk_status(VkResult result, const char* call);

Code code_of(VkResult result);

}  // namespace ist::vk
