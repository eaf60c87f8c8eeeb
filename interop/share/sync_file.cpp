#include "share/sync_file.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace ist::share {

Result<bool> wait_for_sync_file(int fd, uint64_t timeout_ns) {
  if (fd < 0) return true;
  pollfd wanted{fd, POLLIN, 0};
  const uint64_t ms = timeout_ns / 1000000;
  const int result =
      ::poll(&wanted, 1, timeout_ns == UINT64_MAX ? -1 : static_cast<int>(std::min<uint64_t>(ms, INT32_MAX)));
  if (result < 0 && errno != EINTR) return fail(Code::invalid_argument, "point->fd (%d) cannot be waited for.", fd);
  if (result > 0 && (wanted.revents & (POLLERR | POLLNVAL)))
    return fail(Code::invalid_argument, "point->fd (%d) is no sync file.", fd);
  return result > 0;
}

}  // namespace ist::share
