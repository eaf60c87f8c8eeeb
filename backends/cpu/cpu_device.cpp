// Facts of this machine, and the verbs that need no kernel.
#include "cpu/cpu_device.h"

#include <time.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "base/options.h"
#include "contract/cache_file.h"
#include "cpu/cpu_buffer.h"

namespace ist::cpu {
namespace {

#if defined(__x86_64__)
constexpr Arch kArch = Arch::x64;
constexpr aot::CodeKind kCode = aot::CodeKind::x64;
constexpr const char* kArchName = "x64";
#elif defined(__aarch64__)
constexpr Arch kArch = Arch::arm64;
constexpr aot::CodeKind kCode = aot::CodeKind::arm64;
constexpr const char* kArchName = "arm64";
#else
#error "No Taichi arch is this machine's."
#endif

// As the kernel calls it; where that says nothing (arm64), the name of the arch.
std::string cpu_name() {
  constexpr std::string_view kField = "\nmodel name\t: ";
  const std::string info = read_small_file("/proc/cpuinfo");
  const size_t field = info.find(kField);
  if (field == std::string::npos) return kArchName;
  const size_t begin = field + kField.size();
  return info.substr(begin, info.find('\n', begin) - begin);
}

DeviceInfo describe() {
  DeviceInfo info;
  info.arch = kArch;
  info.immediate = true;
  info.maps_all_memory = true;  // as in Taichi
  info.is_cpu = true;
  info.name = cpu_name();
  info.driver = "Isthmus (LLVM 15)";
  info.api = std::string("CPU, ") + kArchName;
  info.limits.max_storage_range_bytes = PTRDIFF_MAX;
  info.limits.max_uniform_range_bytes = PTRDIFF_MAX;
  info.limits.max_allocation_bytes = PTRDIFF_MAX;
  return info;
}

uint64_t clock_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

bool runs_here(Arch arch) { return arch == kArch; }

Result<std::vector<DeviceInfo>> list_devices(Arch arch) {
  if (!runs_here(arch)) return fail(Code::not_supported, "This machine is %s.", kArchName);
  IST_CHECK(llvm_host::plugin_expected());
  return std::vector<DeviceInfo>{describe()};
}

bool available(Arch arch) { return runs_here(arch) && llvm_host::plugin().ok(); }

Result<std::unique_ptr<ist::Device>> create_device(Arch arch, uint32_t index) {
  IST_TRY(const auto devices, list_devices(arch));
  if (index >= devices.size()) {
    return fail(Code::argument_out_of_range, "device_index (%u) is not below the number of %s devices (1).", index,
                kArchName);
  }
  return std::unique_ptr<ist::Device>(std::make_unique<Device>(devices.front()));
}

Device::Device(DeviceInfo info)
    : info_(std::move(info)),
      programs_(kCode, usable_threads(), options().cpu_deterministic, standard_cache_folder()) {}

Result<std::unique_ptr<Buffer>> Device::create_buffer(const BufferDesc& desc) {
  if (desc.export_sharing) {
    return fail(Code::not_supported, "Memory of the CPU cannot be exported as an OS handle (export_sharing).");
  }
  IST_TRY(auto buffer, allocate_buffer(desc));
  ++allocations_;
  return buffer;
}

Result<std::unique_ptr<Pipeline>> Device::create_pipeline(const PipelineDesc& desc) {
  return fail(Code::not_supported, "'%s' is SPIR-V, which the CPU does not run.", std::string(desc.name).c_str());
}

Status Device::begin() {
  recording_ = true;
  return {};
}

Result<ArgsBlock> Device::allocate_args(uint32_t) {
  return fail(Code::not_supported, "Kernels on the CPU read their arguments where they are.");
}

void Device::copy_buffer(Buffer& dst, uint64_t dst_offset, Buffer& src, uint64_t src_offset, uint64_t size_bytes) {
  std::memmove(dst.host() + dst_offset, src.host() + src_offset, size_bytes);  // imports may overlap
}

void Device::fill_buffer(Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) {
  if (word == 0) {
    std::memset(dst.host() + offset, 0, size_bytes);
    return;
  }
  for (uint64_t at = 0; at < size_bytes; at += sizeof word) std::memcpy(dst.host() + offset + at, &word, sizeof word);
}

Result<uint64_t> Device::submit() {
  if (recording_) finished_.store(finished_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  recording_ = false;
  return finished_.load(std::memory_order_relaxed);
}

uint32_t Device::stamp() {
  Stamps& stamps = stamps_[recording_serial() % kStampedBatches];
  if (stamps.serial != recording_serial()) {
    stamps.serial = recording_serial();
    stamps.ns.clear();
  }
  stamps.ns.push_back(clock_ns());
  return static_cast<uint32_t>(stamps.ns.size() - 1);
}

uint64_t Device::nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) {
  const Stamps& stamps = stamps_[serial % kStampedBatches];
  return stamps.serial == serial ? stamps.ns[last] - stamps.ns[first] : 0;
}

}  // namespace ist::cpu
