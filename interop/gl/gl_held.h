// Holding a context that another thread may detach.
#pragma once

#include "gl_context.h"

namespace ist::gl_host {

// A GlContext for the length of a call: null unless the handle is alive. It is let go under the runtime's
// lock, as that may delete it.
class Held {
 public:
  Held(HandleBits handle, HandleBits runtime)
      : runtime_(runtime, Kind::runtime), context_(runtime_ ? Pin(handle, Kind::gl_context) : Pin()) {}
  ~Held() {
    if (!context_) return;
    const std::lock_guard lock(static_cast<Runtime&>(*runtime_.get()).mutex());
    context_ = Pin();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  GlContext* get() const { return static_cast<GlContext*>(context_.get()); }

 private:
  Pin runtime_;
  Pin context_;
};

}  // namespace ist::gl_host
