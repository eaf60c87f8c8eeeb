// What every ModuleDesc promises, checked from outside; shared by tests and fuzzers.
#pragma once

#include <string>

#include "aot/module_desc.h"

namespace ist::test {

// The first promise that `module` breaks, "" when it keeps all. Also evaluates every trip program.
std::string broken_invariant(const aot::ModuleDesc& module);

}  // namespace ist::test
