// What the shading language of a context can say, and how much a shader may bind. Knows no GL function.
#pragma once

#include <string>
#include <string_view>

#include "contract/device.h"

namespace ist::gl {

struct GlslTarget {
  bool es = false;
  uint32_t version = 430;         // of the text: 430 and later, 310 and 320 for ES
  aot::FeatureSet features;       // what shaders in it can do
  bool extended_formats = false;  // storage images of formats beside those of ES 3.1
  bool extended_unorm16 = false;  // and of normalised 16-bit texels among them
  DeviceLimits limits;            // of one task

  std::string name() const;  // "GLSL 430", "GLSL ES 310"
};

// What every context of this version (430, 450; 310, 320) has.
GlslTarget glsl_minimum(bool es, uint32_t version);
// Adds what an extension brings; of most nothing.
void add_extension(GlslTarget& target, std::string_view extension);

}  // namespace ist::gl
