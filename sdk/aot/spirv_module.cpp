// One pass over the words, then look-ups.
#include "aot/spirv_module.h"

#include <algorithm>
#include <tuple>

namespace ist::aot {

namespace {

constexpr uint32_t kOldestVersion = 0x10000;
constexpr uint32_t kNewestVersion = 0x10600;
constexpr uint32_t kHeaderWords = 5;
constexpr uint32_t kIdLimit = 0x400000;  // universal limit of the specification
constexpr uint32_t kWhole = ~0u;
constexpr unsigned kMaxDepth = 64;
constexpr unsigned kMaxChain = 64;
constexpr uint64_t kSizeLimit = uint64_t{1} << 40;

int64_t sign_extend(uint64_t value, uint32_t width) {
  const uint32_t shift = 64 - std::clamp(width, 1u, 64u);
  return static_cast<int64_t>(value << shift) >> shift;
}

}  // namespace

Result<SpirvModule> SpirvModule::parse(std::span<const uint32_t> words, const std::string& name) {
  if (words.size() < kHeaderWords) {
    return fail(Code::corrupted_data, "File '%s.spv' has %zu words; a header alone has %u.", name.c_str(), words.size(),
                kHeaderWords);
  }
  if (words[0] != spv::MagicNumber) {
    return fail(Code::corrupted_data, "File '%s.spv' begins with 0x%08x; the magic word of SPIR-V is 0x%08x.",
                name.c_str(), words[0], static_cast<uint32_t>(spv::MagicNumber));
  }
  if (words[1] < kOldestVersion || words[1] > kNewestVersion || (words[1] & 0xff) != 0) {
    return fail(Code::corrupted_data, "File '%s.spv' has version word 0x%08x; versions 0x%08x to 0x%08x are read.",
                name.c_str(), words[1], kOldestVersion, kNewestVersion);
  }
  // Gaps between ids are legal but producers compact them; this keeps tables in step with the file.
  const uint64_t bound_limit = std::min<uint64_t>(kIdLimit, 1024 + 16 * uint64_t{words.size()});
  if (words[3] == 0 || words[3] > bound_limit) {
    return fail(Code::corrupted_data, "File '%s.spv' has id bound (%u) for %zu words.", name.c_str(), words[3],
                words.size());
  }
  SpirvModule module;
  module.words_ = words;
  IST_CHECK(module.index(name));
  return module;
}

Status SpirvModule::index(const std::string& name) {
  definitions_.assign(words_[3], 0);
  instructions_.reserve(words_.size() / 4);
  instructions_.emplace_back();
  uint32_t block = 0;
  bool in_function = false;
  for (uint32_t at = kHeaderWords; at < words_.size();) {
    Instruction instruction;
    instruction.at = at;
    instruction.opcode = static_cast<uint16_t>(words_[at] & 0xffff);
    instruction.length = static_cast<uint16_t>(words_[at] >> 16);
    if (instruction.length == 0 || instruction.length > words_.size() - at) {
      return fail(Code::corrupted_data, "File '%s.spv' has an instruction of (%u) words at word (%u) of (%zu).",
                  name.c_str(), static_cast<unsigned>(instruction.length), at, words_.size());
    }
    bool has_result = false;
    bool has_type = false;
    spv::HasResultAndType(static_cast<spv::Op>(instruction.opcode), &has_result, &has_type);
    if (has_type) instruction.type = word(instruction, 1);
    if (has_result) instruction.result = word(instruction, has_type ? 2 : 1);
    if (has_result && instruction.result == 0) {
      return fail(Code::corrupted_data, "File '%s.spv' has an instruction (%u) without result at word (%u).",
                  name.c_str(), static_cast<unsigned>(instruction.opcode), at);
    }
    if (instruction.opcode == spv::OpLabel) block = instruction.result;
    if (instruction.opcode == spv::OpFunctionEnd) block = 0;
    if (instruction.opcode == spv::OpFunction) in_function = true;
    if (instruction.opcode == spv::OpFunctionEnd) in_function = false;
    instruction.block = block;
    at += instruction.length;
    instructions_.push_back(instruction);
    IST_CHECK(index_one(name, instructions_.size() - 1));
  }
  if (in_function) {
    return fail(Code::corrupted_data, "File '%s.spv' ends at word (%zu) within a function.", name.c_str(),
                words_.size());
  }
  if (entry_function_ == 0 || definition(entry_function_).opcode != spv::OpFunction) {
    return fail(Code::corrupted_data, "File '%s.spv' has no compute entry point 'main'.", name.c_str());
  }
  if (local_size_[0] == 0) {
    return fail(Code::corrupted_data, "File '%s.spv' has no LocalSize.", name.c_str());
  }
  std::sort(decorations_.begin(), decorations_.end(), [](const Decorated& a, const Decorated& b) {
    return std::tie(a.id, a.member, a.decoration) < std::tie(b.id, b.member, b.decoration);
  });
  return {};
}

Status SpirvModule::index_one(const std::string& name, size_t position) {
  const Instruction& instruction = instructions_[position];
  if (instruction.result >= definitions_.size()) {
    return fail(Code::corrupted_data, "File '%s.spv' defines id (%u) beyond its bound (%u).", name.c_str(),
                instruction.result, words_[3]);
  }
  if (instruction.result != 0) {
    if (definitions_[instruction.result] != 0) {
      return fail(Code::corrupted_data, "File '%s.spv' defines id (%u) twice.", name.c_str(), instruction.result);
    }
    definitions_[instruction.result] = static_cast<uint32_t>(position);
  }
  switch (instruction.opcode) {
    case spv::OpEntryPoint:
      return read_entry_point(name, instruction);
    case spv::OpExecutionMode:
      if (word(instruction, 1) == entry_function_ && word(instruction, 2) == spv::ExecutionModeLocalSize) {
        for (uint32_t axis = 0; axis < 3; ++axis) local_size_[axis] = word(instruction, 3 + axis);
      }
      return {};
    case spv::OpExtInstImport:
      if (literal_string(instruction, 2) == "GLSL.std.450") glsl_import_ = instruction.result;
      return {};
    case spv::OpDecorate:
    case spv::OpMemberDecorate:
      read_decoration(instruction);
      return {};
    case spv::OpFunction:
      if (first_function_ == 0) first_function_ = position;
      return {};
    default:
      return {};
  }
}

Status SpirvModule::read_entry_point(const std::string& name, const Instruction& instruction) {
  const std::string entry = literal_string(instruction, 3);
  const bool compute = word(instruction, 1) == spv::ExecutionModelGLCompute;
  if (!compute || entry != "main" || entry_function_ != 0 || word(instruction, 2) == 0) {
    return fail(Code::corrupted_data,
                "File '%s.spv' has an entry point of execution model (%u) beside or instead of one "
                "compute entry point 'main'.",
                name.c_str(), word(instruction, 1));
  }
  entry_function_ = word(instruction, 2);
  entry_point_index_ = static_cast<uint32_t>(&instruction - instructions_.data());
  return {};
}

void SpirvModule::read_decoration(const Instruction& instruction) {
  if (instruction.opcode == spv::OpDecorate) {
    decorations_.push_back({word(instruction, 1), kWhole, word(instruction, 2), word(instruction, 3)});
  } else {
    decorations_.push_back({word(instruction, 1), word(instruction, 2), word(instruction, 3), word(instruction, 4)});
  }
}

std::string SpirvModule::literal_string(const Instruction& instruction, uint32_t first_word) const {
  std::string text;
  for (uint32_t i = first_word; i < instruction.length; ++i) {
    for (uint32_t shift = 0; shift < 32; shift += 8) {
      const char c = static_cast<char>(word(instruction, i) >> shift & 0xff);
      if (c == '\0') return text;
      text.push_back(c);
    }
  }
  return text;
}

const Instruction& SpirvModule::definition(uint32_t id) const { return instructions_[definition_index(id)]; }

size_t SpirvModule::definition_index(uint32_t id) const { return id < definitions_.size() ? definitions_[id] : 0; }

std::optional<uint32_t> SpirvModule::decoration(uint32_t id, spv::Decoration decoration) const {
  const auto key = std::make_tuple(id, kWhole, static_cast<uint32_t>(decoration));
  const auto found =
      std::lower_bound(decorations_.begin(), decorations_.end(), key,
                       [](const Decorated& a, const auto& b) { return std::tie(a.id, a.member, a.decoration) < b; });
  if (found == decorations_.end() || std::tie(found->id, found->member, found->decoration) != key) return {};
  return found->value;
}

std::optional<uint32_t> SpirvModule::member_offset(uint32_t structure, uint32_t member) const {
  const auto key = std::make_tuple(structure, member, static_cast<uint32_t>(spv::DecorationOffset));
  const auto found =
      std::lower_bound(decorations_.begin(), decorations_.end(), key,
                       [](const Decorated& a, const auto& b) { return std::tie(a.id, a.member, a.decoration) < b; });
  if (found == decorations_.end() || std::tie(found->id, found->member, found->decoration) != key) return {};
  return found->value;
}

uint32_t SpirvModule::integer_width(uint32_t type) const {
  const Instruction& definition = this->definition(type);
  if (definition.opcode != spv::OpTypeInt) return 0;
  const uint32_t width = word(definition, 2);
  return width == 8 || width == 16 || width == 32 || width == 64 ? width : 0;
}

uint32_t SpirvModule::float_width(uint32_t type) const {
  const Instruction& definition = this->definition(type);
  return definition.opcode == spv::OpTypeFloat ? word(definition, 2) : 0;
}

uint32_t SpirvModule::pointee(uint32_t pointer_type) const {
  const Instruction& definition = this->definition(pointer_type);
  return definition.opcode == spv::OpTypePointer ? word(definition, 3) : 0;
}

uint32_t SpirvModule::storage_class_of(uint32_t pointer) const {
  const Instruction& definition = this->definition(type_of(pointer));
  return definition.opcode == spv::OpTypePointer ? word(definition, 2) : ~0u;
}

uint64_t SpirvModule::size_bytes(uint32_t type, unsigned depth) const {
  const Instruction& t = definition(type);
  if (depth > kMaxDepth) return 0;
  switch (t.opcode) {
    case spv::OpTypeBool:
      return 4;
    case spv::OpTypeInt:
    case spv::OpTypeFloat:
      return word(t, 2) / 8;
    case spv::OpTypePointer:
      return 8;
    case spv::OpTypeVector:
    case spv::OpTypeMatrix:
      return std::min(kSizeLimit, size_bytes(word(t, 2), depth + 1) * std::min(word(t, 3), 64u));
    case spv::OpTypeArray: {
      const uint64_t count = static_cast<uint64_t>(std::max<int64_t>(constant(word(t, 3)).value_or(0), 0));
      const uint64_t stride = decoration(t.result, spv::DecorationArrayStride).value_or(0);
      const uint64_t element = std::max(stride, size_bytes(word(t, 2), depth + 1));
      if (element == 0 || count == 0) return 0;
      return count > kSizeLimit / element ? kSizeLimit : count * element;
    }
    case spv::OpTypeStruct:
      return structure_bytes(t, depth);
    default:
      return 0;
  }
}

uint64_t SpirvModule::structure_bytes(const Instruction& structure, unsigned depth) const {
  uint64_t end = 0;
  for (uint32_t i = 2; i < structure.length; ++i) {
    // A type comes after its members' types, so nesting through forward references is no nesting.
    if (definition_index(word(structure, i)) >= definition_index(structure.result)) continue;
    const uint64_t begin =
        member_offset(structure.result, i - 2).value_or(static_cast<uint32_t>(std::min<uint64_t>(end, UINT32_MAX)));
    end = std::min(kSizeLimit, std::max(end, begin + size_bytes(word(structure, i), depth + 1)));
  }
  return end;
}

std::optional<int64_t> SpirvModule::constant(uint32_t id, unsigned depth) const {
  const Instruction& c = definition(id);
  const uint32_t width = integer_width(c.type);
  if (width == 0 || depth > 8) return {};
  if (c.opcode == spv::OpConstantNull) return 0;
  if (c.opcode == spv::OpConstant) {
    const uint64_t high = width == 64 ? word(c, 4) : 0;
    return sign_extend(high << 32 | word(c, 3), width);
  }
  const auto a = constant(word(c, 3), depth + 1);
  if (!a) return {};
  if (c.opcode == spv::OpBitcast || c.opcode == spv::OpCopyObject) return sign_extend(*a, width);
  if (c.opcode == spv::OpSConvert) return sign_extend(*a, width);
  const auto b = constant(word(c, 4), depth + 1);
  if (!b) return {};
  const auto ua = static_cast<uint64_t>(*a);
  const auto ub = static_cast<uint64_t>(*b);
  const uint64_t masked = width == 64 ? ua : ua & ((uint64_t{1} << width) - 1);
  switch (c.opcode) {
    case spv::OpIAdd:
      return sign_extend(ua + ub, width);
    case spv::OpISub:
      return sign_extend(ua - ub, width);
    case spv::OpIMul:
      return sign_extend(ua * ub, width);
    default:
      break;
  }
  if (ub >= width) return {};
  switch (c.opcode) {
    case spv::OpShiftLeftLogical:
      return sign_extend(ua << ub, width);
    case spv::OpShiftRightLogical:
      return sign_extend(masked >> ub, width);
    case spv::OpShiftRightArithmetic:
      return sign_extend(static_cast<uint64_t>(*a >> ub), width);
    default:
      return {};
  }
}

// The byte offset that one access chain adds to its base.
std::optional<uint64_t> SpirvModule::chain_bytes(const Instruction& chain) const {
  uint32_t type = pointee(type_of(word(chain, 3)));
  uint64_t bytes = 0;
  for (uint32_t i = 4; i < chain.length; ++i) {
    const Instruction& t = definition(type);
    const auto step = constant(word(chain, i));
    if (!step || *step < 0 || *step > INT32_MAX) return {};
    const auto n = static_cast<uint64_t>(*step);
    if (t.opcode == spv::OpTypeStruct) {
      const auto offset = member_offset(type, static_cast<uint32_t>(n));
      if (!offset) return {};
      bytes += *offset;
      type = word(t, static_cast<uint32_t>(std::min<uint64_t>(n, 65535)) + 2);
    } else if (t.opcode == spv::OpTypeArray || t.opcode == spv::OpTypeRuntimeArray) {
      const auto stride = decoration(type, spv::DecorationArrayStride);
      if (!stride) return {};
      bytes += n * *stride;
      type = word(t, 2);
    } else if (t.opcode == spv::OpTypeVector) {
      bytes += n * size_bytes(word(t, 2));
      type = word(t, 2);
    } else {
      return {};
    }
  }
  return bytes;
}

Place SpirvModule::locate(uint32_t pointer) const {
  std::optional<uint64_t> byte = 0;
  for (unsigned step = 0; step < kMaxChain; ++step) {
    const Instruction& p = definition(pointer);
    switch (p.opcode) {
      case spv::OpVariable:
        return {pointer, byte};
      case spv::OpCopyObject:
        break;
      case spv::OpAccessChain:
      case spv::OpInBoundsAccessChain: {
        const auto more = byte ? chain_bytes(p) : std::nullopt;
        byte = more ? std::optional(*byte + *more) : std::nullopt;
        break;
      }
      case spv::OpPtrAccessChain:
      case spv::OpInBoundsPtrAccessChain:
      case spv::OpImageTexelPointer:
        byte.reset();
        break;
      default:
        return {};
    }
    pointer = word(p, 3);
  }
  return {};
}

}  // namespace ist::aot
