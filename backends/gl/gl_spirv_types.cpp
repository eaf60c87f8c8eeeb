// From the parts to the whole: types stand behind those they are made of.
#include "gl/gl_spirv_types.h"

#include <algorithm>

namespace ist::gl {
namespace {

using aot::Instruction;
using Kind = TypeFacts::Kind;

constexpr unsigned kMaxDepth = 24;
constexpr uint64_t kMaxParts = 65536;
constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
// In the numbers of the specification: formats of floats end here, then of signed and of unsigned integers.
constexpr uint32_t kLastFloatFormat = 20, kLastSignedFormat = 29;

uint64_t product(uint64_t a, uint64_t b) { return b != 0 && a > kMaxBytes / b ? kMaxBytes + 1 : a * b; }

}  // namespace

bool Types::add(const Instruction& type) {
  TypeFacts facts;
  if (!describe(type, facts) || !is_new(type)) return false;
  if (facts.depth > kMaxDepth || facts.size_bytes > kMaxBytes) return false;
  facts_[type.result] = facts;
  return true;
}

// Only arrays and structures may be there twice: they differ by their decorations.
bool Types::is_new(const Instruction& type) {
  if (type.opcode == spv::OpTypeStruct || type.opcode == spv::OpTypeArray || type.opcode == spv::OpTypeRuntimeArray)
    return true;
  std::string key(1, static_cast<char>(type.opcode));
  for (uint32_t k = 2; k < type.length; ++k) key.append(std::to_string(shader_.word(type, k))).push_back(',');
  return known_.insert(std::move(key)).second;
}

bool Types::describe(const Instruction& type, TypeFacts& facts) const {
  const uint32_t word = shader_.word(type, 2);
  switch (type.opcode) {
    case spv::OpTypeVoid:
      facts.kind = Kind::nothing;
      return true;
    case spv::OpTypeBool:
      facts = {Kind::plain, false, false, 0, 4, 1, 1, 4};
      return true;
    case spv::OpTypeInt:
    case spv::OpTypeFloat:
      facts = {Kind::plain, true, false, 0, word / 8, 1, 1, word / 8};
      return type.opcode == spv::OpTypeFloat || shader_.word(type, 3) <= 1;
    case spv::OpTypeVector:
      return describe_vector(type, facts);
    case spv::OpTypeArray:
    case spv::OpTypeRuntimeArray:
      return describe_array(type, facts);
    case spv::OpTypeStruct:
      return describe_struct(type, facts);
    case spv::OpTypeImage:
      facts.kind = Kind::opaque;
      return image_fits(type);
    case spv::OpTypeSampledImage:
      facts.kind = Kind::opaque;
      return shader_.word(shader_.definition(word), 7) == 1;
    case spv::OpTypePointer:
      facts.kind = Kind::pointer;
      return pointer_fits(type);
    case spv::OpTypeFunction:
      facts.kind = Kind::function;
      return type.length == 3 && (*this)[word].kind == Kind::nothing;
    default:
      return false;
  }
}

bool Types::describe_vector(const Instruction& type, TypeFacts& facts) const {
  facts = (*this)[shader_.word(type, 2)];
  facts.size_bytes *= shader_.word(type, 3);
  facts.scalars = shader_.word(type, 3);
  return true;
}

bool Types::describe_array(const Instruction& type, TypeFacts& facts) const {
  const uint32_t element = shader_.word(type, 2);
  const bool open = type.opcode == spv::OpTypeRuntimeArray;
  if (!is_data(element)) return false;
  facts = (*this)[element];
  const bool of_plain = facts.kind == Kind::plain;
  const uint64_t stride = shader_.decoration(type.result, spv::DecorationArrayStride).value_or(0);
  facts.kind = open ? Kind::open : Kind::composite;
  facts.laid_out = facts.laid_out && stride >= facts.size_bytes && stride % facts.align_bytes == 0;
  ++facts.depth;
  if (open) return true;
  const uint32_t length = shader_.word(type, 3);
  const auto count = static_cast<uint64_t>(shader_.constant(length).value_or(0));
  if (shader_.definition(length).opcode != spv::OpConstant || count == 0 || count > kMaxBytes) return false;
  const uint64_t parts = of_plain ? 1 : count * facts.parts;
  facts.parts = static_cast<uint32_t>(std::min(parts, kMaxParts + 1));
  facts.scalars = product(count, facts.scalars);
  facts.size_bytes = product(count, std::max(stride, facts.size_bytes));
  return parts <= kMaxParts;
}

bool Types::describe_struct(const Instruction& type, TypeFacts& facts) const {
  facts.kind = Kind::composite;
  facts.laid_out = true;
  facts.scalars = 0;
  uint64_t parts = 0, packed = 0;
  for (uint32_t k = 2; k < type.length; ++k) {
    const uint32_t member = shader_.word(type, k);
    const TypeFacts& of_member = (*this)[member];
    const bool at_end = k + 1u == type.length && shader_.definition(member).opcode == spv::OpTypeRuntimeArray;
    if (!is_data(member) && !at_end) return false;
    if (at_end) facts.kind = Kind::open;
    facts.laid_out = facts.laid_out && of_member.laid_out;
    facts.has_block = facts.has_block || of_member.has_block;
    facts.depth = std::max<uint8_t>(facts.depth, of_member.depth);
    facts.align_bytes = std::max(facts.align_bytes, of_member.align_bytes);
    parts += of_member.parts;
    facts.scalars += of_member.scalars;
    packed += of_member.size_bytes;
    const uint64_t offset = shader_.member_offset(type.result, k - 2).value_or(0);
    facts.size_bytes = std::max(facts.size_bytes, offset + of_member.size_bytes);
  }
  const bool is_block = shader_.decoration(type.result, spv::DecorationBlock) ||
                        shader_.decoration(type.result, spv::DecorationBufferBlock);
  if (is_block && facts.has_block) return false;
  facts.has_block = facts.has_block || is_block;
  ++facts.depth;
  facts.laid_out = facts.laid_out && members_are_apart(type);
  if (!facts.laid_out) facts.size_bytes = std::max(facts.size_bytes, packed);
  facts.parts = static_cast<uint32_t>(std::min(parts, kMaxParts + 1));
  return type.length > 2 && parts <= kMaxParts;
}

bool Types::members_are_apart(const Instruction& type) const {
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  for (uint32_t k = 2; k < type.length; ++k) {
    const TypeFacts& member = (*this)[shader_.word(type, k)];
    const auto offset = shader_.member_offset(type.result, k - 2);
    if (!offset || *offset % member.align_bytes != 0) return false;
    // One without end reaches over all that comes behind it.
    const uint64_t size = member.kind == Kind::open ? kMaxBytes : member.size_bytes;
    spans.emplace_back(*offset, *offset + size);
  }
  std::sort(spans.begin(), spans.end());
  for (size_t k = 1; k < spans.size(); ++k)
    if (spans[k - 1].second > spans[k].first) return false;
  return true;
}

bool Types::image_fits(const Instruction& type) const {
  const uint32_t texel = shader_.word(type, 2), format = shader_.word(type, 8);
  if (type.length != 9 || (*this)[texel].size_bytes != 4) return false;
  if (format == 0) return true;
  if (shader_.float_width(texel) != 0) return format <= kLastFloatFormat;
  const bool is_signed = shader_.word(shader_.definition(texel), 3) == 1;
  return is_signed ? format > kLastFloatFormat && format <= kLastSignedFormat : format > kLastSignedFormat;
}

bool Types::pointer_fits(const Instruction& type) const {
  const uint32_t pointee = shader_.word(type, 3);
  const TypeFacts& facts = (*this)[pointee];
  switch (shader_.word(type, 2)) {
    case spv::StorageClassUniformConstant:
      return facts.kind == Kind::opaque;
    case spv::StorageClassInput:
      return facts.kind == Kind::plain;
    case spv::StorageClassUniform:
    case spv::StorageClassStorageBuffer:
      return (is_data(pointee) || facts.kind == Kind::open) && facts.laid_out;
    case spv::StorageClassWorkgroup:
    case spv::StorageClassPrivate:
    case spv::StorageClassFunction:
      return is_data(pointee);
    default:
      return false;
  }
}

}  // namespace ist::gl
