// The wrappers that the library gets for Vulkan's functions. Each counts itself; a few do more.
#include "spy_functions.h"

#include <array>
#include <tuple>
#include <vector>

namespace host {
namespace {

enum class Fn : size_t {
#define CORE(version, name) name,
#define EXTENSION(extension, name) name,
#include "vulkan_functions.def"
#undef CORE
#undef EXTENSION
  count
};

constexpr std::string_view kNames[] = {
#define CORE(version, name) #name,
#define EXTENSION(extension, name) #name,
#include "vulkan_functions.def"
#undef CORE
#undef EXTENSION
};

constexpr size_t kCount = static_cast<size_t>(Fn::count);
std::array<std::atomic<PFN_vkVoidFunction>, kCount> reals;
std::array<std::atomic<uint64_t>, kCount> counts;

template <Fn F>
struct Tag {};

template <class Handle>
uint64_t number(Handle handle) {
  if constexpr (std::is_pointer_v<Handle>)
    return reinterpret_cast<uint64_t>(handle);
  else
    return handle;
}

void born(std::string_view type, uint64_t handle, uint64_t size_bytes = 0) {
  if (SpyDriver* spy = active_spy()) spy->born(type, handle, size_bytes);
}

void died(std::string_view type, uint64_t handle) {
  if (SpyDriver* spy = active_spy()) spy->died(type, handle);
}

bool creation_fails(std::string_view name) {
  SpyDriver* spy = active_spy();
  return spy && spy->creation_fails(name);
}

bool lost() {
  SpyDriver* spy = active_spy();
  return spy && spy->lost();
}

// Everything that has no overload below: passed through, with an eye on the life of objects.
template <Fn F, class R, class... Args>
R run(Tag<F>, R(VKAPI_PTR* real)(Args...), Args... args) {
  constexpr std::string_view name = kNames[static_cast<size_t>(F)];
  [[maybe_unused]] const auto given = std::tie(args...);
  if constexpr (name.starts_with("Create") && sizeof...(Args) == 4) {
    if (creation_fails(name)) return VK_ERROR_OUT_OF_HOST_MEMORY;
    const R result = real(args...);
    if (result == VK_SUCCESS) born(name.substr(6), number(*std::get<3>(given)));
    return result;
  } else if constexpr (name.starts_with("Allocate") || name.starts_with("Begin") || name.starts_with("EndCommand")) {
    return creation_fails(name) ? VK_ERROR_OUT_OF_HOST_MEMORY : real(args...);
  } else {
    if constexpr (name.starts_with("Destroy") && sizeof...(Args) == 3) {
      died(name.substr(7), number(std::get<1>(given)));
    }
    return real(args...);
  }
}

void run(Tag<Fn::DestroyInstance>, PFN_vkDestroyInstance, VkInstance instance, const VkAllocationCallbacks*) {
  died("Instance", number(instance));
}

void run(Tag<Fn::DestroyDevice>, PFN_vkDestroyDevice, VkDevice device, const VkAllocationCallbacks*) {
  died("Device", number(device));
}

VkResult run(Tag<Fn::CreateComputePipelines>, PFN_vkCreateComputePipelines real, VkDevice device, VkPipelineCache cache,
             uint32_t count, const VkComputePipelineCreateInfo* infos, const VkAllocationCallbacks* allocator,
             VkPipeline* pipelines) {
  if (creation_fails("CreateComputePipelines")) {
    for (uint32_t k = 0; k < count; ++k) pipelines[k] = VK_NULL_HANDLE;
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  const VkResult result = real(device, cache, count, infos, allocator, pipelines);
  for (uint32_t k = 0; k < count; ++k) {
    if (pipelines[k]) born("Pipeline", number(pipelines[k]));
  }
  return result;
}

VkResult run(Tag<Fn::AllocateMemory>, PFN_vkAllocateMemory real, VkDevice device, const VkMemoryAllocateInfo* info,
             const VkAllocationCallbacks* allocator, VkDeviceMemory* memory) {
  SpyDriver* spy = active_spy();
  if (spy && spy->allocation_fails()) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const VkResult result = real(device, info, allocator, memory);
  if (result == VK_SUCCESS) born("DeviceMemory", number(*memory), info->allocationSize);
  return result;
}

void run(Tag<Fn::FreeMemory>, PFN_vkFreeMemory real, VkDevice device, VkDeviceMemory memory,
         const VkAllocationCallbacks* allocator) {
  died("DeviceMemory", number(memory));
  real(device, memory, allocator);
}

// The real device does not know the pretended family.
template <class Info>
Info without_pretence(Info info) {
  SpyDriver* spy = active_spy();
  if (spy && spy->extra_family() && info.sharingMode == VK_SHARING_MODE_CONCURRENT) {
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
    info.queueFamilyIndexCount = 0;
    info.pQueueFamilyIndices = nullptr;
  }
  return info;
}

VkResult run(Tag<Fn::CreateImage>, PFN_vkCreateImage real, VkDevice device, const VkImageCreateInfo* info,
             const VkAllocationCallbacks* allocator, VkImage* image) {
  if (SpyDriver* spy = active_spy()) spy->saw_image(*info);
  if (creation_fails("CreateImage")) return VK_ERROR_OUT_OF_HOST_MEMORY;
  const VkImageCreateInfo honest = without_pretence(*info);
  const VkResult result = real(device, &honest, allocator, image);
  if (result == VK_SUCCESS) born("Image", number(*image));
  return result;
}

VkResult run(Tag<Fn::CreateBuffer>, PFN_vkCreateBuffer real, VkDevice device, const VkBufferCreateInfo* info,
             const VkAllocationCallbacks* allocator, VkBuffer* buffer) {
  if (SpyDriver* spy = active_spy()) spy->saw_buffer(*info);
  if (creation_fails("CreateBuffer")) return VK_ERROR_OUT_OF_HOST_MEMORY;
  const VkBufferCreateInfo honest = without_pretence(*info);
  const VkResult result = real(device, &honest, allocator, buffer);
  if (result == VK_SUCCESS) born("Buffer", number(*buffer));
  return result;
}

template <class Real, class Submits>
VkResult submit(Real real, VkQueue queue, uint32_t count, const Submits* submits, VkFence fence) {
  SpyDriver* spy = active_spy();
  if (!spy) return real(queue, count, submits, fence);
  const bool alive = spy->enter_submit(queue);
  VkResult result = VK_ERROR_DEVICE_LOST;
  if (alive) result = creation_fails("QueueSubmit") ? VK_ERROR_OUT_OF_HOST_MEMORY : real(queue, count, submits, fence);
  spy->leave_submit();
  return result;
}

VkResult run(Tag<Fn::QueueSubmit>, PFN_vkQueueSubmit real, VkQueue queue, uint32_t count, const VkSubmitInfo* submits,
             VkFence fence) {
  return submit(real, queue, count, submits, fence);
}

VkResult run(Tag<Fn::QueueSubmit2>, PFN_vkQueueSubmit2 real, VkQueue queue, uint32_t count,
             const VkSubmitInfo2* submits, VkFence fence) {
  return submit(real, queue, count, submits, fence);
}

VkResult run(Tag<Fn::QueueSubmit2KHR>, PFN_vkQueueSubmit2 real, VkQueue queue, uint32_t count,
             const VkSubmitInfo2* submits, VkFence fence) {
  return submit(real, queue, count, submits, fence);
}

VkResult run(Tag<Fn::WaitForFences>, PFN_vkWaitForFences real, VkDevice device, uint32_t count, const VkFence* fences,
             VkBool32 all, uint64_t timeout_ns) {
  return lost() ? VK_ERROR_DEVICE_LOST : real(device, count, fences, all, timeout_ns);
}

VkResult run(Tag<Fn::GetFenceStatus>, PFN_vkGetFenceStatus real, VkDevice device, VkFence fence) {
  return lost() ? VK_ERROR_DEVICE_LOST : real(device, fence);
}

VkResult run(Tag<Fn::WaitSemaphores>, PFN_vkWaitSemaphores real, VkDevice device, const VkSemaphoreWaitInfo* info,
             uint64_t timeout_ns) {
  return lost() ? VK_ERROR_DEVICE_LOST : real(device, info, timeout_ns);
}

VkResult run(Tag<Fn::WaitSemaphoresKHR>, PFN_vkWaitSemaphores real, VkDevice device, const VkSemaphoreWaitInfo* info,
             uint64_t timeout_ns) {
  return lost() ? VK_ERROR_DEVICE_LOST : real(device, info, timeout_ns);
}

template <class Barrier>
void look_at(uint32_t count, const Barrier* barriers) {
  SpyDriver* spy = active_spy();
  for (uint32_t k = 0; spy && k < count; ++k) {
    const Barrier& b = barriers[k];
    spy->saw_barrier({b.image, b.oldLayout, b.newLayout, b.srcQueueFamilyIndex, b.dstQueueFamilyIndex});
  }
}

void run(Tag<Fn::CmdPipelineBarrier>, PFN_vkCmdPipelineBarrier real, VkCommandBuffer commands,
         VkPipelineStageFlags from, VkPipelineStageFlags to, VkDependencyFlags flags, uint32_t memory_count,
         const VkMemoryBarrier* memory, uint32_t buffer_count, const VkBufferMemoryBarrier* buffers,
         uint32_t image_count, const VkImageMemoryBarrier* images) {
  look_at(image_count, images);
  real(commands, from, to, flags, memory_count, memory, buffer_count, buffers, image_count, images);
}

void run(Tag<Fn::CmdPipelineBarrier2>, PFN_vkCmdPipelineBarrier2 real, VkCommandBuffer commands,
         const VkDependencyInfo* info) {
  look_at(info->imageMemoryBarrierCount, info->pImageMemoryBarriers);
  real(commands, info);
}

void run(Tag<Fn::CmdPipelineBarrier2KHR>, PFN_vkCmdPipelineBarrier2 real, VkCommandBuffer commands,
         const VkDependencyInfo* info) {
  look_at(info->imageMemoryBarrierCount, info->pImageMemoryBarriers);
  real(commands, info);
}

VkQueueFamilyProperties& basic(VkQueueFamilyProperties& properties) { return properties; }
VkQueueFamilyProperties& basic(VkQueueFamilyProperties2& properties) { return properties.queueFamilyProperties; }

template <class Real, class Properties>
void families(Real real, VkPhysicalDevice device, uint32_t* count, Properties* properties) {
  SpyDriver* spy = active_spy();
  const auto extra = spy ? spy->extra_family() : std::nullopt;
  if (!extra) return real(device, count, properties);
  uint32_t there = 0;
  real(device, &there, nullptr);
  if (properties) {
    uint32_t room = *count;
    real(device, &room, properties);
    if (*count > there) {
      VkQueueFamilyProperties& last = basic(properties[there]);
      last = basic(properties[0]);
      last.queueFlags = *extra;
      *count = there + 1;
    }
  } else {
    *count = there + 1;
  }
}

void run(Tag<Fn::GetPhysicalDeviceQueueFamilyProperties>, PFN_vkGetPhysicalDeviceQueueFamilyProperties real,
         VkPhysicalDevice device, uint32_t* count, VkQueueFamilyProperties* properties) {
  families(real, device, count, properties);
}

void run(Tag<Fn::GetPhysicalDeviceQueueFamilyProperties2>, PFN_vkGetPhysicalDeviceQueueFamilyProperties2 real,
         VkPhysicalDevice device, uint32_t* count, VkQueueFamilyProperties2* properties) {
  families(real, device, count, properties);
}

PFN_vkVoidFunction run(Tag<Fn::GetInstanceProcAddr>, PFN_vkGetInstanceProcAddr real, VkInstance instance,
                       const char* name) {
  SpyDriver* spy = active_spy();
  return spy ? spy->hand_out(name, real(instance, name)) : nullptr;
}

PFN_vkVoidFunction run(Tag<Fn::GetDeviceProcAddr>, PFN_vkGetDeviceProcAddr real, VkDevice device, const char* name) {
  SpyDriver* spy = active_spy();
  return spy ? spy->hand_out(name, real(device, name)) : nullptr;
}

template <Fn F, class Pfn>
struct Wrapper;

template <Fn F, class R, class... Args>
struct Wrapper<F, R(VKAPI_PTR*)(Args...)> {
  static VKAPI_ATTR R VKAPI_CALL call(Args... args) {
    constexpr size_t index = static_cast<size_t>(F);
    ++counts[index];
    return run(Tag<F>{}, reinterpret_cast<R(VKAPI_PTR*)(Args...)>(reals[index].load()), args...);
  }
};

template <Fn F, class Pfn>
PFN_vkVoidFunction wrapper() {
  return reinterpret_cast<PFN_vkVoidFunction>(&Wrapper<F, Pfn>::call);
}

constexpr uint32_t k1_0 = VK_API_VERSION_1_0, k1_1 = VK_API_VERSION_1_1, k1_2 = VK_API_VERSION_1_2,
                   k1_3 = VK_API_VERSION_1_3;

const SpyFunction kFunctions[] = {
#define ENTRY(name, version, extension)  \
  {#name,                                \
   version,                              \
   extension,                            \
   wrapper<Fn::name, PFN_vk##name>(),    \
   reals[static_cast<size_t>(Fn::name)], \
   counts[static_cast<size_t>(Fn::name)]},
#define CORE(version, name) ENTRY(name, k##version, "")
#define EXTENSION(extension, name) ENTRY(name, UINT32_MAX, #extension)
#include "vulkan_functions.def"
#undef CORE
#undef EXTENSION
#undef ENTRY
};

}  // namespace

const SpyFunction* find_function(std::string_view name_with_vk) {
  if (!name_with_vk.starts_with("vk")) return nullptr;
  for (const SpyFunction& function : kFunctions) {
    if (function.name == name_with_vk.substr(2)) return &function;
  }
  return nullptr;
}

void reset_calls() {
  for (auto& count : counts) count = 0;
}

}  // namespace host
