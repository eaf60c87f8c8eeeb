// Shaders with damage that a number chooses.
#pragma once

#include <cstdint>
#include <vector>

namespace gl_test {

// The same for the same number, on every machine.
std::vector<uint32_t> mutated(std::vector<uint32_t> words, uint32_t number);

}  // namespace gl_test
