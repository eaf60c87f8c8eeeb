// One switch over the types, in and out.
#include "scalars.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace tool {
namespace {

using ist::Code;
using ist::Status;
using ist::aot::DataType;

template <class T>
void append(T value, std::vector<std::byte>& bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof value);
}

template <class T>
T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Rounds to nearest, ties to even; what is too large becomes infinite.
uint16_t to_half(double value) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double size = std::fabs(value);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00);
  if (size >= 65520.0) return static_cast<uint16_t>(sign | 0x7c00);
  if (size == 0) return sign;
  int exponent = 0;
  std::frexp(size, &exponent);
  // The unit of the last place: of subnormal numbers 2^-24.
  const int unit = std::max(exponent - 11, -24);
  const double steps = std::nearbyint(std::ldexp(size, -unit));
  // Steps carry into the exponent by themselves.
  const int biased = unit == -24 ? 0 : unit + 24;
  return static_cast<uint16_t>(sign | (biased * 1024 + static_cast<int>(steps)));
}

double of_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value = exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24);
  if (exponent == 31) value = mantissa ? std::nan("") : std::numeric_limits<double>::infinity();
  return bits & 0x8000 ? -value : value;
}

template <class T>
Status append_integer(const std::string& text, std::vector<std::byte>& bytes) {
  const bool negative = text.starts_with('-');
  std::string digits = text.substr(negative || text.starts_with('+') ? 1 : 0);
  const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (hex) digits.erase(0, 2);
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, hex ? 16 : 10);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  const uint64_t most = negative ? uint64_t{0} - static_cast<uint64_t>(std::numeric_limits<T>::min())
                                 : static_cast<uint64_t>(std::numeric_limits<T>::max());
  if (!whole || size > most)
    return ist::fail(Code::invalid_argument, "is not a whole number from %s to %s",
                     std::to_string(std::numeric_limits<T>::min()).c_str(),
                     std::to_string(std::numeric_limits<T>::max()).c_str());
  append(static_cast<T>(negative ? uint64_t{0} - size : size), bytes);
  return {};
}

ist::Result<double> parse_float(const std::string& text) {
  double value = 0;
  const size_t skip = text.starts_with('+') ? 1 : 0;
  const auto [end, error] = std::from_chars(text.data() + skip, text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.size() == skip || error == std::errc::invalid_argument)
    return ist::fail(Code::invalid_argument, "is not a number");
  if (error == std::errc::result_out_of_range)
    return ist::fail(Code::invalid_argument, "is a number too large or too small for 64 bits");
  return value;
}

Status append_float(const std::string& text, DataType type, std::vector<std::byte>& bytes) {
  IST_TRY(const double value, parse_float(text));
  append_value(value, type, bytes);
  const double held = number_value(bytes.data() + bytes.size() - ist::aot::element_size_bytes(type), type);
  if (std::isfinite(value) && !std::isfinite(held))
    return ist::fail(Code::invalid_argument, "is a number too large for %s", ist::aot::data_type_name(type));
  return {};
}

template <class T>
std::string shortest(T value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

std::string without_outer_spaces(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

bool is_float(DataType type) { return type == DataType::f16 || type == DataType::f32 || type == DataType::f64; }

Status append_number(const std::string& text, DataType type, std::vector<std::byte>& bytes) {
  switch (type) {
    case DataType::f16:
    case DataType::f32:
    case DataType::f64:
      return append_float(text, type, bytes);
    case DataType::i8:
      return append_integer<int8_t>(text, bytes);
    case DataType::i16:
      return append_integer<int16_t>(text, bytes);
    case DataType::i32:
      return append_integer<int32_t>(text, bytes);
    case DataType::i64:
      return append_integer<int64_t>(text, bytes);
    case DataType::u1:
      if (text != "0" && text != "1" && text != "false" && text != "true")
        return ist::fail(Code::invalid_argument, "is none of 0, 1, false and true");
      append<uint8_t>(text == "1" || text == "true", bytes);
      return {};
    case DataType::u8:
      return append_integer<uint8_t>(text, bytes);
    case DataType::u16:
      return append_integer<uint16_t>(text, bytes);
    case DataType::u32:
      return append_integer<uint32_t>(text, bytes);
    case DataType::u64:
      return append_integer<uint64_t>(text, bytes);
  }
  return ist::fail(Code::invalid_argument, "has a type that is not known");
}

std::string number_text(const std::byte* bytes, DataType type) {
  switch (type) {
    case DataType::f16:
      return shortest(static_cast<float>(of_half(load<uint16_t>(bytes))));
    case DataType::f32:
      return shortest(load<float>(bytes));
    case DataType::f64:
      return shortest(load<double>(bytes));
    case DataType::i8:
      return std::to_string(load<int8_t>(bytes));
    case DataType::i16:
      return std::to_string(load<int16_t>(bytes));
    case DataType::i32:
      return std::to_string(load<int32_t>(bytes));
    case DataType::i64:
      return std::to_string(load<int64_t>(bytes));
    case DataType::u1:
      return load<uint8_t>(bytes) ? "1" : "0";
    case DataType::u8:
      return std::to_string(load<uint8_t>(bytes));
    case DataType::u16:
      return std::to_string(load<uint16_t>(bytes));
    case DataType::u32:
      return std::to_string(load<uint32_t>(bytes));
    case DataType::u64:
      return std::to_string(load<uint64_t>(bytes));
  }
  return {};
}

double number_value(const std::byte* bytes, DataType type) {
  switch (type) {
    case DataType::f16:
      return of_half(load<uint16_t>(bytes));
    case DataType::f32:
      return load<float>(bytes);
    case DataType::f64:
      return load<double>(bytes);
    case DataType::u8:
      return load<uint8_t>(bytes);
    case DataType::u16:
      return load<uint16_t>(bytes);
    default:
      return 0;
  }
}

void append_value(double value, DataType type, std::vector<std::byte>& bytes) {
  switch (type) {
    case DataType::f16:
      return append(to_half(value), bytes);
    case DataType::f32:
      return append(static_cast<float>(value), bytes);
    case DataType::f64:
      return append(value, bytes);
    case DataType::u8:
      return append(static_cast<uint8_t>(value), bytes);
    case DataType::u16:
      return append(static_cast<uint16_t>(value), bytes);
    default:
      return;
  }
}

ist::Result<NumberList> split_numbers(const std::string& text) {
  NumberList list;
  std::string number;
  size_t in_row = 0, row_length = 0;
  for (const char c : text + ";") {
    if (c != ',' && c != ';') {
      number += c;
      continue;
    }
    list.numbers.push_back(without_outer_spaces(number));
    number.clear();
    ++in_row;
    if (c == ',') continue;
    if (row_length && in_row != row_length)
      return ist::fail(Code::invalid_argument, "has rows of %zu and of %zu numbers", row_length, in_row);
    row_length = in_row;
    in_row = 0;
  }
  list.rows = list.numbers.size() / row_length;
  return list;
}

}  // namespace tool
