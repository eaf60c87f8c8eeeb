// The target's limits are asked first, so that SPIRV-Cross only sees what can be said; what it still cannot say it
// throws, and that ends here.
#include "gl/gl_translate.h"

#include <exception>
#include <spirv_cross/spirv_glsl.hpp>
#include <unordered_map>

#include "gl/gl_image_words.h"
#include "gl/gl_shader_guard.h"

namespace ist::gl {
namespace {

// A storage image that the target wants declared in another way than SPIRV-Cross does.
struct ImageDeclaration {
  uint32_t format = 0;  // in SPIR-V's numbers
  bool split = false;   // one name to read from and one to write to, both at the same unit
};

class Compiler : public spirv_cross::CompilerGLSL {
 public:
  Compiler(std::span<const uint32_t> words, const GlslTarget& target) : CompilerGLSL(words.data(), words.size()) {
    Options options = get_common_options();
    options.version = target.version;
    options.es = target.es;
    set_common_options(options);
  }

  void declare(uint32_t variable, ImageDeclaration declaration) {
    auto& pointer = get<spirv_cross::SPIRType>(get<spirv_cross::SPIRVariable>(variable).basetype);
    const auto stand_in = static_cast<spv::ImageFormat>(basic_format_like(declaration.format));
    pointer.image.format = stand_in;
    get<spirv_cross::SPIRType>(pointer.self).image.format = stand_in;
    declarations_[variable] = declaration;
  }

 private:
  void emit_uniform(const spirv_cross::SPIRVariable& variable) override {
    const auto declared = declarations_.find(variable.self);
    if (declared == declarations_.end()) return CompilerGLSL::emit_uniform(variable);
    const auto [format, split] = declared->second;
    std::string layout = layout_for_variable(variable);
    const std::string stand_in = image_word(basic_format_like(format));
    layout.replace(layout.find(stand_in), stand_in.size(), image_word(format));
    const auto& type = get<spirv_cross::SPIRType>(variable.basetype);
    const std::string name = to_name(variable.self);
    const std::string rest = to_qualifiers_glsl(variable.self);
    const auto declare_as = [&](const char* qualifier, const std::string& as) {
      statement(layout, qualifier, rest, variable_decl(type, as, variable.self), ";");
    };
    declare_as(split ? "readonly " : "", name);
    if (split) declare_as("writeonly ", name + kStoreSuffix);
  }

  void emit_instruction(const spirv_cross::Instruction& instruction) override {
    const uint32_t* operands = stream(instruction);
    switch (static_cast<spv::Op>(instruction.op)) {
      case spv::OpAtomicFAddEXT:
        return emit_float_add(operands);
      case spv::OpControlBarrier:
        statement("memoryBarrierShared();");
        break;
      case spv::OpExtInst:
        if (is_print(operands[2])) return;
        break;
      case spv::OpImageWrite:
        return emit_image_write(instruction, operands[0]);
      case spv::OpShiftLeftLogical:
      case spv::OpShiftRightLogical:
      case spv::OpShiftRightArithmetic:
        if (expression_type(operands[3]).width == 64)
          return emit_long_shift(static_cast<spv::Op>(instruction.op), operands);
        break;
      default:
        break;
    }
    CompilerGLSL::emit_instruction(instruction);
  }

  bool is_print(uint32_t set) {
    return get<spirv_cross::SPIRExtension>(set).ext == spirv_cross::SPIRExtension::NonSemanticDebugPrintf;
  }

  void emit_float_add(const uint32_t* operands) {
    require_extension_internal("GL_NV_shader_atomic_float");
    const uint32_t result = operands[1];
    forced_temporaries.insert(result);
    emit_op(operands[0], result,
            spirv_cross::join("atomicAdd(", to_expression(operands[2]), ", ", to_expression(operands[5]), ")"), false);
    flush_all_atomic_capable_variables();
  }

  // GLSL shifts by 32-bit amounts only.
  void emit_long_shift(spv::Op opcode, const uint32_t* operands) {
    const auto& result = get<spirv_cross::SPIRType>(operands[0]);
    spirv_cross::SPIRType value = result;
    const bool wide = result.width == 64;
    if (opcode == spv::OpShiftRightLogical)
      value.basetype = wide ? spirv_cross::SPIRType::UInt64 : spirv_cross::SPIRType::UInt;
    if (opcode == spv::OpShiftRightArithmetic)
      value.basetype = wide ? spirv_cross::SPIRType::Int64 : spirv_cross::SPIRType::Int;
    spirv_cross::SPIRType amount = result;
    amount.basetype = spirv_cross::SPIRType::UInt;
    amount.width = 32;
    emit_op(operands[0], operands[1],
            spirv_cross::join(type_to_glsl(result), "(", type_to_glsl(value), "(", to_expression(operands[2]),
                              opcode == spv::OpShiftLeftLogical ? ") << " : ") >> ", type_to_glsl(amount), "(",
                              to_expression(operands[3]), "))"),
            should_forward(operands[2]) && should_forward(operands[3]));
    inherit_expression_dependencies(operands[1], operands[2]);
    inherit_expression_dependencies(operands[1], operands[3]);
  }

