// Opens the link, and finds out which context is current.
#include "gl_link.h"

#include "gl_api/gl_current.h"

namespace ist::gl_host {
namespace {

// Looked up each time: the host may load either library late, and close it too.
void* current_of(const WindowSystems& systems) {
  if (void* context = systems.egl ? systems.egl() : nullptr) return context;
  return systems.glx ? systems.glx() : nullptr;
}

}  // namespace

Result<std::shared_ptr<Link>> Link::open(void (*(*get_proc_addr)(const char*))(), CurrentContext current_context) {
  std::shared_ptr<Link> link(new Link);
  link->ask_ = current_context;
  if (!current_context) {
    const WindowSystems systems = find_window_systems();
    if (!systems.egl && !systems.glx)
      return fail(Code::not_supported,
                  "Neither EGL nor GLX is loaded, so nothing tells which context is current; set "
                  "info->current_context.");
  }
  if (!(current_context ? current_context() : current_of(find_window_systems())))
    return fail(Code::invalid_state, "No OpenGL context is current on this thread.");
  IST_TRY(link->table_, load_table(get_proc_addr));
  link->marker_ = link->gl().FenceSync(k::kSyncGpuCommandsComplete, 0);
  if (!link->marker_) return fail(Code::invalid_state, "glFenceSync fails; the OpenGL context may be lost.");
  return link;
}

bool Link::current() const {
  if (closed_) return false;
  void* context = ask_ ? ask_() : current_of(find_window_systems());
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
