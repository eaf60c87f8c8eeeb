// ti_*: version, archs, runtimes, capabilities, flush and wait.
#include <algorithm>
#include <map>

#include "base/log.h"
#include "capi/entry.h"
#include "capi/publish.h"
#include "contract/registry.h"

using namespace ist;
using namespace ist::capi;

namespace {

const char* arch_name(TiArch arch) {
  static constexpr const char* kNames[] = {"TI_ARCH_RESERVED", "TI_ARCH_VULKAN", "TI_ARCH_METAL",  "TI_ARCH_CUDA",
                                           "TI_ARCH_X64",      "TI_ARCH_ARM64",  "TI_ARCH_OPENGL", "TI_ARCH_GLES"};
  const auto index = static_cast<uint32_t>(arch);
  return index < std::size(kNames) ? kNames[index] : "an unknown arch";
}

// Writes at most *count elements and sets *count to how many there are; null `out` only counts.
template <class T, class Source, class Convert>
void write_list(uint32_t* count, T* out, const Source& source, Convert convert) {
  const auto room = static_cast<size_t>(*count);
  *count = static_cast<uint32_t>(source.size());
  for (size_t i = 0; out && i < std::min(room, source.size()); ++i) out[i] = convert(source[i]);
}

const std::vector<TiArch>& available_archs() {
  static const std::vector<TiArch> archs = [] {
    std::vector<TiArch> found;
    for (const TiArch arch : {TI_ARCH_VULKAN, TI_ARCH_CUDA, TI_ARCH_X64, TI_ARCH_ARM64, TI_ARCH_OPENGL, TI_ARCH_GLES}) {
      if (arch_available(static_cast<Arch>(arch))) found.push_back(arch);
    }
    return found;
  }();
  return archs;
}

}  // namespace

extern "C" {

uint32_t ti_get_version(void) { return TI_C_API_VERSION; }

void ti_get_available_archs(uint32_t* arch_count, TiArch* archs) {
  if (!arch_count) return;
  run("ti_get_available_archs", [&]() -> Status {
    write_list(arch_count, archs, available_archs(), [](TiArch arch) { return arch; });
    return {};
  });
}

TiRuntime ti_create_runtime(TiArch arch, uint32_t device_index) {
  TiRuntime runtime = nullptr;
  run("ti_create_runtime", [&]() -> Status {
    const auto raw = static_cast<uint32_t>(arch);
    if (raw < TI_ARCH_VULKAN || raw > TI_ARCH_GLES) {
      return fail(Code::not_supported, "%u is no arch.", raw);
    }
    auto device = create_device(static_cast<Arch>(arch), device_index);
    if (!device.ok()) return device.take_status().in(arch_name(arch));
    runtime = publish(std::make_unique<Runtime>(std::move(*device)));
    return {};
  });
  return runtime;
}

void ti_destroy_runtime(TiRuntime runtime) {
  run("ti_destroy_runtime", [&]() -> Status {
    const auto handle = reinterpret_cast<HandleBits>(runtime);
    if (HandleTable::instance().retire(handle, Kind::runtime)) return {};
    return unresolved(HandleTable::instance().find(handle, Kind::runtime), Kind::runtime, runtime, "runtime");
  });
}

void ti_set_runtime_capabilities_ext(TiRuntime runtime, uint32_t capability_count,
                                     const TiCapabilityLevelInfo* capabilities) {
  on_runtime("ti_set_runtime_capabilities_ext", runtime, [&](Call& call) -> Status {
    if (capability_count > 0) IST_CHECK(require_pointer(capabilities, "capabilities"));
    std::map<uint32_t, uint32_t> levels;  // ascending, and the last word on each holds
    for (uint32_t i = 0; i < capability_count; ++i)
      levels[raw_value(capabilities[i].capability)] = capabilities[i].level;
    call.runtime.declare({levels.begin(), levels.end()});
    return {};
  });
}

void ti_get_runtime_capabilities(TiRuntime runtime, uint32_t* capability_count, TiCapabilityLevelInfo* capabilities) {
  on_runtime("ti_get_runtime_capabilities", runtime, [&](Call& call) -> Status {
    if (!capability_count) return {};
    write_list(capability_count, capabilities, call.runtime.capabilities(), [](const auto& entry) {
      return TiCapabilityLevelInfo{static_cast<TiCapability>(entry.first), entry.second};
    });
    return {};
  });
}

void ti_flush(TiRuntime runtime) {
  on_runtime("ti_flush", runtime, [](Call& call) { return call.runtime.timeline().submit(); });
}

void ti_wait(TiRuntime runtime) {
  on_runtime("ti_wait", runtime, [](Call& call) -> Status {
    Timeline& timeline = call.runtime.timeline();
    Status submitted = timeline.submit();
    Status waited = wait_unlocked(call.lock, call.runtime, timeline.last_serial());
    Status failed = take_failure(call.runtime);
    if (!submitted.ok()) return submitted;
    return waited.ok() ? std::move(failed) : std::move(waited);
  });
}

}  // extern "C"
