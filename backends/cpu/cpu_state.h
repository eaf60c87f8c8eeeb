// What the kernels of one module share: their LlvmRuntime, and the fields behind it.
#pragma once

#include <memory>
#include <span>

#include "contract/program_ops.h"
#include "cpu/cpu_heap.h"
#include "llvm/runtime_image.h"

namespace ist::cpu {

// Thread-safety: one launch at a time; what the kernels call may come from any worker.
class State final : public ProgramState {
 public:
  // `common` holds what all modules of the device share.
  static Result<std::unique_ptr<State>> make(std::span<const aot::FieldTree> trees,
                                             const llvm_host::LlvmRuntime& common);

  llvm_host::Address runtime() const { return reinterpret_cast<llvm_host::Address>(runtime_.get()); }
  bool failed() const { return runtime_->error_code != 0; }
  // The message of the assertion that failed; none has from now on.
  std::string take_failure();

 private:
  State() = default;

  Heap heap_;
  std::unique_ptr<llvm_host::LlvmRuntime> runtime_;
};

}  // namespace ist::cpu
