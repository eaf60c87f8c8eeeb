// Loading: needs against device, fields, pipelines.
#include "core/module.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "core/graph.h"
#include "core/kernel.h"

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

// What the author asked the compiler for. Beside the SPIR-V version only features count, which the
// shaders themselves tell; but a level that does not exist is a demand that nobody can meet.
Status check_capabilities(const aot::ModuleDesc& desc, const Runtime& runtime) {
  for (const auto& [capability, level] : desc.required_caps) {
    const uint32_t most = capability == kSpirvVersion ? runtime.terms().spirv_version : 1;
    if (level <= most) continue;
    return fail(Code::incompatible_module, "The module needs %s at level %u (0x%x), but %s has at most %u (0x%x).",
                aot::capability_name(capability), level, level, device_text(runtime).c_str(), most, most);
  }
  return {};
}

Status check_features(aot::FeatureSet needed, Runtime& runtime) {
  const DeviceInfo& device = runtime.info();
  const Runtime::Terms& terms = runtime.terms();
  const aot::FeatureSet absent = needed.without(device.features);
  if (!absent.empty()) {
    return fail(Code::incompatible_module, "The module needs %s, which %s does not have%s.", names_of(absent).c_str(),
                device_text(runtime).c_str(),
                device.adopted ? " or was not said to have (ist_vulkan_adopt_device)" : "");
  }
  const aot::FeatureSet withheld = needed.without(terms.features);
  if (!withheld.empty()) {
    return fail(Code::incompatible_module,
                "The module needs %s, which the capabilities declared for %s (ti_set_runtime_capabilities_ext) do not "
                "grant.",
                names_of(withheld).c_str(), device_text(runtime).c_str());
  }
  const aot::FeatureSet assumed = runtime.new_assumptions(needed);
  if (!assumed.empty()) {
    log(LogLevel::warn, "A module needs %s, which is taken for enabled on %s: its host has not said (%s).",
        names_of(assumed).c_str(), device_text(runtime).c_str(),
        "ti_set_runtime_capabilities_ext or ist_vulkan_adopt_device");
  }
  return {};
}

Status check_needs(const aot::Needs& needs, Runtime& runtime) {
  const DeviceInfo& device = runtime.info();
  const uint32_t most = runtime.terms().spirv_version;
  if (needs.spirv_version > most) {
    return fail(Code::incompatible_module, "The module is SPIR-V %u.%u, but %s takes at most %u.%u.",
                needs.spirv_version >> 16, (needs.spirv_version >> 8) & 0xff, device_text(runtime).c_str(), most >> 16,
                (most >> 8) & 0xff);
  }
  IST_CHECK(check_features(needs.features, runtime));
  if (needs.local_size_x > device.limits.max_group_size_x) {
    return fail(Code::incompatible_module,
                "The module has workgroups of %u invocations, but device '%s' takes at most %u.", needs.local_size_x,
                device.name.c_str(), device.limits.max_group_size_x);
  }
  if (needs.shared_memory_bytes > device.limits.max_shared_memory_bytes) {
    return fail(Code::incompatible_module, "The module needs %u bytes of shared memory, but device '%s' has %u.",
                needs.shared_memory_bytes, device.name.c_str(), device.limits.max_shared_memory_bytes);
  }
  return {};
}

DescriptorKind descriptor_of(aot::BindKind kind) {
  switch (kind) {
    case aot::BindKind::args:
      return DescriptorKind::uniform_buffer;
    case aot::BindKind::sampled_image:
      return DescriptorKind::sampled_image;
    case aot::BindKind::storage_image:
      return DescriptorKind::storage_image;
    default:
      return DescriptorKind::storage_buffer;
  }
}

bool same(const std::vector<PipelineBinding>& a, const std::vector<PipelineBinding>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PipelineBinding& x, const PipelineBinding& y) {
    return x.binding == y.binding && x.kind == y.kind;
  });
}

