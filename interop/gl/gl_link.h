// A GL context as this library reaches it: its functions, what it can do, and whether it is current. Knows no
// runtime. Lives as long as anybody waits for one of its fences.
#pragma once

#include <atomic>
#include <memory>

#include "gl_api/gl_functions.h"

namespace ist::gl_host {

using namespace gl;

class Link {
 public:
  // With the context current. invalid_state: none is; not_supported as load_table().
  static Result<std::shared_ptr<Link>> open(void (*(*get_proc_addr)(const char*))(), void* (*current_context)());

  const Functions& gl() const { return table_.gl; }
  const Caps& caps() const { return table_.caps; }

  // Is the context, or one of its share group, current on the calling thread? Any thread.
  bool current() const;
  Status require_current() const;
  // The context is no more, or about to go; current() is false from now on.
  void close(bool context_gone);

 private:
  using CurrentContext = void* (*)();
  Link() = default;

  Table table_;
  CurrentContext ask_ = nullptr;  // of the host; null: EGL and GLX
  // A sync object that only this share group knows: contexts tell no other way which group they are of.
  Sync marker_ = nullptr;
  std::atomic<bool> closed_{false};
};

}  // namespace ist::gl_host
