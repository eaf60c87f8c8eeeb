// Kernels and fields of the CPU: compiled, laid out, called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/program_ops.h"
#include "cpu/cpu_compiler.h"
#include "cpu/cpu_state.h"
#include "llvm/runtime_image.h"

namespace ist::cpu {

class Programs final : public ProgramOps {
 public:
  Programs(aot::CodeKind code, unsigned threads, bool deterministic, const std::string& cache_folder);

  PipelineCounts counts() const { return counts_; }
  const Loops& loops() const { return loops_; }

  aot::CodeKind code() const override { return code_; }
  Result<std::unique_ptr<ProgramState>> create_state(std::span<const aot::FieldTree> trees) override;
  Result<std::unique_ptr<Program>> create_program(const ProgramDesc& desc) override;
  // Calls the tasks; when it returns, they have run.
  void run(Program& program, ProgramState& state, std::span<const std::byte> args, Buffer* rets) override;
  Status take_failure() override;
  Result<std::unique_ptr<Buffer>> import_address(const BufferDesc& desc, uint64_t address) override;

 private:
  // Gets what all modules share, once: what tasks leave to the next task of their launch, and the generators of random
  // numbers.
  Status make_common();

  const aot::CodeKind code_;
  const Compiler compiler_;
  Loops loops_;
  Heap heap_;
  std::unique_ptr<llvm_host::LlvmRuntime> common_;  // what each module's begins as
  std::vector<std::byte> unwanted_rets_;            // where kernels return to whose values nobody wants
  PipelineCounts counts_;
  Status failure_;
};

}  // namespace ist::cpu
