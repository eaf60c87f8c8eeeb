// The other process of a pair: imports an image on a runtime of its own and reads and writes it as it is told over
// its socket. Public headers only. Its exit code is the number of validation messages.
#include "party.h"

#include <ist/share.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

using namespace pairs;

int validation_messages = 0;

void TI_API_CALL on_log(void*, IstLogLevel, const char* line) {
  if (std::strncmp(line, "validation:", 11) == 0) ++validation_messages;
  std::fprintf(stderr, "%s\n", line);
}

bool receive(void* bytes, size_t size) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = read(kPartySocket, at, size);
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

void send_all(const void* bytes, size_t size) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t put = send(kPartySocket, at, size, MSG_NOSIGNAL);
    if (put <= 0) _exit(99);
    at += put;
    size -= static_cast<size_t>(put);
  }
}

// The record, and the file that comes with its first byte.
bool receive_record(IstShareRecord& record, int& file) {
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&record, sizeof record};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  if (recvmsg(kPartySocket, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof record))
    return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_type != SCM_RIGHTS) return false;
  std::memcpy(&file, CMSG_DATA(header), sizeof file);
  return true;
}

class Party {
 public:
  Party() : runtime_(ti_create_runtime(TI_ARCH_VULKAN, 0)) {}
  ~Party() {
    if (runtime_) ti_destroy_runtime(runtime_);
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  // The socket is out of step.
  static constexpr TiError kBroken = TI_ERROR_CORRUPTED_DATA;

  TiError serve(const Request& request, std::vector<char>& answer) {
    if (!runtime_) return TI_ERROR_NOT_SUPPORTED;
    switch (request.verb) {
      case Verb::open:
        return open();
      case Verb::take_over: {
        const IstHandover object = whole(request.layout);
        return ist_take_back(runtime_, 1, &object, nullptr);
      }
      case Verb::give_back: {
        const IstHandover object = whole(request.layout);
        return ist_lend(runtime_, 1, &object, nullptr);
      }
      case Verb::read: {
        answer.resize(request.size_bytes);
        const TiImageSlice level = slice(request.mip);
        return ist_read_image(runtime_, &level, answer.data(), answer.size(), 0);
      }
      case Verb::write: {
        std::vector<char> texels(request.size_bytes);
        if (!receive(texels.data(), texels.size())) return kBroken;
        const TiImageSlice level = slice(request.mip);
        return ist_write_image(runtime_, &level, texels.data(), texels.size(), 0);
      }
      case Verb::close:
        ti_free_image(runtime_, image_);
        ti_wait(runtime_);
        return static_cast<TiError>(ti_get_last_error(nullptr, nullptr));
    }
    return kBroken;
  }

 private:
  TiError open() {
    int file = -1;
    if (!receive_record(record_, file)) return kBroken;
    const TiError error = ist_import_image(runtime_, file, &record_, &image_);
    ::close(file);
    return error;
  }
  IstHandover whole(uint32_t layout) const {
    IstHandover object{};
    object.image = image_;
    object.layout = static_cast<TiImageLayout>(layout);
    object.peer = IST_PEER_EXTERNAL;
    return object;
  }
  TiImageSlice slice(uint32_t mip) const {
    TiImageSlice level{};
    level.image = image_;
    level.mip_level = mip;
    const auto side = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
    level.extent = {side(record_.width), side(record_.height), side(record_.depth), record_.layers};
    return level;
  }

  TiRuntime runtime_;
  IstShareRecord record_{};
  TiImage image_ = nullptr;
};

}  // namespace

int main() {
  ist_set_log(on_log, nullptr, IST_LOG_ERROR);
  {
    Party party;
    for (Request request; receive(&request, sizeof request);) {
      std::vector<char> bytes;
      Answer answer;
      answer.error = static_cast<int32_t>(party.serve(request, bytes));
      if (answer.error != TI_ERROR_SUCCESS) {
        bytes.resize(1024);
        uint64_t size = bytes.size();
        ti_get_last_error(&size, bytes.data());
      }
      answer.size_bytes = bytes.size();
      send_all(&answer, sizeof answer);
      send_all(bytes.data(), bytes.size());
    }
  }
  return std::min(validation_messages, 90);
}
