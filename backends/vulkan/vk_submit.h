// Serials on the queue: a timeline semaphore where the device has one, else a ring of fences.
// Knows nothing of what a command buffer holds.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vulkan/vk_gpu.h"

namespace ist::vk {

// Thread-safety: submit() under the runtime's lock; wait() and completed() from any thread.
class Submitter {
 public:
  static Result<std::unique_ptr<Submitter>> create(const Gpu& gpu);
  ~Submitter();  // waits for the last serial
  Submitter(const Submitter&) = delete;
  Submitter& operator=(const Submitter&) = delete;

  // Hands over one command buffer (null: none) and gives it the next serial, which is returned.
  Result<uint64_t> submit(VkCommandBuffer commands);
  uint64_t last_serial() const { return last_.load(std::memory_order_acquire); }

  // False on timeout. invalid_state for a serial that was never submitted.
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns);
  uint64_t completed();

  // Ok until the device is lost; then the first cause, for ever.
  Status health() const;
  // Turns a failed call into a Status and remembers it when the device is gone.
  Status judge(VkResult result, const char* call);

 private:
  struct Fence {
    VkFence handle = VK_NULL_HANDLE;
    uint64_t serial = 0;   // of the submission it stands for
    uint32_t waiters = 0;  // threads inside vkWaitForFences: it may not be reset
  };

  explicit Submitter(const Gpu& gpu) : gpu_(gpu) {}
  void raise_completed(uint64_t serial);
  VkResult hand_over(const VkSubmitInfo& info, VkFence fence);
  Result<Fence*> free_fence();
  VkResult wait_for_value(uint64_t serial, uint64_t timeout_ns);
  VkResult wait_for_fence(uint64_t serial, uint64_t timeout_ns);
  void poll_fences();

  const Gpu& gpu_;
  VkSemaphore timeline_ = VK_NULL_HANDLE;  // null: fences
  std::atomic<uint64_t> last_{0};
  std::atomic<uint64_t> completed_{0};

  std::mutex fence_mutex_;
  std::vector<std::unique_ptr<Fence>> fences_;

  mutable std::mutex loss_mutex_;
  std::atomic<bool> lost_{false};
  std::string loss_;
};

}  // namespace ist::vk
