// The Vulkan device of the contract: owns the parts and passes each verb to the one it belongs to.
#pragma once

#include <memory>
#include <vector>

#include "contract/device.h"
#include "vulkan/vk_debug.h"
#include "vulkan/vk_host_commands.h"
#include "vulkan/vk_image_ops.h"
#include "vulkan/vk_options.h"
#include "vulkan/vk_share.h"

namespace ist::vk {

// As list_devices(), available and create_device() of contract/registry.h. Any thread.
Result<std::vector<DeviceInfo>> list_devices();
bool available();
Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index, const DeviceOptions& options);
// A device on the host's VkDevice. argument_null and invalid_argument name the member; submits nothing.
Result<std::unique_ptr<ist::Device>> adopt_device(const HostDevice& host, const DeviceOptions& options);

class Device final : public ist::Device {
 public:
  static Result<std::unique_ptr<Device>> create(std::unique_ptr<Gpu> gpu);
  ~Device() override;

  const DeviceInfo& info() const override { return gpu_->info(); }
  uint64_t allocation_count() const override { return memory_.allocation_count(); }
  PipelineCounts pipeline_counts() const override { return pipelines_->cache().counts(); }

  Result<std::unique_ptr<ist::Buffer>> create_buffer(const BufferDesc& desc) override;
  Result<std::unique_ptr<ist::Pipeline>> create_pipeline(const PipelineDesc& desc) override;
  ist::ImageOps* image_ops() override { return &images_; }
  ist::ShareOps* share_ops() override { return &sharing_; }
  ist::RecordingOps* recording_ops() override { return &host_commands_; }
  ist::TimingOps* timing_ops() override { return gpu_->physical->timestamp_bits ? &timing_ : nullptr; }

  Status begin() override { return recording_.begin(); }
  bool recording() const override { return recording_.open(); }
  uint64_t recording_serial() const override { return submitter_->last_serial() + 1; }
  Result<ArgsBlock> allocate_args(uint32_t size_bytes) override { return recording_.allocate_args(size_bytes); }
  void barrier(const BarrierCommand& command) override { recording_.barrier(command); }
  void dispatch(ist::Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) override {
    recording_.dispatch(static_cast<Pipeline&>(pipeline), bound, group_count_x);
  }
  void copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                   uint64_t size_bytes) override;
  void fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) override;
  void set_name(ist::Buffer& buffer, const std::string& name) override {
    vk::set_name(*gpu_, VK_OBJECT_TYPE_BUFFER, static_cast<Buffer&>(buffer).handle(), name);
  }
  void push_label(std::string_view name) override { recording_.push_label(name); }
  void pop_label() override { recording_.pop_label(); }
  Result<uint64_t> submit() override { return recording_.submit(); }
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns) override { return submitter_->wait(serial, timeout_ns); }
  uint64_t completed_serial() override { return submitter_->completed(); }

  // For interop and for tests.
  const Gpu& gpu() const { return *gpu_; }
  const Memory& memory() const { return memory_; }
  const Recording& recorder() const { return recording_; }
  const PipelineFactory& pipelines() const { return *pipelines_; }

 private:
  Device(std::unique_ptr<Gpu> gpu, std::unique_ptr<Submitter> submitter, std::unique_ptr<PipelineFactory> pipelines);

  std::unique_ptr<Gpu> gpu_;
  Memory memory_;
  std::unique_ptr<PipelineFactory> pipelines_;
  std::unique_ptr<Submitter> submitter_;
  Recording recording_;
  ImageOps images_;
  TimingOps timing_;
  ShareOps sharing_;
  RecordingOps host_commands_;
};

}  // namespace ist::vk
