// ist_*: devices, formats, counters, names, options and log.
#include <cstring>

#include "base/log.h"
#include "capi/entry.h"
#include "capi/rungs.h"
#include "capi/versioned.h"
#include "contract/formats.h"
#include "contract/image_ops.h"
#include "contract/registry.h"
#include "contract/share_ops.h"
#include "core/image.h"
#include "core/memory.h"

using namespace ist;
using namespace ist::capi;

namespace {

template <size_t N>
void copy_text(char (&to)[N], const std::string& from) {
  const size_t length = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), length);
  to[length] = '\0';
}

Status force_rung(Runtime& runtime, uint64_t rung) {
  const uint32_t there = rungs_of(runtime.info());
  if (rung != IST_RUNG_AUTO && (there >> rung & 1) == 0) {
    return fail(Code::not_supported, "Rung %s is not among those of device '%s': %s.",
                rung_name(static_cast<uint32_t>(rung)), runtime.info().name.c_str(), rung_names(there).c_str());
  }
  runtime.forced_rung = static_cast<uint32_t>(rung);
  return {};
}

IstDeviceInfo describe(const DeviceInfo& device) {
  IstDeviceInfo info{};
  info.index = device.index;
  info.arch = static_cast<TiArch>(device.arch);
  info.is_cpu = device.is_cpu;
  info.vendor_id = device.vendor_id;
  info.device_id = device.device_id;
  info.api_version = device.api_version;
  info.driver_version = device.driver_version;
  std::memcpy(info.device_uuid, device.device_uuid, sizeof info.device_uuid);
  std::memcpy(info.driver_uuid, device.driver_uuid, sizeof info.driver_uuid);
  info.memory_export = device.share.memory_export;
  info.memory_import = device.share.memory_import;
  info.image_export = device.share.image_export;
  info.image_import = device.share.image_import;
  info.timeline_export = device.share.timeline_export;
  info.binary_export = device.share.binary_export;
  info.rungs = rungs_of(device);
  copy_text(info.name, device.name);
  copy_text(info.driver, device.driver);
  return info;
}

Status check_arch(TiArch arch) {
  const auto raw = static_cast<uint32_t>(arch);
  if (raw >= TI_ARCH_VULKAN && raw <= TI_ARCH_GLES) return {};
  return fail(Code::argument_out_of_range, "arch (%u) is not one of 1 to 7.", raw);
}

}  // namespace

