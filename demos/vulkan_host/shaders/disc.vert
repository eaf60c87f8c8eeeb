// A square of two triangles around each particle; position and material come from the buffers that kernels write.
#version 450

layout(push_constant) uniform DiscSize {
  float radius_pixels;
  float side_pixels;
} size;

layout(location = 0) in vec2 position;
layout(location = 1) in int material;

layout(location = 0) out vec2 offset_pixels;
layout(location = 1) flat out vec3 colour;
layout(location = 2) flat out float radius_pixels;

const vec3 kColours[4] = vec3[](vec3(0.949, 0.651, 0.353), vec3(0.310, 0.702, 0.749),
                                vec3(0.243, 0.486, 0.694), vec3(0.910, 0.365, 0.459));

void main() {
  vec2 corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1) * 2.0 - 1.0;
  offset_pixels = corner * size.radius_pixels;
  colour = kColours[material & 3];
  radius_pixels = size.radius_pixels;
  vec2 on_screen = vec2(position.x, 1.0 - position.y) * 2.0 - 1.0;
  gl_Position = vec4(on_screen + offset_pixels * 2.0 / size.side_pixels, 0.0, 1.0);
}
