// What both forms of a module make of a type tree.
#include "aot/type_tree.h"

#include <algorithm>

namespace ist::aot {

bool append_primitives(const TypeNode& type, uint32_t base_bytes, std::vector<Member>& out) {
  switch (type.kind) {
    case TypeNode::Kind::pointer:
    case TypeNode::Kind::argpack:
    case TypeNode::Kind::nothing:
      return false;
    case TypeNode::Kind::primitive:
      out.push_back({type.type, base_bytes});
      return true;
    case TypeNode::Kind::tensor: {
      const uint32_t element_bytes = type.align_bytes;  // every primitive is aligned to its size
      for (uint32_t at = 0; at < type.size_bytes; at += element_bytes) {
        out.push_back({type.type, base_bytes + at});
      }
      return true;
    }
    case TypeNode::Kind::structure:
      break;
  }
  for (const TypeMember& member : type.members) {
    if (!append_primitives(member.type, base_bytes + member.offset_bytes, out)) return false;
  }
  return true;
}

std::vector<uint32_t> tensor_shape(std::vector<uint32_t> shape) {
  if (shape.size() == 2 && shape[1] == 1) shape.pop_back();
  return shape;
}

bool append_returns(const std::string& name, const TypeNode& type, uint32_t base_bytes, std::vector<ReturnValue>& out) {
  if (type.kind == TypeNode::Kind::structure) {
    return std::all_of(type.members.begin(), type.members.end(), [&](const TypeMember& member) {
      return append_returns(name + "." + member.name, member.type, base_bytes + member.offset_bytes, out);
    });
  }
  ReturnValue value;
  value.name = name;
  value.shape = tensor_shape(type.shape);
  out.push_back(std::move(value));
  return append_primitives(type, base_bytes, out.back().members);
}

std::vector<uint32_t> extent_offsets(const TypeNode& type, uint32_t base_bytes) {
  std::vector<uint32_t> offsets;
  if (type.kind != TypeNode::Kind::structure || type.members.size() < 2) return {};
  const TypeMember& shape = type.members[0];
  if (shape.type.kind != TypeNode::Kind::structure) return {};
  if (type.members[1].type.kind != TypeNode::Kind::pointer) return {};
  for (const TypeMember& dim : shape.type.members) {
    if (dim.type.kind != TypeNode::Kind::primitive || dim.type.type != DataType::i32) return {};
    offsets.push_back(base_bytes + shape.offset_bytes + dim.offset_bytes);
  }
  return offsets;
}

}  // namespace ist::aot
