// A table each for whole ids and for members.
#include "gl/gl_spirv_decorations.h"

#include "gl/gl_shader_table.h"

namespace ist::gl {
namespace {

using aot::Instruction;

constexpr uint32_t kWhole = ~0u;

bool is_resource(uint32_t storage_class) {
  return storage_class == spv::StorageClassUniformConstant || storage_class == spv::StorageClassUniform ||
         storage_class == spv::StorageClassStorageBuffer;
}

bool may_wrap(uint32_t opcode) {
  return opcode == spv::OpIAdd || opcode == spv::OpISub || opcode == spv::OpIMul || opcode == spv::OpShiftLeftLogical ||
         opcode == spv::OpSNegate;
}

}  // namespace

bool Decorations::add(const Instruction& i, bool wraps) {
  const bool whole = i.opcode == spv::OpDecorate;
  const uint32_t member = whole ? kWhole : shader_.word(i, 2);
  if (i.length < 3 || !known_.insert({shader_.word(i, 1), member, shader_.word(i, whole ? 2 : 3)}).second) return false;
  return whole ? whole_fits(i, wraps) : member_fits(i);
}

bool Decorations::whole_fits(const Instruction& i, bool wraps) {
  const Instruction& target = shader_.definition(shader_.word(i, 1));
  const bool variable = target.opcode == spv::OpVariable;
  switch (shader_.word(i, 2)) {
    case spv::DecorationBlock:
    case spv::DecorationBufferBlock:
      return target.opcode == spv::OpTypeStruct && i.length == 3;
    case spv::DecorationArrayStride:
      return (target.opcode == spv::OpTypeArray || target.opcode == spv::OpTypeRuntimeArray) && i.length == 4 &&
             shader_.word(i, 3) > 0;
    case spv::DecorationBuiltIn:
      return i.length == 4 && built_in_fits(target, shader_.word(i, 3));
    case spv::DecorationBinding:
    case spv::DecorationDescriptorSet:
      return variable && i.length == 4 && is_resource(shader_.word(target, 3));
    case spv::DecorationRestrict:
    case spv::DecorationAliased:
    case spv::DecorationVolatile:
    case spv::DecorationCoherent:
    case spv::DecorationNonWritable:
    case spv::DecorationNonReadable:
      return variable && i.length == 3 && is_resource(shader_.word(target, 3));
    case spv::DecorationNoContraction:
      return is_arithmetic(target.opcode) && i.length == 3;
    case spv::DecorationNoSignedWrap:
    case spv::DecorationNoUnsignedWrap:
      return i.length == 3 && wraps && may_wrap(target.opcode);
    default:
      return false;
  }
}

// The constant for the size of groups is the one that the execution mode tells.
bool Decorations::built_in_fits(const Instruction& target, uint32_t built_in) {
  if (!built_ins_.insert(built_in).second) return false;
  const bool scalar = built_in == spv::BuiltInLocalInvocationIndex;
  uint32_t type = target.type;
  if (built_in == spv::BuiltInWorkgroupSize) {
    if (target.opcode != spv::OpConstantComposite || target.length != 6) return false;
    for (uint32_t axis = 0; axis < 3; ++axis)
      if (shader_.constant(shader_.word(target, 3 + axis)) != shader_.local_size(axis)) return false;
  } else {
    if (target.opcode != spv::OpVariable || shader_.word(target, 3) != spv::StorageClassInput) return false;
    type = shader_.pointee(type);
  }
  const Instruction& t = shader_.definition(type);
  const bool shaped = scalar ? t.opcode == spv::OpTypeInt : t.opcode == spv::OpTypeVector && shader_.word(t, 3) == 3;
  return shaped && shader_.integer_width(t.opcode == spv::OpTypeVector ? shader_.word(t, 2) : type) == 32;
}

bool Decorations::member_fits(const Instruction& i) const {
  switch (shader_.word(i, 3)) {
    case spv::DecorationOffset:
      return i.length == 5;
    case spv::DecorationRestrict:
    case spv::DecorationVolatile:
    case spv::DecorationCoherent:
    case spv::DecorationNonWritable:
    case spv::DecorationNonReadable:
      return i.length == 4;
    default:
      return false;
  }
}

}  // namespace ist::gl
