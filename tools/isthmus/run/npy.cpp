// The header is a Python literal: only the dictionary that NumPy writes is understood.
#include "npy.h"

#include <cstring>
#include <string_view>

namespace tool {
namespace {

using ist::Code;
using ist::aot::DataType;

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;
constexpr size_t kMaxDimensions = 32;
constexpr size_t kMaxHeaderBytes = 65536;

struct TypeName {
  DataType type;
  const char* code;
  const char* name;
};
constexpr TypeName kTypes[] = {
    {DataType::f16, "<f2", "float16"}, {DataType::f32, "<f4", "float32"}, {DataType::f64, "<f8", "float64"},
    {DataType::i8, "|i1", "int8"},     {DataType::i16, "<i2", "int16"},   {DataType::i32, "<i4", "int32"},
    {DataType::i64, "<i8", "int64"},   {DataType::u1, "|b1", "bool"},     {DataType::u8, "|u1", "uint8"},
    {DataType::u16, "<u2", "uint16"},  {DataType::u32, "<u4", "uint32"},  {DataType::u64, "<u8", "uint64"},
};

// Reads the header's dictionary word by word.
class Header {
 public:
  Header(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  ist::Status read(NumpyArray& array) {
    if (!take('{')) return malformed("does not begin with '{'");
    bool has_type = false, has_order = false, has_shape = false;
    while (!take('}')) {
      std::string key;
      if (!take_string(key) || !take(':')) return malformed("has no key where one is due");
      if (key == "descr" && !has_type) {
        IST_CHECK(read_type(array));
        has_type = true;
      } else if (key == "fortran_order" && !has_order) {
        IST_CHECK(read_order());
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        IST_CHECK(read_shape(array));
        has_shape = true;
      } else {
        return malformed("has a key that is not known, or one twice");
      }
      if (!take(',') && !next_is('}')) return malformed("has no ',' where one is due");
    }
    if (!has_type || !has_order || !has_shape) return malformed("lacks descr, fortran_order or shape");
    skip();
    return text_.empty() ? ist::Status() : malformed("goes on after '}'");
  }

 private:
  ist::Status malformed(const char* what) {
    return ist::fail(Code::corrupted_data, "The header of '%s' %s.", file_.c_str(), what);
  }
  void skip() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }
  bool next_is(char c) {
    skip();
    return !text_.empty() && text_[0] == c;
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool take_string(std::string& value) {
    skip();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return false;
    const size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return false;
    value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return true;
  }

  ist::Status read_type(NumpyArray& array) {
    std::string code;
    if (!take_string(code))
      return ist::fail(Code::invalid_argument, "'%s' holds records; only plain numbers can be passed to a kernel.",
                       file_.c_str());
    // One byte has no order, whatever is written before it.
    const bool one_byte = code.size() == 3 && code[2] == '1';
    if (one_byte && (code[0] == '<' || code[0] == '>' || code[0] == '=')) code[0] = '|';
    if (code[0] == '=') code[0] = '<';
    for (const TypeName& known : kTypes) {
      if (code != known.code) continue;
      array.type = known.type;
      return {};
    }
    if (code.starts_with('>'))
      return ist::fail(Code::invalid_argument,
                       "'%s' is big endian ('%s') but arrays are little endian; in Python, "
                       "numpy.save(path, a.astype(a.dtype.newbyteorder('<'))) writes such a file.",
                       file_.c_str(), code.c_str());
    return ist::fail(Code::invalid_argument, "'%s' holds numbers of the type '%s', which no kernel takes.",
                     file_.c_str(), code.c_str());
  }

  ist::Status read_order() {
    if (take_word("False")) return {};
    if (!take_word("True")) return malformed("says neither True nor False of fortran_order");
    return ist::fail(Code::invalid_argument,
                     "'%s' is in Fortran order but arrays are in C order; in Python, "
                     "numpy.save(path, numpy.ascontiguousarray(a)) writes such a file.",
                     file_.c_str());
  }

  ist::Status read_shape(NumpyArray& array) {
    if (!take('(')) return malformed("has a shape that is no tuple");
    while (!take(')')) {
      skip();
      uint64_t dim = 0;
      size_t digits = 0;
      for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9' && digits < 18; ++digits)
        dim = dim * 10 + static_cast<uint64_t>(text_[digits] - '0');
      if (digits == 0 || array.shape.size() == kMaxDimensions) return malformed("has a shape that is none");
      text_.remove_prefix(digits);
      // Python 2 wrote long integers so.
      (void)take('L');
      array.shape.push_back(dim);
      if (!take(',') && !next_is(')')) return malformed("has a shape that is none");
    }
    return {};
  }

  std::string_view text_;
  const std::string& file_;
};

}  // namespace

ist::Result<NumpyArray> read_npy(Bytes file, const std::string& name) {
  const auto byte_at = [&](size_t at) { return std::to_integer<size_t>(file[at]); };
  if (file.size() < 10 || std::memcmp(file.data(), kMagic, kMagicBytes) != 0)
    return ist::fail(Code::corrupted_data, "'%s' is no .npy file: it does not begin as one.", name.c_str());
  const size_t version = byte_at(6);
  if (version < 1 || version > 3)
    return ist::fail(Code::invalid_argument, "'%s' is a .npy file of version %zu; versions 1 to 3 are known.",
                     name.c_str(), version);
  const size_t start = version == 1 ? 10 : 12;
  if (file.size() < start)
    return ist::fail(Code::corrupted_data, "'%s' ends within its header (%zu bytes).", name.c_str(), file.size());
  const size_t length = version == 1 ? byte_at(8) | byte_at(9) << 8
                                     : byte_at(8) | byte_at(9) << 8 | byte_at(10) << 16 | byte_at(11) << 24;
  if (length > kMaxHeaderBytes || length > file.size() - start)
    return ist::fail(Code::corrupted_data, "The header of '%s' is %zu bytes long, and the file has %zu left for it.",
                     name.c_str(), length, file.size() - start);
  NumpyArray array;
  IST_CHECK(Header({reinterpret_cast<const char*>(file.data()) + start, length}, name).read(array));
  const uint64_t have = file.size() - start - length;
  uint64_t want = ist::aot::element_size_bytes(array.type);
  bool fits = true;
  for (const uint64_t dim : array.shape) fits = fits && !__builtin_mul_overflow(want, dim, &want);
  if (!fits || want != have)
    return ist::fail(Code::corrupted_data, "'%s' holds %llu bytes of numbers but %s of %s are %s.", name.c_str(),
                     static_cast<unsigned long long>(have), shape_text(array.shape).c_str(), numpy_name(array.type),
                     fits ? std::to_string(want).c_str() : "more than any file");
  file.erase(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(start + length));
  array.bytes = std::move(file);
  return array;
}

Bytes to_npy(const NumpyArray& array) {
  const char* code = "";
  for (const TypeName& known : kTypes)
    if (known.type == array.type) code = known.code;
  std::string header =
      "{'descr': '" + std::string(code) + "', 'fortran_order': False, 'shape': " + shape_text(array.shape) + ", }";
  // As NumPy does it: the numbers begin at a multiple of 64.
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  std::string start(kMagic, kMagicBytes);
  start += {'\1', '\0', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  start += header;
  Bytes file(start.size() + array.bytes.size());
  std::memcpy(file.data(), start.data(), start.size());
  if (!array.bytes.empty()) std::memcpy(file.data() + start.size(), array.bytes.data(), array.bytes.size());
  return file;
}

const char* numpy_name(DataType type) {
  for (const TypeName& known : kTypes)
    if (known.type == type) return known.name;
  return "unknown";
}

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace tool
