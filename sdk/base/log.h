// The one way out for words: silent unless a callback or IST_LOG asks.
#pragma once

#include <cstdint>

namespace ist {

// The values of IstLogLevel.
enum class LogLevel : uint32_t { off = 0, error = 1, warn = 2, info = 3, debug = 4 };

using LogFn = void (*)(void* user, LogLevel level, const char* line);

// Replaces the process-wide sink; fn null: silence. Until the first call, lines go to stderr at
// the level of IST_LOG. Returns after the old fn has left. Any thread.
void set_log(LogFn fn, void* user, LogLevel at_most);

// True when a line of this level goes anywhere: ask before building an expensive one.
bool log_enabled(LogLevel level);

// Formats and delivers one line (no trailing newline). Lines are serialised. Any thread.
[[gnu::format(printf, 2, 3)]] void log(LogLevel level, const char* format, ...);

}  // namespace ist
