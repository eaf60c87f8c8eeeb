// What the two sides of a feed say to each other: fixed structs, little-endian, one a message. Bytes in, a
// checked message out; knows no socket and no image. All that comes in is untrusted.
#pragma once

#include <ist/share.h>

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"

namespace ist::feed {

inline constexpr uint32_t kWireVersion = 1;
inline constexpr uint32_t kLeastSlots = 3;
inline constexpr uint32_t kMostSlots = 16;
// A welcome: the board, the consumer's lease, and each slot.
inline constexpr uint32_t kPageFiles = 2;
inline constexpr uint32_t kMostFiles = kPageFiles + kMostSlots;
inline constexpr uint32_t kMostBytes = 8192;

// Consumer, first: let me in.
struct Hello {
  friend bool operator==(const Hello&, const Hello&) = default;
};
// Producer: you are in. With slots.size() + kPageFiles files. What the records say is not checked here.
struct Welcome {
  std::vector<IstShareRecord> slots;
};
// Producer: you are not, and why.
struct Refusal {
  Code code = Code::invalid_state;
  std::string text;
};
// Producer: the board has changed.
struct News {
  friend bool operator==(const News&, const News&) = default;
};
using Message = std::variant<Hello, Welcome, Refusal, News>;

// `code` is a failure; a text that is too long is cut.
std::vector<std::byte> pack(const Message& message);

// corrupted_data: no message, or not with so many files; not_supported: one of another version.
Result<Message> unpack(std::span<const std::byte> bytes, size_t file_count);

// invalid_argument unless it is 1 to 63 of A-Z a-z 0-9 . _ -, and no folder.
Status check_name(const char* name);

}  // namespace ist::feed
