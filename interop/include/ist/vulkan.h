// A host that owns the VkDevice: what to enable before it is created, and a runtime on it. Only types
// of Vulkan are used, so VK_NO_PROTOTYPES is fine. The rules on errors, structs and threads are those
// of ist/core.h.
#ifndef IST_VULKAN_H
#define IST_VULKAN_H

#include <ist/share.h>
#include <vulkan/vulkan_core.h>

#ifdef __cplusplus
extern "C" {
#endif

// Called with the queue around each vkQueueSubmit of ours, on the thread that made the call into the
// library. Must not call ti_* or ist_*, nor throw. A thread that holds what lock_queue takes must not call
// into a runtime on that queue: it would wait for itself or for a thread that waits for it.
typedef void(TI_API_CALL* IstQueueFn)(void* user, VkQueue queue);

// What a host's instance and device should have. All lists and chains are the library's and live as
// long as it is loaded.
typedef struct IstVulkanNeeds {
  uint32_t size;
  // VK_API_VERSION_1_1. A device of 1.0 is taken too, but runs only modules compiled with
  // spirv_version 0x10000.
  uint32_t api_version_min;
  uint32_t instance_extension_count;
  uint32_t device_extension_count;
  const char* const* instance_extensions;
  const char* const* device_extensions;
  // The features of this device that kernels may need or the library uses, to be merged into VkDeviceCreateInfo::pNext:
  // in structs of single extensions, as a device of Vulkan 1.1 takes them. A host that chains
  // VkPhysicalDeviceVulkan12Features sets the members of the same names there instead.
  const VkPhysicalDeviceFeatures2* features;
  // What a host's own objects need to become arguments of kernels and to be copied.
  VkBufferUsageFlags buffer_usage;
  VkImageUsageFlags image_usage;
} IstVulkanNeeds;

// A VkDevice of the host, and what it was created with. Vulkan has no call that tells, so what is not
// stated here is taken for off.
typedef struct IstVulkanDevice {
  uint32_t size;
  // VkApplicationInfo::apiVersion of the instance; the device's own may be lower.
  uint32_t api_version;
  // Null: the system's loader. Else every function comes from here.
  PFN_vkGetInstanceProcAddr get_instance_proc_addr;
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  // Ours to submit to; its family has VK_QUEUE_COMPUTE_BIT.
  VkQueue queue;
  uint32_t queue_family;
  // Families other than queue_family whose queues use our buffers and images, which are then
  // VK_SHARING_MODE_CONCURRENT among them.
  uint32_t host_family_count;
  const uint32_t* host_families;
  // As given to vkCreateDevice.
  uint32_t device_extension_count;
  // As given to vkCreateInstance. Names and labels want VK_EXT_debug_utils here and IST_DEBUG_NAMES.
  uint32_t instance_extension_count;
  const char* const* device_extensions;
  const char* const* instance_extensions;
  // As given to vkCreateDevice, pEnabledFeatures included; its pNext chain may hold the structs of
  // single extensions or VkPhysicalDeviceVulkan1xFeatures. Null: undeclared. Then nothing is used that
  // has to be enabled, and modules load if the physical device could run them; the log says what was
  // taken for granted.
  const VkPhysicalDeviceFeatures2* features;
  // Both or none.
  IstQueueFn lock_queue;
  IstQueueFn unlock_queue;
  void* user;
  // 1: compiled pipelines are kept on disk, as on the library's own devices (IST_PIPELINE_CACHE).
  uint32_t use_pipeline_cache;
  uint32_t reserved;
} IstVulkanDevice;

// Tells what to enable. With a null instance and physical device: the instance part only. Everything
// named is there on that device, and everything but api_version_min is optional. `instance` was made with
// an apiVersion of 1.1 or later. `get` null: the system's loader. NOT_SUPPORTED: no loader, or a device
// without compute queue or of Vulkan 1.0. Any thread.
IST_FN ist_vulkan_needs(PFN_vkGetInstanceProcAddr get, VkInstance instance, VkPhysicalDevice physical_device,
                        IstVulkanNeeds* needs);

// Creates a runtime on the host's device, which stays the host's and must outlive it. Owned by the
// caller (ti_destroy_runtime). Submits nothing; later submits happen only inside calls on the runtime,
// on the caller's thread, between lock_queue and unlock_queue. Runtimes of this library that share a
// queue take turns by themselves. `runtime` null: checks only. INVALID_ARGUMENT and ARGUMENT_NULL name
// the member. What merely costs speed or sharing goes to the log (info).
IST_FN ist_vulkan_adopt_device(const IstVulkanDevice* device, TiRuntime* runtime);

// A command buffer of the host that calls of the library were recorded into.
typedef struct IstRecording_t* IstRecording;

// From here until ist_vulkan_end_recording, what this thread records on this runtime (ti_launch_*, ti_copy_*,
// ti_transition_image, ist_copy_*, ist_generate_mips, ist_lend and ist_take_back by rung QUEUE) goes into
// `commands`: the host's, in the recording state, outside a render pass, one-time-submit, of the runtime's queue
// family. Pending work is submitted first. Disturbs the compute bind point (pipeline, descriptor sets, push
// descriptors) of the command buffer and nothing else. Until the end, calls that submit, wait, read or write from
// the host are INVALID_STATE, and so are the recording calls of other threads (at once, without a wait).
// INVALID_STATE too: a recording is open; work was recorded behind one that is not reported submitted; 64 are ended
// and not reported; 1024 are submitted and not known to be finished. The runtime is on a Vulkan device.
IST_FN ist_vulkan_begin_recording(TiRuntime runtime, VkCommandBuffer commands);

// No more calls go into the command buffer, which the host may go on with. It must now be submitted, once, to the
// runtime's queue, and reported; or dropped. Until then own work of the runtime is recorded, but held back so that
// it does not overtake, and calls that need it submitted are INVALID_STATE. On failure (a command could not be
// recorded) the recording is gone as if dropped. By the thread that began it.
IST_FN ist_vulkan_end_recording(TiRuntime runtime, IstRecording* recording);

// Reports that the command buffer has been handed to the queue; in the order of the ends (INVALID_STATE names the
// oldest). `done`: a TIMELINE point that fires after it; it is looked at, not waited for, and its semaphore lives
// until the recording is known to be finished: by ti_wait, or a newer recording that is. Null: the host calls
// ist_vulkan_retire, or lets ti_wait find out. Work that was held back meanwhile is handed over if a flush was asked
// for; its failure is told here, and the recording is reported all the same. Any thread, but not while the queue is
// locked.
IST_FN ist_vulkan_submitted(TiRuntime runtime, IstRecording recording, const IstSyncPoint* done);

// The host knows that the recording, and all before it, have finished on the device: what they used may be freed
// and used again, and the command buffer may be reset. Never needed for correctness after ti_wait.
// INVALID_STATE: not reported submitted.
IST_FN ist_vulkan_retire(TiRuntime runtime, IstRecording recording);

// The command buffer will never be submitted: layouts, holders and everything else known of objects go back to what
// they were at the begin. Of several the newest first, and nothing recorded behind it (INVALID_STATE). Counters stay.
IST_FN ist_vulkan_drop(TiRuntime runtime, IstRecording recording);

// A view of all mips of the image, and of all layers of array types, for sampling or as an attachment; owned by the
// image, the same handle each time. `format` VK_FORMAT_UNDEFINED: the image's own; of RGBA8 and BGRA8 images that the
// library made without export_sharing on Vulkan 1.2 also their sRGB or UNORM twin. Does not lend; sampling wants
// the image lent in TI_IMAGE_LAYOUT_SHADER_READ. NOT_SUPPORTED: no such view can be made of this image. Any thread.
IST_FN ist_vulkan_image_view(TiRuntime runtime, TiImage image, VkFormat format, VkImageViewType type,
                             VkImageView* view);

// A point at a semaphore of the host: rung TIMELINE with a value, or BINARY.
static inline IstSyncPoint ist_vulkan_point(IstRung rung, VkSemaphore semaphore, uint64_t value) {
  IstSyncPoint point;
  point.rung = rung;
  point.fd = -1;
  point.semaphore = (uint64_t)semaphore;
  point.value = value;
  return point;
}

// What a TiImageLayout is in Vulkan: the library's own table, usable without it. Unknown values and
// TI_IMAGE_LAYOUT_UNDEFINED give VK_IMAGE_LAYOUT_UNDEFINED.
static inline VkImageLayout ist_vulkan_layout(TiImageLayout layout) {
  switch (layout) {
    case TI_IMAGE_LAYOUT_SHADER_READ:
    case TI_IMAGE_LAYOUT_COLOR_ATTACHMENT_READ:
      return VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
    case TI_IMAGE_LAYOUT_SHADER_WRITE:
    case TI_IMAGE_LAYOUT_SHADER_READ_WRITE:
      return VK_IMAGE_LAYOUT_GENERAL;
    case TI_IMAGE_LAYOUT_COLOR_ATTACHMENT:
      return VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
    case TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT:
      return VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL;
    case TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT_READ:
      return VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL;
    case TI_IMAGE_LAYOUT_TRANSFER_DST:
      return VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
    case TI_IMAGE_LAYOUT_TRANSFER_SRC:
      return VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
    case TI_IMAGE_LAYOUT_PRESENT_SRC:
      return VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
    default:
      return VK_IMAGE_LAYOUT_UNDEFINED;
  }
}

#ifdef __cplusplus
}
#endif

#endif  // IST_VULKAN_H
