// Submission and completion.
#include "vulkan/vk_submit.h"

#include "vulkan/vk_debug.h"
#include "vulkan/vk_semaphore.h"
#include "vulkan/vk_text.h"

namespace ist::vk {

Result<std::unique_ptr<Submitter>> Submitter::create(const Gpu& gpu) {
  std::unique_ptr<Submitter> submitter(new Submitter(gpu));
  if (!gpu.physical->timeline) return submitter;
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type};
  IST_CHECK(vk_status(gpu.vk.CreateSemaphore(gpu.device, &info, nullptr, &submitter->timeline_), "vkCreateSemaphore"));
  set_name(gpu, VK_OBJECT_TYPE_SEMAPHORE, submitter->timeline_, "isthmus timeline");
  return submitter;
}

Submitter::~Submitter() {
  wait_for_own();
  if (timeline_) gpu_.vk.DestroySemaphore(gpu_.device, timeline_, nullptr);
  for (const auto& fence : fences_) gpu_.vk.DestroyFence(gpu_.device, fence->handle, nullptr);
}

void Submitter::wait_for_own() {
  if (const uint64_t serial = own_last_; serial > 0) (void)wait(serial, UINT64_MAX);
}

Status Submitter::health() const {
  if (!lost_.load(std::memory_order_acquire)) return {};
  std::lock_guard lock(loss_mutex_);
  return Status(Code::invalid_state, loss_);
}

Status Submitter::judge(VkResult result, const char* call) {
  if (result >= 0) return {};
  Status status = vk_status(result, call);
  if (result != VK_ERROR_DEVICE_LOST) return status;
  {
    std::lock_guard lock(loss_mutex_);
    if (loss_.empty()) loss_ = "The device is lost: " + std::string(status.message());
    lost_.store(true, std::memory_order_release);
  }
  return health();
}

void Submitter::raise_completed(uint64_t serial) {
  uint64_t known = completed_.load(std::memory_order_relaxed);
  while (known < serial && !completed_.compare_exchange_weak(known, serial, std::memory_order_release)) {
  }
}

void Submitter::Points::add(VkSemaphore semaphore, uint64_t value) {
  semaphores.push_back(semaphore);
  values.push_back(value);
}

void Submitter::Points::clear() {
  semaphores.clear();
  values.clear();
}

void Submitter::wait_before(const DevicePoint& point) {
  if (lost_.load(std::memory_order_acquire)) return;  // no submission will come
  waits_.add(semaphore_of(point.native), point.kind == SemaphoreKind::timeline ? point.value : 0);
}

void Submitter::signal_after(const DevicePoint& point) {
  if (lost_.load(std::memory_order_acquire)) return;
  signals_.add(semaphore_of(point.native), point.kind == SemaphoreKind::timeline ? point.value : 0);
}

DevicePoint Submitter::own_point(uint64_t serial) const {
  return {SemaphoreKind::timeline, number_of(timeline_), timeline_ ? serial : 0};
}

Result<uint64_t> Submitter::submit(VkCommandBuffer commands) {
  auto serial = submit_points(commands);
  forget_points();
  return serial;
}

void Submitter::forget_points() {
  waits_.clear();
  signals_.clear();
}

