// TiKernel: one kernel of a module, ready to be launched.
#pragma once

#include <ist/core.h>
#include <taichi/taichi_core.h>

#include <mutex>
#include <optional>
#include <vector>

#include "core/launch_plan.h"
#include "core/module.h"

namespace ist {

class Kernel : public Child {
 public:
  // `refusal`: why it cannot run on this device, success if it can.
  Kernel(Module& module, const aot::KernelDesc& desc, Status refusal);

  Module& module() const { return module_; }
  const aot::KernelDesc& desc() const { return desc_; }
  // Type and length of each value that ist_call_kernel returns.
  const std::vector<aot::ReturnValue>& results() const { return results_; }
  uint64_t launches() const { return launches_; }
  const KernelTimes& times() const { return *times_; }
  // Descriptions for the host, made at first asking; they live as long as the kernel.
  const std::vector<IstArgumentInfo>& argument_infos();
  const std::vector<IstArgumentInfo>& result_infos();

  // Makes pipelines and plan, or compiles, once: at look-up, so that the first launch does not stall.
  // incompatible_module for one that cannot run; it can be described all the same.
  Status make_ready();
  PreparedLaunch make_prepared() const;

  // Records a launch that has been prepared, shown under `label` in debuggers. `rets` is not null for
  // kernels that return. `serial`, if not null, is set to the batch that the launch is in.
  Status record(const PreparedLaunch& launch, std::string_view label, TrackedBuffer* rets, uint64_t* serial);
  // As above, for callers who do not want the values that the kernel may return.
  Status record_for_effect(const PreparedLaunch& launch, std::string_view label);

  PreparedLaunch& scratch() { return scratch_; }

 private:
  Status plan_tasks();
  // Returns how many tasks it has recorded.
  Result<uint32_t> record_tasks(const PreparedLaunch& launch, TrackedBuffer* rets);
  uint32_t run_program(const PreparedLaunch& launch, TrackedBuffer* rets);

  Module& module_;
  const aot::KernelDesc& desc_;
  Status refusal_;
  std::vector<aot::ReturnValue> results_;
  std::optional<LaunchPlan> plan_;
  Program* program_ = nullptr;  // LLVM modules: instead of the plan
  bool uses_global_tmps_ = false;
  const char* actor_ = "";  // "kernel advect"
  PreparedLaunch scratch_;
  uint64_t launches_ = 0;
  std::shared_ptr<KernelTimes> times_ = std::make_shared<KernelTimes>();
  std::vector<IstArgumentInfo> argument_infos_;
  std::vector<IstArgumentInfo> result_infos_;
};

// ti_launch_kernel: checks everything, then records. A kernel that returns values is also submitted
// and waited for, as programs rely on, with `lock` released meanwhile.
Status launch_kernel(std::unique_lock<std::mutex>& lock, Runtime& runtime, Kernel& kernel, uint32_t count,
                     const TiArgument* arguments);

// ist_call_kernel: launches, waits, and writes kernel.results().size() values.
Status call_kernel(std::unique_lock<std::mutex>& lock, Runtime& runtime, Kernel& kernel, uint32_t count,
                   const TiArgument* arguments, TiTensor* results);

}  // namespace ist
