// Asks what the runtime needs, makes instance and device with it, and tells the runtime what was enabled.
#include "host_device.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace demo {
namespace {

constexpr uint32_t kApiVersion = VK_API_VERSION_1_2;
constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

#define HOST_FUNCTION(name) reinterpret_cast<PFN_##name>(instance_function(#name))

// Of the process, for the last ones come when the device is destroyed.
std::atomic<uint32_t> message_count = 0;

bool validation_wanted() {
  const char* value = std::getenv("IST_VALIDATION");
  return value && *value;
}

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  ++message_count;
  std::fprintf(stderr, "validation: %s\n", data->pMessage ? data->pMessage : "");
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info() {
  auto info = typed<VkDebugUtilsMessengerCreateInfoEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT);
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
  // Not GENERAL: there the loader complains about drivers of other devices.
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = on_message;
  return info;
}

bool has_timelines(const VkPhysicalDeviceFeatures2* features) {
  for (auto link = static_cast<const VkBaseInStructure*>(features->pNext); link; link = link->pNext) {
    if (link->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES) continue;
    return reinterpret_cast<const VkPhysicalDeviceTimelineSemaphoreFeatures*>(link)->timelineSemaphore;
  }
  return false;
}

void append(std::vector<const char*>& list, const char* const* names, uint32_t count) {
  list.insert(list.end(), names, names + count);
}

}  // namespace

void expect_taichi(TiError error, const char* call) {
  if (error == TI_ERROR_SUCCESS) return;
  char text[1024] = "";
  uint64_t size = sizeof text;
  ti_get_last_error(&size, text);
  throw std::runtime_error(std::string(call) + " fails (TiError " + std::to_string(int(error)) + "): " + text);
}

uint32_t validation_messages() { return message_count; }

// Delegates, so that the destructor runs when a later step throws.
HostDevice::HostDevice(uint32_t device_index, const WindowNeeds& window) : HostDevice() {
  load_vulkan();
  make_instance(window);
  choose_queue(device_index, window);
  make_device(window.can_present != nullptr);
}

HostDevice::~HostDevice() {
  if (device_) reinterpret_cast<PFN_vkDestroyDevice>(device_function("vkDestroyDevice"))(device_, nullptr);
  if (messenger_) HOST_FUNCTION(vkDestroyDebugUtilsMessengerEXT)(instance_, messenger_, nullptr);
  if (instance_) HOST_FUNCTION(vkDestroyInstance)(instance_, nullptr);
}

PFN_vkVoidFunction HostDevice::instance_function(const char* name) const {
  if (const PFN_vkVoidFunction function = get_(instance_, name)) return function;
  throw std::runtime_error(std::string("The Vulkan loader offers no function ") + name + ".");
}

PFN_vkVoidFunction HostDevice::device_function(const char* name) const {
  if (const PFN_vkVoidFunction function = HOST_FUNCTION(vkGetDeviceProcAddr)(device_, name)) return function;
  throw std::runtime_error(std::string("The Vulkan device offers no function ") + name + ".");
}

void HostDevice::load_vulkan() {
  // Never closed: drivers keep threads and thread-local data in it.
  void* const loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (loader) get_ = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"));
  if (!get_) throw std::runtime_error("There is no Vulkan loader (libvulkan.so.1).");
}

