// Time stamps of batches, by an event each.
#pragma once

#include <deque>
#include <vector>

#include "contract/image_ops.h"
#include "cuda/cuda_recording.h"

namespace ist::cuda {

class TimingOps final : public ist::TimingOps {
 public:
  TimingOps(const Gpu& gpu, Recording& recording) : gpu_(gpu), recording_(recording) {}
  ~TimingOps() override;

  uint32_t stamp() override;
  uint64_t nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) override;

 private:
  struct Batch {
    uint64_t serial = 0;
    std::vector<NativeEvent> events;  // null where recording one has failed
  };
  static constexpr size_t kHistory = 64;

  Batch& open_batch();
  NativeEvent record();

  const Gpu& gpu_;
  Recording& recording_;
  std::deque<Batch> batches_;
  std::vector<NativeEvent> free_;
};

}  // namespace ist::cuda