  void emit_image_write(const spirv_cross::Instruction& write, uint32_t image) {
    const auto* variable = maybe_get_backing_variable(image);
    const auto declared = variable ? declarations_.find(variable->self) : declarations_.end();
    auto* loaded = maybe_get<spirv_cross::SPIRExpression>(image);
    if (declared == declarations_.end() || !declared->second.split || !loaded)
      return CompilerGLSL::emit_instruction(write);
    std::string name = to_name(variable->self) + kStoreSuffix;
    std::swap(loaded->expression, name);
    CompilerGLSL::emit_instruction(write);
    std::swap(loaded->expression, name);
  }

  static constexpr const char* kStoreSuffix = "_store";
  std::unordered_map<uint32_t, ImageDeclaration> declarations_;
};

class Translation {
 public:
  Translation(const PreparedShader& prepared, const GlslTarget& target) : prepared_(prepared), target_(target) {}

  Result<std::string> run() {
    IST_CHECK(check_features(prepared_, target_.features, target_.name()));
    IST_CHECK(declare_images());
    IST_TRY(const aot::SpirvModule shader, aot::SpirvModule::parse(prepared_.words, prepared_.name));
    IST_CHECK(check_shader(shader, prepared_.name));
    find_exchanged(shader);
    return write();
  }

 private:
  // Desktop GL reads and writes every format through one variable.
  Status declare_images() {
    if (!target_.es) return {};
    for (const aot::Resource& image : prepared_.scan.resources) {
      if (image.kind != aot::ResourceKind::storage_image) continue;
      const uint32_t format = prepared_.image_format.at(image.variable);
      if (!can_store(target_, format)) {
        const char* word = image_word(format);
        return fail(Code::incompatible_module,
                    "Kernel '%s' stores into an image of format %s, which the device's %s does not have.",
                    prepared_.name.c_str(), word ? word : "unknown", target_.name().c_str());
      }
      const bool split = image.access == 3 && !is_atomic_format(format);
      if (split || !is_basic_format(format)) declarations_[image.variable] = {format, split};
    }
    return {};
  }

  // A loop around a compare-and-exchange reads the old value plainly: it must not be one from before.
  void find_exchanged(const aot::SpirvModule& shader) {
    for (const aot::Instruction& instruction : shader.instructions()) {
      if (instruction.opcode != spv::OpAtomicCompareExchange) continue;
      const uint32_t variable = shader.locate(shader.word(instruction, 3)).variable;
      if (prepared_.point_of.contains(variable)) exchanged_.push_back(variable);
    }
  }

  Result<std::string> write() {
    try {
      Compiler compiler(prepared_.words, target_);
      for (const auto& [variable, point] : prepared_.point_of) {
        compiler.set_decoration(variable, spv::DecorationBinding, point);
        compiler.unset_decoration(variable, spv::DecorationDescriptorSet);
        compiler.unset_decoration(variable, spv::DecorationRestrict);
      }
      for (const uint32_t variable : exchanged_) compiler.set_decoration(variable, spv::DecorationCoherent);
      bool extended = false;
      for (const auto& [variable, declaration] : declarations_) {
        compiler.declare(variable, declaration);
        extended |= !is_basic_format(declaration.format);
      }
      if (extended) compiler.require_extension("GL_NV_image_formats");
      return compiler.compile();
    } catch (const std::exception& error) {
      return fail(Code::incompatible_module, "Kernel '%s' cannot be said in %s: %s", prepared_.name.c_str(),
                  target_.name().c_str(), error.what());
    }
  }

  const PreparedShader& prepared_;
  const GlslTarget& target_;
  std::unordered_map<uint32_t, ImageDeclaration> declarations_;
  std::vector<uint32_t> exchanged_;
};

}  // namespace

Result<std::string> translate(const PreparedShader& prepared, const GlslTarget& target) {
  return Translation(prepared, target).run();
}

}  // namespace ist::gl