void HostDevice::make_instance(const WindowNeeds& window) {
  auto needs = IstVulkanNeeds{};
  needs.size = sizeof needs;
  expect_taichi(ist_vulkan_needs(get_, VK_NULL_HANDLE, VK_NULL_HANDLE, &needs), "ist_vulkan_needs");
  append(instance_extensions_, needs.instance_extensions, needs.instance_extension_count);

  // What windows and validation want beside that is of no interest to the runtime.
  std::vector<const char*> extensions = instance_extensions_;
  append(extensions, window.instance_extensions.data(), uint32_t(window.instance_extensions.size()));
  const bool validate = validation_wanted();
  if (validate) {
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
  }
  const VkValidationFeatureEnableEXT synchronization = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  auto checks = typed<VkValidationFeaturesEXT>(VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT);
  checks.enabledValidationFeatureCount = 1;
  checks.pEnabledValidationFeatures = &synchronization;
  const auto messenger = messenger_info();
  checks.pNext = &messenger;

  auto application = typed<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pApplicationName = "vulkan_host";
  application.apiVersion = kApiVersion;
  auto info = typed<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pNext = validate ? &checks : nullptr;
  info.pApplicationInfo = &application;
  info.enabledLayerCount = validate ? 1 : 0;
  info.ppEnabledLayerNames = &kValidationLayer;
  info.enabledExtensionCount = uint32_t(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  expect_vulkan(HOST_FUNCTION(vkCreateInstance)(&info, nullptr, &instance_), "vkCreateInstance");
  if (!validate) return;
  expect_vulkan(HOST_FUNCTION(vkCreateDebugUtilsMessengerEXT)(instance_, &messenger, nullptr, &messenger_),
                "vkCreateDebugUtilsMessengerEXT");
}

void HostDevice::choose_queue(uint32_t device_index, const WindowNeeds& window) {
  uint32_t count = 0;
  expect_vulkan(HOST_FUNCTION(vkEnumeratePhysicalDevices)(instance_, &count, nullptr), "vkEnumeratePhysicalDevices");
  std::vector<VkPhysicalDevice> devices(count);
  expect_vulkan(HOST_FUNCTION(vkEnumeratePhysicalDevices)(instance_, &count, devices.data()),
                "vkEnumeratePhysicalDevices");
  if (device_index >= count) {
    throw std::runtime_error("There is no Vulkan device " + std::to_string(device_index) + " (there are " +
                             std::to_string(count) + ").");
  }
  physical_device_ = devices[device_index];

  const auto get_families = HOST_FUNCTION(vkGetPhysicalDeviceQueueFamilyProperties);
  get_families(physical_device_, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  get_families(physical_device_, &count, families.data());
  const VkQueueFlags wanted = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
  for (queue_family_ = 0; queue_family_ < count; ++queue_family_) {
    if ((families[queue_family_].queueFlags & wanted) != wanted) continue;
    if (!window.can_present || window.can_present(instance_, physical_device_, queue_family_)) return;
  }
  throw std::runtime_error("Vulkan device " + std::to_string(device_index) +
                           " has no queue family that computes, draws and presents.");
}

void HostDevice::make_device(bool presents) {
  auto needs = IstVulkanNeeds{};
  needs.size = sizeof needs;
  expect_taichi(ist_vulkan_needs(get_, instance_, physical_device_, &needs), "ist_vulkan_needs");
  append(device_extensions_, needs.device_extensions, needs.device_extension_count);
  // This host wants no features of its own. One that does copies the chain and merges its own into it.
  features_ = needs.features;
  if (!has_timelines(features_)) throw std::runtime_error("The Vulkan device has no timeline semaphores.");

  std::vector<const char*> extensions = device_extensions_;
  if (presents) extensions.push_back(VK_KHR_SWAPCHAIN_EXTENSION_NAME);
  const float priority = 1.0f;
  auto queue = typed<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queue.queueFamilyIndex = queue_family_;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  auto info = typed<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  info.pNext = features_;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = uint32_t(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  expect_vulkan(HOST_FUNCTION(vkCreateDevice)(physical_device_, &info, nullptr, &device_), "vkCreateDevice");

  VkQueue native = VK_NULL_HANDLE;
  reinterpret_cast<PFN_vkGetDeviceQueue>(device_function("vkGetDeviceQueue"))(device_, queue_family_, 0, &native);
  gpu_.emplace(GpuLoan{get_, instance_, physical_device_, device_, native, queue_family_});
}

TiRuntime HostDevice::lend() const {
  IstVulkanDevice device{};
  device.size = sizeof device;
  device.api_version = kApiVersion;
  device.get_instance_proc_addr = get_;
  device.instance = instance_;
  device.physical_device = physical_device_;
  device.device = device_;
  device.queue = gpu_->queue();
  device.queue_family = queue_family_;
  device.instance_extension_count = uint32_t(instance_extensions_.size());
  device.instance_extensions = instance_extensions_.data();
  device.device_extension_count = uint32_t(device_extensions_.size());
  device.device_extensions = device_extensions_.data();
  device.features = features_;
  device.use_pipeline_cache = 1;
  TiRuntime runtime = TI_NULL_HANDLE;
  expect_taichi(ist_vulkan_adopt_device(&device, &runtime), "ist_vulkan_adopt_device");
  return runtime;
}

}  // namespace demo
