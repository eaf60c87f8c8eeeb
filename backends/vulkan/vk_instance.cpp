// Opens the loader, makes the instance, turns each way of failing into its own sentence.
#include "vulkan/vk_instance.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/library.h"
#include "base/log.h"
#include "base/options.h"
#include "contract/cache_file.h"
#include "vulkan/vk_debug.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

struct OpenedLoader {
  GlobalTable table;
  std::string problem;  // empty: usable
};

OpenedLoader open_loader() {
  OpenedLoader opened;
  std::string said;
  void* library = open_library("libvulkan.so.1", &said);
  if (!library) {
    opened.problem = "The Vulkan loader cannot be opened (" + said + ").";
    return opened;
  }
  PFN_vkGetInstanceProcAddr get = nullptr;
  if (!find_function(library, "vkGetInstanceProcAddr", get)) {
    opened.problem = "libvulkan.so.1 does not export vkGetInstanceProcAddr.";
  } else if (const char* missing = load(opened.table, get)) {
    opened.problem = std::string("The Vulkan loader lacks ") + missing + ".";
  }
  return opened;
}

void add_unique(std::vector<const char*>& names, const char* name) {
  const bool known = std::any_of(names.begin(), names.end(), [&](const char* n) { return !std::strcmp(n, name); });
  if (!known) names.push_back(name);
}

// Asked only after a refusal: enumerating makes the loader open every driver once more.
Status name_missing_extension(const GlobalTable& global, const std::vector<const char*>& wanted) {
  uint32_t count = 0;
  global.EnumerateInstanceExtensionProperties(nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> present(count);
  global.EnumerateInstanceExtensionProperties(nullptr, &count, present.data());
  present.resize(count);
  for (const char* name : wanted) {
    const bool found = std::any_of(present.begin(), present.end(),
                                   [&](const VkExtensionProperties& p) { return !std::strcmp(p.extensionName, name); });
    if (!found && std::strcmp(name, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME) != 0)
      return fail(Code::not_supported, "Instance extension '%s' is not present.", name);
  }
  return vk_status(VK_ERROR_EXTENSION_NOT_PRESENT, "vkCreateInstance");
}

Status refusal(VkResult result, const GlobalTable& global, const std::vector<const char*>& extensions) {
  switch (result) {
    case VK_ERROR_LAYER_NOT_PRESENT:
      return fail(Code::not_supported,
                  "Validation is asked for, but layer %s is not installed (package vulkan-validationlayers).",
                  kValidationLayer);
    case VK_ERROR_EXTENSION_NOT_PRESENT:
      return name_missing_extension(global, extensions);
    case VK_ERROR_INCOMPATIBLE_DRIVER:
      return fail(Code::invalid_state, "No Vulkan driver is installed or usable (VK_ERROR_INCOMPATIBLE_DRIVER).");
    default:
      return vk_status(result, "vkCreateInstance");
  }
}

}  // namespace

DeviceOptions default_options() {
  DeviceOptions result;
  result.pipeline_cache_folder = standard_cache_folder();
  result.validation = options().validation;
  result.debug_names = options().debug_names;
  return result;
}

Result<const GlobalTable*> loader() {
  static const OpenedLoader opened = open_loader();
  if (!opened.problem.empty()) return Status(Code::not_supported, opened.problem);
  return &opened.table;
}

Result<std::unique_ptr<Instance>> Instance::create(const DeviceOptions& options) {
  IST_TRY(const GlobalTable* global, loader());
  uint32_t loader_version = VK_API_VERSION_1_0;
  if (global->EnumerateInstanceVersion) global->EnumerateInstanceVersion(&loader_version);
  if (loader_version < VK_API_VERSION_1_1)
    return fail(Code::not_supported, "The Vulkan loader is of version 1.0; 1.1 is needed.");

  const bool validate = !options.validation.empty() && options.validation != "0";
  std::unique_ptr<Instance> instance(new Instance);
  instance->get_instance_proc_addr = global->GetInstanceProcAddr;
  instance->debug_utils = validate || options.debug_names;
  instance->api_version = std::min<uint32_t>(loader_version, VK_API_VERSION_1_3);

  std::vector<const char*> extensions;
  for (const std::string& name : options.instance_extensions) add_unique(extensions, name.c_str());
  if (instance->debug_utils) add_unique(extensions, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  if (validate) add_unique(extensions, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);

  const VkValidationFeatureEnableEXT sync = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info();  // for creation and destruction itself
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT, &messenger};
  features.enabledValidationFeatureCount = options.validation == "sync" ? 1 : 0;
  features.pEnabledValidationFeatures = &sync;

  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pEngineName = "isthmus";
  application.apiVersion = instance->api_version;
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pNext = validate ? &features : nullptr;
  info.pApplicationInfo = &application;
  info.enabledLayerCount = validate ? 1 : 0;
  info.ppEnabledLayerNames = &kValidationLayer;
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();

  const VkResult result = global->CreateInstance(&info, nullptr, &instance->handle);
  if (result != VK_SUCCESS) {
    instance->handle = VK_NULL_HANDLE;
    return refusal(result, *global, extensions);
  }
  if (const char* missing = load(instance->vk, global->GetInstanceProcAddr, instance->handle, instance->api_version))
    return fail(Code::invalid_state, "The Vulkan instance lacks %s.", missing);
  if (validate)
    IST_CHECK(vk_status(
        instance->vk.CreateDebugUtilsMessengerEXT(instance->handle, &messenger, nullptr, &instance->messenger_),
        "vkCreateDebugUtilsMessengerEXT"));
  return instance;
}

Result<std::unique_ptr<Instance>> Instance::adopt(const HostDevice& host, const DeviceOptions& options) {
  std::unique_ptr<Instance> instance(new Instance);
  instance->owned = false;
  instance->handle = host.instance;
  instance->api_version = std::max(host.api_version, VK_API_VERSION_1_0);
  instance->get_instance_proc_addr = host.get_instance_proc_addr;
  if (!host.get_instance_proc_addr) {
    IST_TRY(const GlobalTable* global, loader());
    instance->get_instance_proc_addr = global->GetInstanceProcAddr;
  }
  instance->debug_utils =
      options.debug_names &&
      std::any_of(host.instance_extensions.begin(), host.instance_extensions.end(),
                  [](const char* name) { return !std::strcmp(name, VK_EXT_DEBUG_UTILS_EXTENSION_NAME); });
  if (const char* missing = load(instance->vk, instance->get_instance_proc_addr, host.instance, instance->api_version))
    return fail(Code::invalid_argument, "get_instance_proc_addr has no %s for the host's instance.", missing);
  return instance;
}

Instance::~Instance() {
  if (messenger_) vk.DestroyDebugUtilsMessengerEXT(handle, messenger_, nullptr);
  if (owned && handle && vk.DestroyInstance) vk.DestroyInstance(handle, nullptr);
}

Result<std::vector<VkPhysicalDevice>> Instance::physical_devices() const {
  uint32_t count = 0;
  VkResult result = vk.EnumeratePhysicalDevices(handle, &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  if (result >= 0 && count > 0) result = vk.EnumeratePhysicalDevices(handle, &count, devices.data());
  if (result == VK_ERROR_INITIALIZATION_FAILED) return std::vector<VkPhysicalDevice>();
  IST_CHECK(vk_status(result, "vkEnumeratePhysicalDevices"));
  devices.resize(count);
  return devices;
}

}  // namespace ist::vk
