// Asks a physical device for everything we ever need to know, in one pass.
#include "vulkan/vk_physical.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "contract/capabilities.h"
#include "vulkan/vk_share_query.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

using aot::Feature;

// Later versions may have rules we do not know.
constexpr uint32_t kAnyPatch = 0xfff;
constexpr uint32_t kNewestKnown = VK_API_VERSION_1_3 | kAnyPatch;

void translate_features(PhysicalDevice& device, const VkPhysicalDeviceSubgroupProperties& subgroup) {
  aot::FeatureSet& set = device.info.features;
  set = shader_features(device.features);
  const auto add = [&](bool there, Feature feature) {
    if (there) set.add(feature);
  };
  add(true, Feature::image_1d);
  const VkSubgroupFeatureFlags ops =
      (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) ? subgroup.supportedOperations : 0;
  add(ops & VK_SUBGROUP_FEATURE_BASIC_BIT, Feature::subgroup_basic);
  add(ops & VK_SUBGROUP_FEATURE_VOTE_BIT, Feature::subgroup_vote);
  add(ops & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT, Feature::subgroup_arithmetic);
  add(ops & VK_SUBGROUP_FEATURE_BALLOT_BIT, Feature::subgroup_ballot);
  add(ops & VK_SUBGROUP_FEATURE_SHUFFLE_BIT, Feature::subgroup_shuffle);
  const bool core_info = device.info.api_version >= VK_API_VERSION_1_3;
  if (!core_info && device.has_extension(VK_KHR_SHADER_NON_SEMANTIC_INFO_EXTENSION_NAME)) {
    device.extensions.push_back(VK_KHR_SHADER_NON_SEMANTIC_INFO_EXTENSION_NAME);
    set.add(Feature::non_semantic_info);
  }
  add(core_info, Feature::non_semantic_info);
}

std::vector<std::pair<uint32_t, uint32_t>> capabilities_of(const PhysicalDevice& device) {
  const auto& f = device.features;
  const FloatAtomics atomics{.float16 = f.atomic_float2.shaderBufferFloat16Atomics == VK_TRUE,
                             .float16_min_max = f.atomic_float2.shaderBufferFloat16AtomicMinMax == VK_TRUE,
                             .float32 = f.atomic_float.shaderBufferFloat32Atomics == VK_TRUE,
                             .float64 = f.atomic_float.shaderBufferFloat64Atomics == VK_TRUE,
                             .float64_min_max = f.atomic_float2.shaderBufferFloat64AtomicMinMax == VK_TRUE};
  return list_capabilities(device.info.features, device.info.spirv_version, atomics);
}

uint32_t newest_spirv(uint32_t api_version) {
  if (api_version >= VK_API_VERSION_1_3) return 0x10600;
  if (api_version >= VK_API_VERSION_1_2) return 0x10500;
  return api_version >= VK_API_VERSION_1_1 ? 0x10300 : 0x10000;
}

void describe_identity(const VkPhysicalDeviceProperties& p, const VkPhysicalDeviceDriverProperties& driver,
                       const VkPhysicalDeviceIDProperties& ids, DeviceInfo& info) {
  info.is_cpu = p.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  info.vendor_id = p.vendorID;
  info.device_id = p.deviceID;
  info.driver_version = p.driverVersion;
  info.name = p.deviceName;
  info.driver = driver.driverName;
  if (driver.driverInfo[0]) info.driver += std::string(info.driver.empty() ? "" : " ") + driver.driverInfo;
  std::memcpy(info.device_uuid, ids.deviceUUID, sizeof info.device_uuid);
  std::memcpy(info.driver_uuid, ids.driverUUID, sizeof info.driver_uuid);
  info.spirv_version = newest_spirv(info.api_version);
  info.api = "Vulkan " + std::to_string(VK_API_VERSION_MAJOR(info.api_version)) + "." +
             std::to_string(VK_API_VERSION_MINOR(info.api_version));
}

