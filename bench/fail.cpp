// Knows where a failure sentence goes; knows nothing of what failed.
#include "fail.h"

#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string>

namespace ist::bench {
namespace {

int failure_fd = -1;

}  // namespace

void send_failures_to(int reply_fd) { failure_fd = reply_fd; }

void fail(const char* format, ...) {
  char sentence[2048];
  va_list values;
  va_start(values, format);
  std::vsnprintf(sentence, sizeof sentence, format, values);
  va_end(values);
  for (char& c : sentence)
    if (c == '\n') c = ' ';
  const bool to_parent = failure_fd >= 0;
  const std::string line =
      (to_parent ? std::string("error ") : std::string(program_invocation_short_name) + ": ") + sentence + "\n";
  // Nothing can be done about a failing write here; the parent also notices the closed pipe.
  [[maybe_unused]] auto written = ::write(to_parent ? failure_fd : 2, line.data(), line.size());
  // The libraries under test may crash in their exit handlers, which would hide the sentence.
  ::_exit(1);
}

}  // namespace ist::bench
