// Puts a device together; lists the devices there are.
#include "cuda/cuda_device.h"

#include "base/log.h"
#include "contract/cache_file.h"
#include "llvm/plugin.h"

namespace ist::cuda {
namespace {

// The first device decides: it is the one that create_runtime(TI_ARCH_CUDA, 0) takes.
Status ready() {
  IST_CHECK(llvm_host::plugin_expected());
  IST_TRY(const auto gpus, describe_gpus());
  if (gpus.front().unusable.empty()) return {};
  return fail(Code::invalid_state, "GPU 0 cannot be used: %s.", gpus.front().unusable.c_str());
}

}  // namespace

// Without the plugin no kernel could be compiled: what is missing is told before a GPU is asked for.
Result<std::vector<DeviceInfo>> list_devices() {
  IST_CHECK(llvm_host::plugin_expected());
  IST_TRY(auto gpus, describe_gpus());
  std::vector<DeviceInfo> infos;
  for (GpuFacts& gpu : gpus) infos.push_back(std::move(gpu.info));
  return infos;
}

bool available() {
  static const bool found = [] {
    const Status status = ready();
    if (!status.ok()) log(LogLevel::info, "No CUDA: %s", std::string(status.message()).c_str());
    return status.ok();
  }();
  return found;
}

Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index) {
  IST_CHECK(llvm_host::plugin_expected());
  return create_device(device_index, {plugin_compiler(), standard_cache_folder()});
}

Result<std::unique_ptr<ist::Device>> create_device(uint32_t device_index, DeviceOptions options) {
  IST_TRY(auto gpus, describe_gpus());
  if (device_index >= gpus.size()) {
    return fail(Code::argument_out_of_range, "Device index %u is out of range: there are %zu CUDA devices.",
                device_index, gpus.size());
  }
  IST_TRY(auto gpu, Gpu::open(std::move(gpus[device_index])));
  return std::unique_ptr<ist::Device>(std::make_unique<Device>(std::move(gpu), std::move(options)));
}

Device::Device(std::unique_ptr<Gpu> gpu, DeviceOptions options)
    : gpu_(std::move(gpu)),
      recording_(*gpu_),
      timing_(*gpu_, recording_),
      programs_(*gpu_, recording_, std::move(options.compiler), options.cache_folder),
      sharing_(*gpu_, recording_) {}

// What kernels use goes with programs_.
Device::~Device() { (void)recording_.drain(); }

Result<std::unique_ptr<ist::Buffer>> Device::create_buffer(const BufferDesc& desc) {
  IST_TRY(auto buffer, Buffer::create(*gpu_, desc));
  return std::unique_ptr<ist::Buffer>(std::move(buffer));
}

Result<std::unique_ptr<Pipeline>> Device::create_pipeline(const PipelineDesc& desc) {
  return fail(Code::not_supported, "'%s' is SPIR-V, which '%s' does not run through CUDA.",
              std::string(desc.name).c_str(), info().name.c_str());
}

Result<ArgsBlock> Device::allocate_args(uint32_t) {
  return fail(Code::not_supported, "Kernels of CUDA modules take their arguments with the launch.");
}

void Device::copy_buffer(ist::Buffer& dst, uint64_t dst_offset, ist::Buffer& src, uint64_t src_offset,
                         uint64_t size_bytes) {
  recording_.issue("cuMemcpyAsync", [&](NativeStream stream) {
    return gpu_->driver().MemcpyAsync(dst.device_address() + dst_offset, src.device_address() + src_offset, size_bytes,
                                      stream);
  });
}

void Device::fill_buffer(ist::Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) {
  recording_.issue("cuMemsetD32Async", [&](NativeStream stream) {
    return gpu_->driver().MemsetD32Async(dst.device_address() + offset, word, size_bytes / sizeof word, stream);
  });
}

Result<uint64_t> Device::submit() {
  if (recording_.open()) programs_.finish_batch();
  return recording_.submit();
}

}  // namespace ist::cuda
