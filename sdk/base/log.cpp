// Delivers log lines to the sink, one at a time.
#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>

#include "base/options.h"
#include "base/text.h"

namespace ist {
namespace {

struct Sink {
  std::mutex mutex;
  LogFn fn = nullptr;
  void* user = nullptr;
  std::atomic<uint32_t> at_most{static_cast<uint32_t>(options().log_level)};
};

Sink& sink() {
  static Sink* instance = new Sink;  // outlives the statics of the host, which may still log
  return *instance;
}

void write_to_stderr(LogLevel level, const char* line) {
  static constexpr const char* kNames[] = {"", "error", "warning", "info", "debug"};
  std::fprintf(stderr, "isthmus %s: %s\n", kNames[static_cast<uint32_t>(level)], line);
}

}  // namespace

void set_log(LogFn fn, void* user, LogLevel at_most) {
  Sink& target = sink();
  std::lock_guard lock(target.mutex);
  target.fn = fn;
  target.user = user;
  target.at_most = static_cast<uint32_t>(fn ? at_most : LogLevel::off);
}

bool log_enabled(LogLevel level) {
  return static_cast<uint32_t>(level) <= sink().at_most.load(std::memory_order_relaxed);
}

void log(LogLevel level, const char* format, ...) {
  if (!log_enabled(level)) return;
  va_list arguments;
  va_start(arguments, format);
  const std::string line = format_text(format, arguments);
  va_end(arguments);

  Sink& target = sink();
  std::lock_guard lock(target.mutex);
  if (!log_enabled(level)) return;
  if (target.fn) {
    target.fn(target.user, level, line.c_str());
  } else {
    write_to_stderr(level, line.c_str());
  }
}

}  // namespace ist
