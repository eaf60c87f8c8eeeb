// What a pairs_party is asked over its socket, and what it answers.
#pragma once

#include <cstdint>

namespace pairs {

// The socket of the party.
constexpr int kPartySocket = 3;

enum class Verb : uint32_t {
  open,       // behind it comes an IstShareRecord with the file
  take_over,  // what the exporter has lent
  give_back,
  read,   // answered with texels
  write,  // behind it come texels
  close,
};

struct Request {
  Verb verb{};
  uint32_t mip = 0;
  uint32_t layout = 0;  // TiImageLayout
  uint32_t reserved = 0;
  uint64_t size_bytes = 0;  // of what comes behind it
};

// Behind it come texels, or what is wrong in words.
struct Answer {
  int32_t error = 0;  // TiError
  uint32_t reserved = 0;
  uint64_t size_bytes = 0;
};

}  // namespace pairs
