// Reads options.def's variables from the environment.
#include "base/options.h"

#include <cstdlib>
#include <cstring>

namespace ist {
namespace {

void parse(const char* text, bool& value) { value = *text != '\0' && std::strcmp(text, "0") != 0; }

void parse(const char* text, std::string& value) { value = text; }

void parse(const char* text, LogLevel& value) {
  static constexpr const char* kNames[] = {"off", "error", "warn", "info", "debug"};
  for (uint32_t level = 0; level < 5; ++level) {
    if (std::strcmp(text, kNames[level]) == 0) value = static_cast<LogLevel>(level);
  }
}

Options read() {
  Options result;
#define OPTION(type, field, name, initial, text) \
  if (const char* given = std::getenv(name)) parse(given, result.field);
#include "base/options.def"
#undef OPTION
  return result;
}

}  // namespace

const Options& options() {
  static const Options& instance = *new Options(read());  // never destroyed: late statics may log
  return instance;
}

}  // namespace ist
