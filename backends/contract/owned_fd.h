// A file descriptor with one owner. Knows nothing of what it stands for.
#pragma once

#include <utility>

#include "base/status.h"
#include "contract/share_ops.h"

namespace ist {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~OwnedFd();

  // invalid_interop: nothing open has this number; out_of_memory: the process has too many open.
  static Result<OwnedFd> duplicate(OsHandle handle);

  // Whether a driver may be handed it as memory or a semaphore of `least_bytes`. Drivers on the CPU share
  // memory files: they read what lies in any other file, which may block for ever, and touch pages behind
  // the end of one that is short. invalid_interop, argument_out_of_range.
  Status check_shared(bool driver_is_cpu, uint64_t least_bytes) const;

  int get() const { return fd_; }
  // To whoever closes it from now on.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace ist
