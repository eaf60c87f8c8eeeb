// Kernels and graphs as Python callables. Raw CPython types and no nanobind classes: a call goes from the
// interpreter's argument vector straight into TiArguments, without a tuple or dict in between.
#pragma once

#include "aot_module.h"

#include <ist/core.h>

#include <memory>

namespace ist::python {

// New callables that keep the module's state alive. The handle is the module's.
nb::object make_kernel(const ModuleHold& module, TiKernel kernel);
nb::object make_graph(const ModuleHold& module, TiComputeGraph graph);

// Throw isthmus.Error. What the result points to is good as long as the hold.
IstKernelInfo kernel_info(const ModuleHold& module, TiKernel kernel);
IstGraphInfo graph_info(const ModuleHold& module, TiComputeGraph graph);

void bind_launchable(nb::module_& module);

}  // namespace ist::python
