// Opens the link, and finds out which context is current.
#include "gl_link.h"

#include <dlfcn.h>

namespace ist::gl_host {
namespace {

using CurrentContext = void* (*)();

// Looks only at what the process has loaded; a library that was opened privately is found by its name.
CurrentContext find_loaded(const char* name, const char* const* libraries) {
  if (void* function = ::dlsym(RTLD_DEFAULT, name)) return reinterpret_cast<CurrentContext>(function);
  for (; *libraries; ++libraries) {
    void* library = ::dlopen(*libraries, RTLD_LAZY | RTLD_NOLOAD);
    if (!library) continue;
    void* function = ::dlsym(library, name);
    ::dlclose(library);  // the host keeps it open
    if (function) return reinterpret_cast<CurrentContext>(function);
  }
  return nullptr;
}

struct Systems {
  CurrentContext egl = nullptr;
  CurrentContext glx = nullptr;
};

// Looked up each time: the host may load either one late, and close it too.
Systems find_systems() {
  static constexpr const char* kEgl[] = {"libEGL.so.1", nullptr};
  static constexpr const char* kGlx[] = {"libGLX.so.0", "libGL.so.1", nullptr};
  return {find_loaded("eglGetCurrentContext", kEgl), find_loaded("glXGetCurrentContext", kGlx)};
}

void* current_of(const Systems& systems) {
  if (void* context = systems.egl ? systems.egl() : nullptr) return context;
  return systems.glx ? systems.glx() : nullptr;
}

}  // namespace

Result<std::shared_ptr<Link>> Link::open(void (*(*get_proc_addr)(const char*))(), CurrentContext current_context) {
  std::shared_ptr<Link> link(new Link);
  link->ask_ = current_context;
  if (!current_context) {
    const Systems systems = find_systems();
    if (!systems.egl && !systems.glx)
      return fail(Code::not_supported,
                  "Neither EGL nor GLX is loaded, so nothing tells which context is current; set "
                  "info->current_context.");
  }
  if (!(current_context ? current_context() : current_of(find_systems())))
    return fail(Code::invalid_state, "No OpenGL context is current on this thread.");
  IST_TRY(link->table_, load_table(get_proc_addr));
  link->marker_ = link->gl().FenceSync(k::kSyncGpuCommandsComplete, 0);
  if (!link->marker_) return fail(Code::invalid_state, "glFenceSync fails; the OpenGL context may be lost.");
  return link;
}

bool Link::current() const {
  if (closed_) return false;
  void* context = ask_ ? ask_() : current_of(find_systems());
  return context && gl().IsSync(marker_);
}

Status Link::require_current() const {
  if (current()) return {};
  return fail(Code::invalid_state,
              "The OpenGL context that was attached (%s), or one of its share group, is not current on this thread.",
              caps().renderer.c_str());
}

void Link::close(bool context_gone) {
  if (closed_.exchange(true)) return;
  if (!context_gone) gl().DeleteSync(marker_);
}

}  // namespace ist::gl_host
