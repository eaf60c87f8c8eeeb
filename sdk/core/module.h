// TiAotModule: a loaded module, its field memory, its pipelines, its kernels and graphs.
#pragma once

#include <taichi/taichi_core.h>

#include <vector>

#include "aot/module_desc.h"
#include "contract/program_ops.h"
#include "core/launch_plan.h"
#include "core/runtime.h"

namespace ist {

class Kernel;
class Graph;

class Module : public Child {
 public:
  Module(Runtime& runtime, aot::ModuleDesc desc);
  // Retires its kernels and graphs. Pipelines and fields live until the device is done with them.
  ~Module() override;

  const aot::ModuleDesc& desc() const { return desc_; }
  const std::vector<HandleBits>& kernels() const { return kernels_; }  // by index of desc().kernels
  const std::vector<HandleBits>& graphs() const { return graphs_; }
  Kernel& kernel_at(uint32_t index) const { return *kernel_objects_[index]; }

  // desc().required_caps in the ABI's words.
  const std::vector<TiCapabilityLevelInfo>& capabilities() const { return capabilities_; }

  // The fields of the module, null without fields. Zero until a kernel writes.
  TrackedBuffer* root() { return root_.buffer ? &root_ : nullptr; }
  // The pipeline of a task, made at first asking; tasks of one binary share it.
  Result<Pipeline*> pipeline(const aot::TaskDesc& task);
  // Of LLVM modules: the kernel, compiled at first asking, and what all kernels of the module keep.
  Result<Program*> program(const aot::KernelDesc& kernel);
  ProgramState& program_state() { return *program_state_; }
  void used_in(uint64_t serial) { last_use_ = serial; }

 private:
  friend Result<Module*> load_module(Runtime& runtime, aot::ModuleDesc desc);

  struct Shared {
    std::vector<PipelineBinding> bindings;
    std::unique_ptr<Pipeline> pipeline;
  };

  aot::ModuleDesc desc_;
  std::vector<TiCapabilityLevelInfo> capabilities_;
  TrackedBuffer root_;
  std::vector<std::vector<Shared>> pipelines_;  // by binary
  std::unique_ptr<ProgramState> program_state_;
  std::vector<std::unique_ptr<Program>> programs_;  // by binary
  std::vector<HandleBits> kernels_;
  std::vector<Kernel*> kernel_objects_;
  std::vector<HandleBits> graphs_;
  uint64_t last_use_ = 0;
};

// Compares what the module and its kernels need with the device and publishes it with its kernels and graphs. Kernels
// that cannot run are warned of and refuse to be made ready; when none can, the module is refused as the first of them
// is (incompatible_module). Records and submits nothing.
Result<Module*> load_module(Runtime& runtime, aot::ModuleDesc desc);

}  // namespace ist