Status check_bindings(const aot::KernelDesc& kernel, const aot::TaskDesc& task, const DeviceLimits& limits) {
  uint32_t counts[4] = {};
  for (const aot::Bind& bind : task.binds) ++counts[static_cast<size_t>(descriptor_of(bind.kind))];
  const uint32_t most[4] = {limits.max_uniform_buffers, limits.max_storage_buffers, limits.max_sampled_images,
                            limits.max_storage_images};
  static constexpr const char* kNames[] = {"uniform buffers", "storage buffers", "sampled images", "storage images"};
  for (size_t i = 0; i < 4; ++i) {
    if (counts[i] > most[i]) {
      return fail(Code::incompatible_module, "Task '%s' of kernel '%s' binds %u %s, but the device takes at most %u.",
                  task.name.c_str(), kernel.name.c_str(), counts[i], kNames[i], most[i]);
    }
  }
  if (task.binds.size() > limits.max_bindings) {
    return fail(Code::incompatible_module,
                "Task '%s' of kernel '%s' has %zu bindings, but the device takes at most %u.", task.name.c_str(),
                kernel.name.c_str(), task.binds.size(), limits.max_bindings);
  }
  if (kernel.args_bytes > limits.max_uniform_range_bytes) {
    return fail(Code::incompatible_module, "Kernel '%s' has %u bytes of arguments, but the device takes at most %llu.",
                kernel.name.c_str(), kernel.args_bytes,
                static_cast<unsigned long long>(limits.max_uniform_range_bytes));
  }
  return {};
}

}  // namespace

Module::Module(Runtime& runtime, aot::ModuleDesc desc) : Child(runtime, Kind::aot_module), desc_(std::move(desc)) {
  pipelines_.resize(desc_.binaries.size());
  for (const auto& [capability, level] : desc_.required_caps) {
    capabilities_.push_back({static_cast<TiCapability>(capability), level});
  }
}

Module::~Module() {
  HandleTable& table = HandleTable::instance();
  for (HandleBits graph : graphs_) table.retire(graph, Kind::compute_graph);
  for (HandleBits kernel : kernels_) table.retire(kernel, Kind::kernel);
  Timeline& timeline = runtime().timeline();
  for (auto& shared : pipelines_) {
    for (Shared& entry : shared) timeline.bury(std::move(entry.pipeline), last_use_);
  }
  timeline.forget(root_);
  timeline.bury(std::move(root_.buffer), root_.last_use);
}

Result<Pipeline*> Module::pipeline(const aot::TaskDesc& task) {
  std::vector<PipelineBinding> bindings;
  for (const aot::Bind& bind : task.binds) bindings.push_back({bind.binding, descriptor_of(bind.kind)});
  auto& shared = pipelines_[task.binary];
  for (const Shared& entry : shared) {
    if (same(entry.bindings, bindings)) return entry.pipeline.get();
  }
  PipelineDesc desc;
  desc.words = desc_.binaries[task.binary].words;
  desc.bindings = bindings;
  desc.name = task.name;
  IST_TRY(auto pipeline, runtime().device().create_pipeline(desc));
  shared.push_back({std::move(bindings), std::move(pipeline)});
  return shared.back().pipeline.get();
}

Result<Module*> load_module(Runtime& runtime, aot::ModuleDesc desc) {
  IST_CHECK(check_needs(desc.needs, runtime));
  IST_CHECK(check_capabilities(desc, runtime));
  for (const aot::KernelDesc& kernel : desc.kernels) {
    for (const aot::TaskDesc& task : kernel.tasks) IST_CHECK(check_bindings(kernel, task, runtime.info().limits));
  }
  auto module = std::make_unique<Module>(runtime, std::move(desc));
  if (module->desc_.root_bytes > 0) {
    BufferDesc root;
    root.size_bytes = (module->desc_.root_bytes + 15) & ~uint64_t{15};
    root.usage = memory_usage::kStorage;
    IST_TRY(module->root_.buffer, runtime.device().create_buffer(root));
    module->root_.zero_at_first_use = true;
  }
  Module* published = runtime.adopt(std::move(module));
  for (const aot::KernelDesc& kernel : published->desc_.kernels) {
    Kernel* object = runtime.adopt(std::make_unique<Kernel>(*published, kernel));
    published->kernels_.push_back(object->handle());
    published->kernel_objects_.push_back(object);
  }
  for (const aot::GraphDesc& graph : published->desc_.graphs) {
    published->graphs_.push_back(runtime.adopt(std::make_unique<Graph>(*published, graph))->handle());
  }
  return published;
}

}  // namespace ist
