// IR of a kernel to machine code that this process can call, by the plugin or from the cache on disk.
#pragma once

#include <string>
#include <vector>

#include "contract/program_ops.h"
#include "cpu/cpu_loops.h"
#include "llvm/plugin.h"

namespace ist::cpu {

struct TaskCode {
  llvm_host::Code::Task call = nullptr;
  Spread spread = Spread::serial;
};

// Machine code of all tasks of a kernel, in order.
struct KernelCode {
  std::vector<TaskCode> tasks;
  std::vector<llvm_host::Code> objects;  // at most one for each spread
  bool from_cache = false;
};

class Compiler {
 public:
  // For that many threads; objects are kept in `folder`, nowhere when it is empty.
  Compiler(unsigned threads, bool deterministic, const std::string& folder);

  // corrupted_data, incompatible_module: of the IR. Whatever is wrong with what is kept on disk only costs time.
  Result<KernelCode> compile(const ProgramDesc& desc) const;

 private:
  const unsigned threads_;
  const bool deterministic_;
  const std::string folder_;
};

}  // namespace ist::cpu
