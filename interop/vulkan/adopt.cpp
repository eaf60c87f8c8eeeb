// ist_vulkan_adopt_device: the host's struct, checked and turned into the backend's words.
#include <ist/vulkan.h>

#include "vulkan/vk_device.h"

#include "capi/entry.h"
#include "capi/publish.h"
#include "capi/versioned.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_list(uint32_t count, const char* const* names, const char* what) {
  if (count > 0) IST_CHECK(require_pointer(names, what));
  for (uint32_t i = 0; i < count; ++i) {
    if (!names[i]) return fail(Code::argument_null, "%s[%u] is null.", what, i);
  }
  return {};
}

Status check_members(const IstVulkanDevice& device) {
  if (device.api_version == 0)
    return fail(Code::invalid_argument, "device->api_version is 0; it is VkApplicationInfo::apiVersion.");
  IST_CHECK(check_list(device.device_extension_count, device.device_extensions, "device->device_extensions"));
  IST_CHECK(check_list(device.instance_extension_count, device.instance_extensions, "device->instance_extensions"));
  if (device.host_family_count > 0) IST_CHECK(require_pointer(device.host_families, "device->host_families"));
  if ((device.lock_queue == nullptr) != (device.unlock_queue == nullptr)) {
    return fail(Code::invalid_argument, "device->%s is null, but device->%s is not; both or none are given.",
                device.lock_queue ? "unlock_queue" : "lock_queue", device.lock_queue ? "lock_queue" : "unlock_queue");
  }
  if (device.use_pipeline_cache > 1)
    return fail(Code::argument_out_of_range, "device->use_pipeline_cache (%u) is not 0 or 1.",
                device.use_pipeline_cache);
  if (device.reserved != 0) return fail(Code::invalid_argument, "device->reserved is %u, not 0.", device.reserved);
  if (device.features && device.features->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2)
    return fail(Code::invalid_argument, "device->features->sType (%d) is not that of VkPhysicalDeviceFeatures2.",
                static_cast<int>(device.features->sType));
  if (!device.features && device.device_extension_count > 0)
    return fail(Code::invalid_argument,
                "device->device_extensions has %u names, but device->features is null; both are declared or none.",
                device.device_extension_count);
  return {};
}

vk::HostDevice host_of(const IstVulkanDevice& device) {
  vk::HostDevice host;
  host.get_instance_proc_addr = device.get_instance_proc_addr;
  host.api_version = device.api_version;
  host.instance = device.instance;
  host.physical_device = device.physical_device;
  host.device = device.device;
  host.queue = device.queue;
  host.queue_family = device.queue_family;
  host.other_families.assign(device.host_families, device.host_families + device.host_family_count);
  host.features = device.features;
  host.device_extensions = {device.device_extensions, device.device_extension_count};
  host.instance_extensions = {device.instance_extensions, device.instance_extension_count};
  host.lock = {device.lock_queue, device.unlock_queue, device.user};
  return host;
}

}  // namespace

extern "C" {

TiError ist_vulkan_adopt_device(const IstVulkanDevice* device, TiRuntime* runtime) {
  if (runtime) *runtime = nullptr;
  return run("ist_vulkan_adopt_device", [&]() -> Status {
    IST_TRY(const IstVulkanDevice known, read_in(device, "device"));
    IST_CHECK(check_members(known));
    vk::DeviceOptions options = vk::default_options();
    if (!known.use_pipeline_cache) options.pipeline_cache_folder.clear();
    IST_TRY(auto adopted, vk::adopt_device(host_of(known), options));
    if (runtime) *runtime = publish(std::make_unique<Runtime>(std::move(adopted)));
    return {};
  });
}

}  // extern "C"
