// Loading: which kernels can run, fields, pipelines.
#include "core/module.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "core/graph.h"
#include "core/kernel.h"
#include "core/module_needs.h"

namespace ist {
namespace {

bool same(const std::vector<PipelineBinding>& a, const std::vector<PipelineBinding>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PipelineBinding& x, const PipelineBinding& y) {
    return x.binding == y.binding && x.kind == y.kind;
  });
}

// Why each kernel cannot run here, success for those that can. Fails when none can.
Result<std::vector<Status>> check_kernels(const aot::ModuleDesc& desc, Runtime& runtime) {
  std::vector<Status> refusals;
  aot::FeatureSet needed;
  bool any = desc.kernels.empty();
  for (const aot::KernelDesc& kernel : desc.kernels) {
    refusals.push_back(check_kernel(kernel, runtime));
    if (!refusals.back().ok()) continue;
    any = true;
    needed.bits |= kernel.needs.features.bits;
  }
  if (!any) return std::move(refusals.front());
  for (const Status& refusal : refusals) {
    if (!refusal.ok()) log(LogLevel::warn, "%s", std::string(refusal.message()).c_str());
  }
  tell_assumptions(needed, runtime);
  return refusals;
}

}  // namespace

Module::Module(Runtime& runtime, aot::ModuleDesc desc) : Child(runtime, Kind::aot_module), desc_(std::move(desc)) {
  (desc_.code == aot::CodeKind::spirv ? pipelines_.resize(desc_.binaries.size())
                                      : programs_.resize(desc_.binaries.size()));
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
  for (auto& program : programs_) timeline.bury(std::move(program), last_use_);
  timeline.bury(std::move(program_state_), last_use_);
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

Result<Program*> Module::program(const aot::KernelDesc& kernel) {
  const uint32_t binary = kernel.binary;
  if (!programs_[binary]) {
    const ProgramDesc desc{kernel.name, desc_.binaries[binary].ir, kernel.tasks, kernel.args_bytes, kernel.rets_bytes};
    IST_TRY(programs_[binary], runtime().device().program_ops()->create_program(desc));
  }
  return programs_[binary].get();
}

Result<Module*> load_module(Runtime& runtime, aot::ModuleDesc desc) {
  IST_CHECK(check_module(desc, runtime));
  IST_TRY(std::vector<Status> refusals, check_kernels(desc, runtime));
  auto module = std::make_unique<Module>(runtime, std::move(desc));
  if (module->desc_.root_bytes > 0) {
    BufferDesc root;
    root.size_bytes = (module->desc_.root_bytes + 15) & ~uint64_t{15};
    root.usage = memory_usage::kStorage;
    IST_TRY(module->root_.buffer, runtime.device().create_buffer(root));
    module->root_.zero_at_first_use = true;
  }
  if (module->desc_.code != aot::CodeKind::spirv) {
    IST_TRY(module->program_state_, runtime.device().program_ops()->create_state(module->desc_.trees));
  }
  Module* published = runtime.adopt(std::move(module));
  for (size_t i = 0; i < refusals.size(); ++i) {
    const aot::KernelDesc& kernel = published->desc_.kernels[i];
    Kernel* object = runtime.adopt(std::make_unique<Kernel>(*published, kernel, std::move(refusals[i])));
    published->kernels_.push_back(object->handle());
    published->kernel_objects_.push_back(object);
  }
  for (const aot::GraphDesc& graph : published->desc_.graphs) {
    published->graphs_.push_back(runtime.adopt(std::make_unique<Graph>(*published, graph))->handle());
  }
  return published;
}

}  // namespace ist
