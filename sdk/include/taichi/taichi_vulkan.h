// Sharing Vulkan objects with a runtime of TI_ARCH_VULKAN: a host's device is imported, or the
// runtime's own objects are exported. Only types of Vulkan are used, so VK_NO_PROTOTYPES is fine.
// The rules on errors, threads and handles are those of taichi_core.h. Each function refuses
// runtimes of other archs with TI_ERROR_INVALID_INTEROP.
#ifndef TAICHI_VULKAN_H
#define TAICHI_VULKAN_H

#include <taichi/taichi_core.h>
#include <vulkan/vulkan.h>

#ifdef __cplusplus
extern "C" {
#endif

// A Vulkan device as the host and the runtime see it.
typedef struct TiVulkanRuntimeInteropInfo {
  // Import: the root of all Vulkan calls; null lets the library open the system's loader.
  PFN_vkGetInstanceProcAddr get_instance_proc_addr;
  // VK_API_VERSION_* that the device may be used with.
  uint32_t api_version;
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  // Kernels and copies run here. While calls on the runtime are made, the host must not use the
  // queue.
  VkQueue compute_queue;
  uint32_t compute_queue_family_index;
  // May be null on import.
  VkQueue graphics_queue;
  uint32_t graphics_queue_family_index;
} TiVulkanRuntimeInteropInfo;

// A buffer, and where it lies in its device memory.
typedef struct TiVulkanMemoryInteropInfo {
  VkBuffer buffer;
  // In bytes.
  uint64_t size;
  VkBufferUsageFlags usage;
  VkDeviceMemory memory;
  // Of the buffer in memory, in bytes.
  uint64_t offset;
} TiVulkanMemoryInteropInfo;

// An image and how it was created.
typedef struct TiVulkanImageInteropInfo {
  VkImage image;
  VkImageType image_type;
  VkFormat format;
  VkExtent3D extent;
  uint32_t mip_level_count;
  uint32_t array_layer_count;
  VkSampleCountFlagBits sample_count;
  VkImageTiling tiling;
  VkImageUsageFlags usage;
} TiVulkanImageInteropInfo;

// Creates a runtime on device 0 with an instance and device of its own that also have these
// extensions. api_version only has to be positive: the
// device's own version is used. The caller owns the runtime. NOT_SUPPORTED names an
// extension that is missing; ARGUMENT_OUT_OF_RANGE: api_version 0.
TI_DLL_EXPORT TiRuntime TI_API_CALL ti_create_vulkan_runtime_ext(uint32_t api_version,
                                                                 uint32_t instance_extension_count,
                                                                 const char** instance_extensions,
                                                                 uint32_t device_extension_count,
                                                                 const char** device_extensions);

// Creates a runtime on the host's device. The caller owns the runtime; the Vulkan objects stay the
// host's and must outlive it. Nothing is used that has to be enabled; modules that need a feature load
// if the physical device has it, and the log says what was taken for granted. State what was enabled
// with ti_set_runtime_capabilities_ext and modules are compared with that (buffer addresses can only be
// stated to ist_vulkan_adopt_device, ist/vulkan.h). Import, loading of modules and allocation submit
// nothing, unless memory runs short; recorded work is submitted by ti_flush, by what waits, and when a
// batch has grown large or old, always on the calling thread. ARGUMENT_NULL and INVALID_ARGUMENT name
// the member.
TI_DLL_EXPORT TiRuntime TI_API_CALL ti_import_vulkan_runtime(const TiVulkanRuntimeInteropInfo* interop_info);

// Writes the runtime's Vulkan objects. They stay the runtime's (or the importing host's) and are
// good until it is destroyed.
TI_DLL_EXPORT void TI_API_CALL ti_export_vulkan_runtime(TiRuntime runtime, TiVulkanRuntimeInteropInfo* interop_info);

// Makes a host's buffer usable as memory. The buffer stays the host's, outlives the handle and all
// recorded work with it; ti_free_memory only forgets it. Kernels need
// VK_BUFFER_USAGE_STORAGE_BUFFER_BIT.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_import_vulkan_memory(TiRuntime runtime,
                                                           const TiVulkanMemoryInteropInfo* interop_info);

// Writes the buffer behind a piece of memory; good until ti_free_memory. offset need not be 0. Work
// recorded on it is neither submitted nor waited for.
TI_DLL_EXPORT void TI_API_CALL ti_export_vulkan_memory(TiRuntime runtime, TiMemory memory,
                                                       TiVulkanMemoryInteropInfo* interop_info);

// Makes a host's image usable. The image stays the host's, outlives the handle and all recorded
// work with it. layout is what it is in now; view_type tells cubes and arrays apart. An image that the
// runtime knows already gets a second handle with the layouts that the runtime has tracked; layout is
// then not read (ti_track_image_ext restates it). INVALID_INTEROP: known, but with other facts.
TI_DLL_EXPORT TiImage TI_API_CALL ti_import_vulkan_image(TiRuntime runtime,
                                                         const TiVulkanImageInteropInfo* interop_info,
                                                         VkImageViewType view_type, VkImageLayout layout);

// Writes the VkImage behind an image; good until ti_free_image. Use ti_transition_image to know its
// layout.
TI_DLL_EXPORT void TI_API_CALL ti_export_vulkan_image(TiRuntime runtime, TiImage image,
                                                      TiVulkanImageInteropInfo* interop_info);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_VULKAN_H
