// The whole C API: the core, and the headers of each backend asked for by TI_WITH_VULKAN,
// TI_WITH_OPENGL, TI_WITH_CPU and TI_WITH_CUDA (defined or not; the value does not matter).
// There is no Metal backend, so TI_WITH_METAL adds nothing.
#ifndef TAICHI_H
#define TAICHI_H

#include <taichi/taichi_core.h>

#ifdef TI_WITH_VULKAN
#include <taichi/taichi_vulkan.h>
#endif

#ifdef TI_WITH_OPENGL
#include <taichi/taichi_opengl.h>
#endif

#ifdef TI_WITH_CPU
#include <taichi/taichi_cpu.h>
#endif

#ifdef TI_WITH_CUDA
#include <taichi/taichi_cuda.h>
#endif

#endif  // TAICHI_H
