// Duplicates and closes.
#include "contract/owned_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <climits>
#include <cstring>

namespace ist {

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) close(fd_);
}

Result<OwnedFd> OwnedFd::duplicate(OsHandle handle) {
  const bool possible = handle >= 0 && handle <= INT_MAX;
  const int fd = possible ? fcntl(static_cast<int>(handle), F_DUPFD_CLOEXEC, 0) : -1;
  if (fd >= 0) return OwnedFd(fd);
  const int why = possible ? errno : EBADF;
  return fail(why == EBADF ? Code::invalid_interop : Code::out_of_memory,
              "File descriptor %lld cannot be duplicated (%s).", static_cast<long long>(handle), std::strerror(why));
}

Status OwnedFd::check_shared(bool driver_is_cpu, uint64_t least_bytes) const {
  struct stat facts {};
  if (fstat(fd_, &facts) != 0) return fail(Code::invalid_interop, "The file behind the handle cannot be looked at.");
  const bool is_regular = S_ISREG(facts.st_mode);
  if (S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode) || S_ISDIR(facts.st_mode) || (driver_is_cpu && !is_regular))
    return fail(Code::invalid_interop, "The file behind the handle (mode 0%o) is nothing that the device shares.",
                static_cast<unsigned>(facts.st_mode));
  if (is_regular && static_cast<uint64_t>(facts.st_size) < least_bytes)
    return fail(Code::argument_out_of_range,
                "The file behind the handle has %" PRIu64 " bytes, but the allocation is said to have %" PRIu64 ".",
                static_cast<uint64_t>(facts.st_size), least_bytes);
  return {};
}

}  // namespace ist
