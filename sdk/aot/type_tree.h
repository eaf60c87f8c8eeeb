// The type trees of metadata.json: the layout of the args and rets blocks, checked against the
// rules that generated it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aot/json_node.h"
#include "aot/module_desc.h"

namespace ist::aot {

// No args or rets block, and so no offset in one, is larger.
constexpr uint32_t kMaxBlockBytes = uint32_t{1} << 20;

struct TypeMember;

struct TypeNode {
  enum class Kind : uint8_t { primitive, pointer, tensor, structure };

  Kind kind = Kind::structure;
  DataType type = DataType::i32;    // primitive; element of a tensor
  std::vector<uint32_t> shape;      // tensor
  std::vector<TypeMember> members;  // structure
  uint32_t size_bytes = 0;
  uint32_t align_bytes = 1;
};

struct TypeMember {
  std::string name;
  uint32_t offset_bytes = 0;  // from the start of the enclosing structure
  TypeNode type;
};

// An absent node is an empty structure. corrupted_data when an offset breaks the layout's rules.
Result<TypeNode> read_type_tree(JsonNode node);

// Appends the primitives of `type`, which begins at `base_bytes`, in order. False for pointers.
bool append_primitives(const TypeNode& type, uint32_t base_bytes, std::vector<Member>& out);

}  // namespace ist::aot
