// Types of arguments and return values as trees with byte offsets, whatever file they were read from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aot/module_desc.h"

namespace ist::aot {

// No args or rets block, and so no offset in one, is larger.
constexpr uint32_t kMaxBlockBytes = uint32_t{1} << 20;

struct TypeMember;

struct TypeNode {
  // nothing: a type that a file leaves out. argpack: its members lie elsewhere, here it has no size.
  enum class Kind : uint8_t { primitive, pointer, tensor, structure, argpack, nothing };

  Kind kind = Kind::structure;
  DataType type = DataType::i32;    // primitive; element of a tensor
  std::vector<uint32_t> shape;      // tensor
  std::vector<TypeMember> members;  // structure
  std::vector<TypeNode> pointee;    // pointer: one, or none when the file does not say
  uint32_t size_bytes = 0;
  uint32_t align_bytes = 1;
};

struct TypeMember {
  std::string name;
  uint32_t offset_bytes = 0;  // from the start of the enclosing structure
  TypeNode type;
};

// Appends the primitives of `type`, which begins at `base_bytes`, in order. False when it has others.
bool append_primitives(const TypeNode& type, uint32_t base_bytes, std::vector<Member>& out);

// Appends what a kernel returns: a struct as its members, one value each with a dotted name. False
// when `type` contains anything but values.
bool append_returns(const std::string& name, const TypeNode& type, uint32_t base_bytes, std::vector<ReturnValue>& out);

// [n, 1] and [n] are both vectors.
std::vector<uint32_t> tensor_shape(std::vector<uint32_t> shape);

// The offsets of the extents of an ndarray {shape: {dim_0: i32 ...}, data pointer, ...} that begins at
// `base_bytes`; empty when `type` is not of that form.
std::vector<uint32_t> extent_offsets(const TypeNode& type, uint32_t base_bytes);

}  // namespace ist::aot
