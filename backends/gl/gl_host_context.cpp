// The host's context: never bound by us, only recognised.
#include <memory>
#include <thread>

#include "base/library.h"
#include "gl/gl_context.h"
#include "gl_api/gl_current.h"

namespace ist::gl {
namespace {

constexpr const char* kNoContext = "No OpenGL context is current on this thread.";

struct Close {
  void operator()(void* library) const { close_library(library); }
};
using Library = std::unique_ptr<void, Close>;

// The host could close the library that `function` lies in, were it not held.
Library hold(CurrentContext function) { return Library(hold_library_of(reinterpret_cast<void*>(function))); }

class HostContext final : public Context {
 public:
  HostContext(CurrentContext ask, void* context) : ask_(ask), library_(hold(ask)), context_(context) {}

  Status enter() override {
    void* const current = ask_();
    if (current == context_) return {};
    return fail(Code::invalid_state, "The runtime uses the host's OpenGL context, but this thread has %s current.",
                current ? "another" : "none");
  }
  void leave() override {}

 private:
  CurrentContext ask_;
  Library library_;
  void* context_;
};

// Where nothing tells which context is current, the thread that had it at first stands for it.
class HostThread final : public Context {
 public:
  Status enter() override {
    if (std::this_thread::get_id() == thread_) return {};
    return fail(
        Code::invalid_state,
        "The runtime uses the host's OpenGL context, which is used on the thread that imported it only: neither "
        "EGL nor GLX tells which context is current.");
  }
  void leave() override {}

 private:
  std::thread::id thread_ = std::this_thread::get_id();
};

}  // namespace

Result<std::unique_ptr<Context>> current_host_context(GetProc get_proc_addr) {
  const WindowSystems systems = find_window_systems();
  // An EGL that the host has brought along is found through its get_proc_addr only.
  const auto own_egl = reinterpret_cast<CurrentContext>(get_proc_addr("eglGetCurrentContext"));
  for (const CurrentContext ask : {own_egl, systems.egl, systems.glx})
    if (void* context = ask ? ask() : nullptr) return std::unique_ptr<Context>(new HostContext(ask, context));
  if (own_egl || systems.egl || systems.glx) return Status(Code::invalid_state, kNoContext);
  const auto get_string = reinterpret_cast<const uint8_t* (*)(Enum)>(get_proc_addr("glGetString"));
  if (!get_string || !get_string(k::kVersion)) return Status(Code::invalid_state, kNoContext);
  return std::unique_ptr<Context>(new HostThread);
}

}  // namespace ist::gl
