// Half precision for scalars by value: kernels take f16 components as 16 bits.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace ist::python {

// Rounds to nearest, ties to even; what is too large becomes infinite.
inline uint16_t half_from(double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | 0x7e00;
  const double magnitude = std::fabs(value);
  if (magnitude >= 65520.0) return sign | 0x7c00;
  if (magnitude == 0.0) return sign;
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  // The weight of the last bit: 10 bits below the leading one, but never below that of subnormals.
  const int last = exponent - 11 < -24 ? -24 : exponent - 11;
  const auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, -last)));
  // The leading one of normal numbers carries into the exponent by itself, and so does rounding up.
  return static_cast<uint16_t>(sign | (units + (static_cast<uint32_t>(last + 24) << 10)));
}

inline double double_from_half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = bits & 1023;
  double value;
  if (exponent == 31) {
    value = fraction == 0 ? HUGE_VAL : std::nan("");
  } else {
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  }
  return bits & 0x8000 ? -value : value;
}

}  // namespace ist::python
