// Fills the function tables.
#include "vulkan/vk_table.h"

namespace ist::vk {

#define IST_VK_REQUIRE(name) \
  if (!(table.name = reinterpret_cast<PFN_vk##name>(get(owner, "vk" #name)))) return "vk" #name;
#define IST_VK_ACCEPT(name) table.name = reinterpret_cast<PFN_vk##name>(get(owner, "vk" #name));
#define IST_VK_ACCEPT_EITHER(name, alias) \
  IST_VK_ACCEPT(name)                     \
  if (!table.name) table.name = reinterpret_cast<PFN_vk##name>(get(owner, "vk" #alias));

const char* load(GlobalTable& table, PFN_vkGetInstanceProcAddr get) {
  const VkInstance owner = VK_NULL_HANDLE;
  table.GetInstanceProcAddr = get;
  IST_VK_GLOBAL(IST_VK_REQUIRE)
  IST_VK_ACCEPT(EnumerateInstanceVersion)
  return nullptr;
}

const char* load(InstanceTable& table, PFN_vkGetInstanceProcAddr get, VkInstance owner, uint32_t api_version) {
  IST_VK_INSTANCE(IST_VK_REQUIRE)
  if (api_version >= VK_API_VERSION_1_1) {
    IST_VK_INSTANCE_1_1(IST_VK_REQUIRE)
  }
  IST_VK_INSTANCE_OPTIONAL(IST_VK_ACCEPT)
  return nullptr;
}

const char* load(DeviceTable& table, PFN_vkGetDeviceProcAddr get, VkDevice owner, uint32_t api_version) {
  IST_VK_DEVICE(IST_VK_REQUIRE)
  if (api_version >= VK_API_VERSION_1_1) {
    IST_VK_DEVICE_1_1(IST_VK_REQUIRE)
  }
  IST_VK_DEVICE_PROMOTED(IST_VK_ACCEPT_EITHER)
  IST_VK_DEVICE_OPTIONAL(IST_VK_ACCEPT)
  return nullptr;
}

}  // namespace ist::vk
