// Plain reads and writes; no knowledge of what the lines mean.
#include "line_pipe.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ist::bench {

LinePipe::LinePipe(LinePipe&& other) noexcept
    : read_fd_(std::exchange(other.read_fd_, -1)),
      write_fd_(std::exchange(other.write_fd_, -1)),
      received_(std::move(other.received_)) {}

LinePipe& LinePipe::operator=(LinePipe&& other) noexcept {
  std::swap(read_fd_, other.read_fd_);
  std::swap(write_fd_, other.write_fd_);
  std::swap(received_, other.received_);
  return *this;
}

LinePipe::~LinePipe() {
  if (read_fd_ >= 0) ::close(read_fd_);
  if (write_fd_ >= 0) ::close(write_fd_);
}

bool LinePipe::send(const std::string& line) {
  const std::string text = line + "\n";
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::write(write_fd_, text.data() + sent, text.size() - sent);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

std::optional<std::string> LinePipe::receive() {
  for (;;) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    char chunk[1024];
    const ssize_t count = ::read(read_fd_, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    received_.append(chunk, static_cast<size_t>(count));
  }
}

}  // namespace ist::bench
