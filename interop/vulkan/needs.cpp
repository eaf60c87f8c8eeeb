// ist_vulkan_needs: what our own devices enable, told to a host before it creates one.
#include <ist/vulkan.h>

#include <algorithm>
#include <cstring>

#include "vulkan/vk_physical.h"

#include "base/options.h"
#include "capi/entry.h"
#include "capi/versioned.h"

using namespace ist;
using namespace ist::capi;

namespace {

// A physical device as described once. Never freed: the host keeps pointers into it.
using Described = std::unique_ptr<vk::PhysicalDevice>;

bool same_answer(const vk::PhysicalDevice& a, const vk::PhysicalDevice& b) {
  const DeviceInfo& x = a.info;
  const DeviceInfo& y = b.info;
  return x.name == y.name && x.driver == y.driver && x.driver_version == y.driver_version &&
         x.api_version == y.api_version && x.capabilities == y.capabilities && x.features.bits == y.features.bits &&
         std::memcmp(x.device_uuid, y.device_uuid, sizeof x.device_uuid) == 0 &&
         std::memcmp(x.driver_uuid, y.driver_uuid, sizeof x.driver_uuid) == 0 &&
         std::equal(a.extensions.begin(), a.extensions.end(), b.extensions.begin(), b.extensions.end(),
                    [](const char* m, const char* n) { return std::strcmp(m, n) == 0; });
}

// The kept twin of a description; asking again and again keeps no more.
const vk::PhysicalDevice& keep(Described fresh) {
  static std::mutex mutex;
  static auto& kept = *new std::vector<Described>;
  std::lock_guard lock(mutex);
  const auto known =
      std::find_if(kept.begin(), kept.end(), [&](const Described& d) { return same_answer(*d, *fresh); });
  if (known != kept.end()) return **known;
  kept.push_back(std::move(fresh));
  return *kept.back();
}

IstVulkanNeeds instance_needs() {
  static const char* const kDebug[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  IstVulkanNeeds needs{};
  needs.api_version_min = VK_API_VERSION_1_1;
  needs.instance_extension_count = options().debug_names ? 1 : 0;
  needs.instance_extensions = kDebug;
  return needs;
}

}  // namespace

extern "C" {

TiError ist_vulkan_needs(PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice physical_device,
                         IstVulkanNeeds* needs) {
  return run("ist_vulkan_needs", [&]() -> Status {
    IstVulkanNeeds result = instance_needs();
    if (!instance && !physical_device) return write_out(needs, result, "needs");
    IST_CHECK(require_pointer(instance, "instance"));
    IST_CHECK(require_pointer(physical_device, "physical_device"));
    vk::HostDevice host;
    host.get_instance_proc_addr = get;
    // By extensions and structs of single extensions, which are right whatever version the host asks for.
    host.api_version = VK_API_VERSION_1_1;
    host.instance = instance;
    const vk::DeviceOptions options = vk::default_options();
    IST_TRY(const auto asked, vk::Instance::adopt(host, options));
    IST_TRY(auto described, vk::describe(*asked, physical_device, 0, options));
    const vk::PhysicalDevice& device = keep(std::move(described));
    result.device_extension_count = static_cast<uint32_t>(device.extensions.size());
    result.device_extensions = device.extensions.data();
    result.features = &device.features.base;
    result.buffer_usage =
        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    result.image_usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                         VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    return write_out(needs, result, "needs");
  });
}

}  // extern "C"
