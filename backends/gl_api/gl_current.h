// Which context of EGL or GLX is current on a thread, told by the libraries that the host has loaded.
#pragma once

#include "gl_api/gl_functions.h"

namespace ist::gl {

// eglGetCurrentContext or glXGetCurrentContext: null when none is current.
using CurrentContext = void* (*)();

struct WindowSystems {
  CurrentContext egl = nullptr;
  CurrentContext glx = nullptr;
};

// Looks only at what the process has loaded now, and loads nothing. Any thread.
WindowSystems find_window_systems();

// A function of such a library; null: not found.
void* find_loaded(const char* name, const char* const* libraries);
inline constexpr const char* kEglLibraries[] = {"libEGL.so.1", nullptr};
inline constexpr const char* kGlxLibraries[] = {"libGLX.so.0", "libGL.so.1", nullptr};

}  // namespace ist::gl
