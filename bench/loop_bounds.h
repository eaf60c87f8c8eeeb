// What the author of a hand-written program knows and metadata does not say:
// the array whose shape bounds the loop of each kernel that bench launches.
#pragma once

#include <string>
#include <vector>

#include "raw_module.h"
#include "subject.h"

namespace ist::bench {

// Kernels inside graphs carry a suffix ("substep_g2p_c88_0"), which is ignored.
// Fails the process on kernels that bench does not know.
std::string looped_array(const std::string& kernel);

// Exactly as many workgroups as a task has work for; 0: there is none.
uint32_t group_count(const RawKernel& kernel, const RawTask& task, const std::vector<Argument>& arguments);

}  // namespace ist::bench
