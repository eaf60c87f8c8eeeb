// One direction of a Gaussian: saturated density in, wide soft body out.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"

layout(set = 0, binding = 0) uniform sampler2D source;
layout(location = 0) in vec2 uv;
layout(location = 0) out vec4 blurred;

const int kReach = 7;

void main() {
  vec4 sum = vec4(0.0);
  float total = 0.0;
  for (int i = -kReach; i <= kReach; ++i) {
    float x = float(i) / float(kReach) * 2.4;
    float w = exp(-0.5 * x * x);
    sum += w * min(texture(source, uv + frame.blur_step * float(i)), vec4(1.0));
    total += w;
  }
  blurred = sum / total;
}
