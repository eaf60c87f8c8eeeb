// The common case, a thread with nothing bound, costs two queries beside the two calls that bind.
#include "gl/gl_thread_binding.h"

#include "gl_api/gl_current.h"

namespace ist::gl {
namespace {

constexpr egl::Int kDraw = 0x3059, kRead = 0x305A;

template <class F>
bool find_glx(const char* name, F& function) {
  function = reinterpret_cast<F>(find_loaded(name, kGlxLibraries));
  return function != nullptr;
}

// All the same to EGL, but when a context is made.
bool draws(egl::Enum api) { return api == egl::kOpenGl || api == egl::kOpenGlEs; }

}  // namespace

ThreadBinding::Glx ThreadBinding::current_glx() {
  Glx glx;
  void* (*context)() = nullptr;
  void* (*display)() = nullptr;
  unsigned long (*draw)() = nullptr;
  unsigned long (*read)() = nullptr;
  if (!find_glx("glXGetCurrentContext", context) || !find_glx("glXGetCurrentDisplay", display) ||
      !find_glx("glXGetCurrentDrawable", draw) || !find_glx("glXGetCurrentReadDrawable", read) ||
      !find_glx("glXMakeContextCurrent", glx.make_current))
    return {};
  glx.context = context();
  glx.display = display();
  glx.draw = draw();
  glx.read = read();
  return glx;
}

Status ThreadBinding::bind(const Egl& egl, egl::Display display, egl::Context context) {
  api_ = egl.QueryAPI();
  if (!draws(api_)) egl.BindAPI(egl::kOpenGlEs);
  context_ = egl.GetCurrentContext();
  if (context_) {
    display_ = egl.GetCurrentDisplay();
    draw_ = egl.GetCurrentSurface(kDraw);
    read_ = egl.GetCurrentSurface(kRead);
  }
  glx_ = {};
  if (egl.MakeCurrent(display, nullptr, nullptr, context)) return {};
  const std::string error = egl_error_text(egl);
  glx_ = current_glx();
  if (glx_.context && glx_.make_current(glx_.display, 0, 0, nullptr)) {
    if (egl.MakeCurrent(display, nullptr, nullptr, context)) return {};
    glx_.make_current(glx_.display, glx_.draw, glx_.read, glx_.context);
  }
  if (!draws(api_)) egl.BindAPI(api_);
  return fail(Code::invalid_state, "The runtime's OpenGL context cannot be bound on this thread: %s.", error.c_str());
}

void ThreadBinding::put_back(const Egl& egl, egl::Display display) {
  // A context or surface that was destroyed while it was current cannot come back; ours must not stay in its place.
  if (!context_ || !egl.MakeCurrent(display_, draw_, read_, context_))
    egl.MakeCurrent(display, nullptr, nullptr, nullptr);
  if (glx_.context) glx_.make_current(glx_.display, glx_.draw, glx_.read, glx_.context);
  if (!draws(api_)) egl.BindAPI(api_);
}

}  // namespace ist::gl
