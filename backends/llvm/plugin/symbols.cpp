// The functions outside that CPU modules may call: the mathematics library, what code generators call by themselves,
// and nothing else. None of them can end the process.
#include <algorithm>
#include <iterator>

#include "module.h"

// Declared by their link names, so that no header's overloads or types come between.
// clang-format off
#define IST_CPU_SYMBOLS(X)                                                                                            \
  X(acos) X(acosf) X(acosh) X(acoshf) X(asin) X(asinf) X(asinh) X(asinhf) X(atan) X(atan2) X(atan2f) X(atanf)         \
  X(atanh) X(atanhf) X(bcmp) X(cbrt) X(cbrtf) X(ceil) X(ceilf) X(copysign) X(copysignf) X(cos) X(cosf) X(cosh)        \
  X(coshf) X(erf) X(erff) X(exp) X(exp2) X(exp2f) X(expf) X(expm1) X(expm1f) X(fabs) X(fabsf) X(floor) X(floorf)      \
  X(fma) X(fmaf) X(fmax) X(fmaxf) X(fmin) X(fminf) X(fmod) X(fmodf) X(hypot) X(hypotf) X(ldexp) X(ldexpf) X(log)      \
  X(log10) X(log10f) X(log1p) X(log1pf) X(log2) X(log2f) X(logf) X(memcmp) X(memcpy) X(memmove) X(memset)             \
  X(nearbyint) X(nearbyintf) X(pow) X(powf) X(rint) X(rintf) X(round) X(roundeven) X(roundevenf) X(roundf) X(sin)     \
  X(sincos) X(sincosf) X(sinf) X(sinh) X(sinhf) X(sqrt) X(sqrtf) X(tan) X(tanf) X(tanh) X(tanhf) X(trunc) X(truncf)
// clang-format on
// The compiler's own library, in which half precision and integer powers are.
#define IST_COMPILER_SYMBOLS(X) X(__powidf2) X(__powisf2)
#if defined(__x86_64__)
#define IST_HALF_SYMBOLS(X) X(__extendhfsf2) X(__truncdfhf2) X(__truncsfhf2)
#else
#define IST_HALF_SYMBOLS(X)
#endif

#define IST_DECLARE(name) void outside_##name() __asm__(#name);
extern "C" {
IST_CPU_SYMBOLS(IST_DECLARE)
IST_COMPILER_SYMBOLS(IST_DECLARE)
IST_HALF_SYMBOLS(IST_DECLARE)
}

namespace ist::llvm_plugin {
namespace {

struct Symbol {
  llvm::StringRef name;
  void (*address)();
};

#define IST_ROW(name) {#name, outside_##name},
const Symbol kSymbols[] = {IST_CPU_SYMBOLS(IST_ROW) IST_COMPILER_SYMBOLS(IST_ROW) IST_HALF_SYMBOLS(IST_ROW)};

}  // namespace

void* cpu_symbol(llvm::StringRef name) {
  const auto* found =
      std::find_if(std::begin(kSymbols), std::end(kSymbols), [&](const Symbol& symbol) { return symbol.name == name; });
  return found == std::end(kSymbols) ? nullptr : reinterpret_cast<void*>(found->address);
}

}  // namespace ist::llvm_plugin
