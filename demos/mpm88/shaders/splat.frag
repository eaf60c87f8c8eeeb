// Adds a round, smooth bump: density per material, and traits weighted by it.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"

layout(location = 0) in vec2 corner;
layout(location = 1) flat in vec4 channel;
layout(location = 2) flat in vec2 traits;

layout(location = 0) out vec4 density;
layout(location = 1) out vec4 weighted_traits;

void main() {
  float falloff = max(1.0 - dot(corner, corner), 0.0);
  float bump = falloff * falloff * falloff * frame.weight;
  density = channel * bump;
  weighted_traits = vec4(traits * bump, bump, 0.0);
}
