// The contract on the CPU that this process runs on: LLVM kernels called as functions. A command is carried out while
// it is recorded, by the thread that records it and the workers of the device's pool; so a batch that is handed over
// has finished, and nothing ever waits.
#pragma once

#include <atomic>
#include <memory>

#include "contract/device.h"
#include "contract/image_ops.h"
#include "cpu/cpu_programs.h"

namespace ist::cpu {

// x64 or arm64: the one this library is built for. Others are no CPU of ours.
bool runs_here(Arch arch);
// One entry; not_supported when `arch` is not of this machine, or the plugin is missing.
Result<std::vector<DeviceInfo>> list_devices(Arch arch);
bool available(Arch arch);
Result<std::unique_ptr<ist::Device>> create_device(Arch arch, uint32_t index);

class Device final : public ist::Device, private TimingOps {
 public:
  explicit Device(DeviceInfo info);

  const DeviceInfo& info() const override { return info_; }
  uint64_t allocation_count() const override { return allocations_; }
  PipelineCounts pipeline_counts() const override { return programs_.counts(); }
  Result<std::unique_ptr<Buffer>> create_buffer(const BufferDesc& desc) override;
  Result<std::unique_ptr<Pipeline>> create_pipeline(const PipelineDesc& desc) override;
  ProgramOps* program_ops() override { return &programs_; }
  TimingOps* timing_ops() override { return this; }

  Status begin() override;
  bool recording() const override { return recording_; }
  uint64_t recording_serial() const override { return finished_.load(std::memory_order_relaxed) + 1; }
  Result<ArgsBlock> allocate_args(uint32_t size_bytes) override;
  void barrier(const BarrierCommand&) override {}
  void dispatch(Pipeline&, std::span<const Bound>, uint32_t) override {}
  void copy_buffer(Buffer& dst, uint64_t dst_offset, Buffer& src, uint64_t src_offset, uint64_t size_bytes) override;
  void fill_buffer(Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) override;
  void set_name(Buffer&, const std::string&) override {}
  void push_label(std::string_view) override {}
  void pop_label() override {}
  Result<uint64_t> submit() override;
  Result<bool> wait(uint64_t, uint64_t) override { return true; }
  uint64_t completed_serial() override { return finished_.load(std::memory_order_acquire); }

 private:
  // The clock at each stamp of the last batches.
  uint32_t stamp() override;
  uint64_t nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) override;

  struct Stamps {
    uint64_t serial = 0;
    std::vector<uint64_t> ns;
  };
  static constexpr size_t kStampedBatches = 64;

  const DeviceInfo info_;
  Programs programs_;
  std::atomic<uint64_t> finished_ = 0;  // serial of the newest batch handed over
  bool recording_ = false;
  uint64_t allocations_ = 0;
  Stamps stamps_[kStampedBatches];  // by serial
};

}  // namespace ist::cpu
