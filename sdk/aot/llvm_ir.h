// The little that is read of LLVM IR: what machine it is for, and whose fields it uses. The rest is its compiler's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aot/module_desc.h"
#include "base/status.h"

namespace ist::aot {

// What the `target triple` line of `ir` says. corrupted_data when it is no text, incompatible_module
// when no such line is there or it names another machine; sentences name `file`.
Result<CodeKind> code_of_ir(const std::string& file, std::string_view ir);

// The field trees whose roots `ir` asks the runtime for by a constant, each once: LlvmRuntime::roots is its eighth
// member.
std::vector<uint32_t> trees_of_ir(std::string_view ir);

}  // namespace ist::aot
