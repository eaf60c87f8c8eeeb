// What the files of the plugin share: a parsed module, and the steps that each of them owns. LLVM is known here only
// by forward declarations where that is enough.
#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <string>
#include <vector>

#include "llvm/plugin_abi.h"

namespace ist::llvm_plugin {

// A sentence for a sink, or none.
struct Outcome {
  int code = IST_LLVM_OK;
  std::string sentence;
  bool ok() const { return code == IST_LLVM_OK; }
};
[[gnu::format(printf, 2, 3)]] Outcome fail(int code, const char* format, ...);

enum class Machine { cpu, cuda };

// What diagnostics of a context have said since they were last taken.
struct Heard {
  std::string errors;
};

// Members are destroyed from the last to the first: the module goes before the context it lives in.
struct ParsedModule {
  std::string label;
  Machine machine = Machine::cpu;
  std::vector<std::string> tasks;
  Heard heard;
  // LLVM has left this context in the middle of something: nothing in it may be used or freed again.
  bool abandoned = false;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> ir;
};

// parse.cpp
Outcome parse(ParsedModule& into, llvm::StringRef text);

// rules.cpp: refuses what modules of Taichi never contain, so that the rest of LLVM sees little that is unusual.
Outcome check_text(const ParsedModule& module, llvm::StringRef text);
Outcome check_rules(const ParsedModule& module);

// inspect.cpp
void inspect(const ParsedModule& module, IstLlvmTaskFacts* facts);

// reduce.cpp: a copy that defines the tasks named by index and what they need, without attributes of the machine it
// was compiled on.
std::unique_ptr<llvm::Module> copy_of_tasks(const ParsedModule& module, llvm::ArrayRef<uint32_t> tasks);

// emit_object.cpp, emit_ptx.cpp
Outcome emit_object(const ParsedModule& module, llvm::ArrayRef<uint32_t> tasks, uint32_t flags,
                    llvm::SmallVectorImpl<char>& object);
Outcome emit_ptx(const ParsedModule& module, uint32_t sm, llvm::SmallVectorImpl<char>& ptx);

// symbols.cpp: the address of a function that CPU modules may call, or null.
void* cpu_symbol(llvm::StringRef name);

}  // namespace ist::llvm_plugin
