// Debug messenger, names, labels.
#include "vulkan/vk_debug.h"

#include <string>

#include "base/log.h"
#include "vulkan/vk_gpu.h"

namespace ist::vk {
namespace {

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  log(LogLevel::error, "validation: %s", data->pMessage ? data->pMessage : "");
  return VK_FALSE;
}

}  // namespace

VkDebugUtilsMessengerCreateInfoEXT messenger_info() {
  VkDebugUtilsMessengerCreateInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
  // Not GENERAL: there the loader complains about drivers of other devices.
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = on_message;
  return info;
}

void set_name(const Gpu& gpu, VkObjectType type, uint64_t handle, std::string_view name) {
  if (!gpu.vk.SetDebugUtilsObjectNameEXT || name.empty()) return;
  const std::string text(name);
  VkDebugUtilsObjectNameInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
  info.objectType = type;
  info.objectHandle = handle;
  info.pObjectName = text.c_str();
  gpu.vk.SetDebugUtilsObjectNameEXT(gpu.device, &info);
}

void begin_label(const Gpu& gpu, VkCommandBuffer commands, std::string_view name) {
  if (!gpu.vk.CmdBeginDebugUtilsLabelEXT) return;
  const std::string text(name);
  VkDebugUtilsLabelEXT label{VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT};
  label.pLabelName = text.c_str();
  gpu.vk.CmdBeginDebugUtilsLabelEXT(commands, &label);
}

void end_label(const Gpu& gpu, VkCommandBuffer commands) {
  if (gpu.vk.CmdEndDebugUtilsLabelEXT) gpu.vk.CmdEndDebugUtilsLabelEXT(commands);
}

}  // namespace ist::vk
