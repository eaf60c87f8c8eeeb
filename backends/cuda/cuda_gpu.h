// One GPU: its facts, its primary context, and whether it is lost. What all parts of the backend work on.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "contract/device.h"
#include "cuda/cuda_api.h"

namespace ist::cuda {

struct GpuFacts {
  NativeDevice device = 0;
  uint32_t capability = 0;  // 10 * major + minor
  uint32_t max_block = 0;
  uint32_t max_shared_bytes = 0;  // of one block, when a kernel asks for more than usual
  bool exports_memory = false;
  bool imports_timelines = false;
  bool registers_pages = false;
  DeviceInfo info;
  std::string unusable;  // why it cannot be used; empty: it can
};

// All GPUs in the driver's order, also those that cannot be used. invalid_state: no driver, or none is there.
Result<std::vector<GpuFacts>> describe_gpus();

// Immutable but for its health. Parts hold a reference; it outlives them.
class Gpu {
 public:
  // Retains the primary context: it is the one that the runtime API of CUDA and most hosts use.
  static Result<std::unique_ptr<Gpu>> open(GpuFacts facts);
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  const Driver& driver() const { return driver_; }
  const GpuFacts& facts() const { return facts_; }
  const DeviceInfo& info() const { return facts_.info; }
  NativeContext context() const { return context_; }

  // Turns an answer of the driver into a Status. Answers that end a context are remembered. Any thread.
  Status check(int answer, const char* call) const { return answer == k::kSuccess ? Status() : judge(answer, call); }
  // Ok until the context is lost; then the first cause, for ever. Any thread.
  Status health() const;

  mutable std::atomic<uint64_t> allocations{0};  // of device memory, ever

 private:
  Gpu(const Driver& driver, GpuFacts facts) : driver_(driver), facts_(std::move(facts)) {}
  Status judge(int answer, const char* call) const;

  const Driver& driver_;
  const GpuFacts facts_;
  NativeContext context_ = nullptr;
  mutable std::atomic<bool> lost_{false};
  mutable std::mutex loss_mutex_;
  mutable std::string loss_;
};

// The GPU's context is current on this thread for its life; then what the thread had before.
class Current {
 public:
  static Result<Current> enter(const Gpu& gpu);
  Current(Current&& other) noexcept : driver_(std::exchange(other.driver_, nullptr)) {}
  Current& operator=(Current&&) = delete;
  ~Current() {
    NativeContext popped = nullptr;
    if (driver_) driver_->CtxPopCurrent(&popped);
  }

 private:
  explicit Current(const Driver& driver) : driver_(&driver) {}
  const Driver* driver_;
};

}  // namespace ist::cuda
