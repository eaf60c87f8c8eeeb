// File descriptors of a feed: their owner, the user's folder where feeds are found, sockets, and messages with
// files in them. Knows no message's meaning. Nothing here blocks but connect's and receive's own timeouts.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace ist::feed {

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The folder of the user's feeds, made where it is missing. not_supported: none that is the user's alone.
Result<File> open_folder();

// A name that is taken: whoever connects to it reaches `socket` until this goes.
class Listener {
 public:
  // invalid_state: a living process has the name; what a dead one has left is replaced.
  static Result<Listener> claim(const std::string& name);
  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;
  ~Listener();

  int socket() const { return socket_.get(); }
  // The next who has connected, or none. Only processes of the same user are let in.
  File accept();

 private:
  Listener(File folder, File socket, std::string name, ino_t inode)
      : folder_(std::move(folder)), socket_(std::move(socket)), name_(std::move(name)), inode_(inode) {}

  File folder_;
  File socket_;
  std::string name_;
  ino_t inode_ = 0;
};

// A socket to the feed's producer, or none if there is none now.
Result<File> connect(const std::string& name);
// The process at the other end.
pid_t peer_pid(const File& socket);

// False: the other side has gone, or takes no more for now.
bool send(const File& socket, std::span<const std::byte> bytes, std::span<const int> files = {});

struct Packet {
  enum class Kind { none, whole, damaged, gone } kind = Kind::none;
  std::vector<std::byte> bytes;
  std::vector<File> files;
};
// What has arrived, without waiting. damaged: longer than any message, or with more files than any; those files
// are closed.
Packet receive(const File& socket);

// Waits until one of two can be read, or the other end of one has gone; -1 is nobody.
void wait_readable(int first, int second, uint64_t timeout_ns);

}  // namespace ist::feed
