// What the instructions of shaders take and give, as tables.
#pragma once

#include <cstdint>

namespace ist::gl {

// Operands behind type and result. T a type that stands before, V a value, P a pointer, C a constant, B a label of
// the function, I any id, L a literal; '*' repeats the last to the end, '?' makes the rest optional. Null: not one that
// is translated.
const char* operands_of(uint32_t opcode);

// The kinds that such a pattern gives.
class OperandKinds {
 public:
  explicit OperandKinds(const char* pattern) : pattern_(pattern) {}
  // 0 behind the last.
  char operator[](uint32_t operand) const {
    const char* at = pattern_;
    for (;; ++at, --operand) {
      if (*at == '?') ++at;
      if (operand == 0 || *at == 0 || at[1] == '*') return *at;
    }
  }

 private:
  const char* pattern_;
};

// Conversions, arithmetic, logic and comparisons.
bool is_arithmetic(uint32_t opcode);
// Of arithmetic, what goes in and what comes out: B booleans, I integers, F floats, N either number.
const char* classes_of(uint32_t opcode);
// Operands need not be as wide as what comes out.
bool may_change_width(uint32_t opcode);

// Those that change nothing but layouts, bindings and qualifiers.
bool is_known_decoration(uint32_t decoration);

}  // namespace ist::gl
