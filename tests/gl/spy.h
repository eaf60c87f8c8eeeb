// A table of GL functions that counts every call before it passes it on.
#pragma once

#include <array>
#include <cstddef>

#include "gl_api/gl_functions.h"

namespace gl_test {

// Calls by place in the table; for one context at a time.
inline constexpr size_t kSpied = sizeof(ist::gl::Functions) / sizeof(void*);
extern std::array<size_t, kSpied> spied_calls;

// The same functions, counted from now on; what is null stays so.
ist::gl::Functions spy_on(const ist::gl::Functions& real);
void forget_calls();
size_t all_calls();
#define IST_CALLS(name) ::gl_test::spied_calls[offsetof(ist::gl::Functions, name) / sizeof(void*)]

}  // namespace gl_test
