// The message of an assertion that failed in a kernel.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ist::llvm_host {

// A template with values of eight bytes each, as kernels leave them behind: %d takes an integer, %f a number; anything
// else stays as it is. Signed integers of fewer than 32 bits look unsigned, and unsigned ones of 32 bits signed. The
// template is untrusted, and ends at its first NUL.
std::string failure_text(std::string_view message_template, std::span<const uint64_t> values);

}  // namespace ist::llvm_host
