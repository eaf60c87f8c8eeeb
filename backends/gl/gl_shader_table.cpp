// Only what Taichi's compiler emits.
#include "gl/gl_shader_table.h"

#include "aot/spirv_words.h"

namespace ist::gl {

const char* operands_of(uint32_t opcode) {
  switch (opcode) {
    case spv::OpCapability:
    case spv::OpTypeInt:
    case spv::OpTypeFloat:
    case spv::OpConstant:
    case spv::OpExtension:
    case spv::OpExtInstImport:
    case spv::OpString:
    case spv::OpMemoryModel:
      return "L*";
    case spv::OpName:
    case spv::OpMemberName:
    case spv::OpDecorate:
    case spv::OpMemberDecorate:
    case spv::OpExecutionMode:
      return "I?L*";
    case spv::OpEntryPoint:
      return "LI?L*";
    case spv::OpTypeVoid:
    case spv::OpTypeBool:
    case spv::OpConstantTrue:
    case spv::OpConstantFalse:
    case spv::OpConstantNull:
    case spv::OpUndef:
    case spv::OpFunctionEnd:
    case spv::OpLabel:
    case spv::OpReturn:
    case spv::OpUnreachable:
      return "";
    case spv::OpTypeVector:
      return "TL";
    case spv::OpTypeImage:
      return "TLLLLLL?L";
    case spv::OpTypeSampledImage:
    case spv::OpTypeRuntimeArray:
      return "T";
    case spv::OpTypeArray:
      return "TC";
    case spv::OpTypeStruct:
    case spv::OpTypeFunction:
      return "T*";
    case spv::OpTypePointer:
      return "LT";
    case spv::OpConstantComposite:
      return "C*";
    case spv::OpVariable:
      return "L?C";
    case spv::OpFunction:
      return "LT";
    case spv::OpLoad:
      return "P?L*";
    case spv::OpStore:
      return "PV?L*";
    case spv::OpAccessChain:
      return "PV*";
    case spv::OpCompositeConstruct:
      return "V*";
    case spv::OpCompositeExtract:
      return "VL*";
    case spv::OpImageSampleExplicitLod:
    case spv::OpImageFetch:
      return "VVLV*";
    case spv::OpImageRead:
      return "VV";
    case spv::OpImageWrite:
      return "VVV";
    case spv::OpImage:
      return "V";
    case spv::OpExtInst:
      return "ILI*";
    case spv::OpControlBarrier:
      return "CCC";
    case spv::OpMemoryBarrier:
      return "CC";
    case spv::OpAtomicLoad:
      return "PCC";
    case spv::OpAtomicCompareExchange:
      return "PCCCVV";
    case spv::OpAtomicExchange:
    case spv::OpAtomicFAddEXT:
      return "PCCV";
    case spv::OpPhi:
      return "I*";
    case spv::OpLoopMerge:
      return "BBL";
    case spv::OpSelectionMerge:
      return "BL";
    case spv::OpBranch:
      return "B";
    case spv::OpBranchConditional:
      return "VBB";
    case spv::OpSelect:
      return "VVV";
    default:
      break;
  }
  if (opcode >= spv::OpAtomicIAdd && opcode <= spv::OpAtomicXor) return "PCCV";
  if (opcode >= spv::OpConvertFToU && opcode <= spv::OpFConvert) return "V";
  if (opcode == spv::OpBitcast || opcode == spv::OpSNegate || opcode == spv::OpFNegate) return "V";
  if (opcode >= spv::OpIAdd && opcode <= spv::OpFMod) return "VV";
  if (opcode >= spv::OpIAddCarry && opcode <= spv::OpSMulExtended) return "VV";
  if (opcode >= spv::OpIsNan && opcode <= spv::OpIsInf) return "V";
  if (opcode >= spv::OpLogicalEqual && opcode <= spv::OpLogicalAnd) return "VV";
  if (opcode == spv::OpLogicalNot || opcode == spv::OpNot || opcode == spv::OpBitReverse || opcode == spv::OpBitCount)
    return "V";
  if (opcode >= spv::OpIEqual && opcode <= spv::OpFUnordGreaterThanEqual) return "VV";
  if (opcode >= spv::OpShiftRightLogical && opcode <= spv::OpBitwiseAnd) return "VV";
  return nullptr;
}

bool is_arithmetic(uint32_t opcode) {
  const bool of_two_results = opcode >= spv::OpIAddCarry && opcode <= spv::OpSMulExtended;
  return opcode >= spv::OpConvertFToU && opcode <= spv::OpBitCount && !of_two_results;
}

const char* classes_of(uint32_t opcode) {
  if (opcode >= spv::OpLogicalEqual && opcode <= spv::OpLogicalNot) return "BB";
  if (opcode == spv::OpIsNan || opcode == spv::OpIsInf) return "FB";
  if (opcode >= spv::OpIEqual && opcode <= spv::OpSLessThanEqual) return "IB";
  if (opcode >= spv::OpFOrdEqual && opcode <= spv::OpFUnordGreaterThanEqual) return "FB";
  switch (opcode) {
    case spv::OpConvertFToU:
    case spv::OpConvertFToS:
      return "FI";
    case spv::OpConvertSToF:
    case spv::OpConvertUToF:
      return "IF";
    case spv::OpBitcast:
      return "NN";
    case spv::OpFConvert:
    case spv::OpFNegate:
    case spv::OpFAdd:
    case spv::OpFSub:
    case spv::OpFMul:
    case spv::OpFDiv:
    case spv::OpFRem:
    case spv::OpFMod:
      return "FF";
    default:
      return "II";
  }
}

bool may_change_width(uint32_t opcode) {
  return opcode <= spv::OpBitcast || (opcode >= spv::OpShiftRightLogical && opcode <= spv::OpShiftLeftLogical);
}

bool is_known_decoration(uint32_t decoration) {
  switch (decoration) {
    case spv::DecorationBlock:
    case spv::DecorationBufferBlock:
    case spv::DecorationArrayStride:
    case spv::DecorationBuiltIn:
    case spv::DecorationRestrict:
    case spv::DecorationAliased:
    case spv::DecorationVolatile:
    case spv::DecorationCoherent:
    case spv::DecorationNonWritable:
    case spv::DecorationNonReadable:
    case spv::DecorationBinding:
    case spv::DecorationDescriptorSet:
    case spv::DecorationOffset:
    case spv::DecorationNoContraction:
    case spv::DecorationRestrictPointer:
    case spv::DecorationAliasedPointer:
    case spv::DecorationNoSignedWrap:
    case spv::DecorationNoUnsignedWrap:
      return true;
    default:
      return false;
  }
}

}  // namespace ist::gl
