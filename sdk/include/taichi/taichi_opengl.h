// Sharing OpenGL and OpenGL ES objects with a runtime of TI_ARCH_OPENGL or TI_ARCH_GLES. Needs no
// GL header; where one was included before, its scalar types are used. Runtimes of other archs are
// refused with TI_ERROR_INVALID_INTEROP. The rules on errors and handles are those of
// taichi_core.h, but GL binds to a thread.
//
// Threads: with an imported runtime, every call that touches GL is made where the context of
// ti_import_opengl_runtime is current; TI_ERROR_INVALID_STATE otherwise, with nothing done and
// nothing lost. Freeing, mapping, exporting and asking touch no GL.
//
// Order: recorded work is issued by ti_flush, ti_wait and whatever reads, or by a recording call
// once much has come together. It comes after what the host has called before and before what it
// calls afterwards, and what kernels write is then visible to all of GL. Behind its own shaders'
// writes the host puts its own glMemoryBarrier.
//
// State: bindings, pixel storage and everything else of the context is afterwards as it was before.
// Errors that glGetError would still have told are told to the log and are then gone.
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
  // A function void *(*)(const char *name), e.g. eglGetProcAddress; called during the import only.
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
// caller owns the runtime, the context stays the host's and outlives it. Destroyed where the context
// is not current, the runtime leaves its objects there. ARGUMENT_NULL: no get_proc_addr;
// INVALID_STATE: no context is current; NOT_SUPPORTED: it speaks the other API, is older than
// OpenGL 4.3 or OpenGL ES 3.1, or get_proc_addr does not find a function of it.
TI_DLL_EXPORT TiRuntime TI_API_CALL ti_import_opengl_runtime(TiOpenglRuntimeInteropInfo* interop_info, bool use_gles);

// Writes how the runtime reaches its context, also if that is one of its own.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_runtime(TiRuntime runtime, TiOpenglRuntimeInteropInfo* interop_info);

// Makes the first `size` bytes of a host's buffer usable as memory, which cannot be mapped. It stays
// the host's, keeps its size, and outlives the handle and all recorded work with it; ti_free_memory
// only forgets it. INVALID_ARGUMENT: there is no such buffer, or it is smaller; INVALID_INTEROP: the
// runtime has a context of its own.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_import_opengl_memory(TiRuntime runtime,
                                                           const TiOpenglMemoryInteropInfo* interop_info);

// Writes the buffer behind a piece of memory; it stays the runtime's and is good until
// ti_free_memory.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_memory(TiRuntime runtime, TiMemory memory,
                                                       TiOpenglMemoryInteropInfo* interop_info);

// Makes a host's texture with immutable storage usable, or its first `levels` ones. It stays the
// host's and outlives the handle and all recorded work with it. INVALID_ARGUMENT names the member
// that contradicts the texture; ARGUMENT_OUT_OF_RANGE: a target without a TiImageDimension, a format
// without a TiFormat; INVALID_INTEROP: the runtime has a context of its own.
TI_DLL_EXPORT TiImage TI_API_CALL ti_import_opengl_image(TiRuntime runtime,
                                                         const TiOpenglImageInteropInfo* interop_info);

// Writes the texture behind an image; it stays the runtime's and is good until ti_free_image.
TI_DLL_EXPORT void TI_API_CALL ti_export_opengl_image(TiRuntime runtime, TiImage image,
                                                      TiOpenglImageInteropInfo* interop_info);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_OPENGL_H
