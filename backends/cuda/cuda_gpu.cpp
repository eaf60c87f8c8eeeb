// What the driver says of its GPUs, and which of its answers are the end.
#include "cuda/cuda_gpu.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace ist::cuda {
namespace {

constexpr uint32_t kLeastCapability = 70;  // what the IR of modules asks for: match.sync and activemask
constexpr uint32_t kNvidia = 0x10de;

constexpr uint32_t bit(HandleType type) { return 1u << static_cast<uint32_t>(type); }

std::string version_text(int version) {
  char text[32];
  std::snprintf(text, sizeof text, "CUDA %d.%d", version / 1000, version % 1000 / 10);
  return text;
}

// Drivers that do not know an attribute do not have what it asks for.
uint32_t attribute(const Driver& driver, int which, NativeDevice device) {
  int value = 0;
  return driver.DeviceGetAttribute(&value, which, device) == k::kSuccess && value > 0 ? static_cast<uint32_t>(value)
                                                                                      : 0;
}

ShareSupport share_of(const GpuFacts& facts) {
  ShareSupport share;
  share.memory_import = bit(HandleType::opaque_fd);
  if (facts.registers_pages) share.memory_import |= bit(HandleType::host_pointer);
  if (facts.exports_memory) share.memory_export = bit(HandleType::opaque_fd);
  share.binary_import = bit(HandleType::opaque_fd);
  share.timeline = facts.imports_timelines;
  if (share.timeline) share.timeline_import = bit(HandleType::opaque_fd);
  return share;
}

DeviceLimits limits_of(uint64_t memory_bytes) {
  DeviceLimits limits;
  limits.max_group_count_x = INT32_MAX;
  limits.max_storage_range_bytes = memory_bytes;
  limits.max_uniform_range_bytes = memory_bytes;
  limits.max_allocation_bytes = memory_bytes;
  return limits;
}

Result<GpuFacts> describe(const Driver& driver, int index) {
  GpuFacts facts;
  IST_CHECK(driver.status(driver.DeviceGet(&facts.device, index), "cuDeviceGet"));
  DeviceInfo& info = facts.info;
  char name[256] = {};
  IST_CHECK(driver.status(driver.DeviceGetName(name, sizeof name - 1, facts.device), "cuDeviceGetName"));
  Uuid uuid{};
  IST_CHECK(driver.status(driver.DeviceGetUuid(&uuid, facts.device), "cuDeviceGetUuid"));
  size_t memory_bytes = 0;
  IST_CHECK(driver.status(driver.DeviceTotalMem(&memory_bytes, facts.device), "cuDeviceTotalMem"));
  const auto ask = [&](int which) { return attribute(driver, which, facts.device); };
  facts.capability = ask(k::kCapabilityMajor) * 10 + ask(k::kCapabilityMinor);
  facts.max_block = ask(k::kMaxThreadsPerBlock);
  facts.max_shared_bytes = ask(k::kMaxSharedOptIn);
  facts.exports_memory = ask(k::kVirtualMemory) && ask(k::kFileDescriptorHandles);
  facts.imports_timelines = ask(k::kTimelineInterop);
  facts.registers_pages = ask(k::kHostRegister);
  if (facts.capability < kLeastCapability) {
    facts.unusable = "compute capability " + std::to_string(facts.capability / 10) + "." +
                     std::to_string(facts.capability % 10) + ", but modules need 7.0";
  } else if (!ask(k::kUnifiedAddressing)) {
    facts.unusable = "no unified addresses";
  }
  info.arch = Arch::cuda;
  info.index = static_cast<uint32_t>(index);
  info.vendor_id = kNvidia;
  info.api_version = info.driver_version = static_cast<uint32_t>(driver.version);
  std::memcpy(info.device_uuid, uuid.bytes, sizeof info.device_uuid);
  info.name = facts.unusable.empty() ? name : "unusable: " + std::string(name) + " (" + facts.unusable + ")";
  info.driver = "NVIDIA, compute capability " + std::to_string(facts.capability / 10) + "." +
                std::to_string(facts.capability % 10);
  info.api = version_text(driver.version);
  info.limits = limits_of(memory_bytes);
  info.share = share_of(facts);
  return facts;
}

// After these the context only repeats them.
bool ends_context(int answer) {
  static constexpr int kFatal[] = {k::kDeinitialized,       k::kDeviceUnavailable,  k::kEccUncorrectable,
                                   k::kNvlinkUncorrectable, k::kContained,          k::kIllegalAddress,
                                   k::kLaunchTimeout,       k::kContextIsDestroyed, k::kAssert,
                                   k::kExternalDevice};
  const bool by_kernel = answer >= k::kHardwareStackError && answer <= k::kLaunchFailed;
  return by_kernel || std::find(std::begin(kFatal), std::end(kFatal), answer) != std::end(kFatal);
}

}  // namespace

Result<std::vector<GpuFacts>> describe_gpus() {
  IST_TRY(const Driver* driver, cuda::driver());
  int count = 0;
  IST_CHECK(driver->status(driver->DeviceGetCount(&count), "cuDeviceGetCount"));
  std::vector<GpuFacts> gpus;
  for (int index = 0; index < count; ++index) {
    IST_TRY(GpuFacts facts, describe(*driver, index));
    gpus.push_back(std::move(facts));
  }
  if (gpus.empty()) return fail(Code::invalid_state, "NVIDIA's driver lists no GPU.");
  return gpus;
}

Result<std::unique_ptr<Gpu>> Gpu::open(GpuFacts facts) {
  if (!facts.unusable.empty())
    return fail(Code::not_supported, "GPU %u cannot be used: %s.", facts.info.index, facts.unusable.c_str());
  IST_TRY(const Driver* driver, cuda::driver());
  std::unique_ptr<Gpu> gpu(new Gpu(*driver, std::move(facts)));
  IST_CHECK(driver->status(driver->PrimaryCtxRetain(&gpu->context_, gpu->facts_.device), "cuDevicePrimaryCtxRetain"));
  return gpu;
}

Gpu::~Gpu() {
  if (context_) driver_.PrimaryCtxRelease(facts_.device);
}

Status Gpu::judge(int answer, const char* call) const {
  Status status = driver_.status(answer, call);
  if (!ends_context(answer)) return status;
  const std::lock_guard lock(loss_mutex_);
  if (!lost_.load(std::memory_order_relaxed)) {
    loss_ = "Device '" + info().name + "' is lost: " + std::string(status.message());
    lost_.store(true, std::memory_order_release);
  }
  return Status(Code::invalid_state, loss_);
}

Status Gpu::health() const {
  if (!lost_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(loss_mutex_);
  return Status(Code::invalid_state, loss_);
}

Result<Current> Current::enter(const Gpu& gpu) {
  IST_CHECK(gpu.check(gpu.driver().CtxPushCurrent(gpu.context()), "cuCtxPushCurrent"));
  return Current(gpu.driver());
}

}  // namespace ist::cuda
