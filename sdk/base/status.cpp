// Formats the sentence of a failure.
#include "base/status.h"

#include "base/text.h"

namespace ist {

Status fail(Code code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string message = format_text(format, arguments);
  va_end(arguments);
  return Status(code, std::move(message));
}

}  // namespace ist
