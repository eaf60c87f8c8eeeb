// Sizes and names of the plain enumerations of a module description.
#include "aot/module_desc.h"

#include <array>

namespace ist::aot {

namespace {

struct DataTypeFacts {
  const char* name;
  uint8_t args_bytes;
  uint8_t element_bytes;
};

constexpr std::array<DataTypeFacts, 12> kDataTypes = {{
    {"f16", 2, 2},
    {"f32", 4, 4},
    {"f64", 8, 8},
    {"i8", 1, 1},
    {"i16", 2, 2},
    {"i32", 4, 4},
    {"i64", 8, 8},
    {"u1", 4, 1},
    {"u8", 1, 1},
    {"u16", 2, 2},
    {"u32", 4, 4},
    {"u64", 8, 8},
}};

const DataTypeFacts& facts(DataType type) { return kDataTypes[static_cast<size_t>(type)]; }

}  // namespace

uint32_t args_size_bytes(DataType type) { return facts(type).args_bytes; }
uint32_t element_size_bytes(DataType type) { return facts(type).element_bytes; }
const char* data_type_name(DataType type) { return facts(type).name; }

const char* param_kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::scalar:
      return "scalar";
    case ParamKind::tensor:
      return "vector or matrix";
    case ParamKind::ndarray:
      return "ndarray";
    case ParamKind::sampled_texture:
      return "texture";
    case ParamKind::storage_texture:
      return "rw texture";
    case ParamKind::argpack:
      return "argpack";
  }
  return "unknown";
}

const char* code_kind_name(CodeKind kind) {
  switch (kind) {
    case CodeKind::spirv:
      return "SPIR-V (vulkan, opengl, gles)";
    case CodeKind::x64:
      return "LLVM IR for x64";
    case CodeKind::arm64:
      return "LLVM IR for arm64";
    case CodeKind::cuda:
      return "LLVM IR for cuda";
  }
  return "unknown";
}

}  // namespace ist::aot
