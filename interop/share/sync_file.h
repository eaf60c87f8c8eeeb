// Waiting for a sync file of the kernel. Knows no runtime.
#pragma once

#include "base/status.h"

namespace ist::share {

// Blocks until the sync file has fired, or the time is over: false. A negative fd has always fired. invalid_argument:
// fd is no sync file; said of `point->fd`.
Result<bool> wait_for_sync_file(int fd, uint64_t timeout_ns);

}  // namespace ist::share
