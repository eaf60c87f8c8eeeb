// From the cache, else by GLSL, else by SPIR-V.
#include "gl/gl_pipeline.h"

#include <algorithm>
#include <utility>

#include "contract/cache_file.h"
#include "gl/gl_spirv_route.h"
#include "gl/gl_translate.h"

namespace ist::gl {

// What GLSL lacks is told by features, or found out by the translator.
Result<DriverShader> for_driver(const PreparedShader& shader, const GlslTarget& target, aot::FeatureSet spirv) {
  DriverShader given;
  auto text = translate(shader, target);
  if (text.ok()) {
    given.text = *std::move(text);
    return given;
  }
  if (spirv.empty() || text.status().code() != Code::incompatible_module) return text.take_status();
  IST_CHECK(check_features(shader, spirv, "OpenGL"));
  IST_TRY(given.words, renumbered_words(shader));
  return given;
}

Pipeline::Pipeline(const Gpu& gpu, Name program, std::vector<Slot> slots)
    : gpu_(gpu), program_(program), slots_(std::move(slots)) {
  for (const Slot& slot : slots_) {
    uint32_t& count = counts_[static_cast<size_t>(slot.kind)];
    if (slot.point != kNoSlot) count = std::max(count, slot.point + 1);
  }
}

Pipeline::~Pipeline() { gpu_.graveyard.bury(Graveyard::Kind::program, program_); }

PipelineFactory::PipelineFactory(const Gpu& gpu)
    : PipelineFactory(gpu, gpu.borrowed() ? std::string() : standard_cache_folder()) {}

PipelineFactory::PipelineFactory(const Gpu& gpu, const std::string& cache_folder)
    : gpu_(gpu), cache_(gpu, cache_folder) {}

Result<std::unique_ptr<Pipeline>> PipelineFactory::create(const PipelineDesc& desc) {
  const GlslTarget& target = gpu_.facts.target;
  IST_TRY(PreparedShader shader, prepare_shader(desc, target.limits));
  IST_TRY(const Current current, Current::enter(*gpu_.work));
  const ProgramKey key = cache_.key_of(shader);
  Program program(gpu_.gl(), cache_.keeps());
  if (!program.name()) {
    return fail(Code::out_of_memory, "Kernel '%s' gets no program: glCreateProgram returns 0.", shader.name.c_str());
  }
  const bool found = cache_.find(key, program);
  if (!found) {
    IST_TRY(const bool by_text, build(shader, program));
    // Mesa (measured: 22.3) crashes when it is asked for the binary of a program from SPIR-V.
    if (by_text) cache_.keep(key, program);
  }
  ++counts_.made;
  counts_.cache_hits += found;
  auto pipeline = std::make_unique<Pipeline>(gpu_, program.name(), std::move(shader.slots));
  program.take();
  return pipeline;
}

Result<bool> PipelineFactory::build(const PreparedShader& shader, Program& program) const {
  const GlslTarget& target = gpu_.facts.target;
  const aot::FeatureSet spirv = gpu_.caps().gl_spirv ? gpu_.info().features : aot::FeatureSet();
  IST_TRY(const DriverShader given, for_driver(shader, target, spirv));
  const Shader stage(gpu_.gl());
  if (!stage.name())
    return fail(Code::out_of_memory, "Kernel '%s' gets no shader: glCreateShader returns 0.", shader.name.c_str());
  const bool by_text = given.words.empty();
  if (by_text) {
    stage.compile(given.text);
  } else {
    specialize(gpu_.gl(), stage, given.words);
  }
  IST_CHECK(stage.check(shader.name, by_text ? target.name() : "SPIR-V"));
  IST_CHECK(stage.link(program, shader.name));
  return by_text;
}

}  // namespace ist::gl
