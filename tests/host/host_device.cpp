// Makes and destroys the host's instance and device.
#include "host_device.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>

namespace host {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  ADD_FAILURE() << "validation: " << (data->pMessage ? data->pMessage : "");
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info() {
  VkDebugUtilsMessengerCreateInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
  // Not GENERAL: there the loader complains about drivers of other devices.
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = on_message;
  return info;
}

bool has_layer(const HostTable& vk) {
  uint32_t count = 0;
  vk.EnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vk.EnumerateInstanceLayerProperties(&count, layers.data());
  for (const VkLayerProperties& layer : layers) {
    if (std::strcmp(layer.layerName, kValidationLayer) == 0) return true;
  }
  return false;
}

uint32_t size(const std::vector<const char*>& names) { return static_cast<uint32_t>(names.size()); }

}  // namespace

bool HostTable::load_global() {
  static void* const loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!loader) return false;
  GetInstanceProcAddr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"));
  if (!GetInstanceProcAddr) return false;
#define HOST_LOAD(name) name = reinterpret_cast<PFN_vk##name>(GetInstanceProcAddr(nullptr, "vk" #name));
  HOST_LOAD(EnumerateInstanceVersion)
  HOST_LOAD(EnumerateInstanceLayerProperties)
  HOST_LOAD(CreateInstance)
#undef HOST_LOAD
  return CreateInstance != nullptr;
}

void HostTable::load_instance(VkInstance instance) {
#define HOST_LOAD(name) name = reinterpret_cast<PFN_vk##name>(GetInstanceProcAddr(instance, "vk" #name));
  HOST_INSTANCE_FUNCTIONS(HOST_LOAD)
  HOST_DEVICE_FUNCTIONS(HOST_LOAD)
#undef HOST_LOAD
}

HostDevice::HostDevice(const HostOptions& options) : api_version_(options.api_version) {
  if (!vk_.load_global()) {
    ADD_FAILURE() << "There is no Vulkan loader.";
    return;
  }
  if (!make_instance(options) || !make_device(options)) return;
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.queueFamilyIndex = queue_family_;
  EXPECT_EQ(vk_.CreateCommandPool(device_, &pool, nullptr, &pool_), VK_SUCCESS);
}

HostDevice::~HostDevice() {
  if (device_) {
    EXPECT_EQ(vk_.DeviceWaitIdle(device_), VK_SUCCESS);
    while (!buffers_.empty()) destroy(buffers_.back());
    while (!images_.empty()) destroy(images_.back());
    vk_.DestroyCommandPool(device_, pool_, nullptr);
    vk_.DestroyDevice(device_, nullptr);
  }
  if (messenger_) vk_.DestroyDebugUtilsMessengerEXT(instance_, messenger_, nullptr);
  if (instance_) vk_.DestroyInstance(instance_, nullptr);
}

bool HostDevice::make_instance(const HostOptions& options) {
  instance_extensions_ = options.instance_extensions;
  if (options.needs) {
    IstVulkanNeeds needs{};
    needs.size = sizeof(needs);
    EXPECT_EQ(options.needs(vk_.GetInstanceProcAddr, VK_NULL_HANDLE, VK_NULL_HANDLE, &needs), TI_ERROR_SUCCESS);
    instance_extensions_.insert(instance_extensions_.end(), needs.instance_extensions,
                                needs.instance_extensions + needs.instance_extension_count);
  }
  // The layer's own extensions are the tests' business: the library is not told of them.
  std::vector<const char*> extensions = instance_extensions_;
  const bool validate = options.validation && has_layer(vk_);
  if (validate) {
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
  }
  const VkValidationFeatureEnableEXT synchronization = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkValidationFeaturesEXT checks{};
  checks.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
  checks.enabledValidationFeatureCount = 1;
  checks.pEnabledValidationFeatures = &synchronization;
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info();
  checks.pNext = &messenger;

  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = options.api_version;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pNext = validate ? &checks : nullptr;
  info.pApplicationInfo = &application;
  info.enabledLayerCount = validate ? 1 : 0;
  info.ppEnabledLayerNames = &kValidationLayer;
  info.enabledExtensionCount = size(extensions);
  info.ppEnabledExtensionNames = extensions.data();
  const VkResult made = vk_.CreateInstance(&info, nullptr, &instance_);
  EXPECT_EQ(made, VK_SUCCESS);
  if (made != VK_SUCCESS) return false;
  vk_.load_instance(instance_);
  messenger = messenger_info();
  if (validate) vk_.CreateDebugUtilsMessengerEXT(instance_, &messenger, nullptr, &messenger_);
  return true;
}