Result<uint64_t> Submitter::submit_points(VkCommandBuffer commands) {
  IST_CHECK(health());
  const uint64_t serial = last_serial() + 1;
  if (timeline_) signals_.add(timeline_, serial);
  if (wait_stages_.size() < waits_.count()) wait_stages_.resize(waits_.count(), VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
  VkTimelineSemaphoreSubmitInfo values{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
  values.waitSemaphoreValueCount = waits_.count();
  values.pWaitSemaphoreValues = waits_.values.data();
  values.signalSemaphoreValueCount = signals_.count();
  values.pSignalSemaphoreValues = signals_.values.data();
  VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO};
  info.pNext = gpu_.physical->timeline ? &values : nullptr;
  info.waitSemaphoreCount = waits_.count();
  info.pWaitSemaphores = waits_.semaphores.data();
  info.pWaitDstStageMask = wait_stages_.data();
  info.commandBufferCount = commands ? 1 : 0;
  info.pCommandBuffers = &commands;
  info.signalSemaphoreCount = signals_.count();
  info.pSignalSemaphores = signals_.semaphores.data();
  if (timeline_) {
    IST_CHECK(judge(hand_over(info, VK_NULL_HANDLE), "vkQueueSubmit"));
  } else {
    std::lock_guard lock(fence_mutex_);
    IST_TRY(Fence * fence, free_fence());
    IST_CHECK(judge(hand_over(info, fence->handle), "vkQueueSubmit"));
    fence->serial = serial;
  }
  last_.store(serial, std::memory_order_release);
  own_last_.store(serial, std::memory_order_release);
  return serial;
}

uint64_t Submitter::reserve() {
  const uint64_t serial = last_serial() + 1;
  const std::lock_guard lock(host_mutex_);
  host_batches_.push_back({serial, {}});
  host_count_.store(static_cast<uint32_t>(host_batches_.size()), std::memory_order_release);
  last_.store(serial, std::memory_order_release);
  return serial;
}

void Submitter::give_back(uint64_t serial) {
  const std::lock_guard lock(host_mutex_);
  host_batches_.pop_back();
  host_count_.store(static_cast<uint32_t>(host_batches_.size()), std::memory_order_release);
  last_.store(serial - 1, std::memory_order_release);
}

void Submitter::submitted_by_host(uint64_t serial, const DevicePoint& done) {
  const std::lock_guard lock(host_mutex_);
  for (HostBatch& one : host_batches_)
    if (one.serial == serial) one.done = done;
}

// The first submission of ours that is not before `serial`: no other value is ever signalled.
uint64_t Submitter::own_from(uint64_t serial) {
  if (host_count_.load(std::memory_order_acquire) == 0) return serial;
  const std::lock_guard lock(host_mutex_);
  for (const HostBatch& one : host_batches_)
    if (one.serial == serial) ++serial;
  return serial;
}

void Submitter::finished_by_host(uint64_t serial) {
  raise_completed(serial);
  poll_host();
}

// Points fire in order, so the first that has not is the end of the look.
void Submitter::poll_host() {
  if (host_count_.load(std::memory_order_acquire) == 0) return;
  const std::lock_guard lock(host_mutex_);
  while (!host_batches_.empty()) {
    const HostBatch& oldest = host_batches_.front();
    if (oldest.serial > completed_.load(std::memory_order_acquire)) {
      if (!oldest.done.native) break;
      uint64_t value = 0;
      const VkResult result = gpu_.vk.GetSemaphoreCounterValue(gpu_.device, semaphore_of(oldest.done.native), &value);
      if (result != VK_SUCCESS) (void)judge(result, "vkGetSemaphoreCounterValue");
      if (result != VK_SUCCESS || value < oldest.done.value) break;
      raise_completed(oldest.serial);
    }
    host_batches_.pop_front();
  }
  host_count_.store(static_cast<uint32_t>(host_batches_.size()), std::memory_order_release);
}

VkResult Submitter::hand_over(const VkSubmitInfo& info, VkFence fence) {
  const std::lock_guard turn(gpu_.queue);
  return gpu_.vk.QueueSubmit(gpu_.queue.handle(), 1, &info, fence);
}

// An unsignalled fence that nobody waits for. Under fence_mutex_.
Result<Submitter::Fence*> Submitter::free_fence() {
  poll_fences();
  const uint64_t done = completed_.load(std::memory_order_acquire);
  for (const auto& fence : fences_) {
    if (fence->serial > done || fence->waiters > 0) continue;
    IST_CHECK(judge(gpu_.vk.ResetFences(gpu_.device, 1, &fence->handle), "vkResetFences"));
    fence->serial = 0;
    return fence.get();
  }
  auto fence = std::make_unique<Fence>();
  VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  IST_CHECK(judge(gpu_.vk.CreateFence(gpu_.device, &info, nullptr, &fence->handle), "vkCreateFence"));
  fences_.push_back(std::move(fence));
  return fences_.back().get();
}

Result<bool> Submitter::wait(uint64_t serial, uint64_t timeout_ns) {
  if (serial <= completed_.load(std::memory_order_acquire)) return true;
  IST_CHECK(health());
  if (!awaitable(serial))
    return fail(Code::invalid_state, "Batch %llu has not been submitted (the last one is %llu).",
                static_cast<unsigned long long>(serial), static_cast<unsigned long long>(own_last_.load()));
  const VkResult result =
      timeline_ ? wait_for_value(timeline_, own_from(serial), timeout_ns) : wait_for_fence(serial, timeout_ns);
  if (result == VK_TIMEOUT) return false;
  IST_CHECK(judge(result, timeline_ ? "vkWaitSemaphores" : "vkWaitForFences"));
  raise_completed(serial);
  return true;
}

Result<bool> Submitter::wait_point(const DevicePoint& point, uint64_t timeout_ns) {
  IST_CHECK(health());
  const VkResult result = wait_for_value(semaphore_of(point.native), point.value, timeout_ns);
  if (result == VK_TIMEOUT) return false;
  IST_CHECK(judge(result, "vkWaitSemaphores"));
  return true;
}

VkResult Submitter::wait_for_value(VkSemaphore semaphore, uint64_t value, uint64_t timeout_ns) {
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &semaphore;
  info.pValues = &value;
  return gpu_.vk.WaitSemaphores(gpu_.device, &info, timeout_ns);
}

VkResult Submitter::wait_for_fence(uint64_t serial, uint64_t timeout_ns) {
  Fence* chosen = nullptr;
  {
    std::lock_guard lock(fence_mutex_);
    if (serial <= completed_.load(std::memory_order_acquire)) return VK_SUCCESS;
    for (const auto& fence : fences_)
      if (fence->serial >= serial && (!chosen || fence->serial < chosen->serial)) chosen = fence.get();
    if (!chosen) return VK_ERROR_UNKNOWN;
    ++chosen->waiters;
  }
  const VkResult result = gpu_.vk.WaitForFences(gpu_.device, 1, &chosen->handle, VK_TRUE, timeout_ns);
  std::lock_guard lock(fence_mutex_);
  --chosen->waiters;
  return result;
}

uint64_t Submitter::completed() {
  const uint64_t known = completed_.load(std::memory_order_acquire);
  if (known == last_serial() || lost_.load(std::memory_order_acquire)) return known;
  if (timeline_) {
    uint64_t value = 0;
    const VkResult result = gpu_.vk.GetSemaphoreCounterValue(gpu_.device, timeline_, &value);
    if (result == VK_SUCCESS) {
      raise_completed(value);
    } else {
      (void)judge(result, "vkGetSemaphoreCounterValue");
    }
  } else {
    std::lock_guard lock(fence_mutex_);
    poll_fences();
  }
  poll_host();
  return completed_.load(std::memory_order_acquire);
}

// A signalled fence speaks for all submissions before it. Under fence_mutex_.
void Submitter::poll_fences() {
  const uint64_t done = completed_.load(std::memory_order_acquire);
  for (const auto& fence : fences_) {
    if (fence->serial <= done) continue;
    const VkResult result = gpu_.vk.GetFenceStatus(gpu_.device, fence->handle);
    if (result == VK_SUCCESS) raise_completed(fence->serial);
    if (result < 0) (void)judge(result, "vkGetFenceStatus");
  }
}

}  // namespace ist::vk
