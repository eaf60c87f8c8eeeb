// Which batches have finished, by an event behind each.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/cuda_gpu.h"

namespace ist::cuda {

// Threads: behind() by the runtime's turn; the others from any thread.
class Fences {
 public:
  explicit Fences(const Gpu& gpu) : gpu_(gpu) {}
  ~Fences();  // nobody waits any more
  Fences(const Fences&) = delete;
  Fences& operator=(const Fences&) = delete;

  // Before the batch counts as handed over. The context is current. Returns the event, good until the next call.
  Result<NativeEvent> behind(uint64_t serial, NativeStream stream);

  // The newest batch known to have finished, without a look at the device, or after one.
  uint64_t known() const { return completed_.load(std::memory_order_acquire); }
  uint64_t completed();
  // False on timeout. invalid_state for a serial that was never handed over.
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns);

 private:
  struct Fence {
    uint64_t serial = 0;
    NativeEvent event = nullptr;
    uint32_t waiters = 0;  // threads that look at the event: it may not be recorded again
  };

  Result<NativeEvent> spare_event();
  Status look();
  std::unique_ptr<Fence>* first_behind(uint64_t serial);
  Result<bool> wait_for(NativeEvent event, uint64_t timeout_ns);
  void leave(Fence& fence);

  const Gpu& gpu_;
  std::mutex mutex_;                            // of all below
  std::deque<std::unique_ptr<Fence>> pending_;  // by serial
  std::vector<std::unique_ptr<Fence>> passed_;  // that threads still look at
  std::vector<NativeEvent> spare_;
  NativeEvent newest_event_ = nullptr;  // never spare: streams are ordered by it
  std::atomic<uint64_t> completed_{0};
  std::atomic<uint64_t> newest_{0};
};

}  // namespace ist::cuda
