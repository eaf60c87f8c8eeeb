// How one kernel is launched: made once from its description, followed at every launch. A launch
// looks up no name, allocates nothing and takes no lock beyond the runtime's.
//
// prepare: arguments -> PreparedLaunch (checked, nothing recorded).   record: PreparedLaunch -> commands.
#pragma once

#include <taichi/taichi_core.h>

#include <vector>

#include "aot/module_desc.h"
#include "core/image.h"
#include "core/memory.h"

namespace ist {

// One argument after the checks: what its bindings will point at.
struct PreparedResource {
  Memory* memory = nullptr;
  ImageResource* image = nullptr;
  SamplerResource* sampler = nullptr;
};

// The outcome of checking one launch; reused from launch to launch.
struct PreparedLaunch {
  std::vector<std::byte> args;              // the args block
  std::vector<PreparedResource> resources;  // by parameter
  bool by_address = false;                  // ndarrays are reached through addresses in the args block
};

// The commands of one task.
struct TaskPlan {
  struct Slot {
    aot::BindKind kind;
    uint32_t param;
    ImageDimension view;
  };
  // What one resource of the task is used for, all its bindings merged.
  struct Use {
    aot::BindKind kind;  // root, global_tmps, rets, ndarray, or an image kind
    uint32_t param;
    Scope scope;
    Layout layout;  // images
  };

  Pipeline* pipeline = nullptr;
  std::vector<Slot> slots;  // in the order of the pipeline's bindings
  std::vector<Use> uses;
  const aot::TripProgram* trip = nullptr;  // null: `groups` holds always
  uint32_t groups = 0;                     // without a program, or where it finds no answer
  uint32_t most_groups = 0;
  uint32_t local_size_x = 1;
  bool few_groups = false;  // most_groups_on_cpu() will do, as far as an invocation's loop may run
  bool never_skip = false;

  // Workgroups for this launch; 0: nothing to do.
  uint32_t group_count(std::span<const std::byte> args) const;
  // Of the groups that give each iteration an invocation of its own: how many are dispatched.
  uint32_t bounded(uint64_t wanted) const;
};

// Plain tasks without inner loops get no more groups than this on a device that is a CPU (DeviceInfo::is_cpu), unless
// their loop is very long.
uint32_t most_groups_on_cpu();

// Group counts by the rules of the dispatch size, apart from the plan so that they can be tested alone.
TaskPlan plan_groups(const aot::TaskDesc& task, const DeviceInfo& device);

// The buffers a launch uses beside its arguments.
struct LaunchBuffers {
  TrackedBuffer* root = nullptr;
  TrackedBuffer* global_tmps = nullptr;
  TrackedBuffer* rets = nullptr;
};

class LaunchPlan {
 public:
  // No binding spans more than `max_range_bytes`.
  LaunchPlan(std::vector<TaskPlan> tasks, uint64_t max_range_bytes);

  // Returns how many dispatches it has recorded.
  Result<uint32_t> record(Timeline& timeline, const PreparedLaunch& launch, const LaunchBuffers& buffers);

 private:
  void announce(Timeline& timeline, const TaskPlan& task, const PreparedLaunch& launch, const LaunchBuffers& buffers);
  void bind(const TaskPlan& task, const PreparedLaunch& launch, const LaunchBuffers& buffers, const ArgsBlock& args);

  std::vector<TaskPlan> tasks_;
  uint64_t max_range_bytes_;
  std::vector<Bound> bound_;  // scratch of record(), as long as the longest task's slots
};

}  // namespace ist
