// Kernels and fields on the GPU: compiled, laid out, launched.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/program_ops.h"
#include "cuda/cuda_code.h"
#include "cuda/cuda_state.h"

namespace ist::cuda {

class Programs final : public ProgramOps {
 public:
  Programs(const Gpu& gpu, Recording& recording, PtxCompiler compiler, const std::string& cache_folder);

  PipelineCounts counts() const { return counts_; }

  aot::CodeKind code() const override { return aot::CodeKind::cuda; }
  Result<std::unique_ptr<ProgramState>> create_state(std::span<const aot::FieldTree> trees) override;
  Result<std::unique_ptr<Program>> create_program(const ProgramDesc& desc) override;
  void run(Program& program, ProgramState& state, std::span<const std::byte> args, ist::Buffer* rets) override;
  Status take_failure() override;
  Result<std::unique_ptr<ist::Buffer>> import_address(const BufferDesc& desc, uint64_t address) override;

  // Before the open batch is handed over.
  void finish_batch();

 private:
  class Kernel;
  class LiveState;

  Status add_tasks(Kernel& kernel, std::span<const aot::TaskDesc> tasks);
  Status make_common();
  Status grow_generators(uint32_t count);
  Status launch(Kernel& kernel, State& state, std::span<const std::byte> args, ist::Buffer* rets);
  void note_failure(State& state);

  const Gpu& gpu_;
  Recording& recording_;
  const Compiler compiler_;
  Common common_;
  std::vector<LiveState*> states_;   // all there are
  std::vector<LiveState*> watched_;  // that the open batch launches with
  PipelineCounts counts_;
  Status failure_;
};

}  // namespace ist::cuda
