// SPIR-V to the text of a compute shader. A pure function: opens no context and keeps nothing.
#pragma once

#include <string>
#include <vector>

#include "contract/device.h"
#include "gl/gl_glsl_target.h"

namespace ist::gl {

// The kinds of DescriptorKind have binding points of their own, each counted from 0.
inline constexpr size_t kKinds = 4;
// Of a binding that the shader does not look at: nothing is bound for it, and no limit counts it.
inline constexpr uint32_t kNoSlot = ~0u;

struct GlslShader {
  std::string source;            // whole, with its line #version
  std::vector<uint32_t> slots;   // binding points: element i belongs to PipelineDesc::bindings[i]
  uint32_t counts[kKinds] = {};  // binding points in use, by DescriptorKind
};

// incompatible_module names the kernel, and the feature, format or limit that the target lacks; corrupted_data: the
// words are no such shader; invalid_argument: they and the bindings contradict each other. Any thread.
Result<GlslShader> translate(const PipelineDesc& desc, const GlslTarget& target);

}  // namespace ist::gl
