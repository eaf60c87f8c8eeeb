// One wrapper for each member of the table, by its offset.
#include "spy.h"

#include <numeric>

namespace gl_test {
namespace {

template <size_t kOffset, class Function>
struct Spy;
template <size_t kOffset, class Result, class... Args>
struct Spy<kOffset, Result (*)(Args...)> {
  static inline Result (*real)(Args...) = nullptr;
  static Result call(Args... args) {
    ++spied_calls[kOffset / sizeof(void*)];
    return real(args...);
  }
};

template <size_t kOffset, class Function>
void wrap(Function& function) {
  if (!function) return;
  Spy<kOffset, Function>::real = function;
  function = Spy<kOffset, Function>::call;
}

}  // namespace

std::array<size_t, kSpied> spied_calls{};

ist::gl::Functions spy_on(const ist::gl::Functions& real) {
  ist::gl::Functions table = real;
#define IST_WRAP(name, result, parameters) wrap<offsetof(ist::gl::Functions, name)>(table.name);
  IST_GL_CORE_FUNCTIONS(IST_WRAP)
  IST_GL_DESKTOP_FUNCTIONS(IST_WRAP)
  IST_GL_MEMORY_FUNCTIONS(IST_WRAP)
  IST_GL_MEMORY_1D_FUNCTIONS(IST_WRAP)
  IST_GL_SEMAPHORE_FUNCTIONS(IST_WRAP)
  IST_GL_COMPUTE_FUNCTIONS(IST_WRAP)
  IST_GL_DESKTOP_COMPUTE_FUNCTIONS(IST_WRAP)
  IST_GL_OPTIONAL_FUNCTIONS(IST_WRAP)
#undef IST_WRAP
  return table;
}

void forget_calls() { spied_calls.fill(0); }
size_t all_calls() { return std::accumulate(spied_calls.begin(), spied_calls.end(), size_t{0}); }

}  // namespace gl_test
