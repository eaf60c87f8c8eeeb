// What kernels and graphs take and return, in the words of ist/core.h.
#pragma once

#include <ist/core.h>

#include <vector>

#include "aot/module_desc.h"

namespace ist {

// The names point into the description, which must outlive the list.
std::vector<IstArgumentInfo> describe_arguments(const aot::KernelDesc& desc);
std::vector<IstArgumentInfo> describe_arguments(const aot::ModuleDesc& module, const aot::GraphDesc& desc);
std::vector<IstArgumentInfo> describe_results(const std::vector<aot::ReturnValue>& results);

}  // namespace ist
