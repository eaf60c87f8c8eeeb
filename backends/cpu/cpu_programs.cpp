// Launches: the tasks of a kernel are called one after the other, here and now.
#include "cpu/cpu_programs.h"

#include "cpu/cpu_buffer.h"
#include "cpu/cpu_float_mode.h"

namespace ist::cpu {
namespace {

using llvm_host::Address;

class CpuProgram final : public Program {
 public:
  CpuProgram(std::string_view kernel, KernelCode compiled)
      : name(kernel), code(std::move(compiled)), histories(code.tasks.size(), LoopHistory::unknown) {}

  const std::string name;
  const KernelCode code;
  std::vector<LoopHistory> histories;  // of the tasks
};

}  // namespace

Programs::Programs(aot::CodeKind code, unsigned threads, bool deterministic, const std::string& cache_folder)
    : code_(code),
      compiler_(threads, deterministic, cache_folder),
      loops_(threads),
      unwanted_rets_(llvm_host::kLeastRetsBytes) {}

Status Programs::make_common() {
  if (common_) return {};
  const uint32_t states = loops_.pool().threads();
  void* temporaries = heap_.allocate(llvm_host::kTemporariesBytes, llvm_host::kPageBytes);
  void* generators = heap_.allocate(states * sizeof(llvm_host::RandState), alignof(std::max_align_t));
  if (!temporaries || !generators) {
    return Status(Code::out_of_memory, "The host has no memory left for what kernels share.");
  }
  auto* rand_states = static_cast<llvm_host::RandState*>(generators);
  for (uint32_t i = 0; i < states; ++i) rand_states[i] = llvm_host::first_rand_state(i);
  common_ = std::make_unique<llvm_host::LlvmRuntime>();
  common_->temporaries = reinterpret_cast<Address>(temporaries);
  common_->rand_states = reinterpret_cast<Address>(generators);
  common_->rand_state_count = states;
  common_->thread_pool = reinterpret_cast<Address>(&loops_);
  common_->parallel_for = reinterpret_cast<Address>(&Loops::parallel_for);
  return {};
}

Result<std::unique_ptr<ProgramState>> Programs::create_state(std::span<const aot::FieldTree> trees) {
  IST_CHECK(make_common());
  IST_TRY(auto state, State::make(trees, *common_));
  return std::unique_ptr<ProgramState>(std::move(state));
}

Result<std::unique_ptr<Program>> Programs::create_program(const ProgramDesc& desc) {
  IST_TRY(KernelCode code, compiler_.compile(desc));
  ++counts_.made;
  counts_.cache_hits += code.from_cache;
  if (desc.rets_bytes > unwanted_rets_.size()) unwanted_rets_.resize(desc.rets_bytes);
  return std::unique_ptr<Program>(std::make_unique<CpuProgram>(desc.name, std::move(code)));
}

void Programs::run(Program& program, ProgramState& state, std::span<const std::byte> args, Buffer* rets) {
  auto& kernel = static_cast<CpuProgram&>(program);
  auto& fields = static_cast<State&>(state);
  llvm_host::RuntimeContext context;
  context.arg_buffer = reinterpret_cast<Address>(args.data());
  context.runtime = fields.runtime();
  context.result_buffer = reinterpret_cast<Address>(rets ? rets->host() : unwanted_rets_.data());
  {
    const DefaultFloatMode mode;
    for (size_t i = 0; i < kernel.code.tasks.size(); ++i) {
      loops_.enter(kernel.code.tasks[i].spread, kernel.histories[i]);
      kernel.code.tasks[i].call(&context);
    }
  }
  if (!fields.failed()) return;
  const std::string text = fields.take_failure();
  if (failure_.ok()) {
    failure_ =
        fail(Code::invalid_state, "An assertion of kernel '%s' has failed: %s", kernel.name.c_str(), text.c_str());
  }
}

Status Programs::take_failure() { return std::exchange(failure_, Status()); }

Result<std::unique_ptr<Buffer>> Programs::import_address(const BufferDesc& desc, uint64_t address) {
  return import_buffer(desc, address);
}

}  // namespace ist::cpu
