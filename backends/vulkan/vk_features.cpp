// Builds, narrows and reads chains of feature structs.
#include "vulkan/vk_features.h"

#include <cstddef>
#include <cstring>

#include "vulkan/vk_physical.h"

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

}  // namespace

void query_features(PFN_vkGetPhysicalDeviceFeatures2 ask, PhysicalDevice& device, bool without_timeline) {
  FeatureChain& f = device.features;
  ChainBuilder chain(device, device.info.api_version);
  chain.add(f.storage16, VK_API_VERSION_1_1, nullptr);
  chain.add(f.pointers, VK_API_VERSION_1_1, nullptr);
  chain.add(f.storage8, VK_API_VERSION_1_2, VK_KHR_8BIT_STORAGE_EXTENSION_NAME);
  chain.add(f.small, VK_API_VERSION_1_2, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
  chain.add(f.atomic64, VK_API_VERSION_1_2, VK_KHR_SHADER_ATOMIC_INT64_EXTENSION_NAME);
  if (!without_timeline) chain.add(f.timeline, VK_API_VERSION_1_2, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
  chain.add(f.address, VK_API_VERSION_1_2, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME);
  chain.add(f.atomic_float, kNeverCore, VK_EXT_SHADER_ATOMIC_FLOAT_EXTENSION_NAME);
  if (device.has_extension(VK_EXT_SHADER_ATOMIC_FLOAT_EXTENSION_NAME))
    chain.add(f.atomic_float2, kNeverCore, VK_EXT_SHADER_ATOMIC_FLOAT_2_EXTENSION_NAME);
  chain.add(f.rendering, VK_API_VERSION_1_3, nullptr);
  chain.add(f.sync2, VK_API_VERSION_1_3, nullptr);
  ask(device.handle, &f.base);

  // Everything there is goes on, for the host's sake, but what costs speed or is of no use here.
  f.base.features.robustBufferAccess = VK_FALSE;
  f.address.bufferDeviceAddressCaptureReplay = VK_FALSE;
  f.address.bufferDeviceAddressMultiDevice = VK_FALSE;
  if (!f.base.features.shaderInt64) f.address.bufferDeviceAddress = VK_FALSE;  // no shader could use it
}

namespace {

// The VkBool32 members of a feature struct, which all come after its type and link.
template <class Struct>
constexpr size_t kFlagCount = (sizeof(Struct) - sizeof(VkBaseOutStructure)) / sizeof(VkBool32);

template <class Struct>
VkBool32* flags_of(Struct& features) {
  return reinterpret_cast<VkBool32*>(reinterpret_cast<std::byte*>(&features) + sizeof(VkBaseOutStructure));
}

// Calls f(struct of a, struct of b) for each struct we know.
template <class F>
void each_pair(FeatureChain& a, FeatureChain& b, F&& f) {
  f(a.base, b.base);
  f(a.storage16, b.storage16);
  f(a.pointers, b.pointers);
  f(a.storage8, b.storage8);
  f(a.small, b.small);
  f(a.atomic64, b.atomic64);
  f(a.timeline, b.timeline);
  f(a.address, b.address);
  f(a.atomic_float, b.atomic_float);
  f(a.atomic_float2, b.atomic_float2);
  f(a.rendering, b.rendering);
  f(a.sync2, b.sync2);
}

template <class Struct>
void take_same(Struct& said, const VkBaseInStructure& link) {
  if (link.sType != said.sType) return;
  std::memcpy(flags_of(said), reinterpret_cast<const std::byte*>(&link) + sizeof(VkBaseOutStructure),
              kFlagCount<Struct> * sizeof(VkBool32));
}

// The structs that gather what a version has made core.
void take_version(FeatureChain& said, const VkBaseInStructure& link) {
  if (link.sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES) {
    const auto& v = reinterpret_cast<const VkPhysicalDeviceVulkan11Features&>(link);
    said.storage16.storageBuffer16BitAccess = v.storageBuffer16BitAccess;
    said.storage16.uniformAndStorageBuffer16BitAccess = v.uniformAndStorageBuffer16BitAccess;
    said.pointers.variablePointersStorageBuffer = v.variablePointersStorageBuffer;
    said.pointers.variablePointers = v.variablePointers;
  } else if (link.sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES) {
    const auto& v = reinterpret_cast<const VkPhysicalDeviceVulkan12Features&>(link);
    said.storage8.storageBuffer8BitAccess = v.storageBuffer8BitAccess;
    said.storage8.uniformAndStorageBuffer8BitAccess = v.uniformAndStorageBuffer8BitAccess;
    said.small.shaderFloat16 = v.shaderFloat16;
    said.small.shaderInt8 = v.shaderInt8;
    said.atomic64.shaderBufferInt64Atomics = v.shaderBufferInt64Atomics;
    said.atomic64.shaderSharedInt64Atomics = v.shaderSharedInt64Atomics;
    said.timeline.timelineSemaphore = v.timelineSemaphore;
    said.address.bufferDeviceAddress = v.bufferDeviceAddress;
  } else if (link.sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES) {
    const auto& v = reinterpret_cast<const VkPhysicalDeviceVulkan13Features&>(link);
    said.rendering.dynamicRendering = v.dynamicRendering;
    said.sync2.synchronization2 = v.synchronization2;
  }
}

// A host's chain in structs of our own.
void gather(FeatureChain& said, const VkPhysicalDeviceFeatures2& declared) {
  said.base.features = declared.features;
  for (const auto* link = static_cast<const VkBaseInStructure*>(declared.pNext); link; link = link->pNext) {
    each_pair(said, said, [&](auto& known, auto&) { take_same(known, *link); });
    take_version(said, *link);
  }
}

}  // namespace

void keep_declared(FeatureChain& features, const VkPhysicalDeviceFeatures2& declared) {
  FeatureChain said;
  gather(said, declared);
  each_pair(features, said, []<class Struct>(Struct& ours, Struct& theirs) {
    for (size_t i = 0; i < kFlagCount<Struct>; ++i) flags_of(ours)[i] &= flags_of(theirs)[i];
  });
}

aot::FeatureSet shader_features(const FeatureChain& f) {
  const VkPhysicalDeviceFeatures& base = f.base.features;
  aot::FeatureSet set;
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
  return set;
}

}  // namespace ist::vk
