// Every field of every message.
#include "feed/wire.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ist::feed {
namespace {

static_assert(std::endian::native == std::endian::little, "The structs are the wire form.");

constexpr uint32_t kMagic = 0x46545349;  // "ISTF"
enum : uint32_t { kHello = 1, kWelcome = 2, kRefusal = 3, kNews = 4 };
constexpr size_t kLongestName = 63;

struct Header {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes;  // of the whole message
  uint32_t kind;
};

struct WelcomeStart {
  Header header;
  uint32_t slot_count;
  uint32_t record_bytes;
  uint32_t reserved[2];
};

struct RefusalBody {
  Header header;
  int32_t code;
  char text[252];  // ends in a zero
};
static_assert(sizeof(Header) == 16 && sizeof(WelcomeStart) == 32 && sizeof(RefusalBody) == 272);
static_assert(sizeof(WelcomeStart) + kMostSlots * sizeof(IstShareRecord) <= kMostBytes);

Header header(uint32_t kind, size_t bytes) { return {kMagic, kWireVersion, static_cast<uint32_t>(bytes), kind}; }

template <class T>
std::vector<std::byte> bytes_of(const T& value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  return {first, first + sizeof value};
}

std::vector<std::byte> pack(const Hello&) { return bytes_of(header(kHello, sizeof(Header))); }
std::vector<std::byte> pack(const News&) { return bytes_of(header(kNews, sizeof(Header))); }

std::vector<std::byte> pack(const Welcome& welcome) {
  const size_t records = welcome.slots.size() * sizeof(IstShareRecord);
  WelcomeStart start{};
  start.header = header(kWelcome, sizeof start + records);
  start.slot_count = static_cast<uint32_t>(welcome.slots.size());
  start.record_bytes = sizeof(IstShareRecord);
  std::vector<std::byte> bytes = bytes_of(start);
  bytes.resize(sizeof start + records);
  if (records > 0) std::memcpy(bytes.data() + sizeof start, welcome.slots.data(), records);
  return bytes;
}

std::vector<std::byte> pack(const Refusal& refusal) {
  RefusalBody body{};
  body.header = header(kRefusal, sizeof body);
  body.code = static_cast<int32_t>(refusal.code);
  std::memcpy(body.text, refusal.text.data(), std::min(refusal.text.size(), sizeof body.text - 1));
  return bytes_of(body);
}

Status damaged(const char* what, uint64_t is, uint64_t wanted) {
  return fail(Code::corrupted_data, "A message of the feed has %s %llu, not %llu.", what,
              static_cast<unsigned long long>(is), static_cast<unsigned long long>(wanted));
}

Status check_frame(std::span<const std::byte> bytes, Header& header) {
  if (bytes.size() < sizeof header) return damaged("fewer bytes:", bytes.size(), sizeof header);
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic) return damaged("the magic", header.magic, kMagic);
  if (header.version != kWireVersion)
    return fail(Code::not_supported,
                "The other side speaks version %u of the feed's protocol, this library version %u.", header.version,
                kWireVersion);
  if (header.bytes != bytes.size()) return damaged("a length of", header.bytes, bytes.size());
  return {};
}

Result<Message> unpack_welcome(std::span<const std::byte> bytes, size_t file_count) {
  WelcomeStart start;
  if (bytes.size() < sizeof start) return damaged("fewer bytes:", bytes.size(), sizeof start);
  std::memcpy(&start, bytes.data(), sizeof start);
  if (start.slot_count < kLeastSlots || start.slot_count > kMostSlots)
    return damaged("a slot count of", start.slot_count, kLeastSlots);
  if (start.record_bytes != sizeof(IstShareRecord))
    return damaged("records of bytes", start.record_bytes, sizeof(IstShareRecord));
  if (start.reserved[0] | start.reserved[1]) return damaged("reserved", start.reserved[0] | start.reserved[1], 0);
  const size_t wanted = sizeof start + start.slot_count * sizeof(IstShareRecord);
  if (bytes.size() != wanted) return damaged("a length of", bytes.size(), wanted);
  if (file_count != start.slot_count + kPageFiles) return damaged("files:", file_count, start.slot_count + kPageFiles);
  Welcome welcome;
  welcome.slots.resize(start.slot_count);
  std::memcpy(welcome.slots.data(), bytes.data() + sizeof start, wanted - sizeof start);
  return Message(std::move(welcome));
}

Result<Message> unpack_refusal(std::span<const std::byte> bytes) {
  RefusalBody body;
  if (bytes.size() != sizeof body) return damaged("a length of", bytes.size(), sizeof body);
  std::memcpy(&body, bytes.data(), sizeof body);
  if (body.code >= 0 || body.code < static_cast<int32_t>(Code::out_of_memory))
    return damaged("a code of", static_cast<uint32_t>(body.code), 1);
  if (body.text[sizeof body.text - 1] != '\0') return damaged("a text without end:", 1, 0);
  Refusal refusal{static_cast<Code>(body.code), body.text};
  for (char& letter : refusal.text)
    if (letter < ' ' || letter > '~') letter = '?';
  return Message(std::move(refusal));
}

}  // namespace

std::vector<std::byte> pack(const Message& message) {
  return std::visit([](const auto& which) { return pack(which); }, message);
}

Result<Message> unpack(std::span<const std::byte> bytes, size_t file_count) {
  Header header{};
  IST_CHECK(check_frame(bytes, header));
  if (header.kind == kWelcome) return unpack_welcome(bytes, file_count);
  if (file_count != 0) return damaged("files:", file_count, 0);
  if (header.kind == kRefusal) return unpack_refusal(bytes);
  if (header.kind != kHello && header.kind != kNews) return damaged("the kind", header.kind, kHello);
  if (bytes.size() != sizeof header) return damaged("a length of", bytes.size(), sizeof header);
  return header.kind == kHello ? Message(Hello{}) : Message(News{});
}

Status check_name(const char* name) {
  constexpr const char* kRule = "1 to 63 of A-Z a-z 0-9 . _ -, and neither '.' nor '..'";
  const size_t length = ::strnlen(name, kLongestName + 1);
  if (length == 0 || length > kLongestName)
    return fail(Code::invalid_argument, "The name of a feed has %s%zu letters; it is %s.",
                length > kLongestName ? "at least " : "", length, kRule);
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const bool folder = std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
  if (folder || !std::all_of(name, name + length, fits))
    return fail(Code::invalid_argument, "'%s' is no name of a feed; it is %s.", name, kRule);
  return {};
}

}  // namespace ist::feed
