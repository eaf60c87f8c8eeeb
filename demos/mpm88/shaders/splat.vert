// One quad per particle, read straight from the buffers that the simulation writes.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"

layout(location = 0) in vec2 position;
layout(location = 1) in vec2 velocity;
layout(location = 2) in vec2 rest_position;
layout(location = 3) in int material;

layout(location = 0) out vec2 corner;
layout(location = 1) flat out vec4 channel;
layout(location = 2) flat out vec2 traits;

// Printed on the body at rest, so that it shows how the body is stretched and turned.
float printed_pattern(vec2 p) {
  float wide = 0.5 + 0.5 * sin(6.2831853 * (p.x + p.y) / 0.085);
  float cross_wide = 0.5 + 0.5 * sin(6.2831853 * (p.x - p.y) / 0.085);
  float band = smoothstep(0.42, 0.58, wide);
  float check = abs(band - smoothstep(0.42, 0.58, cross_wide));
  return material == 0 ? band : check;
}

void main() {
  corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1) * 2.0 - 1.0;
  channel = vec4(equal(ivec4(material & 3), ivec4(0, 1, 2, 3)));
  traits = vec2(printed_pattern(rest_position), length(velocity));
  vec2 pixel = to_pixel(position + corner * frame.radius);
  gl_Position = vec4(pixel / frame.size_pixels * 2.0 - 1.0, 0.0, 1.0);
}
