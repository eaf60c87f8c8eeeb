// Serials on the queue: a timeline semaphore where the device has one, else a ring of fences.
// Knows nothing of what a command buffer holds.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "contract/share_ops.h"
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
  // What the next submission waits for before anything of it begins, and signals once all of it has
  // finished. It is forgotten whether or not that submission succeeds. Under the runtime's lock.
  void wait_before(const DevicePoint& point);
  void signal_after(const DevicePoint& point);
  // No submission will come for them.
  void forget_points();
  bool has_points() const { return waits_.count() + signals_.count() > 0; }

  // Batches that the host hands over: each takes the next serial. Under the runtime's lock.
  uint64_t reserve();
  void give_back(uint64_t serial);  // the newest
  // Told by `done`, a timeline (native 0: by nobody).
  void submitted_by_host(uint64_t serial, const DevicePoint& done);
  void finished_by_host(uint64_t serial);
  // A submission of ours comes after it on the queue, so that its completion tells of this one too (Vulkan 7.4.1:
  // a signal operation's first scope holds all commands earlier in submission order).
  bool awaitable(uint64_t serial) const { return serial <= own_last_.load(std::memory_order_acquire); }

  // The timeline that serials are counted on; native 0: fences.
  DevicePoint own_point(uint64_t serial) const;
  // False on timeout. For devices with timeline semaphores. Any thread.
  Result<bool> wait_point(const DevicePoint& point, uint64_t timeout_ns);

  uint64_t last_serial() const { return last_.load(std::memory_order_acquire); }

  // False on timeout. invalid_state for a serial that was never submitted.
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns);
  uint64_t completed();
  // Blocks until all that we have submitted has finished.
  void wait_for_own();

  // Ok until the device is lost; then the first cause, for ever.
  Status health() const;
  // Turns a failed call into a Status and remembers it when the device is gone.
  Status judge(VkResult result, const char* call);

 private:
  struct HostBatch {
    uint64_t serial;
    DevicePoint done;  // native 0: not known
  };

  struct Fence {
    VkFence handle = VK_NULL_HANDLE;
    uint64_t serial = 0;   // of the submission it stands for
    uint32_t waiters = 0;  // threads inside vkWaitForFences: it may not be reset
  };

  // Semaphores of the next submission with what vkQueueSubmit wants to know of each.
  struct Points {
    std::vector<VkSemaphore> semaphores;
    std::vector<uint64_t> values;  // of binary ones: 0, which is ignored
    void add(VkSemaphore semaphore, uint64_t value);
    void clear();
    uint32_t count() const { return static_cast<uint32_t>(semaphores.size()); }
  };

  explicit Submitter(const Gpu& gpu) : gpu_(gpu) {}
  void raise_completed(uint64_t serial);
  Result<uint64_t> submit_points(VkCommandBuffer commands);
  VkResult hand_over(const VkSubmitInfo& info, VkFence fence);
  Result<Fence*> free_fence();
  VkResult wait_for_value(VkSemaphore semaphore, uint64_t value, uint64_t timeout_ns);
  VkResult wait_for_fence(uint64_t serial, uint64_t timeout_ns);
  void poll_fences();
  void poll_host();
  uint64_t own_from(uint64_t serial);

  const Gpu& gpu_;
  VkSemaphore timeline_ = VK_NULL_HANDLE;  // null: fences
  Points waits_;
  Points signals_;
  std::vector<VkPipelineStageFlags> wait_stages_;  // as long as waits_ has ever been
  std::atomic<uint64_t> last_{0};
  std::atomic<uint64_t> own_last_{0};  // the newest that is a submission of ours
  std::atomic<uint64_t> completed_{0};

  std::mutex fence_mutex_;
  std::vector<std::unique_ptr<Fence>> fences_;

  std::mutex host_mutex_;
  std::deque<HostBatch> host_batches_;  // not known to be finished, in order
  std::atomic<uint32_t> host_count_{0};

  mutable std::mutex loss_mutex_;
  std::atomic<bool> lost_{false};
  std::string loss_;
};

}  // namespace ist::vk
