// IR of a kernel to code of the GPU: PTX by a compiler that is handed in, machine code (a cubin) by the driver, which
// is kept on disk.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/program_ops.h"
#include "cuda/cuda_gpu.h"

namespace ist::cuda {

struct PtxCompiler {
  // What PTX depends on besides IR and target.
  std::function<Result<std::string>()> identity;
  // PTX for compute capability `sm`. corrupted_data, incompatible_module: of the IR.
  std::function<Result<std::string>(const ProgramDesc& desc, uint32_t sm)> emit;
};

// That of the plugin, which the first kernel opens; not_supported where it is missing.
PtxCompiler plugin_compiler();

// The target of PTX for a GPU: the newest that the compiler knows and the GPU runs.
uint32_t ptx_target(uint32_t capability);

// Functions of one kernel on the GPU.
class CodeModule {
 public:
  // The context is current. invalid_state and others: what the driver says of the code.
  static Result<CodeModule> load(const Gpu& gpu, std::string_view cubin);
  CodeModule() = default;
  CodeModule(CodeModule&& other) noexcept { *this = std::move(other); }
  CodeModule& operator=(CodeModule&& other) noexcept;
  ~CodeModule();

  // corrupted_data: there is none of this name.
  Result<NativeFunction> find(const std::string& name) const;

 private:
  const Gpu* gpu_ = nullptr;
  NativeModule module_ = nullptr;
};

struct CompiledCode {
  CodeModule module;
  bool from_cache = false;
};

class Compiler {
 public:
  // Cubins are kept in `folder`, nowhere when it is empty.
  Compiler(const Gpu& gpu, PtxCompiler ptx, const std::string& folder);

  // The context is current. What is wrong with files on disk only costs time.
  Result<CompiledCode> compile(const ProgramDesc& desc) const;

 private:
  const Gpu& gpu_;
  const PtxCompiler ptx_;
  const std::string folder_;
};

}  // namespace ist::cuda
