// The compiler writes %d and %f, whatever the type, and leaves a value's own bits, widened with zeros.
#include "llvm/failure_text.h"

#include <bit>
#include <cmath>
#include <cstdio>

namespace ist::llvm_host {
namespace {

double half_value(uint32_t bits) {
  const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction ? std::nan("") : sign * HUGE_VAL;
  return sign * (exponent ? std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25) : std::ldexp(fraction, -24));
}

// By how many bits are used: a double with none in its upper half is 0 or absurdly small, and so on.
double real_value(uint64_t bits) {
  if (bits >> 32) return std::bit_cast<double>(bits);
  if (bits >> 16) return std::bit_cast<float>(static_cast<uint32_t>(bits));
  return half_value(static_cast<uint32_t>(bits));
}

long long integer_value(uint64_t bits) {
  return bits >> 32 ? static_cast<long long>(bits) : static_cast<int32_t>(bits);
}

}  // namespace

std::string failure_text(std::string_view message_template, std::span<const uint64_t> values) {
  message_template = message_template.substr(0, message_template.find('\0'));
  std::string text;
  for (size_t at = 0; at < message_template.size(); ++at) {
    const std::string_view word = message_template.substr(at, 2);
    if (values.empty() || (word != "%d" && word != "%f")) {
      text += word.front();
      continue;
    }
    char number[512];  // a double has up to 309 digits in front
    if (word == "%d") {
      std::snprintf(number, sizeof number, "%lld", integer_value(values.front()));
    } else {
      std::snprintf(number, sizeof number, "%f", real_value(values.front()));
    }
    text += number;
    values = values.subspan(1);
    ++at;
  }
  return text;
}

}  // namespace ist::llvm_host
