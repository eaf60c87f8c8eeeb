// Time stamps of batches: query objects while a batch runs, ticks afterwards.
#pragma once

#include <deque>
#include <vector>

#include "contract/image_ops.h"
#include "gl/gl_recording.h"

namespace ist::gl {

class TimingOps final : public ist::TimingOps {
 public:
  TimingOps(const Gpu& gpu, Recording& recording) : gpu_(gpu), recording_(recording) {}

  uint32_t stamp() override { return recording_.stamp(); }
  uint64_t nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) override;

  // Queries for the batch about to be handed over, as many as it has stamps. The work context is current here and
  // in release().
  std::span<const Name> queries_for(uint64_t serial, uint32_t count);
  void release();

 private:
  struct Batch {
    uint64_t serial = 0;
    std::vector<Name> queries;    // empty once read
    std::vector<uint64_t> ticks;  // nanoseconds
  };
  static constexpr size_t kHistory = 64;

  void read(Batch& batch);

  const Gpu& gpu_;
  Recording& recording_;
  std::deque<Batch> batches_;
  std::vector<Name> free_;
};

}  // namespace ist::gl
