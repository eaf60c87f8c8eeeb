// Where GL may be called: a context of our own, bound for the length of a scope on whatever thread, or the host's,
// which the host must have bound.
#pragma once

#include <memory>
#include <utility>

#include "base/status.h"
#include "contract/device.h"
#include "gl_api/gl_functions.h"

namespace ist::gl {

class Context {
 public:
  virtual ~Context() = default;
  // After success GL may be called on this thread until leave(). One scope at a time: callers hold a lock.
  // invalid_state: the host's context is not current on this thread, or ours cannot be bound.
  virtual Status enter() = 0;
  virtual void leave() = 0;
};

class Current {
 public:
  static Result<Current> enter(Context& context) {
    IST_CHECK(context.enter());
    return Current(context);
  }
  ~Current() {
    if (context_) context_->leave();
  }
  Current(Current&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
  Current& operator=(Current&&) = delete;

 private:
  explicit Current(Context& context) : context_(&context) {}
  Context* context_;
};

// Two contexts of one share group: one that works, one in which other threads wait meanwhile.
struct OwnContexts {
  std::unique_ptr<Context> work;
  std::unique_ptr<Context> waiter;
  GetProc get_proc_addr = nullptr;
};

// Without a window system, by EGL opened at run time. Device 0 is the platform's choice, the others follow in the order
// of EGL_EXT_device_enumeration. What the calling thread has bound is as before after each scope. not_supported: no
// libEGL, or no such context; argument_out_of_range names the number of devices. Any thread.
Result<OwnContexts> create_own_contexts(bool es, uint32_t device_index);
// The same context for drivers that do not bear a second one beside it: threads may enter at once, and take turns.
std::unique_ptr<Context> make_lone(std::unique_ptr<Context> context);
// How many devices there are to try; 0 without EGL.
uint32_t own_device_count();

// The context that is current now, of EGL or GLX. enter() fails unless that same one is current on the thread.
// invalid_state: none is current.
Result<std::unique_ptr<Context>> current_host_context(GetProc get_proc_addr);

}  // namespace ist::gl
