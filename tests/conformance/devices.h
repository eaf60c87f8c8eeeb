// The device that the tests' runtimes are on: the library's own, or one that belongs to a host and is lent in
// one of several ways. The same tests give the same results on each.
#pragma once

#include <taichi/taichi_core.h>

#include <string>

namespace conformance {

// Takes effect for all runtimes made from now on. `name`:
//   own       ti_create_runtime
//   adopted   a host's device of Vulkan 1.3 with all that ist_vulkan_needs names, by ist_vulkan_adopt_device
//   versions  a host's of 1.2 with the features of core versions only, by ist_vulkan_adopt_device
//   imported  a host's of 1.1, by ti_import_vulkan_runtime: nobody says what is enabled
// False for any other.
bool use_device(const std::string& name);
// The host's device goes; all runtimes on it are gone already.
void release_device();

TiRuntime create_runtime(TiArch arch);

}  // namespace conformance
