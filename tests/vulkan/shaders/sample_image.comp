#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform Args { uint count; float lod; } args;
layout(binding = 2) uniform sampler2D source;
layout(binding = 3) buffer Out { float texels[]; };
void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= args.count) return;
  texels[i] = textureLod(source, vec2((float(i) + 0.5) / float(args.count), 0.5), args.lod).r;
}
