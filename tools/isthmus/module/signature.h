// What a kernel or a graph takes and returns, in one shape for both, and as people write it.
#pragma once

#include <string>
#include <vector>

#include "aot/module_desc.h"

namespace tool {

struct Argument {
  std::string name;
  ist::aot::ParamKind kind = ist::aot::ParamKind::scalar;
  ist::aot::DataType type = ist::aot::DataType::i32;
  uint32_t rank = 0;                    // dimensions of an array or a texture
  std::vector<uint32_t> element_shape;  // of arrays; of tensors where known, else their number of components
  uint8_t access = 1;                   // 1 read, 2 written, 3 both; values are read
  uint32_t image_format = 0;            // TiFormat, 0 unknown
};

std::vector<Argument> arguments_of(const ist::aot::KernelDesc& kernel);
// The access to a graph's argument is that of all its kernels together.
std::vector<Argument> arguments_of(const ist::aot::ModuleDesc& module, const ist::aot::GraphDesc& graph);

// Components of one element, one value.
uint64_t components_of(const std::vector<uint32_t>& shape);

// "f32", "vec3<f32>", "mat2x3<f32>", "vec3<f32>[:, :]", "texture2d", "image2d<rgba8>"
std::string type_text(const Argument& argument);
std::string type_text(const ist::aot::ReturnValue& value);
// "read", "write", "read+write", "unused"
const char* access_text(uint8_t access);
// "paint(image: image2d<rgba8> write, zoom: f32) -> f32"
std::string signature(const ist::aot::KernelDesc& kernel);
std::string signature(const ist::aot::ModuleDesc& module, const ist::aot::GraphDesc& graph);

}  // namespace tool