extern "C" {

uint32_t ist_version(void) { return IST_VERSION; }

TiError ist_device_count(TiArch arch, uint32_t* count) {
  return run("ist_device_count", [&]() -> Status {
    IST_CHECK(require_pointer(count, "count"));
    IST_CHECK(check_arch(arch));
    IST_TRY(const auto devices, list_devices(static_cast<Arch>(arch)));
    *count = static_cast<uint32_t>(devices.size());
    return {};
  });
}

TiError ist_device_info(TiArch arch, uint32_t index, IstDeviceInfo* info) {
  return run("ist_device_info", [&]() -> Status {
    IST_CHECK(check_arch(arch));
    IST_TRY(const auto devices, list_devices(static_cast<Arch>(arch)));
    if (index >= devices.size()) {
      return fail(Code::argument_out_of_range, "index (%u) is past the %zu devices of this arch.", index,
                  devices.size());
    }
    return write_out(info, describe(devices[index]), "info");
  });
}

TiError ist_runtime_info(TiRuntime runtime, IstDeviceInfo* info) {
  return on_runtime("ist_runtime_info", runtime,
                    [&](Call& call) { return write_out(info, describe(call.runtime.info()), "info"); });
}

TiError ist_format_info(TiRuntime runtime, TiFormat format, TiImageDimension dimension, IstFormatInfo* info) {
  return on_runtime("ist_format_info", runtime, [&](Call& call) -> Status {
    const auto raw = static_cast<uint32_t>(format);
    if (raw == 0 || raw >= kFormatCount) {
      return fail(Code::argument_out_of_range, "format (%u) is not one of 1 to %u.", raw, kFormatCount - 1);
    }
    if (static_cast<uint32_t>(dimension) > TI_IMAGE_DIMENSION_CUBE) {
      return fail(Code::argument_out_of_range, "dimension (%u) is not one of 0 to 5.",
                  static_cast<uint32_t>(dimension));
    }
    IstFormatInfo result{};
    ImageOps* images = call.runtime.device().image_ops();
    const FormatSupport support =
        images ? images->format_support(raw, static_cast<ImageDimension>(dimension)) : FormatSupport{};
    if (support.usage != 0) {
      result.usage = support.usage;
      result.linear_filter = support.linear_filter;
      result.max_mips = support.max_mips;
      result.max_layers = support.max_layers;
      result.texel_bytes = format_info(raw).texel_bytes;
      result.mip_generation = support.blit;
      if (ShareOps* shares = call.runtime.device().share_ops()) {
        ImageDesc ordinary;
        ordinary.dimension = static_cast<ImageDimension>(dimension);
        ordinary.layer_count = ordinary.dimension == ImageDimension::cube ? 6 : 1;
        ordinary.format = raw;
        ordinary.usage = support.usage & (image_usage::kStorage | image_usage::kSampled);
        const ShareSupport shared = shares->share_support(ordinary);
        result.image_export = shared.image_export;
        result.image_import = shared.image_import;
      }
    }
    return write_out(info, result, "info");
  });
}

TiError ist_counters(TiRuntime runtime, IstCounters* counters) {
  return on_runtime("ist_counters", runtime, [&](Call& call) -> Status {
    const Counters& counted = call.runtime.timeline().counters();
    IstCounters result{};
    result.launches = counted.launches;
    result.dispatches = counted.dispatches;
    result.barriers = counted.barriers;
    result.submits = counted.submits;
    result.allocations = call.runtime.device().allocation_count();
    result.host_bytes = counted.host_bytes;
    result.blocking_waits = counted.blocking_waits;
    result.polls = counted.polls;
    result.refused = call.runtime.refused;
    const PipelineCounts pipelines = call.runtime.device().pipeline_counts();
    result.pipelines = pipelines.made;
    result.pipeline_cache_hits = pipelines.cache_hits;
    result.copies = counted.copies;
    result.share_copies = counted.share_copies;
    result.share_bytes = counted.share_bytes;
    result.gpu_waits = counted.gpu_waits;
    result.gpu_signals = counted.gpu_signals;
    result.lends = counted.lends;
    result.takes = counted.takes;
    return write_out(counters, result, "counters");
  });
}

TiError ist_set_name(TiRuntime runtime, const void* object, const char* name) {
  return on_runtime("ist_set_name", runtime, [&](Call& call) -> Status {
    const std::string given = name ? name : "";
    const Kind kind = HandleTable::kind_of(reinterpret_cast<HandleBits>(object));
    if (kind == Kind::runtime && object == runtime) {
      call.runtime.name = given;
      return {};
    }
    const bool nameable =
        kind == Kind::memory || kind == Kind::image || kind == Kind::sampler || kind == Kind::aot_module;
    if (object && !nameable)
      return fail(Code::invalid_argument, "object (%p) is not of a kind that takes a name.", object);
    IST_TRY(Child * child, call.find<Child>(kind, object, "object"));
    child->name = given;
    Device& device = call.runtime.device();
    if (kind == Kind::memory) device.set_name(*static_cast<Memory*>(child)->tracked().buffer, given);
    if (kind == Kind::image) device.image_ops()->set_name(*static_cast<ImageResource*>(child)->tracked().image, given);
    if (kind == Kind::sampler) device.image_ops()->set_name(*static_cast<SamplerResource*>(child)->sampler, given);
    return {};
  });
}

TiError ist_set_log(IstLogFn fn, void* user, IstLogLevel at_most) {
  return run("ist_set_log", [&]() -> Status {
    const uint32_t level = raw_value(at_most);
    if (level > IST_LOG_DEBUG) return fail(Code::argument_out_of_range, "at_most (%u) is not one of 0 to 4.", level);
    // IstLogLevel and LogLevel have the same values and width, and a C callback the same convention.
    set_log(reinterpret_cast<LogFn>(fn), user, static_cast<LogLevel>(level));
    return {};
  });
}

TiError ist_set_option(TiRuntime runtime, IstOption option, uint64_t value) {
  return on_runtime("ist_set_option", runtime, [&](Call& call) -> Status {
    const uint32_t which = raw_value(option);
    const uint64_t most = which == IST_OPTION_FORCE_RUNG ? IST_RUNG_HOST : 1;
    if (value > most) {
      return fail(Code::argument_out_of_range, "value (%llu) of option %u is not one of 0 to %llu.",
                  static_cast<unsigned long long>(value), which, static_cast<unsigned long long>(most));
    }
    switch (which) {
      case IST_OPTION_REQUIRE_ZERO_COPY:
        call.runtime.require_zero_copy = value != 0;
        return {};
      case IST_OPTION_FORCE_RUNG:
        return force_rung(call.runtime, value);
      case IST_OPTION_KERNEL_TIMING:
        return call.runtime.timeline().set_timing(value != 0);
      default:
        return fail(Code::argument_out_of_range, "option (%u) is not one of 1 to 3.", which);
    }
  });
}

}  // extern "C"
