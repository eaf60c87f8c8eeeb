// Makes, imports and exports semaphores.
#include "vulkan/vk_semaphore.h"

#include <mutex>

#include "contract/owned_fd.h"
#include "vulkan/vk_debug.h"
#include "vulkan/vk_share_query.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

const char* kind_name(SemaphoreKind kind) { return kind == SemaphoreKind::timeline ? "timeline" : "binary"; }

// Drivers die of handles that they have not said they know, so they are not asked.
Status check_type(const Gpu& gpu, SemaphoreKind kind, HandleType type, uint32_t known, const char* verb) {
  if (known >> static_cast<uint32_t>(type) & 1) return {};
  return fail(Code::not_supported, "Device '%s' cannot %s %s semaphores as handles of type %u (its mask is 0x%x).",
              gpu.info().name.c_str(), verb, kind_name(kind), static_cast<unsigned>(type), known);
}

}  // namespace

uint64_t number_of(VkSemaphore semaphore) { return (uint64_t)semaphore; }

VkSemaphore semaphore_of(uint64_t native) { return (VkSemaphore)native; }

Result<std::unique_ptr<Semaphore>> Semaphore::create(const Gpu& gpu, SemaphoreKind kind, HandleType exportable) {
  const ShareSupport& share = gpu.info().share;
  if (exportable != HandleType::none) {
    const uint32_t known = kind == SemaphoreKind::timeline ? share.timeline_export : share.binary_export;
    IST_CHECK(check_type(gpu, kind, exportable, known, "export"));
  }
  std::unique_ptr<Semaphore> semaphore(new Semaphore(gpu, exportable));
  IST_CHECK(semaphore->make(kind));
  return semaphore;
}

Result<std::unique_ptr<Semaphore>> Semaphore::import(const Gpu& gpu, SemaphoreKind kind, HandleType type,
                                                     OsHandle handle) {
  const ShareSupport& share = gpu.info().share;
  const uint32_t known = kind == SemaphoreKind::timeline ? share.timeline_import : share.binary_import;
  IST_CHECK(check_type(gpu, kind, type, known, "import"));
  OwnedFd file;
  const bool fired = type == HandleType::sync_fd && handle == -1;
  if (!fired) {
    IST_TRY(file, OwnedFd::duplicate(handle));
    if (type == HandleType::opaque_fd) IST_CHECK(file.check_shared(gpu.info().is_cpu, 1));
  }
  std::unique_ptr<Semaphore> semaphore(new Semaphore(gpu, HandleType::none));
  IST_CHECK(semaphore->make(kind));
  VkImportSemaphoreFdInfoKHR info{VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR};
  info.semaphore = semaphore->handle_;
  info.flags = type == HandleType::sync_fd ? VkSemaphoreImportFlags{VK_SEMAPHORE_IMPORT_TEMPORARY_BIT} : 0;
  info.handleType = semaphore_handle(type);
  info.fd = file.get();
  const VkResult result = gpu.vk.ImportSemaphoreFdKHR(gpu.device, &info);
  if (result == VK_ERROR_OUT_OF_HOST_MEMORY) return vk_status(result, "vkImportSemaphoreFdKHR");
  if (result != VK_SUCCESS)
    return fail(Code::invalid_interop, "The driver refuses the handle of a %s semaphore (vkImportSemaphoreFdKHR: %s).",
                kind_name(kind), result_name(result));
  (void)file.release();  // the driver's now
  return semaphore;
}

Status Semaphore::make(SemaphoreKind kind) {
  if (kind == SemaphoreKind::timeline && !gpu_.physical->timeline)
    return fail(Code::not_supported, "Device '%s' has no timeline semaphores.", gpu_.info().name.c_str());
  VkExportSemaphoreCreateInfo exported{VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO};
  exported.handleTypes = semaphore_handle(exportable_);
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  if (kind == SemaphoreKind::timeline) info.pNext = &type;
  if (exported.handleTypes) {
    exported.pNext = info.pNext;
    info.pNext = &exported;
  }
  IST_CHECK(vk_status(gpu_.vk.CreateSemaphore(gpu_.device, &info, nullptr, &handle_), "vkCreateSemaphore"));
  set_name(gpu_, VK_OBJECT_TYPE_SEMAPHORE, handle_, "isthmus shared semaphore");
  return {};
}

// Mesa's queue thread (22.3, lavapipe) tells a batch finished and only then lets go of the timelines that it has waited
// for. Once an empty submission behind it has finished, it has. The wait is bounded, for a host's own work may stand
// in between.
void Semaphore::outlive_queue_thread() const {
  constexpr uint64_t kLongestNs = 1'000'000'000;
  const VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence = VK_NULL_HANDLE;
  if (gpu_.vk.CreateFence(gpu_.device, &info, nullptr, &fence) != VK_SUCCESS) return;
  VkResult result;
  {
    const std::lock_guard lock(gpu_.queue);
    result = gpu_.vk.QueueSubmit(gpu_.queue.handle(), 0, nullptr, fence);
  }
  if (result == VK_SUCCESS) result = gpu_.vk.WaitForFences(gpu_.device, 1, &fence, VK_TRUE, kLongestNs);
  if (result != VK_TIMEOUT) gpu_.vk.DestroyFence(gpu_.device, fence, nullptr);
}

Semaphore::~Semaphore() {
  if (handle_ && gpu_.info().is_cpu) outlive_queue_thread();
  if (handle_) gpu_.vk.DestroySemaphore(gpu_.device, handle_, nullptr);
}

uint64_t Semaphore::native() const { return number_of(handle_); }

Result<OsHandle> Semaphore::export_handle(HandleType type) const {
  if (type == HandleType::none || type != exportable_)
    return fail(Code::invalid_state, "The semaphore was made to be exported as a handle of type %u, not %u.",
                static_cast<unsigned>(exportable_), static_cast<unsigned>(type));
  VkSemaphoreGetFdInfoKHR info{VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR};
  info.semaphore = handle_;
  info.handleType = semaphore_handle(type);
  int fd = -1;
  IST_CHECK(vk_status(gpu_.vk.GetSemaphoreFdKHR(gpu_.device, &info, &fd), "vkGetSemaphoreFdKHR"));
  return OsHandle{fd};
}

}  // namespace ist::vk
