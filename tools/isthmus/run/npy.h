// Files of NumPy (.npy), of any version, little endian and in C order. What is read is untrusted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aot/module_desc.h"
#include "base/status.h"
#include "files.h"

namespace tool {

struct NumpyArray {
  ist::aot::DataType type = ist::aot::DataType::f32;  // bool is u1, of one byte
  std::vector<uint64_t> shape;
  Bytes bytes;
};

// `name` is for the sentences.
ist::Result<NumpyArray> read_npy(Bytes file, const std::string& name);
Bytes to_npy(const NumpyArray& array);

// As NumPy has it: "float32", "bool"
const char* numpy_name(ist::aot::DataType type);
// "(3, 4)", "(3,)"
std::string shape_text(const std::vector<uint64_t>& shape);

}  // namespace tool
