// Mesa's reader ends the process at what it does not know, so capabilities, instruction sets and memory model are
// compared with a list, and what nothing uses is left out.
#include "gl/gl_spirv_route.h"

#include <algorithm>

#include "aot/spirv_words.h"
#include "gl/gl_shader_guard.h"
#include "gl/gl_spirv_flow.h"
#include "gl/gl_spirv_rules.h"

namespace ist::gl {
namespace {

using aot::Instruction;

constexpr Enum kSpirvFormat = 0x9551;
constexpr uint32_t kLogical = 0, kGlsl450 = 1;

bool is_known_capability(uint32_t capability) {
  switch (capability) {
    case spv::CapabilityShader:
    case spv::CapabilityInt8:
    case spv::CapabilityInt16:
    case spv::CapabilityInt64:
    case spv::CapabilityInt64Atomics:
    case spv::CapabilityFloat16:
    case spv::CapabilityFloat64:
    case spv::CapabilityStorageBuffer8BitAccess:
    case spv::CapabilityUniformAndStorageBuffer8BitAccess:
    case spv::CapabilityStorageBuffer16BitAccess:
    case spv::CapabilityUniformAndStorageBuffer16BitAccess:
    case spv::CapabilityAtomicFloat16AddEXT:
    case spv::CapabilityAtomicFloat32AddEXT:
    case spv::CapabilityAtomicFloat64AddEXT:
    case spv::CapabilitySampled1D:
    case spv::CapabilityImage1D:
    case spv::CapabilityStorageImageExtendedFormats:
    case spv::CapabilityStorageImageWriteWithoutFormat:
      return true;
    default:
      return false;
  }
}

bool is_known_class(uint32_t storage_class) {
  switch (storage_class) {
    case spv::StorageClassUniformConstant:
    case spv::StorageClassInput:
    case spv::StorageClassUniform:
    case spv::StorageClassWorkgroup:
    case spv::StorageClassPrivate:
    case spv::StorageClassFunction:
    case spv::StorageClassStorageBuffer:
      return true;
    default:
      return false;
  }
}

// Of compute shaders: from NumWorkgroups to LocalInvocationIndex.
bool is_known_built_in(uint32_t built_in) { return built_in >= 24 && built_in <= 29; }

class Route {
 public:
  Route(const PreparedShader& prepared, const aot::SpirvModule& shader) : prepared_(prepared), shader_(shader) {}

  Result<std::vector<uint32_t>> run() {
    const auto words = shader_.words();
    out_.assign(words.begin(), words.begin() + 5);
    for (const Instruction& instruction : shader_.instructions()) {
      if (instruction.opcode == 0) continue;
      IST_CHECK(check(instruction));
      if (!is_left_out(instruction)) add(instruction);
    }
    return std::move(out_);
  }

 private:
  bool is_unused(uint32_t capability) const {
    const auto& unused = prepared_.scan.unused_capabilities;
    return std::find(unused.begin(), unused.end(), capability) != unused.end();
  }

  // Nothing asks for names, and strings in them may lack their end.
  bool is_left_out(const Instruction& i) const {
    if (i.opcode == spv::OpName || i.opcode == spv::OpMemberName) return true;
    return i.opcode == spv::OpCapability && is_unused(shader_.word(i, 1));
  }

  Status refuse(const char* what, uint32_t value) const {
    return fail(Code::incompatible_module, "Kernel '%s' has %s (%u) that is not given to OpenGL drivers.",
                prepared_.name.c_str(), what, value);
  }

  Status check(const Instruction& i) const {
    switch (i.opcode) {
      case spv::OpCapability: {
        const uint32_t capability = shader_.word(i, 1);
        return is_known_capability(capability) || is_unused(capability) ? Status() : refuse("a capability", capability);
      }
      case spv::OpTypeInt:
        return shader_.word(i, 3) <= 1 ? Status() : refuse("a signedness", shader_.word(i, 3));
      case spv::OpTypePointer:
        return is_known_class(shader_.word(i, 2)) ? Status() : refuse("a storage class", shader_.word(i, 2));
      case spv::OpDecorate: {
        const uint32_t value = shader_.word(i, 3);
        const bool fits = shader_.word(i, 2) != spv::DecorationBuiltIn || is_known_built_in(value);
        return fits ? Status() : refuse("a built-in", value);
      }
      case spv::OpMemoryModel:
        if (shader_.word(i, 1) != kLogical) return refuse("an addressing model", shader_.word(i, 1));
        return shader_.word(i, 2) == kGlsl450 ? Status() : refuse("a memory model", shader_.word(i, 2));
      case spv::OpExtInstImport: {
        const std::string set = shader_.literal_string(i, 2);
        return set == "GLSL.std.450" || set.starts_with("NonSemantic.") ? Status() : refuse("an instruction set", i.at);
      }
      default:
        if (i.opcode < spv::OpAtomicLoad || i.opcode > spv::OpAtomicXor) return {};
        return width(i.type) >= 32 ? Status() : refuse("an atomic instruction of a width", width(i.type));
    }
  }

  uint32_t width(uint32_t type) const { return shader_.integer_width(type) | shader_.float_width(type); }

  void add(const Instruction& i) {
    const size_t at = out_.size();
    const auto words = shader_.words().subspan(i.at, i.length);
    out_.insert(out_.end(), words.begin(), words.end());
    if (i.opcode != spv::OpDecorate || i.length < 4) return;
    const auto point = prepared_.point_of.find(shader_.word(i, 1));
    if (point == prepared_.point_of.end()) return;
    if (shader_.word(i, 2) == spv::DecorationBinding) out_[at + 3] = point->second;
    if (shader_.word(i, 2) == spv::DecorationDescriptorSet) out_[at + 3] = 0;
  }

  const PreparedShader& prepared_;
  const aot::SpirvModule& shader_;
  std::vector<uint32_t> out_;
};

}  // namespace

Result<std::vector<uint32_t>> renumbered_words(const PreparedShader& prepared) {
  IST_TRY(const aot::SpirvModule shader, aot::SpirvModule::parse(prepared.words, prepared.name));
  IST_CHECK(check_shader(shader, prepared.name));
  IST_TRY(std::vector<uint32_t> words, Route(prepared, shader).run());
  IST_TRY(const aot::SpirvModule given, aot::SpirvModule::parse(words, prepared.name));
  const Instruction* wrong = wrong_rule(given);
  if (!wrong) wrong = wrong_flow(given);
  if (!wrong) return words;
  return fail(
      Code::incompatible_module,
      "Kernel '%s' has an instruction (%u) at word (%u) that breaks a rule of SPIR-V or exceeds a limit, so it is "
      "not given to OpenGL drivers.",
      prepared.name.c_str(), static_cast<unsigned>(wrong->opcode), wrong->at);
}

void specialize(const Functions& gl, const Shader& shader, std::span<const uint32_t> words) {
  const Name name = shader.name();
  gl.ShaderBinary(1, &name, kSpirvFormat, words.data(), static_cast<Size>(words.size_bytes()));
  gl.SpecializeShader(name, "main", 0, nullptr, nullptr);
}

}  // namespace ist::gl
