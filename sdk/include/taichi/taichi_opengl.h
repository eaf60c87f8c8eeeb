// Sharing OpenGL and OpenGL ES objects with a runtime of TI_ARCH_OPENGL or TI_ARCH_GLES. Needs no
// GL header; where one was included before, its scalar types are used. The rules on errors and
// handles are those of taichi_core.h, but GL binds to a thread: the context of the runtime must be
// current on the calling thread (TI_ERROR_INVALID_STATE). Runtimes of other archs are refused with
// TI_ERROR_INVALID_INTEROP.
#ifndef TAICHI_OPENGL_H
#define TAICHI_OPENGL_H

#include <stdbool.h>
#include <taichi/taichi_core.h>

// The same types as every GL header defines, so that one included later agrees.
#if !defined(GL_VERSION_1_1) && !defined(GL_ES_VERSION_2_0) && !defined(__gl_h_) && !defined(__gl_glcorearb_h_)
typedef unsigned int GLenum;
typedef unsigned int GLuint;
typedef int GLsizei;
#endif
#if !defined(GL_VERSION_1_5) && !defined(GL_ES_VERSION_2_0) && !defined(__gl_h_) && !defined(__gl_glcorearb_h_)
#ifdef _WIN64
typedef signed long long int GLsizeiptr;
#else
typedef signed long int GLsizeiptr;
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

// How to reach a GL context.
typedef struct TiOpenglRuntimeInteropInfo {
  // A function void *(*)(const char *name), e.g. eglGetProcAddress.
  void* get_proc_addr;
} TiOpenglRuntimeInteropInfo;

// A buffer object.
typedef struct TiOpenglMemoryInteropInfo {
  GLuint buffer;
  // In bytes.
  GLsizeiptr size;
} TiOpenglMemoryInteropInfo;

// A texture object.
typedef struct TiOpenglImageInteropInfo {
  GLuint texture;
  // GL_TEXTURE_2D and so on.
  GLenum target;
  // Number of mip levels.
  GLsizei levels;
  // Sized internal format.
  GLenum format;
  GLsizei width;
  GLsizei height;
  // Depth or layers.
  GLsizei depth;
} TiOpenglImageInteropInfo;

// Creates a runtime on the context that is current now; use_gles says which API it speaks. The
// caller owns the runtime, the context stays the host's and outlives it. ARGUMENT_NULL: no
// get_proc_addr; NOT_SUPPORTED: the context lacks compute shaders or storage buffers.
TI_DLL_EXPORT TiRuntime TI_API_CALL ti_import_opengl_runtime(TiOpenglRuntimeInteropInfo* interop_info, bool use_gles);

// Writes how the runtime reaches its context.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_runtime(TiRuntime runtime, TiOpenglRuntimeInteropInfo* interop_info);

// Makes a host's buffer usable as memory. It stays the host's and outlives the handle and all
// recorded work with it; ti_free_memory only forgets it.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_import_opengl_memory(TiRuntime runtime,
                                                           const TiOpenglMemoryInteropInfo* interop_info);

// Writes the buffer behind a piece of memory; it stays the runtime's and is good until
// ti_free_memory.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_memory(TiRuntime runtime, TiMemory memory,
                                                       TiOpenglMemoryInteropInfo* interop_info);

// Makes a host's texture usable. It stays the host's and outlives the handle and all recorded work
// with it.
TI_DLL_EXPORT TiImage TI_API_CALL ti_import_opengl_image(TiRuntime runtime,
                                                         const TiOpenglImageInteropInfo* interop_info);

// Writes the texture behind an image; it stays the runtime's and is good until ti_free_image.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_image(TiRuntime runtime, TiImage image,
                                                      TiOpenglImageInteropInfo* interop_info);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_OPENGL_H
