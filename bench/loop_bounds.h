// What the author of a hand-written Vulkan program knows and metadata does not say:
// the array whose shape bounds the loop of each kernel that bench launches.
#pragma once

#include <string>

namespace ist::bench {

// Kernels inside graphs carry a suffix ("substep_g2p_c88_0"), which is ignored.
// Fails the process on kernels that bench does not know.
std::string looped_array(const std::string& kernel);

}  // namespace ist::bench
