// printf into a string.
#pragma once

#include <cstdarg>
#include <string>

namespace ist {

[[gnu::format(printf, 1, 0)]] std::string format_text(const char* format, va_list arguments);

}  // namespace ist
