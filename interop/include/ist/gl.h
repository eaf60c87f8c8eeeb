// A host that draws with OpenGL or OpenGL ES: images of a runtime as its textures, memory as its buffers.
// No GL header is needed; names are plain numbers. The rules on errors and structs are those of ist/core.h,
// those on who holds an object are of ist/share.h.
//
// Threads: every function here but ist_gl_detach of a context that is gone is called while the context that
// ist_gl_attach found, or one of its share group, is current on the calling thread; INVALID_STATE otherwise.
// Calls on one IstGl are serialised.
//
// GL state: bindings, pixel-store state and all other context state is afterwards as it was before. Errors
// that glGetError would still have told are told to the log (warn) by ist_gl_share_* and are then gone.
#ifndef IST_GL_H
#define IST_GL_H

#include <ist/share.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*IstGlProc)(void);

// How the library reaches the host's GL.
typedef struct IstGlInfo {
  uint32_t size;
  uint32_t reserved;
  // eglGetProcAddress, glfwGetProcAddress, ...: called during ist_gl_attach only.
  IstGlProc (*get_proc_addr)(const char* name);
  // The context current on the calling thread, or null. Null: EGL and GLX are asked, if the process has
  // loaded them. Called on any thread that calls ti_* or ist_* with an object that is on its way back.
  void* (*current_context)(void);
} IstGlInfo;

// A shared object as the host's GL sees it.
typedef struct IstGlObject {
  uint32_t size;
  // Of the texture or buffer. The IstGl's to delete; it stays good until ist_gl_unshare or ist_gl_detach, also
  // when the image or memory is freed before.
  uint32_t name;
  // GL_TEXTURE_2D, ...; of buffers GL_ARRAY_BUFFER, but any target will do.
  uint32_t target;
  // Of textures. Blue-first formats are GL_RGBA8 or GL_SRGB8_ALPHA8 with a swizzle: sampling sees the right
  // channels, but GL may not write them.
  uint32_t internal_format;
  // How a hand-over is ordered: BINARY or HOST; BINARY, GL_FENCE or HOST. As IST_OPTION_FORCE_RUNG stood when
  // this was asked.
  IstRung to_gl;
  IstRung from_gl;
  // 1: GL has a copy, refreshed by each ist_gl_lend and brought back by each ist_gl_take_back that is not
  // READ_ONLY. 0: GL and the runtime see the same memory.
  uint32_t copied;
  // Why it is no better: why it is copied, or why no semaphore orders it. Ends in a zero; empty: it is best.
  char reason[256];
} IstGlObject;

// Joins a runtime of any arch with the context current on this thread, until ist_gl_detach or the end of the
// runtime; a runtime may be joined with several. Needs OpenGL 3.2 or OpenGL ES 3.0 (NOT_SUPPORTED tells the
// version). INVALID_STATE: no context is current. NOT_SUPPORTED too: a function of that version is not found, or
// nothing tells which context is current.
IST_FN ist_gl_attach(TiRuntime runtime, const IstGlInfo* info, IstGl* gl);

// Finishes GL, takes back what it holds and deletes our names; the handle is gone. context_gone: the context
// does not exist any more, or is not current on purpose; nothing of GL is called, what it held is the runtime's
// and its names are forgotten.
IST_FN ist_gl_detach(IstGl gl, TiBool context_gone);

// Describes the image as a texture, or the memory as a buffer, of the context; makes it at the first call and
// gives the same answer later. Does not lend, and may be called while the object is lent. The object is
// allocated with export_sharing for zero copy; where that, the driver or the format does not allow it, GL gets a
// copy that is made at each hand-over, counted (IstCounters::share_copies, share_bytes) and told to the log once.
// Under IST_OPTION_REQUIRE_ZERO_COPY that is an error instead: INVALID_INTEROP for a context on another device
// or driver (with the UUIDs of both sides, before the driver is asked), else NOT_SUPPORTED with the reason.
// NOT_SUPPORTED too: GL has no such format or dimension, or IST_OPTION_FORCE_RUNG names a rung that is not there
// between these two. Textures sample with GL_NEAREST where a filter is not sure to work (integers, 32-bit floats,
// depth) and have GL's own defaults otherwise. Buffers cannot be mapped by GL unless they are copies.
IST_FN ist_gl_share_image(IstGl gl, TiImage image, IstGlObject* object);
IST_FN ist_gl_share_memory(IstGl gl, TiMemory memory, IstGlObject* object);

// Deletes the GL name of a TiImage or TiMemory, freed ones included; GL commands issued before still run.
// INVALID_STATE: lent to GL, or not shared with this IstGl.
IST_FN ist_gl_unshare(IstGl gl, const void* object);

// Hands objects, shared before, to GL: commands of the context from now on see their finished contents. By
// semaphore, with no wait on the CPU, else returns when the runtime's work on them has finished. `layout` is
// what GL gets the image in and leaves it in; `peer` is not read. Submits once. Copied objects are read back and
// uploaded here, which blocks. All objects or none. Errors as ist_lend; INVALID_STATE too: not shared with this
// IstGl. NOT_SUPPORTED: IST_OPTION_FORCE_RUNG names a rung that is not there between these two (the message has
// those that are), or an image that GL can only read is lent without IST_HANDOVER_READ_ONLY_BIT.
IST_FN ist_gl_lend(IstGl gl, uint32_t count, const IstHandover* objects);

// Takes objects back after the host's last GL command on them: later work of the runtime waits for what GL has
// been told so far. Flushes. By semaphore, or by a fence: the object is then RETURNING until the fence is seen.
// Any ist_gl_* call looks; the first use by the runtime waits if the context is current on that thread, else it
// is INVALID_STATE. Blocks only for copies that are not READ_ONLY, and where HOST is forced.
// INVALID_STATE: not lent to GL by this IstGl.
IST_FN ist_gl_take_back(IstGl gl, uint32_t count, const IstHandover* objects);

#ifdef __cplusplus
}
#endif

#endif  // IST_GL_H
