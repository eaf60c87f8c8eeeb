// Lines of text over a pair of file descriptors: the whole language between parent and worker.
// Requests: "measure NAME REPEATS", "cold", "load", "check", "device", "quit". Replies: "ok TEXT" or "error TEXT".
#pragma once

#include <optional>
#include <string>

namespace ist::bench {

class LinePipe {
 public:
  // Owns both descriptors.
  LinePipe(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}
  LinePipe(LinePipe&& other) noexcept;
  LinePipe& operator=(LinePipe&& other) noexcept;
  ~LinePipe();

  // False when the other side is gone.
  bool send(const std::string& line);
  // Blocks; nothing when the other side is gone.
  std::optional<std::string> receive();

 private:
  int read_fd_ = -1;
  int write_fd_ = -1;
  std::string received_;
};

}  // namespace ist::bench
