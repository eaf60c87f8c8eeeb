// The sentences of refusals.
#include "core/module_needs.h"

#include <string>

#include "base/log.h"
#include "contract/program_ops.h"

namespace ist {
namespace {

std::string names_of(aot::FeatureSet set) {
  std::string names;
  for (unsigned i = 0; i < static_cast<unsigned>(aot::Feature::count); ++i) {
    const auto feature = static_cast<aot::Feature>(i);
    if (set.has(feature)) names.append(names.empty() ? "" : ", ").append(aot::feature_name(feature));
  }
  return names;
}

// The device, and what it is used as: the reason for many a refusal.
std::string device_text(const Runtime& runtime) {
  const DeviceInfo& device = runtime.info();
  return "device '" + device.name + "'" + (device.adopted ? " (adopted with " + device.api + ")" : "");
}

Status check_code(const aot::ModuleDesc& module, Runtime& runtime) {
  const aot::CodeKind code = module.code;
  const ProgramOps* programs = runtime.device().program_ops();
  const aot::CodeKind taken = programs ? programs->code() : aot::CodeKind::spirv;
  if (code == taken || module.kernels.empty()) return {};
  return fail(Code::incompatible_module, "The module was compiled to %s, but %s takes %s.", aot::code_kind_name(code),
              device_text(runtime).c_str(), aot::code_kind_name(taken));
}

Status check_version(uint32_t version, const Runtime& runtime) {
  const uint32_t most = runtime.terms().spirv_version;
  if (version <= most) return {};
  return fail(Code::incompatible_module, "The module is SPIR-V %u.%u, but %s takes at most %u.%u.", version >> 16,
              (version >> 8) & 0xff, device_text(runtime).c_str(), most >> 16, (most >> 8) & 0xff);
}

// What the author asked the compiler for. Beside the SPIR-V version only features count, which the
// shaders themselves tell; but a level that does not exist is a demand that nobody can meet.
Status check_capabilities(const aot::ModuleDesc& module, const Runtime& runtime) {
  for (const auto& [capability, level] : module.required_caps) {
    const uint32_t most = capability == kSpirvVersion ? runtime.terms().spirv_version : 1;
    if (level <= most) continue;
    return fail(Code::incompatible_module, "The module needs %s at level %u (0x%x), but %s has at most %u (0x%x).",
                aot::capability_name(capability), level, level, device_text(runtime).c_str(), most, most);
  }
  return {};
}

Status check_features(const aot::KernelDesc& kernel, const Runtime& runtime) {
  const DeviceInfo& device = runtime.info();
  const aot::FeatureSet absent = kernel.needs.features.without(device.features);
  if (!absent.empty()) {
    const bool said = device.adopted && device.arch == Arch::vulkan;
    return fail(Code::incompatible_module, "Kernel '%s' of the module needs %s, which %s does not have%s.",
                kernel.name.c_str(), names_of(absent).c_str(), device_text(runtime).c_str(),
                said ? " or was not said to have (ist_vulkan_adopt_device)" : "");
  }
  const aot::FeatureSet withheld = kernel.needs.features.without(runtime.terms().features);
  if (!withheld.empty()) {
    return fail(Code::incompatible_module,
                "Kernel '%s' of the module needs %s, which the capabilities declared for %s "
                "(ti_set_runtime_capabilities_ext) do not grant.",
                kernel.name.c_str(), names_of(withheld).c_str(), device_text(runtime).c_str());
  }
  return {};
}

Status check_workgroups(const aot::KernelDesc& kernel, const DeviceInfo& device) {
  const aot::Needs& needs = kernel.needs;
  if (needs.local_size_x > device.limits.max_group_size_x) {
    return fail(Code::incompatible_module,
                "Kernel '%s' of the module has workgroups of %u invocations, but device '%s' takes at most %u.",
                kernel.name.c_str(), needs.local_size_x, device.name.c_str(), device.limits.max_group_size_x);
  }
  if (needs.shared_memory_bytes > device.limits.max_shared_memory_bytes) {
    return fail(
        Code::incompatible_module, "Kernel '%s' of the module needs %u bytes of shared memory, but device '%s' has %u.",
        kernel.name.c_str(), needs.shared_memory_bytes, device.name.c_str(), device.limits.max_shared_memory_bytes);
  }
  return {};
}

Status check_bindings(const aot::KernelDesc& kernel, const aot::TaskDesc& task, const DeviceInfo& device) {
  static constexpr const char* kNames[] = {"uniform buffers", "storage buffers", "sampled images", "storage images"};
  const DeviceLimits& limits = device.limits;
  const uint32_t most[4] = {limits.max_uniform_buffers, limits.max_storage_buffers, limits.max_sampled_images,
                            limits.max_storage_images};
  uint32_t counts[4] = {};
  for (const aot::Bind& bind : task.binds) ++counts[static_cast<size_t>(descriptor_of(bind.kind))];
  for (size_t i = 0; i < 4; ++i) {
    if (counts[i] <= most[i]) continue;
    return fail(Code::incompatible_module, "Task '%s' of kernel '%s' binds %u %s, but device '%s' takes at most %u.",
                task.name.c_str(), kernel.name.c_str(), counts[i], kNames[i], device.name.c_str(), most[i]);
  }
  if (task.binds.size() <= limits.max_bindings) return {};
  return fail(Code::incompatible_module, "Task '%s' of kernel '%s' has %zu bindings, but device '%s' takes at most %u.",
              task.name.c_str(), kernel.name.c_str(), task.binds.size(), device.name.c_str(), limits.max_bindings);
}

Status check_fields(const aot::ModuleDesc& module, const DeviceInfo& device) {
  const uint64_t most = device.limits.max_storage_range_bytes;
  if (module.root_bytes <= most) return {};
  return fail(
      Code::incompatible_module, "The module has %llu bytes of fields, but device '%s' binds at most %llu at once.",
      static_cast<unsigned long long>(module.root_bytes), device.name.c_str(), static_cast<unsigned long long>(most));
}

Status check_trees(const aot::KernelDesc& kernel) {
  if (kernel.missing_tree < 0) return {};
  return fail(Code::incompatible_module,
              "Kernel '%s' of the module uses field tree %lld, which the module does not list: when it was exported, "
              "its fields were not added (add_field).",
              kernel.name.c_str(), static_cast<long long>(kernel.missing_tree));
}

Status check_arguments(const aot::KernelDesc& kernel, const DeviceInfo& device) {
  const uint64_t most = device.limits.max_uniform_range_bytes;
  if (kernel.args_bytes <= most) return {};
  return fail(Code::incompatible_module,
              "Kernel '%s' of the module has %u bytes of arguments, but device '%s' takes at most %llu.",
              kernel.name.c_str(), kernel.args_bytes, device.name.c_str(), static_cast<unsigned long long>(most));
}

}  // namespace

DescriptorKind descriptor_of(aot::BindKind kind) {
  switch (kind) {
    case aot::BindKind::args:
    case aot::BindKind::argpack:
      return DescriptorKind::uniform_buffer;
    case aot::BindKind::sampled_image:
      return DescriptorKind::sampled_image;
    case aot::BindKind::storage_image:
      return DescriptorKind::storage_image;
    default:
      return DescriptorKind::storage_buffer;
  }
}

Status check_module(const aot::ModuleDesc& module, Runtime& runtime) {
  IST_CHECK(check_code(module, runtime));
  IST_CHECK(check_version(module.needs.spirv_version, runtime));
  IST_CHECK(check_capabilities(module, runtime));
  return check_fields(module, runtime.info());
}

Status check_kernel(const aot::KernelDesc& kernel, const Runtime& runtime) {
  IST_CHECK(check_features(kernel, runtime));
  IST_CHECK(check_workgroups(kernel, runtime.info()));
  IST_CHECK(check_trees(kernel));
  for (const aot::TaskDesc& task : kernel.tasks) IST_CHECK(check_bindings(kernel, task, runtime.info()));
  return kernel.tasks.empty() ? Status() : check_arguments(kernel, runtime.info());
}

void tell_assumptions(aot::FeatureSet needed, Runtime& runtime) {
  const aot::FeatureSet assumed = runtime.new_assumptions(needed);
  if (assumed.empty()) return;
  log(LogLevel::warn, "A module needs %s, which is taken for enabled on %s: its host has not said (%s).",
      names_of(assumed).c_str(), device_text(runtime).c_str(),
      "ti_set_runtime_capabilities_ext or ist_vulkan_adopt_device");
}

}  // namespace ist
