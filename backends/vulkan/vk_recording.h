// The open batch and the commands that go into it; the ring of batches in flight.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "contract/device.h"
#include "vulkan/vk_batch.h"
#include "vulkan/vk_image.h"
#include "vulkan/vk_submit.h"

namespace ist::vk {

// Thread-safety: serialised by the runtime.
class Recording {
 public:
  Recording(const Gpu& gpu, Memory& memory, Submitter& submitter);

  Status begin();
  // Likewise, with the commands in a command buffer of the host (RecordingOps).
  Status begin_in(VkCommandBuffer hosts);
  Result<uint64_t> end_in();
  void dropped_in(uint64_t serial);
  bool open() const { return batch_ != nullptr; }
  Result<uint64_t> submit();

  Result<ArgsBlock> allocate_args(uint32_t size_bytes) { return args_.allocate(batch_->args, size_bytes); }
  void barrier(const BarrierCommand& command);
  void dispatch(Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x);
  void push_label(std::string_view name);
  void pop_label();

  // Of the open batch.
  VkCommandBuffer commands() const { return batch_->commands(); }
  // Keeps the first failure of a command, for submit().
  void keep(Status status);

  uint32_t stamp() { return batch_->stamp(); }
  // Ticks of a finished batch, while they are remembered; else null.
  const std::vector<uint64_t>* stamps_of(uint64_t serial);

  size_t batch_count() const { return ring_.size(); }
  const ArgsPool& args() const { return args_; }

 private:
  struct Stamps {
    uint64_t serial = 0;
    std::vector<uint64_t> ticks;
  };

  // In flight at most; then begin() waits for the oldest, unless nothing would end that wait.
  static constexpr size_t kMaxBatches = 32;
  static constexpr size_t kStampHistory = 64;

  Result<Batch*> idle_batch(bool may_wait);
  void start(Batch& batch);
  void remember_stamps(const Batch& batch);
  bool fill_descriptor(const Pipeline& pipeline, size_t element, const Bound& bound, Descriptor& out);
  void bind_sets(const BindingLayout& layout, Descriptor* descriptors);
  VkSampler sampler_for(const Bound& bound, const Image& image);

  const Gpu& gpu_;
  Submitter& submitter_;
  ArgsPool args_;
  std::vector<std::unique_ptr<Batch>> ring_;
  Batch* batch_ = nullptr;  // open
  Status failure_;
  std::unique_ptr<Sampler> default_sampler_;
  std::vector<VkImageMemoryBarrier> image_barriers_;
  std::vector<VkBufferMemoryBarrier> buffer_barriers_;
  std::deque<Stamps> stamps_;

  // What the open command buffer has bound.
  VkPipeline bound_pipeline_ = VK_NULL_HANDLE;
  const BindingLayout* bound_layout_ = nullptr;
  VkDescriptorSet bound_set_ = VK_NULL_HANDLE;
  uint32_t bound_offset_ = 0;
  Descriptor bound_[kMaxBindings];
};

}  // namespace ist::vk