void HostDevice::choose_features(const HostOptions& options) {
  if (options.features == FeatureSet::none || options.features == FeatureSet::needs) return;
  const bool versions = options.features == FeatureSet::versions;
  chosen_.all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  chosen_.v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  chosen_.v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  chosen_.v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  if (versions && options.api_version >= VK_API_VERSION_1_2) {
    chosen_.all.pNext = &chosen_.v11;
    chosen_.v11.pNext = &chosen_.v12;
    if (options.api_version >= VK_API_VERSION_1_3) chosen_.v12.pNext = &chosen_.v13;
  }
  if (vk_.GetPhysicalDeviceFeatures2 && options.api_version >= VK_API_VERSION_1_1) {
    vk_.GetPhysicalDeviceFeatures2(physical_device_, &chosen_.all);
  } else {
    vk_.GetPhysicalDeviceFeatures(physical_device_, &chosen_.all.features);
  }
  chosen_.all.features.robustBufferAccess = VK_FALSE;
  features_ = &chosen_.all;
}

bool HostDevice::make_device(const HostOptions& options) {
  uint32_t count = 1;
  const VkResult found = vk_.EnumeratePhysicalDevices(instance_, &count, &physical_device_);
  EXPECT_TRUE((found == VK_SUCCESS || found == VK_INCOMPLETE) && count == 1) << found;
  if (!physical_device_) return false;
  vk_.GetPhysicalDeviceQueueFamilyProperties(physical_device_, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vk_.GetPhysicalDeviceQueueFamilyProperties(physical_device_, &count, families.data());
  while (queue_family_ < count && !(families[queue_family_].queueFlags & VK_QUEUE_COMPUTE_BIT)) ++queue_family_;

  choose_features(options);
  device_extensions_ = options.device_extensions;
  if (options.needs) {
    IstVulkanNeeds needs{};
    needs.size = sizeof(needs);
    EXPECT_EQ(options.needs(vk_.GetInstanceProcAddr, instance_, physical_device_, &needs), TI_ERROR_SUCCESS);
    device_extensions_.insert(device_extensions_.end(), needs.device_extensions,
                              needs.device_extensions + needs.device_extension_count);
    if (options.features == FeatureSet::needs) features_ = needs.features;
  }
  const float priority = 1.0f;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = queue_family_;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = size(device_extensions_);
  info.ppEnabledExtensionNames = device_extensions_.data();
  if (features_ && options.api_version >= VK_API_VERSION_1_1) {
    info.pNext = features_;
  } else if (features_) {
    info.pEnabledFeatures = &features_->features;
  }
  const VkResult made = vk_.CreateDevice(physical_device_, &info, nullptr, &device_);
  EXPECT_EQ(made, VK_SUCCESS);
  if (made != VK_SUCCESS) return false;
  vk_.GetDeviceQueue(device_, queue_family_, 0, &queue_);
  return true;
}

TiVulkanRuntimeInteropInfo HostDevice::interop_info() const {
  TiVulkanRuntimeInteropInfo info{};
  info.get_instance_proc_addr = vk_.GetInstanceProcAddr;
  info.api_version = api_version_;
  info.instance = instance_;
  info.physical_device = physical_device_;
  info.device = device_;
  info.compute_queue = queue_;
  info.compute_queue_family_index = queue_family_;
  info.graphics_queue = queue_;
  info.graphics_queue_family_index = queue_family_;
  return info;
}

IstVulkanDevice HostDevice::declared() const {
  IstVulkanDevice info{};
  info.size = sizeof(info);
  info.api_version = api_version_;
  info.get_instance_proc_addr = vk_.GetInstanceProcAddr;
  info.instance = instance_;
  info.physical_device = physical_device_;
  info.device = device_;
  info.queue = queue_;
  info.queue_family = queue_family_;
  info.instance_extension_count = size(instance_extensions_);
  info.instance_extensions = instance_extensions_.data();
  info.device_extension_count = size(device_extensions_);
  info.device_extensions = device_extensions_.data();
  static const VkPhysicalDeviceFeatures2 kNothing{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, nullptr, {}};
  info.features = features_ ? features_ : &kNothing;
  return info;
}

}  // namespace host
