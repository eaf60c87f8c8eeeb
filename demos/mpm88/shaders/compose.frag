// From densities to a picture: a lit tank, soft shadows, and translucent bodies with bevelled edges. Linear light.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"

layout(set = 0, binding = 0) uniform sampler2D density_map;
layout(set = 0, binding = 1) uniform sampler2D traits_map;
layout(set = 0, binding = 2) uniform sampler2D soft_map;
layout(location = 0) in vec2 uv;
layout(location = 0) out vec4 picture;

const vec3 kBright[4] = vec3[](vec3(1.00, 0.11, 0.16), vec3(1.00, 0.50, 0.05),
                               vec3(0.07, 0.52, 0.95), vec3(0.34, 0.88, 0.16));
const vec3 kDeep[4] = vec3[](vec3(0.46, 0.004, 0.05), vec3(0.72, 0.13, 0.0),
                             vec3(0.0, 0.07, 0.33), vec3(0.02, 0.32, 0.05));
const vec4 kOpacity = vec4(0.86, 0.88, 0.66, 0.86);
const vec4 kSurface = vec4(0.45, 0.45, 0.12, 0.45);  // density at which a material's surface lies
const vec4 kSkin = vec4(0.6, 0.6, 0.0, 0.6);
const vec3 kLight = normalize(vec3(-0.50, 0.75, 0.65));
const float kInner = 0.012;   // the tank's inside reaches this far outside of the walls of the simulation
const float kFrame = 0.014;

float sum4(vec4 v) { return dot(v, vec4(1.0)); }

// No derivatives: most reads are behind a branch.
vec4 texel_at(sampler2D map, vec2 at) { return textureLod(map, at, 0.0); }

vec3 blend(vec3 colours[4], vec4 share) {
  return colours[0] * share.x + colours[1] * share.y + colours[2] * share.z + colours[3] * share.w;
}

float tank_distance(vec2 p, float inset) {
  vec2 half_size = vec2(0.5 - inset);
  vec2 d = abs(p - 0.5) - half_size + 0.03;
  return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0) - 0.03;
}

float cover(float distance_units) {
  return clamp(0.5 - distance_units / frame.units_per_pixel, 0.0, 1.0);
}

vec3 wall_colour(vec2 p) {
  vec3 low = vec3(0.014, 0.013, 0.042);
  vec3 high = vec3(0.045, 0.060, 0.150);
  vec3 colour = mix(low, high, smoothstep(-0.1, 1.1, p.y));
  colour += vec3(0.085, 0.070, 0.150) * exp(-5.0 * dot(p - vec2(0.30, 0.82), p - vec2(0.30, 0.82)));
  vec2 cell = abs(fract(p * 16.0 + 0.5) - 0.5) / 16.0;
  float line = cover(min(cell.x, cell.y) - 0.0007);
  return colour * (1.0 + 0.30 * line);
}

vec3 outside_colour(vec2 p) {
  vec2 from_centre = p - 0.5;
  return mix(vec3(0.007, 0.007, 0.020), vec3(0.022, 0.025, 0.062), smoothstep(-0.2, 1.2, p.y)) *
         (1.0 - 0.35 * dot(from_centre, from_centre));
}

// Light through coloured bodies: the shadow keeps some of their colour.
vec3 shadowed(vec3 wall, vec2 p) {
  vec2 at = to_pixel(p + vec2(-0.014, 0.020)) / frame.size_pixels;
  vec4 soft = texel_at(soft_map, at);
  float amount = clamp(sum4(soft), 0.0, 1.0);
  vec3 tint = blend(kBright, soft);
  return wall * (1.0 - 0.72 * amount) + wall * tint * 0.8;
}

vec3 background(vec2 p) {
  float inside = cover(tank_distance(p, kInner));
  vec3 colour = mix(outside_colour(p), shadowed(wall_colour(p), p), inside);
  float occluded = exp(-max(-tank_distance(p, kInner), 0.0) / 0.03);
  return colour * (1.0 - 0.30 * occluded * inside);
}

// The frame is a bar around the tank, lit as if it were round.
vec3 with_frame(vec3 colour, vec2 p) {
  float d = tank_distance(p, kInner);
  float bar = cover(-d) * cover(d - kFrame);
  float across = clamp(d / kFrame, 0.0, 1.0) * 2.0 - 1.0;
  vec2 outward = normalize(p - 0.5 + 1e-5);
  vec3 n = normalize(vec3(outward * across, 1.2 - across * across));
  float lit = 0.25 + 0.75 * max(dot(n, kLight), 0.0);
  vec3 metal = vec3(0.26, 0.29, 0.42) * lit + vec3(0.8) * pow(max(dot(n, kLight), 0.0), 24.0);
  return mix(colour, metal * 0.8, bar);
}

