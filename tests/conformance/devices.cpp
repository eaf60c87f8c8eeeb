// Own devices and hosts' devices.
#include "conformance/devices.h"

#include <ist/vulkan.h>

#include <map>
#include <memory>

#include "host/host_device.h"

namespace conformance {
namespace {

struct Lent {
  host::HostOptions options;
  bool declared = true;
};

const Lent* lent = nullptr;  // null: own devices
std::unique_ptr<host::HostDevice> host_device;

const std::map<std::string, Lent>& lent_devices() {
  const auto options = [](uint32_t api_version, host::FeatureSet features) {
    host::HostOptions made;
    made.api_version = api_version;
    made.features = features;
    made.needs = &ist_vulkan_needs;
    return made;
  };
  static const std::map<std::string, Lent> devices = {
      {"adopted", {options(VK_API_VERSION_1_3, host::FeatureSet::needs), true}},
      {"versions", {options(VK_API_VERSION_1_2, host::FeatureSet::versions), true}},
      {"imported", {options(VK_API_VERSION_1_1, host::FeatureSet::needs), false}},
  };
  return devices;
}

}  // namespace

bool use_device(const std::string& name) {
  const auto found = lent_devices().find(name);
  lent = found == lent_devices().end() ? nullptr : &found->second;
  return lent || name == "own";
}

void release_device() { host_device.reset(); }

TiRuntime create_runtime(TiArch arch) {
  if (!lent || arch != TI_ARCH_VULKAN) return ti_create_runtime(arch, 0);
  if (!host_device) host_device = std::make_unique<host::HostDevice>(lent->options);
  if (!*host_device) return nullptr;
  if (!lent->declared) {
    const TiVulkanRuntimeInteropInfo info = host_device->interop_info();
    return ti_import_vulkan_runtime(&info);
  }
  const IstVulkanDevice device = host_device->declared();
  TiRuntime runtime = nullptr;
  (void)ist_vulkan_adopt_device(&device, &runtime);
  return runtime;
}

}  // namespace conformance
