// The mode that kernels compute in, whatever their caller has set (audio hosts flush denormals): rounding to nearest,
// with denormals, as their workers do.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace ist::cpu {

// The default mode for as long as it lives; costs a few nanoseconds.
class DefaultFloatMode {
 public:
  DefaultFloatMode() : before_(read()) {
    if (differs()) write(kDefault);
  }
  ~DefaultFloatMode() {
    if (differs()) write(before_);
  }
  DefaultFloatMode(const DefaultFloatMode&) = delete;
  DefaultFloatMode& operator=(const DefaultFloatMode&) = delete;

 private:
#if defined(__x86_64__)
  using Word = uint32_t;
  static constexpr Word kDefault = 0x1f80, kFlags = 0x3f;  // exceptions that have happened say nothing
  static Word read() { return _mm_getcsr(); }
  static void write(Word word) { _mm_setcsr(word); }
#else
  using Word = uint64_t;
  static constexpr Word kDefault = 0, kFlags = 0;
  static Word read() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#endif
  bool differs() const { return ((before_ ^ kDefault) & ~kFlags) != 0; }

  const Word before_;
};

}  // namespace ist::cpu
