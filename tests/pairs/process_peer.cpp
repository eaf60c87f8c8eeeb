// Another process: gets the file over a socket, and does what it is told.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "conformance/support.h"
#include "party.h"
#include "peer.h"

extern char** environ;

namespace pairs {
namespace {

using conformance::take_error;

class ProcessPeer final : public Peer {
 public:
  explicit ProcessPeer(TiRuntime runtime) : runtime_(runtime) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], kPartySocket);
    char program[] = IST_PAIRS_PARTY;
    char* const args[] = {program, nullptr};
    EXPECT_EQ(posix_spawn(&pid_, program, &actions, nullptr, args, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    socket_ = ends[0];
  }
  ~ProcessPeer() override {
    ::close(socket_);
    int status = -1;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "validation messages of the other process";
  }

  void open(TiImage image, const Shape& shape) override {
    image_ = image;
    shape_ = shape;
    send_all(Request{Verb::open});
    Exported exported(runtime_, image);
    send_record(exported);
    answer();
  }
  void close() override { ask({Verb::close}); }
  void lend(Use use) override {
    loan_ = handover(image_, use, IST_PEER_EXTERNAL);
    ASSERT_EQ(ist_lend(runtime_, 1, &loan_, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    ask({Verb::take_over, 0, static_cast<uint32_t>(loan_.layout)});
  }
  void take_back() override {
    ask({Verb::give_back, 0, static_cast<uint32_t>(loan_.layout)});
    ASSERT_EQ(ist_take_back(runtime_, 1, &loan_, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  }
  std::vector<uint8_t> read(uint32_t mip) override {
    return ask({Verb::read, mip, 0, 0, gl_host::pattern(shape_, mip, 0).size()});
  }
  void write(uint32_t mip, const std::vector<uint8_t>& texels) override {
    send_all(Request{Verb::write, mip, 0, 0, texels.size()});
    send_bytes(texels.data(), texels.size());
    answer();
  }
  IstRung to_peer() const override { return IST_RUNG_HOST; }

 private:
  void send_bytes(const void* bytes, size_t size) {
    const auto* at = static_cast<const char*>(bytes);
    while (size > 0) {
      const ssize_t put = ::send(socket_, at, size, MSG_NOSIGNAL);
      ASSERT_GT(put, 0) << "the other process has gone";
      at += put;
      size -= static_cast<size_t>(put);
    }
  }
  void send_all(const Request& request) { send_bytes(&request, sizeof request); }
  void send_record(const Exported& exported) {
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
    IstShareRecord record = exported.record;
    iovec data{&record, sizeof record};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int file = static_cast<int>(exported.handle);
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
    ASSERT_EQ(sendmsg(socket_, &message, MSG_NOSIGNAL), static_cast<ssize_t>(sizeof record));
  }
  bool receive(void* bytes, size_t size) {
    auto* at = static_cast<char*>(bytes);
    while (size > 0) {
      const ssize_t got = ::read(socket_, at, size);
      if (got <= 0) return false;
      at += got;
      size -= static_cast<size_t>(got);
    }
    return true;
  }
  std::vector<uint8_t> answer() {
    Answer head;
    head.error = -1;
    std::vector<uint8_t> bytes;
    const bool whole = receive(&head, sizeof head);
    if (whole) bytes.resize(head.size_bytes);
    EXPECT_TRUE(whole && receive(bytes.data(), bytes.size())) << "the other process has gone";
    EXPECT_EQ(head.error, TI_ERROR_SUCCESS) << "the other process: " << std::string(bytes.begin(), bytes.end()).c_str();
    return bytes;
  }
  std::vector<uint8_t> ask(const Request& request) {
    send_all(request);
    return answer();
  }

  TiRuntime runtime_;
  pid_t pid_ = 0;
  int socket_ = -1;
  TiImage image_ = nullptr;
  Shape shape_{};
  IstHandover loan_{};
};

}  // namespace

std::unique_ptr<Peer> make_process_peer(TiRuntime runtime) { return std::make_unique<ProcessPeer>(runtime); }

std::unique_ptr<Peer> make_peer(TiRuntime runtime, Kind kind) {
  switch (kind) {
    case Kind::device:
      return make_device_peer(runtime);
    case Kind::process:
      return make_process_peer(runtime);
    default:
      return make_gl_peer(runtime, kind == Kind::gles);
  }
}

Exported::Exported(TiRuntime runtime, TiImage image) {
  EXPECT_EQ(ist_export_image(runtime, image, IST_HANDLE_OPAQUE_FD, &handle, &record), TI_ERROR_SUCCESS)
      << take_error().message;
}

Exported::~Exported() {
  if (handle >= 0) ::close(static_cast<int>(handle));
}

// The checksum that records carry, written down a second time.
void seal(IstShareRecord& record) {
  uint32_t crc = ~0u;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
  for (size_t i = 0; i < offsetof(IstShareRecord, crc32); ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  record.crc32 = ~crc;
}

int Exported::release() { return static_cast<int>(std::exchange(handle, -1)); }

}  // namespace pairs
