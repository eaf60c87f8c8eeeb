// The one way out of a broken measurement: a worker has nothing to save, so it says why and ends.
#pragma once

namespace ist::bench {

// Failures of this process go to `reply_fd` as an "error" reply instead of to stderr.
void send_failures_to(int reply_fd);

// Says the sentence (to stderr, or to the parent in a worker) and ends the process with code 1.
[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char* format, ...);

}  // namespace ist::bench
