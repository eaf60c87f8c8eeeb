// Asks a physical device for everything we ever need to know, in one pass.
#include "vulkan/vk_physical.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

using aot::Feature;

// Chains `link` when the version has it or its extension is there, which is then enabled.
class ChainBuilder {
 public:
  ChainBuilder(PhysicalDevice& device, uint32_t version)
      : device_(device), version_(version), tail_(&device.features.base.pNext) {}

  template <class Link>
  void add(Link& link, uint32_t core_since, const char* extension) {
    if (version_ < core_since) {
      if (!extension || !device_.has_extension(extension)) return;
      device_.extensions.push_back(extension);
    }
    *tail_ = &link;
    tail_ = &link.pNext;
  }

 private:
  PhysicalDevice& device_;
  uint32_t version_;
  void** tail_;
};

constexpr uint32_t kNeverCore = UINT32_MAX;

void query_features(const Instance& instance, PhysicalDevice& device, const DeviceOptions& options) {
  FeatureChain& f = device.features;
  ChainBuilder chain(device, device.info.api_version);
  chain.add(f.storage16, VK_API_VERSION_1_1, nullptr);
  chain.add(f.pointers, VK_API_VERSION_1_1, nullptr);
  chain.add(f.storage8, VK_API_VERSION_1_2, VK_KHR_8BIT_STORAGE_EXTENSION_NAME);
  chain.add(f.small, VK_API_VERSION_1_2, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
  chain.add(f.atomic64, VK_API_VERSION_1_2, VK_KHR_SHADER_ATOMIC_INT64_EXTENSION_NAME);
  if (!options.without_timeline) chain.add(f.timeline, VK_API_VERSION_1_2, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
  chain.add(f.address, VK_API_VERSION_1_2, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME);
  chain.add(f.atomic_float, kNeverCore, VK_EXT_SHADER_ATOMIC_FLOAT_EXTENSION_NAME);
  if (device.has_extension(VK_EXT_SHADER_ATOMIC_FLOAT_EXTENSION_NAME))
    chain.add(f.atomic_float2, kNeverCore, VK_EXT_SHADER_ATOMIC_FLOAT_2_EXTENSION_NAME);
  chain.add(f.rendering, VK_API_VERSION_1_3, nullptr);
  chain.add(f.sync2, VK_API_VERSION_1_3, nullptr);
  instance.vk.GetPhysicalDeviceFeatures2(device.handle, &f.base);

  // Everything there is goes on, for the host's sake, but what costs speed or is of no use here.
  f.base.features.robustBufferAccess = VK_FALSE;
  f.address.bufferDeviceAddressCaptureReplay = VK_FALSE;
  f.address.bufferDeviceAddressMultiDevice = VK_FALSE;
  if (!f.base.features.shaderInt64) f.address.bufferDeviceAddress = VK_FALSE;  // no shader could use it
}

void translate_features(PhysicalDevice& device, const VkPhysicalDeviceSubgroupProperties& subgroup) {
  const FeatureChain& f = device.features;
  const auto& base = f.base.features;
  aot::FeatureSet& set = device.info.features;
  const auto add = [&](bool there, Feature feature) {
    if (there) set.add(feature);
  };
  add(f.small.shaderInt8, Feature::int8);
  add(base.shaderInt16, Feature::int16);
  add(base.shaderInt64, Feature::int64);
  add(f.small.shaderFloat16, Feature::float16);
  add(base.shaderFloat64, Feature::float64);
  add(f.storage8.storageBuffer8BitAccess, Feature::storage_8bit);
  add(f.storage16.storageBuffer16BitAccess, Feature::storage_16bit);
  add(f.storage8.uniformAndStorageBuffer8BitAccess, Feature::uniform_storage_8bit);
  add(f.storage16.uniformAndStorageBuffer16BitAccess, Feature::uniform_storage_16bit);
  add(f.atomic64.shaderBufferInt64Atomics, Feature::buffer_int64_atomics);
  add(f.atomic64.shaderSharedInt64Atomics, Feature::shared_int64_atomics);
  add(f.atomic_float.shaderBufferFloat32AtomicAdd, Feature::buffer_float32_atomic_add);
  add(f.atomic_float.shaderSharedFloat32AtomicAdd, Feature::shared_float32_atomic_add);
  add(f.atomic_float.shaderBufferFloat64AtomicAdd, Feature::buffer_float64_atomic_add);
  add(f.atomic_float2.shaderBufferFloat16AtomicAdd, Feature::buffer_float16_atomic_add);
  add(f.atomic_float2.shaderBufferFloat32AtomicMinMax, Feature::float_atomic_min_max);
  add(f.address.bufferDeviceAddress, Feature::buffer_device_address);
  add(f.pointers.variablePointers && f.pointers.variablePointersStorageBuffer, Feature::variable_pointers);
  add(base.shaderStorageImageExtendedFormats, Feature::storage_image_extended_formats);
  add(base.shaderStorageImageReadWithoutFormat, Feature::storage_image_read_without_format);
  add(base.shaderStorageImageWriteWithoutFormat, Feature::storage_image_write_without_format);
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

// TiCapability values, in ascending order, as the released library lists them.
void list_capabilities(PhysicalDevice& device) {
  const aot::FeatureSet have = device.info.features;
  const auto& f = device.features;
  auto& list = device.info.capabilities;
  list.push_back({1, std::min(device.info.spirv_version, 0x10500u)});
  const auto add = [&](bool there, uint32_t capability) {
    if (there) list.push_back({capability, 1});
  };
  const bool half_atomics = f.atomic_float2.shaderBufferFloat16Atomics;
  add(have.has(Feature::int8), 2);
  add(have.has(Feature::int16), 3);
  add(have.has(Feature::int64), 4);
  add(have.has(Feature::float16), 5);
  add(have.has(Feature::float64), 6);
  add(half_atomics, 8);
  add(have.has(Feature::buffer_float16_atomic_add), 9);
  add(f.atomic_float2.shaderBufferFloat16AtomicMinMax, 10);
  add(f.atomic_float.shaderBufferFloat32Atomics, 11);
  add(have.has(Feature::buffer_float32_atomic_add), 12);
  add(have.has(Feature::float_atomic_min_max), 13);
  add(f.atomic_float.shaderBufferFloat64Atomics && have.has(Feature::buffer_float64_atomic_add), 14);
  add(have.has(Feature::buffer_float64_atomic_add), 15);
  add(f.atomic_float2.shaderBufferFloat64AtomicMinMax, 16);
  add(have.has(Feature::variable_pointers), 17);
  add(have.has(Feature::buffer_device_address), 18);
  add(have.has(Feature::subgroup_basic), 19);
  add(have.has(Feature::subgroup_vote), 20);
  add(have.has(Feature::subgroup_arithmetic), 21);
  add(have.has(Feature::subgroup_ballot), 22);
  add(have.has(Feature::non_semantic_info), 23);
}

uint32_t newest_spirv(uint32_t api_version) {
  if (api_version >= VK_API_VERSION_1_3) return 0x10600;
  if (api_version >= VK_API_VERSION_1_2) return 0x10500;
  return 0x10300;
}

void query_properties(const Instance& instance, PhysicalDevice& device, const DeviceOptions& options) {
  VkPhysicalDeviceSubgroupProperties subgroup{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceIDProperties ids{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, &subgroup};
  VkPhysicalDeviceMaintenance3Properties sizes{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, &ids};
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDevicePushDescriptorPropertiesKHR push{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &sizes};
  void** tail = &subgroup.pNext;
  DeviceInfo& info = device.info;
  if (info.api_version >= VK_API_VERSION_1_2 || device.has_extension(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
    *tail = &driver;
    tail = &driver.pNext;
  }
  const bool has_push =
      !options.without_push_descriptors && device.has_extension(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  if (has_push) *tail = &push;
  instance.vk.GetPhysicalDeviceProperties2(device.handle, &properties);

  const VkPhysicalDeviceProperties& p = properties.properties;
  device.limits = p.limits;
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
  DeviceLimits& limits = info.limits;
  limits.max_group_count_x = p.limits.maxComputeWorkGroupCount[0];
  limits.max_group_size_x = std::min(p.limits.maxComputeWorkGroupSize[0], p.limits.maxComputeWorkGroupInvocations);
  limits.max_shared_memory_bytes = p.limits.maxComputeSharedMemorySize;
  limits.max_storage_range_bytes = p.limits.maxStorageBufferRange;
  limits.max_uniform_range_bytes = p.limits.maxUniformBufferRange;
  limits.max_storage_buffers = p.limits.maxPerStageDescriptorStorageBuffers;
  limits.max_storage_images = p.limits.maxPerStageDescriptorStorageImages;
  limits.max_sampled_images =
      std::min(p.limits.maxPerStageDescriptorSampledImages, p.limits.maxPerStageDescriptorSamplers);
  limits.max_uniform_buffers = p.limits.maxPerStageDescriptorUniformBuffers;
  limits.max_allocation_bytes = sizes.maxMemoryAllocationSize;
  if (has_push) {
    device.extensions.push_back(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
    device.max_push_descriptors = push.maxPushDescriptors;
  }
  query_features(instance, device, options);
  translate_features(device, subgroup);
  list_capabilities(device);
  device.timeline = device.features.timeline.timelineSemaphore;
}

// Graphics and compute first: hosts draw on the same queue.
bool choose_queue(const Instance& instance, PhysicalDevice& device) {
  VkQueueFamilyProperties families[32];
  uint32_t count = 32;
  instance.vk.GetPhysicalDeviceQueueFamilyProperties(device.handle, &count, families);
  constexpr VkQueueFlags kBoth = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
  for (const VkQueueFlags wanted : {kBoth, VkQueueFlags{VK_QUEUE_COMPUTE_BIT}}) {
    for (uint32_t i = 0; i < count; ++i) {
      if ((families[i].queueFlags & wanted) != wanted) continue;
      device.queue_family = i;
      device.queue_flags = families[i].queueFlags;
      device.timestamp_bits = families[i].timestampValidBits;
      return true;
    }
  }
  return false;
}

Status add_extensions(PhysicalDevice& device, const DeviceOptions& options) {
  const auto add = [&](const char* name) {
    for (const char* known : device.extensions)
      if (!std::strcmp(known, name)) return;
    device.extensions.push_back(name);
  };
  device.external_memory_fd = device.has_extension(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
  if (device.external_memory_fd) add(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
  if (device.has_extension(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
    add(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
  for (const std::string& name : options.device_extensions) {
    if (!device.has_extension(name))
      return fail(Code::not_supported, "Device '%s' does not have extension '%s'.", device.info.name.c_str(),
                  name.c_str());
    add(name.c_str());
  }
  return {};
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
  device->info.api_version = std::min(properties.apiVersion, VK_MAKE_API_VERSION(0, 1, 3, 0xfff));
  if (properties.apiVersion < VK_API_VERSION_1_1)
    return fail(Code::not_supported, "Device '%s' offers Vulkan 1.0; 1.1 is needed.", properties.deviceName);
  if (!choose_queue(instance, *device))
    return fail(Code::not_supported, "Device '%s' has no compute queue.", properties.deviceName);

  uint32_t count = 0;
  instance.vk.EnumerateDeviceExtensionProperties(handle, nullptr, &count, nullptr);
  device->present.resize(count);
  IST_CHECK(vk_status(instance.vk.EnumerateDeviceExtensionProperties(handle, nullptr, &count, device->present.data()),
                      "vkEnumerateDeviceExtensionProperties"));
  device->present.resize(count);
  query_properties(instance, *device, options);
  IST_CHECK(add_extensions(*device, options));
  instance.vk.GetPhysicalDeviceMemoryProperties(handle, &device->memory);
  return device;
}

}  // namespace ist::vk
