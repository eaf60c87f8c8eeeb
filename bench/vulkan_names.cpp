// The only place that opens libvulkan.
#include "vulkan_names.h"

#include <dlfcn.h>

#include "fail.h"

namespace ist::bench {

PFN_vkGetInstanceProcAddr vulkan_entry() {
  static void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) fail("libvulkan.so.1 does not open: %s.", dlerror());
  return reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
}

DeviceNames read_device_names(VkInstance instance, VkPhysicalDevice device) {
  const auto read =
      reinterpret_cast<PFN_vkGetPhysicalDeviceProperties2>(vulkan_entry()(instance, "vkGetPhysicalDeviceProperties2"));
  if (!read) return {};
  VkPhysicalDeviceDriverProperties driver{};
  driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &driver;
  read(device, &properties);
  return {properties.properties.deviceName, std::string(driver.driverName) + " " + driver.driverInfo};
}

}  // namespace ist::bench
