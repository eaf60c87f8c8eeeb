// Birth, batches, and the way of each verb to the part it belongs to.
#include "gl/gl_device.h"

#include <algorithm>

#include "base/log.h"
#include "base/options.h"
#include "gl/gl_barriers.h"
#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kObjectBuffer = 0x82E0;

Buffer& native(ist::Buffer& buffer) { return static_cast<Buffer&>(buffer); }

Result<std::unique_ptr<Gpu>> own_gpu(Arch arch, uint32_t device_index) {
  IST_TRY(OwnContexts contexts, create_own_contexts(arch == Arch::gles, device_index));
  auto gpu = std::make_unique<Gpu>();
  gpu->work = std::move(contexts.work);
  gpu->waiter = std::move(contexts.waiter);
  gpu->get_proc_addr = contexts.get_proc_addr;
  {
    IST_TRY(const Current current, Current::enter(*gpu->work));
    IST_TRY(gpu->facts, read_context(gpu->get_proc_addr, arch, false));
  }
  gpu->facts.info.index = device_index;
  if (!gpu->facts.compute.ordered_sharing) {
    gpu->lone = true;
    gpu->waiter.reset();
    gpu->work = make_lone(std::move(gpu->work));
  }
  return gpu;
}

}  // namespace

Result<std::unique_ptr<ist::Device>> create_device(Arch arch, uint32_t device_index) {
  IST_TRY(auto gpu, own_gpu(arch, device_index));
  IST_TRY(auto device, Device::create(std::move(gpu)));
  return std::unique_ptr<ist::Device>(std::move(device));
}

Result<std::unique_ptr<ist::Device>> adopt_context(Arch arch, GetProc get_proc_addr) {
  auto gpu = std::make_unique<Gpu>();
  IST_TRY(gpu->work, current_host_context(get_proc_addr));
  gpu->get_proc_addr = get_proc_addr;
  IST_TRY(gpu->facts, read_context(get_proc_addr, arch, true));
  IST_TRY(auto device, Device::create(std::move(gpu)));
  return std::unique_ptr<ist::Device>(std::move(device));
}

Result<std::vector<DeviceInfo>> list_devices(Arch arch) {
  std::vector<DeviceInfo> devices;
  Status first;
  for (uint32_t index = 0; index < own_device_count(); ++index) {
    auto gpu = own_gpu(arch, index);
    if (gpu.ok()) {
      devices.push_back((*gpu)->info());
    } else if (first.ok()) {
      first = gpu.take_status();
    }
  }
  if (!devices.empty()) return devices;
  if (first.ok()) first = fail(Code::invalid_state, "EGL (libEGL.so.1) lists no device here.");
  return first;
}

// The first device decides: it is the one that create_runtime(arch, 0) takes.
bool available(Arch arch) {
  const auto gpu = own_gpu(arch, 0);
  if (!gpu.ok()) log(LogLevel::info, "No own context: %s", std::string(gpu.status().message()).c_str());
  return gpu.ok();
}

Device::Device(std::unique_ptr<Gpu> gpu)
    : gpu_(std::move(gpu)),
      pipelines_(*gpu_),
      images_(*gpu_, recording_),
      timing_(*gpu_, recording_),
      replay_(*gpu_),
      fences_(*gpu_),
      args_(std::make_unique<ArgsPool>(gpu_->caps().uniform_alignment,
                                       [this](const BufferDesc& desc) { return create_buffer(desc); })) {}

Result<std::unique_ptr<Device>> Device::create(std::unique_ptr<Gpu> gpu) {
  std::unique_ptr<Device> device(new Device(std::move(gpu)));
  IST_CHECK(device->replay_.prepare());
  if (device->gpu_->borrowed()) device->mark_ = device->gpu_->gl().FenceSync(k::kSyncGpuCommandsComplete, 0);
  return device;
}

// Where the host's context is not current any more, its names stay behind in it.
Device::~Device() {
  if (serial_ > 0 && check_mark().ok()) (void)fences_.wait(serial_, UINT64_MAX);
  replay_.release();
  auto current = Current::enter(*gpu_->work);
  Status reached = current.ok() ? check_mark() : current.take_status();
  if (!reached.ok()) {
    log(LogLevel::warn, "Objects of the runtime stay in the host's OpenGL context: %s",
        std::string(reached.message()).c_str());
    return;
  }
  if (mark_) gpu_->gl().DeleteSync(mark_);
  timing_.release();
  fences_.release();
  args_.reset();
  gpu_->graveyard.dig(gpu_->gl());
}

