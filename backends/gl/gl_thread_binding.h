// What a thread has bound, of EGL or GLX, and how it gets that back.
#pragma once

#include "gl/gl_egl.h"

namespace ist::gl {

// Binds a context of EGL without surfaces in place of whatever the thread has bound, until put_back().
class ThreadBinding {
 public:
  // invalid_state, with nothing changed.
  Status bind(const Egl& egl, egl::Display display, egl::Context context);
  // On the same thread.
  void put_back(const Egl& egl, egl::Display display);

 private:
  // A context of GLX keeps one of EGL from being bound (libglvnd).
  struct Glx {
    void* display = nullptr;
    unsigned long draw = 0;
    unsigned long read = 0;
    void* context = nullptr;
    int (*make_current)(void*, unsigned long, unsigned long, void*) = nullptr;
  };
  static Glx current_glx();

  egl::Enum api_ = 0;
  egl::Context context_ = nullptr;
  egl::Display display_ = nullptr;
  egl::Surface draw_ = nullptr;
  egl::Surface read_ = nullptr;
  Glx glx_;
};

}  // namespace ist::gl
