// Group counts, barriers, bindings and dispatches of a launch.
#include "core/launch_plan.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/options.h"

namespace ist {
namespace {

using aot::BindKind;
using aot::TripRule;

// llvmpipe ends all loops of an invocation after 65535 rounds, without a word: so no invocation is given more rounds of
// the grid's loop than half of that, and one round where there are loops inside, whose rounds nobody knows.
constexpr uint64_t kMostRounds = 32768;
constexpr int64_t kLongestLoop = INT32_MAX;

uint64_t groups_for(int64_t invocations, uint32_t local_size) {
  return invocations <= 0 ? 0 : (static_cast<uint64_t>(invocations) + local_size - 1) / local_size;
}

}  // namespace

// llvmpipe pays 0.43 us for each group even if it does nothing, and deals groups out to its threads in
// advance: more than two a thread gain nothing (bench `mpm88_frame` on 2 cores: 2 to 8 groups are within
// noise of each other, 16 and 32 are 2 to 6 % slower, the advised 1024 five times).
uint32_t most_groups_on_cpu() {
  static const uint32_t most = std::max(4u, 2 * std::thread::hardware_concurrency());
  return most;
}

TaskPlan plan_groups(const aot::TaskDesc& task, const DeviceInfo& device) {
  TaskPlan plan;
  plan.local_size_x = task.local_size_x;
  const uint32_t limit = device.limits.max_group_count_x;
  const bool plain_on_cpu = device.is_cpu && task.rule == TripRule::plain;
  plan.few_groups = plain_on_cpu && !task.inner_loops && !options().exact_groups;
  const uint64_t advised = task.serial ? 1 : groups_for(task.advisory_invocations, task.local_size_x);
  plan.most_groups = static_cast<uint32_t>(std::min<uint64_t>(advised, limit));
  const bool exact = task.serial || task.constant_range;
  plan.groups = plan.bounded(exact ? advised : groups_for(kLongestLoop, task.local_size_x));
  if (exact || task.rule == TripRule::advisory || !task.trip.known()) return plan;
  plan.trip = &task.trip;
  // Shared memory asks for the exact count, which may exceed the advice; elsewhere the advice bounds it.
  if (task.rule == TripRule::exact || (plain_on_cpu && task.inner_loops)) plan.most_groups = limit;
  plan.never_skip = task.uses_rng;
  return plan;
}

uint32_t TaskPlan::bounded(uint64_t wanted) const {
  const uint64_t few = std::max<uint64_t>(most_groups_on_cpu(), (wanted + kMostRounds - 1) / kMostRounds);
  return static_cast<uint32_t>(std::min({wanted, uint64_t{most_groups}, few_groups ? few : wanted}));
}

uint32_t TaskPlan::group_count(std::span<const std::byte> args) const {
  if (!trip) return groups;
  const auto iterations = trip->evaluate(args);
  if (!iterations) return groups;
  if (*iterations <= 0) return never_skip ? groups : 0;
  return bounded(groups_for(*iterations, local_size_x));
}

LaunchPlan::LaunchPlan(std::vector<TaskPlan> tasks, uint64_t max_range_bytes)
    : tasks_(std::move(tasks)), max_range_bytes_(max_range_bytes) {
  size_t longest = 0;
  for (const TaskPlan& task : tasks_) longest = std::max(longest, task.slots.size());
  bound_.resize(longest);
}

// One call per resource and command: two arguments may be one memory or one image.
void LaunchPlan::announce(Timeline& timeline, const TaskPlan& task, const PreparedLaunch& launch,
                          const LaunchBuffers& buffers) {
  const auto buffer_of = [&](const TaskPlan::Use& use) -> TrackedBuffer* {
    switch (use.kind) {
      case BindKind::root:
        return buffers.root;
      case BindKind::global_tmps:
        return buffers.global_tmps;
      case BindKind::rets:
        return buffers.rets;
      case BindKind::ndarray:
        return &launch.resources[use.param].memory->tracked();
      default:
        return nullptr;
    }
  };
  const auto image_of = [&](const TaskPlan::Use& use) -> TrackedImage* {
    const bool image = use.kind == BindKind::sampled_image || use.kind == BindKind::storage_image;
    return image ? &launch.resources[use.param].image->tracked() : nullptr;
  };
  for (size_t i = 0; i < task.uses.size(); ++i) {
    TrackedBuffer* buffer = buffer_of(task.uses[i]);
    TrackedImage* image = image_of(task.uses[i]);
    Scope scope = task.uses[i].scope;
    Layout layout = task.uses[i].layout;
    bool told = false;
    for (size_t j = 0; j < task.uses.size(); ++j) {
      const TaskPlan::Use& other = task.uses[j];
      if (j == i || (buffer ? buffer_of(other) != buffer : image_of(other) != image)) continue;
      told |= j < i;
      scope |= other.scope;
      if (other.layout != layout) layout = Layout::shader_read_write;
    }
    if (told) continue;
    if (buffer) {
      timeline.use(*buffer, scope);
    } else {
      // Storage binds mip 0; a sampled image may be read at any level.
      timeline.use(*image, image->state.full_range(), {layout, scope});
    }
  }
}

void LaunchPlan::bind(const TaskPlan& task, const PreparedLaunch& launch, const LaunchBuffers& buffers,
                      const ArgsBlock& args) {
  const auto whole = [&](const TrackedBuffer& tracked) {
    return Bound{tracked.buffer.get(), 0, std::min(tracked.buffer->size_bytes(), max_range_bytes_)};
  };
  for (size_t i = 0; i < task.slots.size(); ++i) {
    const TaskPlan::Slot& slot = task.slots[i];
    Bound& bound = bound_[i];
    switch (slot.kind) {
      case BindKind::args:
        bound = Bound{args.buffer, args.offset_bytes, launch.args.size()};
        break;
      case BindKind::rets:
        bound = whole(*buffers.rets);
        break;
      case BindKind::root:
        bound = whole(*buffers.root);
        break;
      case BindKind::global_tmps:
        bound = whole(*buffers.global_tmps);
        break;
      case BindKind::ndarray:
        bound = whole(launch.resources[slot.param].memory->tracked());
        break;
      case BindKind::sampled_image:
      case BindKind::storage_image: {
        const PreparedResource& resource = launch.resources[slot.param];
        bound = Bound{};
        bound.image = resource.image->tracked().image.get();
        bound.sampler = resource.sampler ? resource.sampler->sampler.get() : nullptr;
        bound.layout = *resource.image->tracked().state.layout_of({0, 1, 0, 1});
        bound.view = slot.view;
        break;
      }
      case BindKind::argpack:
        bound = Bound{};
        break;  // arguments of such kernels are refused
    }
  }
}

Result<uint32_t> LaunchPlan::record(Timeline& timeline, const PreparedLaunch& launch, const LaunchBuffers& buffers) {
  timeline.count_launch();
  Device& device = timeline.device();
  ArgsBlock args;
  if (!launch.args.empty()) {
    IST_TRY(args, device.allocate_args(static_cast<uint32_t>(launch.args.size())));
    std::memcpy(args.host, launch.args.data(), launch.args.size());
  }
  uint32_t dispatches = 0;
  for (const TaskPlan& task : tasks_) {
    const uint32_t groups = task.group_count(launch.args);
    if (groups == 0) continue;
    announce(timeline, task, launch, buffers);
    timeline.settle();
    bind(task, launch, buffers, args);
    device.dispatch(*task.pipeline, {bound_.data(), task.slots.size()}, groups);
    ++dispatches;
  }
  return dispatches;
}

}  // namespace ist
