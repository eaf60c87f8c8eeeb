// Mapping between pixels (y down) and the simulated unit square (y up); the same block as JellyRenderer::Frame.
layout(push_constant) uniform Frame {
  vec2 size_pixels;
  vec2 origin;
  vec2 blur_step;
  float units_per_pixel;
  float radius;
  float weight;
} frame;

vec2 to_world(vec2 pixel) { return frame.origin + vec2(pixel.x, -pixel.y) * frame.units_per_pixel; }

vec2 to_pixel(vec2 world) {
  return vec2(world.x - frame.origin.x, frame.origin.y - world.y) / frame.units_per_pixel;
}
