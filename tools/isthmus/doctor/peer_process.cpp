// The other side is another process: this program again, which gets the image's handle and record over a socket and is
// told, one message at a time, what to do with it. Pixels go by a file in memory that both have mapped.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "child.h"
#include "importer.h"

namespace doctor {
namespace {

enum class Order : uint32_t { open, take, give, write, read, write_own, read_own };

struct Request {
  Order order = Order::open;
  uint32_t device = 0;
  uint32_t layout = 0;
  Size size;
  IstShareRecord record{};
};

struct Answer {
  uint32_t ok = 0;
  char sentence[1020] = "";
};

constexpr size_t kMostFiles = 2;

bool send_request(int socket, const Request& request, const int* files, size_t count) {
  iovec bytes = {const_cast<Request*>(&request), sizeof request};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * kMostFiles)] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = room;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(header), files, sizeof(int) * count);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof request);
}

// False at the end; files that did not come are -1.
bool receive_request(int socket, Request& request, int (&files)[kMostFiles]) {
  std::fill_n(files, kMostFiles, -1);
  iovec bytes = {&request, sizeof request};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof files)] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof request)) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS) std::memcpy(files, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
  return true;
}

// Pages of a file that two processes see.
class SharedPixels {
 public:
  ~SharedPixels() {
    if (at_) ::munmap(at_, bytes_);
    if (file_ >= 0) ::close(file_);
  }
  Problem create(Size size) {
    const int file = ::memfd_create("isthmus doctor", MFD_CLOEXEC);
    if (file < 0 || ::ftruncate(file, static_cast<off_t>(size.bytes())) != 0) return "The system has no shared memory.";
    return map(file, size);
  }
  Problem map(int file, Size size) {
    file_ = file;
    void* at = ::mmap(nullptr, size.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) return "The system cannot map the shared memory.";
    at_ = at;
    bytes_ = size.bytes();
    return {};
  }
  int file() const { return file_; }
  void put(const Pixels& pixels) { std::memcpy(at_, pixels.data(), std::min<size_t>(bytes_, pixels.size() * 4)); }
  void get(Pixels& pixels) const {
    pixels.resize(bytes_ / 4);
    std::memcpy(pixels.data(), at_, bytes_);
  }

 private:
  int file_ = -1;
  void* at_ = nullptr;
  uint64_t bytes_ = 0;
};

// The other process.
class Party {
 public:
  Problem obey(const Request& request, int (&files)[kMostFiles]) {
    const auto layout = static_cast<TiImageLayout>(request.layout);
    switch (request.order) {
      case Order::open: {
        const Problem problem = shared_.map(files[1], request.size);
        if (!problem) return importer_.open(request.device, files[0], request.record, request.size);
        return problem;
      }
      case Order::take:
        return importer_.take(layout, nullptr);
      case Order::give:
        return importer_.give(layout, nullptr);
      case Order::write:
        shared_.get(pixels_);
        return importer_.write(pixels_);
      case Order::write_own:
        shared_.get(pixels_);
        return importer_.write_own(pixels_);
      case Order::read:
        DOCTOR_TRY(importer_.read(pixels_));
        shared_.put(pixels_);
        return {};
      case Order::read_own:
        DOCTOR_TRY(importer_.read_own(pixels_));
        shared_.put(pixels_);
        return {};
    }
    return "Unknown order.";
  }

 private:
  Importer importer_;
  SharedPixels shared_;
  Pixels pixels_;
};

class ProcessPeer : public ImagePeer {
 public:
  ~ProcessPeer() override {
    if (socket_ >= 0) ::close(socket_);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
  }

  Problem open(TiRuntime runtime, const PairOptions& options, Row& row) override {
    DOCTOR_TRY(open_here(runtime, options));
    DOCTOR_TRY(shared_.create(size_));
    DOCTOR_TRY(start());
    const auto device =
        static_cast<uint32_t>(std::strtoul(options.peer.c_str() + options.peer.find(':') + 1, nullptr, 10));
    IstOsHandle handle = -1;
    Request request;
    request.device = device;
    request.size = size_;
    DOCTOR_TRY(export_image(runtime, image_, device, options, row, &handle, &request.record));
    layout_ = row.layout;
    const int files[kMostFiles] = {static_cast<int>(handle), shared_.file()};
    const Problem problem = tell(request, files, kMostFiles);
    opened_ = child_ > 0;
    ::close(static_cast<int>(handle));
    if (row.prediction.forth != IST_RUNG_HOST) {
      row.other_rung = true;
      row.reason = std::string("Rung ") + name_of(row.prediction.forth) +
                   " is there, but a process that dies would leave the other one waiting for ever.";
    }
    return problem;
  }

