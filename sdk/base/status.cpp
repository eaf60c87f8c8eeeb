// Formats the sentence of a failure.
#include "base/status.h"

#include <cstdarg>
#include <cstdio>

namespace ist {

Status fail(Code code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  va_list measured;
  va_copy(measured, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, measured);
  va_end(measured);
  std::string message(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  if (length > 0) std::vsnprintf(message.data(), message.size() + 1, format, arguments);
  va_end(arguments);
  return Status(code, std::move(message));
}

}  // namespace ist
