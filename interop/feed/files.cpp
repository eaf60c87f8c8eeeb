// Folders, sockets and SCM_RIGHTS.
#include "feed/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "feed/wire.h"

namespace ist::feed {
namespace {

constexpr int kBacklog = 32;

bool is_ours_alone(const struct stat& found) {
  return S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() && (found.st_mode & 0077) == 0;
}

// A folder below `parent`, which may be anybody's; made if it is missing. None unless it is the user's alone.
File private_folder(const std::string& parent, const std::string& name) {
  const File above(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!above) return {};
  if (::mkdirat(above.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return {};
  File folder(::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found;
  if (!folder || ::fstat(folder.get(), &found) != 0 || !is_ours_alone(found)) return {};
  return folder;
}

// By way of the open folder: as short as an address has to be, and no other folder than the one looked at.
sockaddr_un address_of(const File& folder, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.get(), name.c_str());
  return address;
}

File make_socket() { return File(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

template <class Call>
int on_address(const Call& call, const File& socket, const File& folder, const std::string& name) {
  const sockaddr_un address = address_of(folder, name);
  return call(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// Nobody else claims a name in this folder meanwhile. A process that is stopped while it does holds us up for a
// second at most.
bool lock_folder(const File& folder) {
  constexpr timespec kNap{0, 5'000'000};
  for (int tries = 0; tries < 200; ++tries) {
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    ::nanosleep(&kNap, nullptr);
  }
  return false;
}

// Who listens at a name: a pid, 0 for somebody too busy to answer, -1 for nobody.
pid_t listener_at(const File& folder, const std::string& name) {
  const File probe = make_socket();
  if (on_address(::connect, probe, folder, name) == 0) return peer_pid(probe);
  return errno == EAGAIN || errno == EINPROGRESS ? 0 : -1;
}

ino_t inode_of(const File& folder, const std::string& name) {
  struct stat found;
  return ::fstatat(folder.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 ? found.st_ino : 0;
}

Status no_socket(const std::string& name) {
  return fail(Code::not_supported, "The socket of feed '%s' cannot be made: %s.", name.c_str(), std::strerror(errno));
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> open_folder() {
  const std::string user = std::to_string(::geteuid());
  if (const char* given = std::getenv("XDG_RUNTIME_DIR"); given && given[0] == '/') {
    if (File folder = private_folder(given, "isthmus")) return folder;
  } else if (File folder = private_folder("/run/user/" + user, "isthmus")) {
    return folder;
  }
  if (File folder = private_folder(P_tmpdir, "isthmus-" + user)) return folder;
  return fail(Code::not_supported,
              "No folder for feeds is this user's alone (mode 0700): neither isthmus in "
              "XDG_RUNTIME_DIR, nor the one among the temporary files.");
}

Result<Listener> Listener::claim(const std::string& name) {
  IST_TRY(File folder, open_folder());
  File socket = make_socket();
  if (!socket) return no_socket(name);
  if (!lock_folder(folder))
    return fail(Code::invalid_state, "Another process has kept the folder of the feeds locked for a second.");
  if (inode_of(folder, name) != 0) {
    const pid_t owner = listener_at(folder, name);
    if (owner >= 0)
      return fail(Code::invalid_state, "Feed '%s' is process %d's, which lives.", name.c_str(),
                  static_cast<int>(owner));
    ::unlinkat(folder.get(), name.c_str(), 0);
  }
  if (on_address(::bind, socket, folder, name) != 0) return no_socket(name);
  const ino_t inode = inode_of(folder, name);
  Listener listener(std::move(folder), std::move(socket), name, inode);
  if (::listen(listener.socket(), kBacklog) != 0) return no_socket(name);
  ::flock(listener.folder_.get(), LOCK_UN);
  return listener;
}

Listener::~Listener() {
  if (!socket_) return;
  const bool locked = lock_folder(folder_);
  if (locked && inode_of(folder_, name_) == inode_) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

File Listener::accept() {
  File socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred who{};
  socklen_t bytes = sizeof who;
  if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &bytes) != 0) return {};
  return who.uid == ::geteuid() ? std::move(socket) : File();
}

Result<File> connect(const std::string& name) {
  IST_TRY(const File folder, open_folder());
  File socket = make_socket();
  if (!socket) return no_socket(name);
  if (on_address(::connect, socket, folder, name) == 0) return socket;
  return File();
}

pid_t peer_pid(const File& socket) {
  ucred who{};
  socklen_t bytes = sizeof who;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &bytes) == 0 ? who.pid : 0;
}

bool send(const File& socket, std::span<const std::byte> bytes, std::span<const int> files) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!files.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(rights), files.data(), files.size_bytes());
  }
  ssize_t sent;
  do sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

Packet receive(const File& socket) {
  Packet packet;
  packet.bytes.resize(kMostBytes);
  iovec part{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do got = ::recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0) {
    packet.kind = got < 0 && errno == EAGAIN ? Packet::Kind::none : Packet::Kind::gone;
    return packet;
  }
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      packet.files.emplace_back(fd);
    }
  }
  packet.bytes.resize(static_cast<size_t>(got));
  packet.kind = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? Packet::Kind::damaged : Packet::Kind::whole;
  if (packet.kind == Packet::Kind::damaged) packet.files.clear();
  return packet;
}

void wait_readable(int first, int second, uint64_t timeout_ns) {
  pollfd wanted[] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  constexpr uint64_t kLongest = 3'600'000'000'000;  // callers look again
  const uint64_t bounded = std::min(timeout_ns, kLongest);
  const timespec limit{static_cast<time_t>(bounded / 1'000'000'000), static_cast<long>(bounded % 1'000'000'000)};
  ::ppoll(wanted, 2, &limit, nullptr);
}

}  // namespace ist::feed