  Problem give() override {
    const IstHandover handover = external(image_, layout_);
    DOCTOR_TRY(of_call(ist_lend(runtime_, 1, &handover, nullptr)));
    return tell(Order::take);
  }
  Problem take() override {
    const IstHandover handover = external(image_, layout_);
    DOCTOR_TRY(tell(Order::give));
    DOCTOR_TRY(of_call(ist_take_back(runtime_, 1, &handover, nullptr)));
    return finish(runtime_);
  }
  Problem write_there(const Pixels& pixels) override { return send_pixels(Order::write, pixels); }
  Problem read_there(Pixels& pixels) override { return fetch_pixels(Order::read, pixels); }

  bool uploads() const override { return opened_; }
  Problem upload() override {
    DOCTOR_TRY(read_image(runtime_, own_image_, size_, host_));
    return send_pixels(Order::write_own, host_);
  }
  Problem download() override {
    DOCTOR_TRY(fetch_pixels(Order::read_own, host_));
    return write_image(runtime_, own_image_, size_, host_);
  }

 protected:
  Problem write_own_there(const Pixels& pixels) override { return send_pixels(Order::write_own, pixels); }
  Problem read_own_there(Pixels& pixels) override { return fetch_pixels(Order::read_own, pixels); }

 private:
  Problem start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return "The system has no sockets.";
    const std::string path = own_path(), number = std::to_string(ends[1]);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::fcntl(ends[1], F_SETFD, 0);
      ::execl(path.c_str(), path.c_str(), "doctor", "--party", number.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(ends[1]);
    socket_ = ends[0];
    return child_ > 0 ? Problem() : Problem("The program could not be started again.");
  }

  Problem tell(Order order) {
    Request request;
    request.order = order;
    request.layout = static_cast<uint32_t>(layout_);
    return tell(request, nullptr, 0);
  }
  Problem tell(const Request& request, const int* files, size_t count) {
    Answer answer;
    if (!send_request(socket_, request, files, count) ||
        ::recv(socket_, &answer, sizeof answer, 0) != static_cast<ssize_t>(sizeof answer))
      return end_of_child();
    if (answer.ok) return {};
    return std::string(answer.sentence);
  }
  Problem end_of_child() {
    int status = 0;
    if (::waitpid(child_, &status, 0) == child_) child_ = -1;
    if (WIFSIGNALED(status)) return "The other process died of " + signal_name(WTERMSIG(status)) + ".";
    return "The other process ended with " + std::to_string(WEXITSTATUS(status)) + ".";
  }
  Problem send_pixels(Order order, const Pixels& pixels) {
    shared_.put(pixels);
    return tell(order);
  }
  Problem fetch_pixels(Order order, Pixels& pixels) {
    DOCTOR_TRY(tell(order));
    shared_.get(pixels);
    return {};
  }

  int socket_ = -1;
  pid_t child_ = -1;
  SharedPixels shared_;
  TiImageLayout layout_ = TI_IMAGE_LAYOUT_UNDEFINED;
  bool opened_ = false;
};

}  // namespace

std::unique_ptr<Peer> make_process_peer() { return std::make_unique<ProcessPeer>(); }

int run_party(int socket) {
  Party party;
  for (;;) {
    Request request;
    int files[kMostFiles];
    if (!receive_request(socket, request, files)) return 0;
    const Problem problem = party.obey(request, files);
    if (files[0] >= 0) ::close(files[0]);
    Answer answer;
    answer.ok = !problem;
    if (problem) problem->copy(answer.sentence, sizeof answer.sentence - 1);
    if (::send(socket, &answer, sizeof answer, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof answer)) return 1;
  }
}

}  // namespace doctor