Result<std::unique_ptr<ist::Buffer>> Device::create_buffer(const BufferDesc& desc) {
  IST_CHECK(usable());
  IST_TRY(auto buffer, Buffer::create(*gpu_, desc));
  return std::unique_ptr<ist::Buffer>(std::move(buffer));
}

Result<std::unique_ptr<ist::Pipeline>> Device::create_pipeline(const PipelineDesc& desc) {
  IST_CHECK(usable());
  IST_TRY(auto pipeline, pipelines_.create(desc));
  return std::unique_ptr<ist::Pipeline>(std::move(pipeline));
}

Status Device::health() {
  if (lost_.empty()) return {};
  return Status(Code::invalid_state, lost_);
}

// Own contexts serve any thread, and asking would cost a bind.
Status Device::usable() { return check_mark(); }

Status Device::begin() {
  if (recording_.open()) return {};
  IST_CHECK(health());
  IST_CHECK(usable());
  reclaim_args();
  recording_.start();
  return {};
}

void Device::reclaim_args() {
  if (args_in_flight_.empty()) return;
  const uint64_t completed = fences_.known();  // each submit looks, where that costs no bind
  auto next = args_in_flight_.begin();
  for (; next != args_in_flight_.end() && next->serial <= completed; ++next) {
    args_->give_back(next->chunks);
    spare_lists_.push_back(std::move(next->chunks));
  }
  args_in_flight_.erase(args_in_flight_.begin(), next);
}

Result<ArgsBlock> Device::allocate_args(uint32_t size_bytes) { return args_->allocate(open_args_, size_bytes); }

void Device::barrier(const BarrierCommand& command) {
  recording_.barrier(barrier_bits(command, gpu_->caps().buffer_storage));
}

void Device::dispatch(ist::Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) {
  recording_.dispatch(static_cast<Pipeline&>(pipeline), bound, group_count_x);
}

void Device::copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                         uint64_t size_bytes) {
  recording_.copy_buffer({&native(dst), &native(src), dst_offset, src_offset, size_bytes});
}

void Device::fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) {
  recording_.fill_buffer({&native(dst), offset, size_bytes, word});
}

void Device::set_name(ist::Buffer& buffer, const std::string& name) {
  set_label(*gpu_, kObjectBuffer, native(buffer).name(), name);
}

void Device::push_label(std::string_view name) {
  if (gpu_->caps().debug && options().debug_names) recording_.push_label(label_of(name));
}

void Device::pop_label() {
  if (gpu_->caps().debug && options().debug_names) recording_.pop_label();
}

Result<uint64_t> Device::submit() {
  IST_CHECK(health());
  if (!recording_.open()) return serial_;
  // Also where host memory is exhausted on the way: commands that were carried out must not be so again.
  struct Ended {
    Device& device;
    uint64_t before;
    ~Ended() {
      device.recording_.finish();
      if (device.serial_ == before) device.args_->give_back(device.open_args_);
    }
  } ended{*this, serial_};
  IST_CHECK(hand_over());
  return serial_;
}

void Device::keep_args() {
  if (open_args_.empty()) return;
  args_in_flight_.push_back({serial_, std::move(open_args_)});
  open_args_.clear();
  if (spare_lists_.empty()) return;
  open_args_ = std::move(spare_lists_.back());
  spare_lists_.pop_back();
}

// Hosts that go destroy their context before the runtime now and then, and the next one may have its address.
Status Device::check_mark() const {
  if (!gpu_->borrowed()) return {};
  IST_CHECK(Current::enter(*gpu_->work).take_status());
  if (gpu_->gl().IsSync(mark_)) return {};
  return fail(Code::invalid_state, "The host's OpenGL context is gone; the one that is current is another.");
}

// A command that failed has not undone the others: the batch counts as handed over, and its failure is told.
Status Device::hand_over() {
  IST_TRY(const Current current, Current::enter(*gpu_->work));
  IST_CHECK(check_mark());
  const Functions& gl = gpu_->gl();
  gpu_->graveyard.dig(gl);
  const CommandList& commands = recording_.commands();
  const uint32_t stamps = recording_.stamp_count();
  Status status = replay_.run(commands, timing_.queries_for(serial_ + 1, stamps));
  if (!gpu_->borrowed() && gpu_->caps().reset_status && gl.GetGraphicsResetStatus() != k::kNoError)
    return lose(fail(Code::invalid_state, "Device '%s' was reset; its context is lost.", gpu_->info().name.c_str()));
  if (status.ok()) status = replay_.errors();
  if (Status fenced = fences_.behind(serial_ + 1); !fenced.ok()) return lose(std::move(fenced));
  ++serial_;
  keep_args();
  return status;
}

Status Device::lose(Status reason) {
  lost_ = reason.message();
  return reason;
}

}  // namespace ist::gl