DeviceLimits limits_of(const VkPhysicalDeviceLimits& native) {
  DeviceLimits limits;
  limits.max_group_count_x = native.maxComputeWorkGroupCount[0];
  limits.max_group_size_x = std::min(native.maxComputeWorkGroupSize[0], native.maxComputeWorkGroupInvocations);
  limits.max_shared_memory_bytes = native.maxComputeSharedMemorySize;
  limits.max_storage_range_bytes = native.maxStorageBufferRange;
  limits.max_uniform_range_bytes = native.maxUniformBufferRange;
  limits.max_storage_buffers = native.maxPerStageDescriptorStorageBuffers;
  limits.max_storage_images = native.maxPerStageDescriptorStorageImages;
  limits.max_sampled_images = std::min(native.maxPerStageDescriptorSampledImages, native.maxPerStageDescriptorSamplers);
  limits.max_uniform_buffers = native.maxPerStageDescriptorUniformBuffers;
  limits.max_bindings = std::min(kMaxBindings, native.maxPerStageResources);
  return limits;
}

// Everything but the features. Of what is newer than Vulkan 1.0, the parts its version has.
VkPhysicalDeviceSubgroupProperties query_properties(const Instance& instance, PhysicalDevice& device,
                                                    const DeviceOptions& options) {
  VkPhysicalDeviceSubgroupProperties subgroup{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceIDProperties ids{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, &subgroup};
  VkPhysicalDeviceMaintenance3Properties sizes{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, &ids};
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDevicePushDescriptorPropertiesKHR push{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR};
  VkPhysicalDeviceExternalMemoryHostPropertiesEXT host_pages{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &sizes};
  void** tail = &subgroup.pNext;
  DeviceInfo& info = device.info;
  if (info.api_version >= VK_API_VERSION_1_2 || device.has_extension(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
    *tail = &driver;
    tail = &driver.pNext;
  }
  const bool modern = info.api_version >= VK_API_VERSION_1_1;
  const bool has_push =
      modern && !options.without_push_descriptors && device.has_extension(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  if (has_push) {
    *tail = &push;
    tail = &push.pNext;
  }
  const bool has_host_pages = modern && device.has_extension(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
  if (has_host_pages) *tail = &host_pages;
  if (modern) {
    instance.vk.GetPhysicalDeviceProperties2(device.handle, &properties);
  } else {
    instance.vk.GetPhysicalDeviceProperties(device.handle, &properties.properties);
  }
  describe_identity(properties.properties, driver, ids, info);
  std::memcpy(device.pipeline_cache_uuid, properties.properties.pipelineCacheUUID, VK_UUID_SIZE);
  device.limits = properties.properties.limits;
  info.limits = limits_of(device.limits);
  if (modern) info.limits.max_allocation_bytes = sizes.maxMemoryAllocationSize;
  device.host_pointer_alignment = host_pages.minImportedHostPointerAlignment;
  if (has_push) {
    device.extensions.push_back(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
    device.max_push_descriptors = push.maxPushDescriptors;
  }
  instance.vk.GetPhysicalDeviceMemoryProperties(device.handle, &device.memory);
  return subgroup;
}

// Everything, with the features that the host has declared on (null: all that there are).
void query_all(const Instance& instance, PhysicalDevice& device, const DeviceOptions& options,
               const VkPhysicalDeviceFeatures2* declared) {
  const VkPhysicalDeviceSubgroupProperties subgroup = query_properties(instance, device, options);
  if (device.info.api_version >= VK_API_VERSION_1_1) {
    query_features(instance.vk.GetPhysicalDeviceFeatures2, device, options.without_timeline);
  } else {
    instance.vk.GetPhysicalDeviceFeatures(device.handle, &device.features.base.features);
  }
  // With this feature on, the validation layer (1.3.239) overlooks acquires from other devices that keep the layout,
  // and then takes the image to be in none. We do not use it; it is there for hosts that draw on our device.
  if (!options.validation.empty()) device.features.sync2.synchronization2 = VK_FALSE;
  if (declared) keep_declared(device.features, *declared);
  translate_features(device, subgroup);
}

std::vector<VkQueueFamilyProperties> queue_families(const Instance& instance, VkPhysicalDevice handle) {
  uint32_t count = 0;
  instance.vk.GetPhysicalDeviceQueueFamilyProperties(handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  instance.vk.GetPhysicalDeviceQueueFamilyProperties(handle, &count, families.data());
  families.resize(count);
  return families;
}

void use_family(PhysicalDevice& device, uint32_t index, const VkQueueFamilyProperties& family) {
  device.queue_family = index;
  device.queue_flags = family.queueFlags;
  device.timestamp_bits = family.timestampValidBits;
}

// Graphics and compute first: hosts draw on the same queue.
bool choose_queue(const Instance& instance, PhysicalDevice& device) {
  const auto families = queue_families(instance, device.handle);
  constexpr VkQueueFlags kBoth = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
  for (const VkQueueFlags wanted : {kBoth, VkQueueFlags{VK_QUEUE_COMPUTE_BIT}}) {
    for (uint32_t i = 0; i < families.size(); ++i) {
      if ((families[i].queueFlags & wanted) != wanted) continue;
      use_family(device, i, families[i]);
      return true;
    }
  }
  return false;
}

Status use_queues_of(const Instance& instance, PhysicalDevice& device, const HostDevice& host) {
  const auto families = queue_families(instance, device.handle);
  const auto check = [&](uint32_t family, const char* member) {
    if (family < families.size()) return Status();
    return fail(Code::invalid_argument, "%s (%u) is past the %zu queue families of device '%s'.", member, family,
                families.size(), device.info.name.c_str());
  };
  IST_CHECK(check(host.queue_family, host.queue_family_name));
  for (const uint32_t family : host.other_families) IST_CHECK(check(family, host.other_families_name));
  const VkQueueFamilyProperties& family = families[host.queue_family];
  if (!(family.queueFlags & VK_QUEUE_COMPUTE_BIT)) {
    return fail(Code::invalid_argument, "%s (%u) of device '%s' has flags 0x%x without VK_QUEUE_COMPUTE_BIT.",
                host.queue_family_name, host.queue_family, device.info.name.c_str(), family.queueFlags);
  }
  use_family(device, host.queue_family, family);
  return {};
}

Status enumerate_extensions(const Instance& instance, PhysicalDevice& device) {
  uint32_t count = 0;
  instance.vk.EnumerateDeviceExtensionProperties(device.handle, nullptr, &count, nullptr);
  device.present.resize(count);
  IST_CHECK(
      vk_status(instance.vk.EnumerateDeviceExtensionProperties(device.handle, nullptr, &count, device.present.data()),
                "vkEnumerateDeviceExtensionProperties"));
  device.present.resize(count);
  return {};
}

// Each needs nothing but Vulkan 1.1 and those before it.
constexpr const char* kSharingExtensions[] = {
    VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
    VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
    VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME};

// Of what is present, which is also enabled: all of it on our own devices. For Vulkan 1.1 and later.
void take_sharing(const Instance& instance, PhysicalDevice& device) {
  const auto has = [&](const char* name) { return device.has_extension(name); };
  device.external_memory_fd = has(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
  device.external_memory_dma_buf = device.external_memory_fd && has(VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME);
  device.external_semaphore_fd = has(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
  device.queue_family_foreign = has(VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME);
  device.info.share = query_share(instance, device);
}

bool tells_creation(const PhysicalDevice& device) {
  return device.info.api_version >= VK_API_VERSION_1_3 ||
         device.has_extension(VK_EXT_PIPELINE_CREATION_FEEDBACK_EXTENSION_NAME);
}

Status add_extensions(PhysicalDevice& device, const DeviceOptions& options) {
  const auto add = [&](const char* name) {
    for (const char* known : device.extensions)
      if (!std::strcmp(known, name)) return;
    device.extensions.push_back(name);
  };
  for (const char* name : kSharingExtensions)
    if (device.has_extension(name)) add(name);
  device.creation_feedback = tells_creation(device);
  if (device.creation_feedback && device.info.api_version < VK_API_VERSION_1_3)
    add(VK_EXT_PIPELINE_CREATION_FEEDBACK_EXTENSION_NAME);
  for (const std::string& name : options.device_extensions) {
    if (!device.has_extension(name))
      return fail(Code::not_supported, "Device '%s' does not have extension '%s'.", device.info.name.c_str(),
                  name.c_str());
    add(name.c_str());
  }
  return {};
}

Status check_present(const Instance& instance, PhysicalDevice& device, std::span<const char* const> names) {
  if (names.empty()) return {};
  IST_CHECK(enumerate_extensions(instance, device));
  for (const char* name : names) {
    if (!device.has_extension(name))
      return fail(Code::invalid_argument, "device_extensions names '%s', which device '%s' does not have.", name,
                  device.info.name.c_str());
  }
  return {};
}

std::vector<VkExtensionProperties> named(std::span<const char* const> names) {
  std::vector<VkExtensionProperties> extensions;
  for (const char* name : names) {
    VkExtensionProperties extension{};
    std::strncpy(extension.extensionName, name, sizeof extension.extensionName - 1);
    extensions.push_back(extension);
  }
  return extensions;
}

// A host that has not said what is enabled: modules may need what the device could have on, which is an
// assumption, and we ourselves use nothing of it. Addresses would have to be asked for at each allocation.
void take_nothing_for_enabled(PhysicalDevice& device) {
  DeviceInfo& info = device.info;
  info.undeclared = true;
  const auto forget = [&](Feature feature) { info.features.bits &= ~aot::FeatureSet::bit(feature); };
  forget(Feature::buffer_device_address);
  info.assumed = shader_features(device.features);
  if (info.api_version < VK_API_VERSION_1_3) info.assumed.add(Feature::non_semantic_info);
  info.assumed.bits &= info.features.bits;
  info.capabilities = {{1, std::min(info.spirv_version, 0x10500u)}};
  keep_declared(device.features, typed<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2));
  device.max_push_descriptors = 0;
  device.host_pointer_alignment = 0;
  device.extensions.clear();
  device.present.clear();
}

}  // namespace

bool PhysicalDevice::has_extension(std::string_view name) const {
  return std::any_of(present.begin(), present.end(),
                     [&](const VkExtensionProperties& p) { return name == p.extensionName; });
}

Result<std::unique_ptr<PhysicalDevice>> describe(const Instance& instance, VkPhysicalDevice handle, uint32_t index,
                                                 const DeviceOptions& options) {
  auto device = std::make_unique<PhysicalDevice>();
  device->handle = handle;
  VkPhysicalDeviceProperties properties;
  instance.vk.GetPhysicalDeviceProperties(handle, &properties);
  device->info.index = index;
  device->info.api_version = std::min({properties.apiVersion, instance.api_version | kAnyPatch, kNewestKnown});
  if (properties.apiVersion < VK_API_VERSION_1_1)
    return fail(Code::not_supported, "Device '%s' offers Vulkan 1.0; 1.1 is needed.", properties.deviceName);
  if (!choose_queue(instance, *device))
    return fail(Code::not_supported, "Device '%s' has no compute queue.", properties.deviceName);
  IST_CHECK(enumerate_extensions(instance, *device));
  query_all(instance, *device, options, nullptr);
  device->info.capabilities = capabilities_of(*device);
  device->timeline = device->features.timeline.timelineSemaphore;
  IST_CHECK(add_extensions(*device, options));
  take_sharing(instance, *device);
  return device;
}

Result<std::unique_ptr<PhysicalDevice>> describe(const Instance& instance, const HostDevice& host,
                                                 const DeviceOptions& options) {
  auto device = std::make_unique<PhysicalDevice>();
  device->handle = host.physical_device;
  VkPhysicalDeviceProperties properties;
  instance.vk.GetPhysicalDeviceProperties(device->handle, &properties);
  device->info.name = properties.deviceName;
  device->info.adopted = true;
  device->info.api_version = std::min({instance.api_version, properties.apiVersion, kNewestKnown});
  IST_CHECK(use_queues_of(instance, *device, host));
  if (host.features) {
    IST_CHECK(check_present(instance, *device, host.device_extensions));
    device->present = named(host.device_extensions);
    query_all(instance, *device, options, host.features);
    device->info.capabilities = capabilities_of(*device);
    device->timeline = device->features.timeline.timelineSemaphore;
    if (device->info.api_version >= VK_API_VERSION_1_1) take_sharing(instance, *device);
  } else {
    IST_CHECK(enumerate_extensions(instance, *device));
    query_all(instance, *device, options, nullptr);
    take_nothing_for_enabled(*device);
  }
  device->creation_feedback = tells_creation(*device);
  return device;
}

}  // namespace ist::vk
