// What the driver says about the app's use of OpenGL (KHR_debug): errors are printed and counted.
#pragma once

#include <cstdint>

#include "gl_host/gl_functions.h"

namespace demo {

class DebugMessages {
 public:
  // The context is current now and until the end, and was made as a debug context.
  explicit DebugMessages(const Gl& gl);
  ~DebugMessages();
  DebugMessages(const DebugMessages&) = delete;
  DebugMessages& operator=(const DebugMessages&) = delete;

  uint32_t all() const { return all_; }
  // Of type error or of high severity.
  uint32_t errors() const { return errors_; }

 private:
  static void APIENTRY receive(GLenum source, GLenum type, GLuint id, GLenum severity, GLsizei length,
                               const GLchar* text, const void* self);

  const Gl* gl_;
  uint32_t all_ = 0;
  uint32_t errors_ = 0;
};

}  // namespace demo
