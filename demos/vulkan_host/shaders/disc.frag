// A disc whose edge fades over its outer 1.5 pixels.
#version 450

layout(location = 0) in vec2 offset_pixels;
layout(location = 1) flat in vec3 colour;
layout(location = 2) flat in float radius_pixels;
layout(location = 0) out vec4 covered;

void main() {
  float coverage = 1.0 - smoothstep(radius_pixels - 1.5, radius_pixels, length(offset_pixels));
  covered = vec4(colour, coverage);
}
