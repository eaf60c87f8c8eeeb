// The OpenGL and OpenGL ES device of the contract. Commands are recorded as plain records; submit() binds the context,
// carries them out and puts a fence behind them.
#pragma once

#include <memory>
#include <vector>

#include "contract/args_pool.h"
#include "gl/gl_image_ops.h"
#include "gl/gl_replay.h"
#include "gl/gl_sync.h"
#include "gl/gl_timing.h"

namespace ist::gl {

// As list_devices(), available and create_device() of contract/registry.h, for Arch::opengl and Arch::gles. Any thread.
Result<std::vector<DeviceInfo>> list_devices(Arch arch);
bool available(Arch arch);
Result<std::unique_ptr<ist::Device>> create_device(Arch arch, uint32_t device_index);
// A device in the context of the host that is current. Its calls are made where that same context is current.
Result<std::unique_ptr<ist::Device>> adopt_context(Arch arch, GetProc get_proc_addr);

class Device final : public ist::Device {
 public:
  static Result<std::unique_ptr<Device>> create(std::unique_ptr<Gpu> gpu);
  ~Device() override;

  const DeviceInfo& info() const override { return gpu_->info(); }
  uint64_t allocation_count() const override { return gpu_->allocations; }
  PipelineCounts pipeline_counts() const override { return pipelines_.counts(); }

  Result<std::unique_ptr<ist::Buffer>> create_buffer(const BufferDesc& desc) override;
  Result<std::unique_ptr<ist::Pipeline>> create_pipeline(const PipelineDesc& desc) override;
  ist::ImageOps* image_ops() override { return &images_; }
  ist::TimingOps* timing_ops() override { return gpu_->caps().timer ? &timing_ : nullptr; }

  Status usable() override;
  Status begin() override;
  bool recording() const override { return recording_.open(); }
  uint64_t recording_serial() const override { return serial_ + 1; }
  Result<ArgsBlock> allocate_args(uint32_t size_bytes) override;
  void barrier(const BarrierCommand& command) override;
  void dispatch(ist::Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) override;
  void copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                   uint64_t size_bytes) override;
  void fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) override;
  void set_name(ist::Buffer& buffer, const std::string& name) override;
  void push_label(std::string_view name) override;
  void pop_label() override;
  Result<uint64_t> submit() override;
  Result<bool> wait(uint64_t serial, uint64_t timeout_ns) override { return fences_.wait(serial, timeout_ns); }
  uint64_t completed_serial() override { return fences_.completed(); }

  // For interop and for tests.
  const Gpu& gpu() const { return *gpu_; }

 private:
  explicit Device(std::unique_ptr<Gpu> gpu);
  // invalid_state: the context on this thread lies where the host's lay, but is another.
  Status check_mark() const;
  Status hand_over();
  Status health();
  Status lose(Status reason);
  void keep_args();
  void reclaim_args();

  struct ArgsInFlight {
    uint64_t serial = 0;
    std::vector<ArgsChunk*> chunks;
  };

  std::unique_ptr<Gpu> gpu_;
  Sync mark_ = nullptr;  // an object of the host's context, by which it is known
  PipelineFactory pipelines_;
  Recording recording_;
  ImageOps images_;
  TimingOps timing_;
  Replay replay_;
  Fences fences_;
  std::unique_ptr<ArgsPool> args_;
  std::vector<ArgsChunk*> open_args_;         // of the open batch
  std::vector<ArgsInFlight> args_in_flight_;  // in order; few
  std::vector<std::vector<ArgsChunk*>> spare_lists_;
  uint64_t serial_ = 0;  // of the newest batch handed over
  std::string lost_;     // why the context is lost; empty: it is not
};

}  // namespace ist::gl
