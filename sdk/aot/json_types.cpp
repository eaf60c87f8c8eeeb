// Reads the type trees of metadata.json and recomputes every offset.
#include "aot/json_types.h"

#include <algorithm>

namespace ist::aot {

namespace {

enum TypeKind : int64_t { kPrimitive = 0, kPointer = 1, kTensor = 2, kStruct = 3 };
constexpr int64_t kLastTypeKind = 9;
constexpr int64_t kLastPrimitive = 11;
constexpr size_t kMaxMembers = 65536;

// First letter: '1' pads structures to 16 bytes, '4' packs. Second: 'b' has 8-byte pointers.
struct Layout {
  bool padded = true;
  uint32_t pointer_bytes = 4;
};

uint32_t round_up(uint32_t value, uint32_t align) { return (value + align - 1) / align * align; }

Result<Layout> read_layout(JsonNode node) {
  IST_TRY(const std::string text, node.text());
  const bool known = text.size() == 2 && (text[0] == '1' || text[0] == '4') && (text[1] == '-' || text[1] == 'b');
  if (!known) return node.complain("is not one of the layouts 1-, 1b, 4- and 4b");
  return Layout{text[0] == '1', text[1] == 'b' ? 8u : 4u};
}

Result<DataType> read_primitive(JsonNode node) {
  IST_TRY(const int64_t type, node.integer(0, kLastPrimitive));
  return static_cast<DataType>(type);
}

Result<TypeNode> read_node(JsonNode node, const Layout& layout);

Result<TypeNode> read_tensor(JsonNode content, const Layout& layout) {
  TypeNode tensor;
  tensor.kind = TypeNode::Kind::tensor;
  if (!content.member("element_").present()) return content.complain("is a tensor without element_");
  IST_TRY(const TypeNode element, read_node(content.member("element_"), layout));
  const JsonNode shape = content.member("shape_");
  IST_TRY(const size_t rank, shape.list_size());
  if (element.kind != TypeNode::Kind::primitive) return content.complain("has no primitive element");
  uint64_t size_bytes = element.size_bytes;
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const int64_t extent, shape.item(i).integer(1, kMaxBlockBytes));
    tensor.shape.push_back(static_cast<uint32_t>(extent));
    size_bytes *= static_cast<uint64_t>(extent);
    if (size_bytes > kMaxBlockBytes) return shape.complain("is too large a tensor");
  }
  tensor.type = element.type;
  tensor.size_bytes = static_cast<uint32_t>(size_bytes);
  tensor.align_bytes = element.align_bytes;
  return tensor;
}

Result<TypeMember> read_member(JsonNode node, const Layout& layout, uint32_t running_bytes) {
  TypeMember member;
  if (!node.member("type").present()) return node.complain("is a member without type");
  IST_TRY(member.name, node.member("name").text());
  IST_TRY(member.type, read_node(node.member("type"), layout));
  IST_TRY(const int64_t offset, node.member("offset").integer(0, kMaxBlockBytes));
  const uint32_t expected = round_up(running_bytes, member.type.align_bytes);
  if (offset != expected) {
    return node.complain("has offset (" + std::to_string(offset) + ") where its layout gives (" +
                         std::to_string(expected) + ")");
  }
  member.offset_bytes = expected;
  return member;
}

Result<TypeNode> read_structure(JsonNode content) {
  TypeNode structure;
  IST_TRY(const Layout layout, read_layout(content.member("layout_")));
  const JsonNode elements = content.member("elements_");
  IST_TRY(const size_t count, elements.list_size());
  if (count > kMaxMembers) return elements.complain("has too many members");
  uint32_t running_bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    const JsonNode element = elements.item(i);
    IST_CHECK(element.require_object());
    IST_TRY(TypeMember member, read_member(element, layout, running_bytes));
    running_bytes = member.offset_bytes + member.type.size_bytes;
    if (running_bytes > kMaxBlockBytes) return element.complain("lies beyond the largest block");
    structure.align_bytes = std::max(structure.align_bytes, member.type.align_bytes);
    structure.members.push_back(std::move(member));
  }
  if (layout.padded) structure.align_bytes = round_up(structure.align_bytes, 16);
  structure.size_bytes = layout.padded ? round_up(running_bytes, 16) : running_bytes;
  return structure;
}

Result<TypeNode> read_node(JsonNode node, const Layout& layout) {
  TypeNode type;
  IST_CHECK(node.require_object());
  const JsonNode kind_node = node.member("type_kind");
  const JsonNode content = node.member("content");
  if (!kind_node.present() || !content.present()) {
    return node.complain("is a type without type_kind or content");
  }
  IST_TRY(const int64_t kind, kind_node.integer(0, kLastTypeKind));
  IST_CHECK(content.require_object());
  if (kind == kStruct) return read_structure(content);
  if (kind == kTensor) return read_tensor(content, layout);
  if (kind == kPointer) {
    type.kind = TypeNode::Kind::pointer;
    type.size_bytes = type.align_bytes = layout.pointer_bytes;
    return type;
  }
  if (kind != kPrimitive) return kind_node.complain("is a kind of type that no such module has");
  type.kind = TypeNode::Kind::primitive;
  IST_TRY(type.type, read_primitive(content.member("type")));
  type.size_bytes = type.align_bytes = args_size_bytes(type.type);
  return type;
}

}  // namespace

Result<TypeNode> read_type_tree(JsonNode node) {
  if (!node.present()) return TypeNode{};
  IST_TRY(TypeNode type, read_node(node, Layout{}));
  if (type.kind != TypeNode::Kind::structure) return node.complain("is not a structure");
  return type;
}

}  // namespace ist::aot
