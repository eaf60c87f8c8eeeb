// Asks the process's libraries, not get_proc_addr: an EGL of today's Linux answers any name that begins with "gl",
// "glXGetCurrentContext" too, with a function that does nothing.
#include "gl_api/gl_current.h"

#include "base/library.h"

namespace ist::gl {

// A library that was opened privately is found by its name.
void* find_loaded(const char* name, const char* const* libraries) {
  if (void* function = find_global_symbol(name)) return function;
  for (; *libraries; ++libraries) {
    void* library = hold_loaded_library(*libraries);
    if (!library) continue;
    void* function = find_symbol(library, name);
    close_library(library);  // the host keeps it open
    if (function) return function;
  }
  return nullptr;
}

WindowSystems find_window_systems() {
  return {reinterpret_cast<CurrentContext>(find_loaded("eglGetCurrentContext", kEglLibraries)),
          reinterpret_cast<CurrentContext>(find_loaded("glXGetCurrentContext", kGlxLibraries))};
}

}  // namespace ist::gl
