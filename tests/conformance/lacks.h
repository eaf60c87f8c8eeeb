// What the driver under test lacks, from its committed list (lacks/<driver>.txt). Every line is checked against the
// device before anything is left out for it, so a list can neither hide a failure nor outlive its reason.
//
//   device PREFIX                       the start of the device's name, once; * is any
//   absent MODULE ...                   modules that the arch does not have
//   refused MODULE: *                   the module does not load, since none of its kernels can run
//   refused MODULE: KERNEL KERNEL ...   exactly these kernels of it cannot run
//   Suite.Test: CAPABILITY              the test, or with Suite.* the whole suite, is left out for the lack of one of
//     int8 int16 int64 float16 float64 atomic_float_add subgroup address   (levels of the runtime)
//     module MODULE                     must be refused wholly above, or absent
//     kernel MODULE/KERNEL              must be refused above
//     linear_filter FORMAT              of 2D images; FORMAT as in formats_support.h
//     images
//     uuids                             of the device and its driver
//     memory that cannot be mapped      without host access it can be mapped all the same
//     recorded work                     launches are carried out later, not at once
//     SPIR-V modules
//     memory apart from buffers         only Vulkan has it
#pragma once

#include <taichi/taichi_core.h>

#include <string>
#include <vector>

namespace conformance {

// Takes arch and list of a driver whose name is ARCH-DRIVER; before GoogleTest is initialised. False, with a line on
// stderr: no such list, or a line of it cannot be read.
bool use_driver(const std::string& name);

// Checks the list against the device and the registered tests, and filters out what it names, with a line for each.
// False, with the reasons on stderr: an entry that the device does not need, or that names no test.
bool leave_out_what_is_lacking();

// Whether the list has the module as one that the arch does not have.
bool absent(const std::string& module);
// Whether the list has the kernel, or the whole module, as one that cannot run. Nothing is refused without a list.
bool refused(const std::string& module, const std::string& kernel = "*");
// The kernels that the list names for the module, sorted.
std::vector<std::string> refused_kernels(const std::string& module);

}  // namespace conformance
