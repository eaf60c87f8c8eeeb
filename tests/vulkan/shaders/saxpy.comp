#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform Args { uint count; float a; } args;
layout(binding = 2) readonly buffer X { float x[]; };
layout(binding = 3) buffer Y { float y[]; };
void main() {
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 64) y[i] += args.a * x[i];
}
