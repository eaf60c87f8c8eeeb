// The CUDA device of the contract: owns the parts and passes each verb to the one it belongs to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cuda/cuda_programs.h"
#include "cuda/cuda_share.h"
#include "cuda/cuda_timing.h"

namespace ist::cuda {

struct DeviceOptions {
  PtxCompiler compiler;
  std::string cache_folder;  // of compiled kernels; empty: nowhere
};

// As list_devices(), available and create_device() of contract/registry.h. Any thread.
Result<std::vector<DeviceInfo>> list_devices();
bool available();
Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index);
Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index, DeviceOptions options);

class Device final : public ist::Device {
 public:
  Device(std::unique_ptr<Gpu> gpu, DeviceOptions options);
  ~Device() override;

  const DeviceInfo& info() const override { return gpu_->info(); }
  uint64_t allocation_count() const override { return gpu_->allocations; }
  PipelineCounts pipeline_counts() const override { return programs_.counts(); }

  Result<std::unique_ptr<ist::Buffer>> create_buffer(const BufferDesc& desc) override;
  Result<std::unique_ptr<Pipeline>> create_pipeline(const PipelineDesc& desc) override;
  ist::ProgramOps* program_ops() override { return &programs_; }
  ist::ShareOps* share_ops() override { return &sharing_; }
  ist::TimingOps* timing_ops() override { return &timing_; }

  Status usable() override { return recording_.usable(); }
  Status begin() override { return recording_.begin(); }
  bool recording() const override { return recording_.open(); }
  uint64_t recording_serial() const override { return recording_.serial(); }
  Result<ArgsBlock> allocate_args(uint32_t size_bytes) override;
  void barrier(const BarrierCommand&) override {}  // the stream is in order
  void dispatch(Pipeline&, std::span<const Bound>, uint32_t) override {}
  void copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                   uint64_t size_bytes) override;
  void fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) override;
  void set_name(ist::Buffer&, const std::string&) override {}
  void push_label(std::string_view) override {}
  void pop_label() override {}
  Result<uint64_t> submit() override;
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns) override {
    return recording_.fences().wait(serial, timeout_ns);
  }
  uint64_t completed_serial() override { return recording_.fences().completed(); }

 private:
  const std::unique_ptr<Gpu> gpu_;
  Recording recording_;
  TimingOps timing_;
  Programs programs_;
  ShareOps sharing_;
};

}  // namespace ist::cuda
