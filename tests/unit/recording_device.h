// A device that executes nothing and writes down everything, for tests of the core without a driver.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/device.h"
#include "contract/image_ops.h"

namespace ist::test {

class HostBuffer : public Buffer {
 public:
  HostBuffer(const BufferDesc& desc, int& alive) : bytes_(desc.size_bytes), alive_(alive) {
    ++alive_;
    size_bytes_ = desc.size_bytes;
    if (desc.host_read || desc.host_write) host_ = bytes_.data();
    device_address_ = 0x1000;
  }
  ~HostBuffer() override { --alive_; }

 private:
  std::vector<std::byte> bytes_;
  int& alive_;
};

class CountedPipeline : public Pipeline {
 public:
  explicit CountedPipeline(int& alive) : alive_(alive) { ++alive_; }
  ~CountedPipeline() override { --alive_; }

 private:
  int& alive_;
};

class CountedImage : public Image {
 public:
  explicit CountedImage(int& alive) : alive_(alive) { ++alive_; }
  ~CountedImage() override { --alive_; }

 private:
  int& alive_;
};

// One line of what was recorded.
struct Command {
  enum Kind { barrier, dispatch, copy, fill, submit } kind;
  uint32_t groups = 0;
  uint32_t images = 0;  // of a barrier
  Scope src = {};
  Scope dst = {};
  std::vector<Bound> bound = {};
};

// What a test looks at; outlives the device.
struct Record {
  std::vector<Command> commands;
  int alive = 0;           // buffers, images and pipelines not yet destroyed
  uint64_t completed = 0;  // the test says what the device has finished; wait() finishes all
  bool lost = false;       // submit() fails from now on
  bool refuse_buffers = false;

  size_t count(Command::Kind kind) const {
    size_t found = 0;
    for (const Command& command : commands) found += command.kind == kind;
    return found;
  }
};

class RecordingDevice : public Device, public ImageOps {
 public:
  explicit RecordingDevice(Record& record) : record_(record) { info_.name = "recorder"; }

  DeviceInfo info_;

  const DeviceInfo& info() const override { return info_; }
  uint64_t allocation_count() const override { return 0; }
  PipelineCounts pipeline_counts() const override { return pipeline_counts_; }
  ImageOps* image_ops() override { return this; }

  Result<std::unique_ptr<Buffer>> create_buffer(const BufferDesc& desc) override {
    if (record_.refuse_buffers) return fail(Code::out_of_memory, "No memory today.");
    return std::unique_ptr<Buffer>(new HostBuffer(desc, record_.alive));
  }
  Result<std::unique_ptr<Pipeline>> create_pipeline(const PipelineDesc&) override {
    ++pipeline_counts_.made;
    return std::unique_ptr<Pipeline>(new CountedPipeline(record_.alive));
  }

  Status begin() override {
    recording_ = true;
    return {};
  }
  bool recording() const override { return recording_; }
  uint64_t recording_serial() const override { return submitted_ + 1; }

  Result<ArgsBlock> allocate_args(uint32_t size_bytes) override {
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_write = true;
    args_.push_back(std::make_unique<HostBuffer>(desc, record_.alive));
    return ArgsBlock{args_.back().get(), 0, args_.back()->host()};
  }
  void barrier(const BarrierCommand& command) override {
    Command line{Command::barrier};
    line.src = command.src;
    line.dst = command.dst;
    line.images = static_cast<uint32_t>(command.images.size());
    record_.commands.push_back(line);
  }
  void dispatch(Pipeline&, std::span<const Bound> bound, uint32_t group_count_x) override {
    Command line{Command::dispatch};
    line.groups = group_count_x;
    line.bound.assign(bound.begin(), bound.end());
    record_.commands.push_back(line);
  }
  void copy_buffer(Buffer&, uint64_t, Buffer&, uint64_t, uint64_t) override {
    record_.commands.push_back({Command::copy});
  }
  void fill_buffer(Buffer&, uint64_t, uint64_t, uint32_t) override { record_.commands.push_back({Command::fill}); }
  void set_name(Buffer&, const std::string&) override {}
  void set_name(Image&, const std::string&) override {}
  void set_name(Sampler&, const std::string&) override {}
  void push_label(std::string_view) override {}
  void pop_label() override {}

  Result<uint64_t> submit() override {
    if (record_.lost) return fail(Code::invalid_state, "The device is lost.");
    if (recording_) {
      record_.commands.push_back({Command::submit});
      ++submitted_;
      recording_ = false;
    }
    return submitted_;
  }
  Result<bool> wait(uint64_t serial, uint64_t) override {
    record_.completed = std::max(record_.completed, serial);
    return true;
  }
  uint64_t completed_serial() override { return record_.completed; }

  FormatSupport format_support(Format, ImageDimension) override {
    return {image_usage::kStorage | image_usage::kSampled | image_usage::kAttachment,
            true,
            true,
            true,
            16,
            64,
            {4096, 4096, 4096}};
  }
  Result<std::unique_ptr<Image>> create_image(const ImageDesc&) override {
    return std::unique_ptr<Image>(new CountedImage(record_.alive));
  }
  Result<std::unique_ptr<Sampler>> create_sampler(const SamplerDesc&) override { return std::make_unique<Sampler>(); }
  void copy_image(Image&, const ImageRegion&, Layout, Image&, const ImageRegion&, Layout) override {
    record_.commands.push_back({Command::copy});
  }
  void copy_buffer_to_image(Image&, const ImageRegion&, const BufferTexels&) override {
    record_.commands.push_back({Command::copy});
  }
  void copy_image_to_buffer(const BufferTexels&, Image&, const ImageRegion&) override {
    record_.commands.push_back({Command::copy});
  }
  void blit_mip(Image&, uint32_t) override { record_.commands.push_back({Command::copy}); }

 private:
  Record& record_;
  bool recording_ = false;
  uint64_t submitted_ = 0;
  PipelineCounts pipeline_counts_;
  std::vector<std::unique_ptr<HostBuffer>> args_;
};

}  // namespace ist::test
