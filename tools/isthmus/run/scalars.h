// Numbers as text, and as the bytes that kernels take.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aot/module_desc.h"
#include "base/status.h"

namespace tool {

// A number of `type` from text, little endian, element_size_bytes(type) long, behind `bytes`. Integers in decimal or
// 0x..., which must fit; floats with nan and inf, which others must not become; u1: 0, 1, false, true. Fails with the
// rule alone: "is not a whole number from 0 to 255".
ist::Status append_number(const std::string& text, ist::aot::DataType type, std::vector<std::byte>& bytes);

// The shortest text that append_number() reads as the same value. u1: "0" or "1".
std::string number_text(const std::byte* bytes, ist::aot::DataType type);

// Floats and unsigned integers (these as they are) to and from double.
double number_value(const std::byte* bytes, ist::aot::DataType type);
void append_value(double value, ist::aot::DataType type, std::vector<std::byte>& bytes);

bool is_float(ist::aot::DataType type);

// "1,2;3,4": rows of the same length; spaces around a number are not part of it.
struct NumberList {
  std::vector<std::string> numbers;
  size_t rows = 1;
};
ist::Result<NumberList> split_numbers(const std::string& text);

}  // namespace tool
