// Type trees by the rules of C: natural alignment, a u1 in one byte, pointers of eight bytes.
#include "aot/llvm_types.h"

#include <algorithm>

namespace ist::aot {

namespace {

enum TypeKind : int32_t { kNull = -1, kPrimitive = 0, kPointer = 1, kTensor = 2, kStruct = 3, kArgPack = 4 };
constexpr const char* kQuantNames[] = {"quantised integer", "quantised float", "fixed-point number", "bit struct",
                                       "quantised array"};
constexpr int32_t kFirstQuant = 5;
constexpr int32_t kLastTypeKind = 9;
constexpr int32_t kLastValueType = 11;
constexpr int32_t kLastPrimitive = 13;  // 12 generic, 13 unknown
constexpr size_t kMaxMembers = 65536;
constexpr size_t kMaxTensorRank = 16;
constexpr size_t kMaxDepth = 32;
constexpr size_t kSmallestType = 4;
constexpr size_t kSmallestMember = kSmallestType + 8 + 8;
constexpr uint32_t kPointerBytes = 8;

uint64_t round_up(uint64_t value, uint64_t align) { return (value + align - 1) / align * align; }

class TypeReader {
 public:
  TypeReader(TcbReader& in, TypeOffsets offsets) : in_(in), offsets_(offsets) {}

  Result<TypeNode> read(const char* field) {
    const TcbStep step(in_, field);
    if (++depth_ > kMaxDepth) {
      return in_.complain("kind", "belongs to a type that is nested deeper than (" + std::to_string(kMaxDepth) + ")");
    }
    IST_TRY(const int32_t kind, in_.i32("kind", kNull, kLastTypeKind));
    auto type = read_body(kind);
    --depth_;
    return type;
  }

 private:
  Result<TypeNode> read_body(int32_t kind) {
    switch (kind) {
      case kNull:
        return nothing();
      case kPrimitive:
        return read_primitive();
      case kPointer:
        return read_pointer();
      case kTensor:
        return read_tensor();
      case kStruct:
      case kArgPack:
        return read_structure(kind);
      default:
        return in_.complain("kind",
                            "is (" + std::to_string(kind) + "), a " + kQuantNames[kind - kFirstQuant] +
                                ": kernels whose arguments or return values are quantised are not supported",
                            Code::incompatible_module);
    }
  }

  static TypeNode nothing() {
    TypeNode type;
    type.kind = TypeNode::Kind::nothing;
    return type;
  }

  Result<TypeNode> read_primitive() {
    IST_TRY(const int32_t id, in_.i32("primitive", 0, kLastPrimitive));
    if (id > kLastValueType) return nothing();
    TypeNode type;
    type.kind = TypeNode::Kind::primitive;
    type.type = static_cast<DataType>(id);
    type.size_bytes = type.align_bytes = element_size_bytes(type.type);
    return type;
  }

  Result<TypeNode> read_pointer() {
    TypeNode type;
    type.kind = TypeNode::Kind::pointer;
    type.size_bytes = type.align_bytes = kPointerBytes;
    IST_TRY(TypeNode pointee, read("pointee"));
    type.pointee.push_back(std::move(pointee));
    IST_CHECK(in_.i32("address_space", INT32_MIN, INT32_MAX));
    IST_TRY(const bool is_bit_pointer, in_.boolean("is_bit_pointer"));
    if (is_bit_pointer) {
      return in_.complain("is_bit_pointer", "is set: pointers to bits are not supported", Code::incompatible_module);
    }
    return type;
  }

  Result<TypeNode> read_tensor() {
    TypeNode type;
    type.kind = TypeNode::Kind::tensor;
    IST_TRY(const size_t rank, in_.count("shape", sizeof(int32_t)));
    if (rank > kMaxTensorRank) return in_.complain("shape", "has (" + std::to_string(rank) + ") dimensions");
    uint64_t elements = 1;
    for (size_t i = 0; i < rank; ++i) {
      IST_TRY(const int32_t extent, in_.i32("shape", 1, kMaxBlockBytes));
      type.shape.push_back(static_cast<uint32_t>(extent));
      elements *= static_cast<uint64_t>(extent);
      if (elements > kMaxBlockBytes) return in_.complain("shape", "is too large a tensor");
    }
    IST_TRY(const TypeNode element, read("element"));
    if (element.kind != TypeNode::Kind::primitive) return in_.complain("element", "is not a primitive type");
    if (elements * element.size_bytes > kMaxBlockBytes) return in_.complain("shape", "is too large a tensor");
    type.type = element.type;
    type.size_bytes = static_cast<uint32_t>(elements * element.size_bytes);
    type.align_bytes = element.align_bytes;
    return type;
  }

  Result<TypeNode> read_structure(int32_t kind) {
    TypeNode type;
    uint64_t end_bytes = 0;
    IST_TRY(const size_t count, in_.count("members", kSmallestMember));
    if (count > kMaxMembers) return in_.complain("members", "has (" + std::to_string(count) + ") elements");
    for (size_t i = 0; i < count; ++i) {
      const TcbStep step(in_, "members", i);
      TypeMember member;
      IST_TRY(member.type, read("type"));
      IST_TRY(member.name, in_.text("name"));
      IST_CHECK(read_offset(member, end_bytes));
      end_bytes = uint64_t{member.offset_bytes} + member.type.size_bytes;
      type.align_bytes = std::max(type.align_bytes, member.type.align_bytes);
      type.members.push_back(std::move(member));
    }
    IST_CHECK(in_.text("layout"));
    if (kind == kArgPack) {
      type = TypeNode{};
      type.kind = TypeNode::Kind::argpack;
      return type;
    }
    const uint64_t size_bytes = round_up(end_bytes, type.align_bytes);
    if (size_bytes > kMaxBlockBytes) return in_.complain("members", "lie beyond the largest block");
    type.size_bytes = static_cast<uint32_t>(size_bytes);
    return type;
  }

  Status read_offset(TypeMember& member, uint64_t end_bytes) {
    IST_TRY(const uint64_t offset, in_.u64("offset", UINT64_MAX));
    if (offsets_ == TypeOffsets::unused) return {};
    const uint32_t align = member.type.align_bytes;
    if (offset % align != 0) {
      return in_.complain("offset", "is (" + std::to_string(offset) + "), which is not aligned to (" +
                                        std::to_string(align) + ") bytes");
    }
    if (offset < end_bytes) {
      return in_.complain("offset", "is (" + std::to_string(offset) + ") but the member before ends at (" +
                                        std::to_string(end_bytes) + ")");
    }
    if (offset > kMaxBlockBytes || offset + member.type.size_bytes > kMaxBlockBytes) {
      return in_.complain("offset", "is (" + std::to_string(offset) + "), beyond the largest block (" +
                                        std::to_string(kMaxBlockBytes) + ")");
    }
    member.offset_bytes = static_cast<uint32_t>(offset);
    return {};
  }

  TcbReader& in_;
  const TypeOffsets offsets_;
  size_t depth_ = 0;
};

}  // namespace

Result<TypeNode> read_llvm_type(TcbReader& in, const char* field, TypeOffsets offsets) {
  return TypeReader(in, offsets).read(field);
}

}  // namespace ist::aot
