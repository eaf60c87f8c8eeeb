// A linked compute program and where its bindings went, from the SPIR-V of a module.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gl/gl_gpu.h"
#include "gl/gl_prepared_shader.h"
#include "gl/gl_program_cache.h"

namespace ist::gl {

// What a driver is given for a shader.
struct DriverShader {
  std::string text;             // GLSL
  std::vector<uint32_t> words;  // SPIR-V, where GLSL lacks the words
};
// `spirv`: what the driver takes as SPIR-V; empty: nothing. incompatible_module names what neither can say. Any thread.
Result<DriverShader> for_driver(const PreparedShader& shader, const GlslTarget& target, aot::FeatureSet spirv);

class Pipeline final : public ist::Pipeline {
 public:
  // Element i belongs to PipelineDesc::bindings[i].
  using Slot = ist::gl::Slot;

  // Owns the program.
  Pipeline(const Gpu& gpu, Name program, std::vector<Slot> slots);
  ~Pipeline() override;

  Name program() const { return program_; }
  std::span<const Slot> slots() const { return slots_; }
  // Points in use, by DescriptorKind.
  uint32_t count(DescriptorKind kind) const { return counts_[static_cast<size_t>(kind)]; }

 private:
  const Gpu& gpu_;
  Name program_;
  std::vector<Slot> slots_;
  uint32_t counts_[kKinds] = {};
};

// Thread-safety: serialised by the runtime.
class PipelineFactory {
 public:
  // Programs are kept on disk where IST_PIPELINE_CACHE says so, unless the context is the host's.
  explicit PipelineFactory(const Gpu& gpu);
  // In that folder; nowhere when it is empty.
  PipelineFactory(const Gpu& gpu, const std::string& cache_folder);

  // Binds the context. incompatible_module names the kernel and the feature, limit or message of the driver.
  Result<std::unique_ptr<Pipeline>> create(const PipelineDesc& desc);
  PipelineCounts counts() const { return counts_; }

 private:
  // True: from GLSL.
  Result<bool> build(const PreparedShader& shader, Program& program) const;

  const Gpu& gpu_;
  ProgramCache cache_;
  PipelineCounts counts_;
};

}  // namespace ist::gl
