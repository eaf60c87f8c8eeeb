// Making a kernel ready, launching it, and fetching what it returns.
#include "core/kernel.h"

#include <algorithm>
#include <cstring>

#include "core/arguments.h"
#include "core/introspection.h"

namespace ist {
namespace {

using aot::Bind;
using aot::BindKind;

bool is_image(BindKind kind) { return kind == BindKind::sampled_image || kind == BindKind::storage_image; }

ImageDimension view_of(const Bind& bind, const aot::KernelDesc& desc) {
  if (!is_image(bind.kind)) return ImageDimension::d2;
  const uint32_t rank = bind.image_dim ? bind.image_dim : desc.params[bind.param].rank;
  return static_cast<ImageDimension>(rank - 1);
}

TaskPlan::Use use_of(const Bind& bind) {
  TaskPlan::Use use{bind.kind, bind.param, {stage::kCompute, 0}, Layout::undefined};
  // An image that the binary never touches still stands in a descriptor, which wants a layout.
  const uint8_t touched = is_image(bind.kind) && bind.access == 0 ? 1 : bind.access;
  if (touched & 1) use.scope.access |= access::kShaderRead;
  if (touched & 2) use.scope.access |= access::kShaderWrite;
  if (bind.kind == BindKind::sampled_image) use.layout = Layout::shader_read;
  if (bind.kind == BindKind::storage_image) use.layout = Layout::shader_read_write;
  return use;
}

// Uses of one resource through several bindings become one.
void add_use(std::vector<TaskPlan::Use>& uses, const TaskPlan::Use& use) {
  for (TaskPlan::Use& present : uses) {
    if (present.kind == use.kind && present.param == use.param) {
      present.scope |= use.scope;
      return;
    }
  }
  uses.push_back(use);
}

// Arrays that a shader reaches through an address stand in no binding: any task may touch any of them.
void add_addressed(std::vector<TaskPlan::Use>& uses, const aot::KernelDesc& desc) {
  for (uint32_t i = 0; i < desc.params.size(); ++i) {
    if (desc.params[i].kind == aot::ParamKind::ndarray)
      add_use(uses, use_of({0, BindKind::ndarray, i, desc.params[i].access}));
  }
}

// A matrix that a TiTensor has no room for is returned row by row.
std::vector<aot::ReturnValue> split_results(const std::vector<aot::ReturnValue>& returns) {
  std::vector<aot::ReturnValue> results;
  for (const aot::ReturnValue& value : returns) {
    const size_t count = value.members.size();
    const size_t room = count ? sizeof(TiTensorValue) / aot::element_size_bytes(value.members.front().type) : 1;
    if (count <= room) {
      results.push_back(value);
      continue;
    }
    const size_t row = value.shape.size() == 2 && value.shape[1] <= room ? value.shape[1] : room;
    for (size_t first = 0; first < count; first += row) {
      aot::ReturnValue part{value.name + "[" + std::to_string(first / row) + "]", {}, {}};
      for (size_t i = first; i < std::min(first + row, count); ++i) part.members.push_back(value.members[i]);
      part.shape = {static_cast<uint32_t>(part.members.size())};
      results.push_back(std::move(part));
    }
  }
  return results;
}

TiTensor read_result(const aot::ReturnValue& value, const std::byte* rets) {
  TiTensor tensor{};
  if (value.members.empty()) return tensor;
  const aot::DataType type = value.members.front().type;
  tensor.type = static_cast<TiDataType>(type);
  tensor.contents.length = static_cast<uint32_t>(value.members.size());
  const uint32_t size = aot::element_size_bytes(type);
  auto* out = reinterpret_cast<std::byte*>(&tensor.contents.data);
  for (const aot::Member& member : value.members) {
    std::memcpy(out, rets + member.offset_bytes, size);  // u1: the low byte of its 0 or 1
    out += size;
  }
  return tensor;
}

Status prepare(Runtime& runtime, Kernel& kernel, uint32_t count, const TiArgument* arguments) {
  IST_CHECK(kernel.make_ready());
  return prepare_arguments(runtime, kernel.desc(), count, arguments, kernel.scratch());
}

}  // namespace

Kernel::Kernel(Module& module, const aot::KernelDesc& desc, Status refusal)
    : Child(module.runtime(), Kind::kernel),
      module_(module),
      desc_(desc),
      refusal_(std::move(refusal)),
      results_(split_results(desc.returns)) {}

const std::vector<IstArgumentInfo>& Kernel::argument_infos() {
  if (argument_infos_.empty()) argument_infos_ = describe_arguments(desc_);
  return argument_infos_;
}

const std::vector<IstArgumentInfo>& Kernel::result_infos() {
  if (result_infos_.empty()) result_infos_ = describe_results(results_);
  return result_infos_;
}

Status Kernel::make_ready() {
  if (plan_ || program_) return {};
  if (!refusal_.ok()) return {refusal_.code(), std::string(refusal_.message())};
  if (module_.desc().code == aot::CodeKind::spirv) {
    IST_CHECK(plan_tasks());
  } else {
    IST_TRY(program_, module_.program(desc_));
  }
  scratch_ = make_prepared();
  actor_ = runtime().keep_text("kernel " + desc_.name);
  return {};
}

Status Kernel::plan_tasks() {
  std::vector<TaskPlan> tasks;
  for (const aot::TaskDesc& task : desc_.tasks) {
    TaskPlan plan = plan_groups(task, runtime().info());
    IST_TRY(plan.pipeline, module_.pipeline(task));
    for (const Bind& bind : task.binds) {
      plan.slots.push_back({bind.kind, bind.param, view_of(bind, desc_)});
      const bool is_block = bind.kind == BindKind::args || bind.kind == BindKind::argpack;
      const bool tracked = !is_block && (bind.access != 0 || is_image(bind.kind));
      if (tracked) add_use(plan.uses, use_of(bind));
      uses_global_tmps_ |= bind.kind == BindKind::global_tmps;
    }
    if (module_.desc().uses_addresses) add_addressed(plan.uses, desc_);
    tasks.push_back(std::move(plan));
  }
  plan_.emplace(std::move(tasks), runtime().info().limits.max_storage_range_bytes);
  return {};
}

PreparedLaunch Kernel::make_prepared() const {
  return {std::vector<std::byte>(desc_.args_bytes), std::vector<PreparedResource>(desc_.params.size()),
          module_.desc().uses_addresses};
}

Result<uint32_t> Kernel::record_tasks(const PreparedLaunch& launch, TrackedBuffer* rets) {
  if (program_) return run_program(launch, rets);
  LaunchBuffers buffers;
  buffers.root = module_.root();
  buffers.rets = rets;
  if (uses_global_tmps_) {
    IST_TRY(buffers.global_tmps, runtime().global_tmps());
  }
  return plan_->record(runtime().timeline(), launch, buffers);
}

// Which arrays a kernel writes stands nowhere in an LLVM module.
uint32_t Kernel::run_program(const PreparedLaunch& launch, TrackedBuffer* rets) {
  constexpr Scope kAnything{stage::kCompute, access::kShaderRead | access::kShaderWrite};
  Timeline& timeline = runtime().timeline();
  timeline.count_launch();
  for (const PreparedResource& resource : launch.resources) {
    if (resource.memory) timeline.use(resource.memory->tracked(), kAnything);
  }
  if (rets) timeline.use(*rets, kAnything);
  runtime().device().program_ops()->run(*program_, module_.program_state(), launch.args,
                                        rets ? rets->buffer.get() : nullptr);
  return static_cast<uint32_t>(desc_.tasks.size());
}

Status Kernel::record(const PreparedLaunch& launch, std::string_view label, TrackedBuffer* rets, uint64_t* serial) {
  Timeline& timeline = runtime().timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as(actor_);
  ++launches_;
  const uint64_t batch = runtime().device().recording_serial();
  module_.used_in(batch);
  if (serial) *serial = batch;
  const uint32_t first = timeline.timing() ? timeline.stamp() : 0;
  runtime().device().push_label(label);
  auto dispatches = record_tasks(launch, rets);
  runtime().device().pop_label();
  if (!dispatches.ok()) return dispatches.take_status();
  if (timeline.timing()) timeline.time_since(first, times_);
  return timeline.recorded(*dispatches);
}

Status Kernel::record_for_effect(const PreparedLaunch& launch, std::string_view label) {
  if (desc_.rets_bytes == 0) return record(launch, label, nullptr, nullptr);
  IST_TRY(const Staging::Loan rets, runtime().staging().lend(desc_.rets_bytes, Staging::Direction::to_host));
  return record(launch, label, &*rets, nullptr);
}

Status launch_kernel(std::unique_lock<std::mutex>& lock, Runtime& runtime, Kernel& kernel, uint32_t count,
                     const TiArgument* arguments) {
  if (kernel.desc().rets_bytes > 0) return call_kernel(lock, runtime, kernel, count, arguments, nullptr);
  IST_CHECK(prepare(runtime, kernel, count, arguments));
  return kernel.record(kernel.scratch(), kernel.desc().name, nullptr, nullptr);
}

Status call_kernel(std::unique_lock<std::mutex>& lock, Runtime& runtime, Kernel& kernel, uint32_t count,
                   const TiArgument* arguments, TiTensor* results) {
  IST_CHECK(runtime.timeline().may_submit());
  IST_CHECK(prepare(runtime, kernel, count, arguments));
  uint64_t serial = 0;
  if (kernel.desc().rets_bytes == 0) {
    IST_CHECK(kernel.record(kernel.scratch(), kernel.desc().name, nullptr, &serial));
    IST_CHECK(wait_unlocked(lock, runtime, serial));
    return take_failure(runtime);
  }
  IST_TRY(const Staging::Loan rets, runtime.staging().lend(kernel.desc().rets_bytes, Staging::Direction::to_host));
  IST_CHECK(kernel.record(kernel.scratch(), kernel.desc().name, &*rets, &serial));
  // Its module may be destroyed while we sleep. The pin goes before the loan: both need the lock.
  const Pin keep(kernel.handle(), Kind::kernel);
  IST_CHECK(wait_unlocked(lock, runtime, serial));
  if (results) {
    for (const aot::ReturnValue& value : kernel.results()) *results++ = read_result(value, rets.host());
  }
  return take_failure(runtime);  // which may be another kernel's
}

}  // namespace ist
