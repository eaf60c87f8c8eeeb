// Puts the driver's messages into the log.
#include "gl/gl_messages.h"

#include "base/log.h"

namespace ist::gl {
namespace {

constexpr Enum kDebugOutput = 0x92E0, kDebugOutputSynchronous = 0x8242, kTypeError = 0x824C;

void on_message(Enum, Enum type, uint32_t, Enum, Size length, const char* text, const void*) {
  const LogLevel level = type == kTypeError ? LogLevel::error : LogLevel::debug;
  const int size = length < 0 ? INT32_MAX : length;
  log(level, "%s%.*s", type == kTypeError ? "validation: " : "OpenGL: ", size, text);
}

}  // namespace

void log_messages(const Functions& gl) {
  gl.Enable(kDebugOutput);
  gl.Enable(kDebugOutputSynchronous);
  gl.DebugMessageCallback(on_message, nullptr);
}

}  // namespace ist::gl
