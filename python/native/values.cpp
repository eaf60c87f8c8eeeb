// Range checks are here, because Python and NumPy numbers have no fixed width or another one than the kernel's.
#include "values.h"

#include "half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace nb = nanobind;

namespace ist::python {
namespace {

constexpr uint32_t kMaxTensorBytes = sizeof(TiTensorValue);

struct TypeFacts {
  const char* name;
  uint32_t bytes;
  // Of integers.
  int64_t least;
  uint64_t most;
};

template <class T>
constexpr TypeFacts integer(const char* name) {
  return {name, sizeof(T), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

// By TiDataType.
constexpr TypeFacts kFacts[] = {{"f16", 2, 0, 0},         {"f32", 4, 0, 0},         {"f64", 8, 0, 0},
                                integer<int8_t>("i8"),    integer<int16_t>("i16"),  integer<int32_t>("i32"),
                                integer<int64_t>("i64"),  {"u1", 1, 0, 1},          integer<uint8_t>("u8"),
                                integer<uint16_t>("u16"), integer<uint32_t>("u32"), {"u64", 8, 0, UINT64_MAX}};

const TypeFacts* facts_of(TiDataType type) {
  return static_cast<uint32_t>(type) < std::size(kFacts) ? &kFacts[type] : nullptr;
}

bool is_float(TiDataType type) { return type <= TI_DATA_TYPE_F64; }

// Whether the exception is of this kind, and therefore cleared. Others are not ours to swallow.
bool caught(PyObject* kind) {
  if (!PyErr_ExceptionMatches(kind)) return false;
  PyErr_Clear();
  return true;
}

bool wrong_type(PyObject* value, const Place& place, const TypeFacts& facts) {
  PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes %s, not %.100s", place.function, place.argument, facts.name,
               Py_TYPE(value)->tp_name);
  return false;
}

bool out_of_range(PyObject* value, const Place& place, const TypeFacts& facts) {
  PyObject* text = PyObject_Repr(value);
  if (!text && !caught(PyExc_ValueError)) return false;  // Python writes no integers of thousands of digits
  PyErr_Format(PyExc_OverflowError, "%s() argument '%s': %V does not fit %s", place.function, place.argument, text,
               "the number", facts.name);
  Py_XDECREF(text);
  return false;
}

// NumPy's booleans have no __index__.
bool is_numpy_bool(PyObject* value) { return std::strncmp(Py_TYPE(value)->tp_name, "numpy.bool", 10) == 0; }

// A PyLong, new reference; null: it is none, or an exception is set.
PyObject* integer_of(PyObject* value, bool is_bool) {
  if (PyLong_Check(value)) return Py_INCREF(value), value;
  if (is_bool && is_numpy_bool(value)) return PyLong_FromLong(PyObject_IsTrue(value));
  PyObject* integer = PyIndex_Check(value) ? PyNumber_Index(value) : nullptr;
  if (!integer && PyErr_Occurred()) caught(PyExc_TypeError);
  return integer;
}

// Two's complement in 64 bits.
bool integer_from(PyObject* value, const Place& place, const TypeFacts& facts, uint64_t& bits) {
  PyObject* integer = integer_of(value, facts.most == 1);
  if (!integer) return !PyErr_Occurred() && wrong_type(value, place, facts);
  bool fits = true;
  if (facts.most == UINT64_MAX) {
    bits = PyLong_AsUnsignedLongLong(integer);
    fits = !(bits == UINT64_MAX && PyErr_Occurred());
    PyErr_Clear();
  } else {
    int overflow = 0;
    const int64_t number = PyLong_AsLongLongAndOverflow(integer, &overflow);
    fits = !overflow && number >= facts.least && number <= static_cast<int64_t>(facts.most);
    bits = static_cast<uint64_t>(number);
  }
  Py_DECREF(integer);
  return fits || out_of_range(value, place, facts);
}

// Whether it has a length: arrays of one element have a __float__, but are no numbers. -1: an exception is set.
int is_sized(PyObject* value) {
  if (!PySequence_Check(value)) return 0;
  if (PySequence_Size(value) >= 0) return 1;
  return caught(PyExc_TypeError) ? 0 : -1;
}

// Whether float() would make a number of what is none or only a part of it: of NumPy's complex numbers, spans of time
// and texts, as scalars or as arrays without axes. -1: an exception is set.
int is_other_kind(PyObject* value) {
  if (PyFloat_Check(value) || PyLong_Check(value)) return 0;
  if (std::strncmp(Py_TYPE(value)->tp_name, "numpy.float", 11) == 0) return 0;
  if (PyComplex_Check(value)) return 1;
  PyObject* dtype = PyObject_GetAttrString(value, "dtype");
  PyObject* kind = dtype ? PyObject_GetAttrString(dtype, "kind") : nullptr;
  Py_XDECREF(dtype);
  if (!kind) return caught(PyExc_AttributeError) ? 0 : -1;
  const bool other = PyUnicode_Check(kind) && !(PyUnicode_GET_LENGTH(kind) == 1 && PyUnicode_READ_CHAR(kind, 0) < 128 &&
                                                std::strchr("fiub", static_cast<int>(PyUnicode_READ_CHAR(kind, 0))));
  Py_DECREF(kind);
  return other;
}

// Whether an infinite double is all that float() could make of a finite number: longdoubles and decimals go further.
// -1: an exception is set.
int is_beyond_double(PyObject* value, double number) {
  if (!std::isinf(number) || PyFloat_Check(value)) return 0;
  PyObject* infinity = PyFloat_FromDouble(number);
  const int nearer = infinity ? PyObject_RichCompareBool(value, infinity, number > 0 ? Py_LT : Py_GT) : -1;
  Py_XDECREF(infinity);
  return nearer >= 0 || !caught(PyExc_TypeError) ? nearer : 0;
}

bool double_from(PyObject* value, const Place& place, const TypeFacts& facts, double& number) {
  if (PyFloat_CheckExact(value)) return number = PyFloat_AS_DOUBLE(value), true;
  int refused = PyLong_CheckExact(value) ? 0 : is_sized(value);
  if (refused == 0) refused = is_other_kind(value);
  if (refused != 0) return refused > 0 && wrong_type(value, place, facts);
  number = PyFloat_AsDouble(value);
  if (number != -1.0 || !PyErr_Occurred()) {
    const int beyond = is_beyond_double(value, number);
    return beyond <= 0 ? beyond == 0 : out_of_range(value, place, facts);
  }
  if (caught(PyExc_OverflowError)) return out_of_range(value, place, facts);
  return caught(PyExc_TypeError) && wrong_type(value, place, facts);
}

// Floats in their own width, f16 as halves; integers in two's complement.
bool component_from(PyObject* value, const Place& place, TiDataType type, uint64_t& bits) {
  const TypeFacts& facts = kFacts[type];
  if (!is_float(type)) return integer_from(value, place, facts, bits);
  double number;
  if (!double_from(value, place, facts, number)) return false;
  bool finite = true;
  if (type == TI_DATA_TYPE_F64) {
    std::memcpy(&bits, &number, sizeof number);
  } else if (type == TI_DATA_TYPE_F32) {
    const auto single = static_cast<float>(number);
    uint32_t word;
    std::memcpy(&word, &single, sizeof word);
    bits = word;
    finite = std::isfinite(single);
  } else {
    bits = half_from(number);
    finite = (bits & 0x7fff) < 0x7c00;
  }
  return finite || !std::isfinite(number) || type == TI_DATA_TYPE_F64 || out_of_range(value, place, facts);
}

bool require_known(const Place& place, TiDataType type) {
  if (facts_of(type)) return true;
  PyErr_Format(PyExc_TypeError, "%s() argument '%s' is of a type (%d) that cannot be passed by value", place.function,
               place.argument, static_cast<int>(type));
  return false;
}

// Writes components one after the other.
class Flattener {
 public:
  Flattener(const Place& place, const IstArgumentInfo& info, TiTensor& tensor)
      : place_(place), info_(info), tensor_(tensor), bytes_(kFacts[info.data_type].bytes) {
    // Clamped far beyond what fits, so that no shape wraps.
    for (uint32_t axis = 0; axis < info.elem_rank; ++axis) {
      wanted_ = std::min<uint64_t>(wanted_ * info.elem_shape[axis], UINT32_MAX);
    }
  }

  bool run(PyObject* value) {
    if (wanted_ * bytes_ > kMaxTensorBytes) return too_large();
    if (!add(value, 0)) return false;
    if (count_ != wanted_) return wrong_count();
    tensor_.type = info_.data_type;
    tensor_.contents.length = count_;
    return true;
  }

 private:
  bool add(PyObject* value, uint32_t depth) {
    const int sequence = is_sequence(value);
    if (sequence != 0) return sequence > 0 && add_all(value, depth);
    if (depth == 0) {
      PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes %u components of %s, not %.100s", place_.function,
                   place_.argument, wanted(), kFacts[info_.data_type].name, Py_TYPE(value)->tp_name);
      return false;
    }
    if (count_ == wanted_) return wrong_count();
    uint64_t bits = 0;
    if (!component_from(value, place_, info_.data_type, bits)) return false;
    std::memcpy(tensor_.contents.data.x8 + size_t{count_} * bytes_, &bits, bytes_);  // little-endian, as checked below
    ++count_;
    return true;
  }

  // As is_sized.
  static int is_sequence(PyObject* value) {
    if (PyList_CheckExact(value) || PyTuple_CheckExact(value)) return 1;
    return PyUnicode_Check(value) || PyBytes_Check(value) ? 0 : is_sized(value);
  }

  bool add_all(PyObject* value, uint32_t depth) {
    if (depth == 2) return wrong_count();
    PyObject* items = items_of(value);
    if (!items) return false;
    const Py_ssize_t length = PySequence_Fast_GET_SIZE(items);
    bool fine = depth == 0 || check_row(length);
    for (Py_ssize_t index = 0; fine && index < length; ++index) {
      fine = add(PySequence_Fast_GET_ITEM(items, index), depth + 1);
    }
    Py_DECREF(items);
    return fine;
  }

  // A list or tuple of our own: conversions of the items may change the one that was given. Of other sequences, which
  // need not end, one item more than would fit is enough.
  PyObject* items_of(PyObject* value) const {
    if (PyList_CheckExact(value) || PyTuple_CheckExact(value)) return PySequence_Tuple(value);
    const nb::object iterator = nb::steal(PyObject_GetIter(value));
    nb::object items = iterator.is_valid() ? nb::steal(PyList_New(0)) : nb::object();
    while (items.is_valid() && PyList_GET_SIZE(items.ptr()) <= static_cast<Py_ssize_t>(wanted_)) {
      const nb::object item = nb::steal(PyIter_Next(iterator.ptr()));
      if (!item.is_valid()) break;
      if (PyList_Append(items.ptr(), item.ptr()) != 0) return nullptr;
    }
    return PyErr_Occurred() ? nullptr : items.release().ptr();
  }

  bool check_row(Py_ssize_t length) {
    if (row_ < 0) row_ = info_.elem_rank == 2 ? static_cast<Py_ssize_t>(info_.elem_shape[1]) : length;
    return length == row_ || wrong_count();
  }

  bool wrong_count() {
    if (info_.elem_rank == 2) {
      PyErr_Format(PyExc_ValueError, "%s() argument '%s' takes a matrix of %u x %u", place_.function, place_.argument,
                   info_.elem_shape[0], info_.elem_shape[1]);
    } else {
      PyErr_Format(PyExc_ValueError, "%s() argument '%s' takes %u components", place_.function, place_.argument,
                   wanted());
    }
    return false;
  }

  bool too_large() {
    PyErr_Format(PyExc_ValueError, "%s() argument '%s' is a vector or matrix of more bytes than a launch takes (%u)",
                 place_.function, place_.argument, kMaxTensorBytes);
    return false;
  }

  uint32_t wanted() const { return static_cast<uint32_t>(wanted_); }

  const Place& place_;
  const IstArgumentInfo& info_;
  TiTensor& tensor_;
  uint32_t bytes_;
  uint64_t wanted_ = 1;
  uint32_t count_ = 0;
  Py_ssize_t row_ = -1;
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

template <class T>
T read(const TiTensor& tensor) {
  T value;
  std::memcpy(&value, &tensor.contents.data, sizeof value);
  return value;
}

PyObject* number_from(const TiTensor& tensor) {
  switch (tensor.type) {
    case TI_DATA_TYPE_F16:
      return PyFloat_FromDouble(double_from_half(read<uint16_t>(tensor)));
    case TI_DATA_TYPE_F32:
      return PyFloat_FromDouble(read<float>(tensor));
    case TI_DATA_TYPE_F64:
      return PyFloat_FromDouble(read<double>(tensor));
    case TI_DATA_TYPE_I8:
      return PyLong_FromLong(read<int8_t>(tensor));
    case TI_DATA_TYPE_I16:
      return PyLong_FromLong(read<int16_t>(tensor));
    case TI_DATA_TYPE_I32:
      return PyLong_FromLong(read<int32_t>(tensor));
    case TI_DATA_TYPE_I64:
      return PyLong_FromLongLong(read<int64_t>(tensor));
    case TI_DATA_TYPE_U1:
      return PyBool_FromLong(read<uint8_t>(tensor));
    case TI_DATA_TYPE_U8:
      return PyLong_FromLong(read<uint8_t>(tensor));
    case TI_DATA_TYPE_U16:
      return PyLong_FromLong(read<uint16_t>(tensor));
    case TI_DATA_TYPE_U32:
      return PyLong_FromUnsignedLong(read<uint32_t>(tensor));
    default:
      return PyLong_FromUnsignedLongLong(read<uint64_t>(tensor));
  }
}

PyObject* array_from(const TiTensor& tensor, const IstArgumentInfo& info) {
  PyObject* shape = PyTuple_New(info.elem_rank);
  if (!shape) return nullptr;
  for (uint32_t axis = 0; axis < info.elem_rank; ++axis) {
    PyTuple_SET_ITEM(shape, axis, PyLong_FromUnsignedLong(info.elem_shape[axis]));
  }
  const size_t size_bytes = size_t{tensor.contents.length} * kFacts[tensor.type].bytes;
  PyObject* bytes = PyBytes_FromStringAndSize(reinterpret_cast<const char*>(tensor.contents.data.x8),
                                              static_cast<Py_ssize_t>(std::min<size_t>(size_bytes, kMaxTensorBytes)));
  PyObject* module = bytes ? PyImport_ImportModule("isthmus._types") : nullptr;
  PyObject* array =
      module ? PyObject_CallMethod(module, "array_from_bytes", "OiO", bytes, static_cast<int>(tensor.type), shape)
             : nullptr;
  Py_XDECREF(bytes);
  Py_XDECREF(module);
  Py_DECREF(shape);
  return array;
}

}  // namespace

const char* name_of(TiDataType type) {
  const TypeFacts* facts = facts_of(type);
  return facts ? facts->name : "?";
}

bool scalar_from(PyObject* value, const Place& place, TiDataType type, TiScalarValue& scalar) {
  if (!require_known(place, type)) return false;
  uint64_t bits = 0;
  if (!component_from(value, place, type, bits)) return false;
  if (type == TI_DATA_TYPE_F16) {  // scalars of this type travel as floats
    const auto single = static_cast<float>(double_from_half(static_cast<uint16_t>(bits)));
    std::memcpy(&scalar.x32, &single, sizeof single);
    return true;
  }
  scalar.x64 = bits;
  return true;
}

bool tensor_from(PyObject* value, const Place& place, const IstArgumentInfo& info, TiTensor& tensor) {
  if (!require_known(place, info.data_type)) return false;
  return Flattener(place, info, tensor).run(value);
}

PyObject* result_from(const TiTensor& tensor, const IstArgumentInfo& info) {
  if (!facts_of(tensor.type)) {
    PyErr_SetString(PyExc_TypeError, "The kernel returns a type without a Python counterpart.");
    return nullptr;
  }
  return info.elem_rank == 0 ? number_from(tensor) : array_from(tensor, info);
}

}  // namespace ist::python
