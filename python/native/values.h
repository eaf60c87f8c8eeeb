// Python numbers and nested sequences to the bits that kernels take by value, and back. Everything here needs the
// GIL; failures set TypeError, ValueError or OverflowError and name function and argument.
#pragma once

#include <nanobind/nanobind.h>

#include <ist/core.h>

namespace ist::python {

// Who asks, for messages: "run() argument 'base'".
struct Place {
  const char* function;
  const char* argument;
};

// "i32"; "?" for what is no type of data.
const char* name_of(TiDataType type);

// A number that the type holds exactly, or for floats within its range; anything else is an error, never a wrap.
bool scalar_from(PyObject* value, const Place& place, TiDataType type, TiScalarValue& scalar);

// Components of a vector or matrix: a flat sequence, or rows of equal length.
bool tensor_from(PyObject* value, const Place& place, const IstArgumentInfo& info, TiTensor& tensor);

// A Python number, or a NumPy array for vectors and matrices. New reference; null: an exception is set.
PyObject* result_from(const TiTensor& tensor, const IstArgumentInfo& info);

}  // namespace ist::python
