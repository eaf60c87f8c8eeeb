// Synchronous messages: each comes before the call that it is about returns.
#include "gl_host/debug_messages.h"

#include <cstdio>

namespace demo {

DebugMessages::DebugMessages(const Gl& gl) : gl_(&gl) {
  gl.Enable(GL_DEBUG_OUTPUT);
  gl.Enable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
  gl.DebugMessageCallback(receive, this);
}

DebugMessages::~DebugMessages() { gl_->DebugMessageCallback(nullptr, nullptr); }

void APIENTRY DebugMessages::receive(GLenum, GLenum type, GLuint id, GLenum severity, GLsizei length,
                                     const GLchar* text, const void* self) {
  auto& messages = *static_cast<DebugMessages*>(const_cast<void*>(self));
  ++messages.all_;
  if (type != GL_DEBUG_TYPE_ERROR && severity != GL_DEBUG_SEVERITY_HIGH) return;
  ++messages.errors_;
  std::fprintf(stderr, "gl_host: OpenGL message %u: %.*s\n", unsigned(id), int(length), text);
}

}  // namespace demo
