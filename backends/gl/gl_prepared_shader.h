// What both ways to a program begin with: the words that are used, what they need, and binding points for what they
// touch. Calls no GL function.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "aot/spirv_scan.h"
#include "contract/device.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

// The kinds of DescriptorKind have binding points of their own, each counted from 0.
inline constexpr size_t kKinds = 4;
// Of a binding that the shader does not look at: nothing is bound for it, and no limit counts it.
inline constexpr uint32_t kNoSlot = ~0u;

// Where a binding of a PipelineDesc went.
struct Slot {
  DescriptorKind kind = DescriptorKind::storage_buffer;
  uint32_t point = kNoSlot;  // of its kind: binding point, texture unit or image unit; kNoSlot: nothing is bound
  Enum image_format = 0;     // storage images: the unit's format, as the shader declares it; 0: it declares none
  Enum image_access = 0;     // and GL_READ_ONLY, GL_WRITE_ONLY or GL_READ_WRITE
  friend bool operator==(const Slot&, const Slot&) = default;
};

struct PreparedShader {
  std::string name;                                     // of the kernel
  std::vector<uint32_t> words;                          // without what nothing uses; bindings as they were
  aot::ShaderScan scan;                                 // of these words
  std::vector<Slot> slots;                              // element i belongs to PipelineDesc::bindings[i]
  uint32_t counts[kKinds] = {};                         // binding points in use, by DescriptorKind
  std::unordered_map<uint32_t, uint32_t> point_of;      // by id of the variable
  std::unordered_map<uint32_t, uint32_t> image_format;  // likewise, of storage images: in SPIR-V's numbers
};

// incompatible_module names the kernel and the limit it exceeds; corrupted_data: the words are no such shader;
// invalid_argument: they and the bindings contradict each other. Any thread.
Result<PreparedShader> prepare_shader(const PipelineDesc& desc, const DeviceLimits& limits);

// incompatible_module names the kernel, the features that are not among `features`, and the `language` that lacks them.
Status check_features(const PreparedShader& shader, aot::FeatureSet features, const std::string& language);

}  // namespace ist::gl