vec2 soft_gradient(vec4 share) {
  vec2 texel = 1.5 / vec2(textureSize(soft_map, 0));
  vec4 dx = texel_at(soft_map, uv + vec2(texel.x, 0)) - texel_at(soft_map, uv - vec2(texel.x, 0));
  vec4 dy = texel_at(soft_map, uv - vec2(0, texel.y)) - texel_at(soft_map, uv + vec2(0, texel.y));
  vec2 world = 2.0 * texel * frame.size_pixels * frame.units_per_pixel;
  return vec2(dot(dx, share), dot(dy, share)) / world;
}

vec3 body_colour(vec2 p, vec4 share) {
  vec4 soft = texel_at(soft_map, uv);
  vec2 slope = soft_gradient(share);
  vec3 n = normalize(vec3(-slope * 0.042, 1.0));
  vec4 traits = texel_at(traits_map, uv);
  float pattern = traits.x / max(traits.z, 1e-4);
  float speed = traits.y / max(traits.z, 1e-4);

  vec3 bright = blend(kBright, share);
  vec3 deep = blend(kDeep, share);
  float opacity = dot(kOpacity, share);
  float water = share.z;

  float thick = smoothstep(0.35, 1.0, dot(soft, share));
  float lit = 0.5 + 0.5 * dot(n, kLight);
  vec3 colour = mix(bright, deep, clamp(0.15 + 0.75 * thick * (1.25 - lit), 0.0, 1.0));
  colour = mix(colour, bright * 1.15, (1.0 - water) * 0.38 * pattern);
  colour *= 0.50 + 0.70 * lit;
  colour += bright * 0.35 * pow(max(dot(n.xy, -kLight.xy), 0.0), 1.5);  // light that went through
  colour = mix(colour, vec3(0.80, 0.95, 1.0), water * 0.55 * smoothstep(1.2, 4.5, speed));

  vec3 behind = background(p - n.xy * 0.05);
  colour = mix(behind * (0.35 + bright), colour, mix(opacity, 1.0, 0.5 * (1.0 - thick)));

  vec3 halfway = normalize(kLight + vec3(0.0, 0.0, 1.0));
  float shine = pow(max(dot(n, halfway), 0.0), 90.0);
  float flat_shine = pow(halfway.z, 90.0);
  colour += vec3(1.0, 0.97, 0.92) * 0.75 * max(shine - flat_shine, 0.0);
  return colour;
}

// Contact line between two bodies that touch.
float seam(vec4 share) {
  float top = max(max(share.x, share.y), max(share.z, share.w));
  return 1.0 - 0.35 * smoothstep(0.0, 0.5, 1.0 - top);
}

// Jelly has a smooth skin: its surface follows the softened density too. Water keeps its drops.
float surface_field(vec2 at) {
  return sum4(mix(texel_at(density_map, at), texel_at(soft_map, at), kSkin));
}

float surface_cover(float surface) {
  vec2 texel = 1.0 / frame.size_pixels;
  float dx = surface_field(uv + vec2(texel.x, 0)) - surface_field(uv - vec2(texel.x, 0));
  float dy = surface_field(uv + vec2(0, texel.y)) - surface_field(uv - vec2(0, texel.y));
  float per_pixel = max(0.5 * length(vec2(dx, dy)), 0.01);
  return clamp(0.5 + (surface_field(uv) - surface) / per_pixel, 0.0, 1.0);
}

float dither(vec2 pixel) { return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715)))) - 0.5; }

void main() {
  vec2 p = to_world(gl_FragCoord.xy);
  vec3 colour = background(p);
  vec4 density = texel_at(density_map, uv);
  float total = sum4(density);
  vec4 share = density / max(total, 1e-6);
  share *= share * share * share;
  share /= max(sum4(share), 1e-6);
  float covered = total > 0.01 ? surface_cover(dot(kSurface, share)) : 0.0;
  if (covered > 0.0) {
    colour = mix(colour, body_colour(p, share) * seam(share), covered);
  }
  colour = with_frame(colour, p);
  picture = vec4(colour * (1.0 + dither(gl_FragCoord.xy) * 0.03), 1.0);
}
