// Functions in front of the driver's.
#include "gl_hooks.h"

#include <cstring>

namespace gl_host {
namespace {

template <class F>
F real(const char* name) {
  return reinterpret_cast<F>(get_proc_addr(name));
}

const GLubyte* APIENTRY get_stringi(GLenum what, GLuint index) {
  const GLubyte* text = real<PFNGLGETSTRINGIPROC>("glGetStringi")(what, index);
  static const GLubyte kHidden[] = "GL_HIDDEN";
  return hooks().hidden_extension == reinterpret_cast<const char*>(text) ? kHidden : text;
}

const GLubyte* APIENTRY get_string(GLenum what) {
  if (what == GL_VERSION && hooks().version) return reinterpret_cast<const GLubyte*>(hooks().version);
  return real<PFNGLGETSTRINGPROC>("glGetString")(what);
}

void APIENTRY get_bytes(GLenum what, GLuint index, GLubyte* bytes) {
  real<void(APIENTRY*)(GLenum, GLuint, GLubyte*)>("glGetUnsignedBytei_vEXT")(what, index, bytes);
  if (hooks().other_device) bytes[15] ^= 0xff;
}

GLenum APIENTRY client_wait(GLsync sync, GLbitfield flags, GLuint64 timeout) {
  if (hooks().fences_pending && timeout == 0) return GL_TIMEOUT_EXPIRED;
  return real<PFNGLCLIENTWAITSYNCPROC>("glClientWaitSync")(sync, flags, timeout);
}

GLenum APIENTRY check_framebuffer(GLenum target) {
  if (hooks().never_complete) return GL_FRAMEBUFFER_UNSUPPORTED;
  return real<PFNGLCHECKFRAMEBUFFERSTATUSPROC>("glCheckFramebufferStatus")(target);
}

bool error_pending = false;

void APIENTRY import_fd(GLuint memory, GLuint64 size, GLenum type, GLint fd) {
  if (hooks().imports_fail) {
    error_pending = true;
    return;
  }
  real<void(APIENTRY*)(GLuint, GLuint64, GLenum, GLint)>("glImportMemoryFdEXT")(memory, size, type, fd);
}

void APIENTRY buffer_storage(GLenum target, GLsizeiptr size, GLuint memory, GLuint64 offset) {
  if (hooks().storage_fails) {
    error_pending = true;
    return;
  }
  real<void(APIENTRY*)(GLenum, GLsizeiptr, GLuint, GLuint64)>("glBufferStorageMemEXT")(target, size, memory, offset);
}

void APIENTRY texture_storage(GLenum target, GLsizei levels, GLenum format, GLsizei width, GLsizei height,
                              GLuint memory, GLuint64 offset) {
  if (hooks().storage_fails) {
    error_pending = true;
    return;
  }
  real<void(APIENTRY*)(GLenum, GLsizei, GLenum, GLsizei, GLsizei, GLuint, GLuint64)>("glTexStorageMem2DEXT")(
      target, levels, format, width, height, memory, offset);
}

GLenum APIENTRY get_error() {
  if (error_pending) {
    error_pending = false;
    return GL_OUT_OF_MEMORY;
  }
  return real<PFNGLGETERRORPROC>("glGetError")();
}

}  // namespace

Hooks& hooks() {
  static Hooks hooks;
  return hooks;
}

void (*hooked_get_proc_addr(const char* name))() {
  struct Hooked {
    const char* name;
    void (*function)();
  };
  static const Hooked kHooked[] = {
      {"glGetStringi", reinterpret_cast<void (*)()>(get_stringi)},
      {"glGetString", reinterpret_cast<void (*)()>(get_string)},
      {"glGetUnsignedBytei_vEXT", reinterpret_cast<void (*)()>(get_bytes)},
      {"glClientWaitSync", reinterpret_cast<void (*)()>(client_wait)},
      {"glCheckFramebufferStatus", reinterpret_cast<void (*)()>(check_framebuffer)},
      {"glImportMemoryFdEXT", reinterpret_cast<void (*)()>(import_fd)},
      {"glBufferStorageMemEXT", reinterpret_cast<void (*)()>(buffer_storage)},
      {"glTexStorageMem2DEXT", reinterpret_cast<void (*)()>(texture_storage)},
      {"glGetError", reinterpret_cast<void (*)()>(get_error)},
  };
  if (hooks().hidden_function == name) return nullptr;
  for (const Hooked& hooked : kHooked)
    if (std::strcmp(hooked.name, name) == 0) return hooked.function;
  return get_proc_addr(name);
}

}  // namespace gl_host
