// Which batches have finished, by a fence behind each.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "gl/gl_gpu.h"

namespace ist::gl {

// Threads: behind() and release() by the runtime's turn; the others from any thread. In a context of the host's they
// only see what is known already, unless that context is current.
class Fences {
 public:
  explicit Fences(const Gpu& gpu) : gpu_(gpu) {}
  // The work context is current: behind() before the batch counts as handed over, release() before the end.
  Status behind(uint64_t serial);
  void release();

  // The newest batch known to have finished, without a look at the device, or after one.
  uint64_t known() const { return completed_.load(std::memory_order_acquire); }
  uint64_t completed();
  // False on timeout. invalid_state: the host's context is not current, or was lost.
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns);

 private:
  struct Fence {
    uint64_t serial = 0;
    Sync sync = nullptr;  // deleted when nobody looks at it any more, in the work context
  };

  Context& looking_context() const { return gpu_.waiter ? *gpu_.waiter : *gpu_.work; }
  // The oldest fence at or behind `serial`; null when all are known to have passed.
  Sync first_behind(uint64_t serial, uint64_t& found);
  // What glClientWaitSync answers; the context to look in is current.
  Enum look(Sync sync, uint64_t timeout_ns) const;
  void passed(uint64_t serial);
  // Waits for the fence of the batch for a while; the turn is the caller's.
  Status look_for(uint64_t serial, uint64_t timeout_ns);
  void look_at_older(uint64_t serial);
  void delete_spent();

  const Gpu& gpu_;
  std::timed_mutex looking_;  // one thread at a time binds the context to look in; before mutex_
  std::mutex mutex_;          // of the next two
  std::vector<Fence> pending_;
  std::vector<Sync> spent_;
  std::atomic<uint64_t> completed_{0};
  std::atomic<uint64_t> newest_{0};
  std::atomic<uint32_t> others_wait_{0};  // for the turn
};

}  // namespace ist::gl
