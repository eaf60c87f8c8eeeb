#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform Args { uvec2 extent; } args;
layout(binding = 2, r32f) writeonly uniform image2D target;
void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= args.extent.x * args.extent.y) return;
  const uvec2 p = uvec2(i % args.extent.x, i / args.extent.x);
  imageStore(target, ivec2(p), vec4(float(p.x) + 1000.0 * float(p.y)));
}
