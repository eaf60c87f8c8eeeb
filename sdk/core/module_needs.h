// What a module and each of its kernels need, compared with what the runtime's device has, once, at load.
#pragma once

#include "aot/module_desc.h"
#include "core/runtime.h"

namespace ist {

// What a binding is to the device.
DescriptorKind descriptor_of(aot::BindKind kind);

// incompatible_module: the device can run no kernel of such a module, whatever the kernel does: SPIR-V version and
// levels of capabilities.
Status check_module(const aot::ModuleDesc& module, Runtime& runtime);

// incompatible_module with a sentence that names the kernel, what it needs and the device: features, workgroups,
// shared memory, bindings, arguments.
Status check_kernel(const aot::KernelDesc& kernel, const Runtime& runtime);

// Logs which of these features are taken for enabled although nobody has said so; each is told once a runtime.
void tell_assumptions(aot::FeatureSet needed, Runtime& runtime);

}  // namespace ist
