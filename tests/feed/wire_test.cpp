// Messages of feeds: what is packed comes out again, and nothing else does.
#include "feed/wire.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace ist::feed {
namespace {

Welcome welcome_of(uint32_t slots) {
  Welcome welcome;
  for (uint32_t slot = 0; slot < slots; ++slot) {
    IstShareRecord record{};
    record.width = 100 + slot;
    record.crc32 = slot;
    welcome.slots.push_back(record);
  }
  return welcome;
}

size_t files_of(const Message& message) {
  const auto* welcome = std::get_if<Welcome>(&message);
  return welcome ? welcome->slots.size() + kPageFiles : 0;
}

std::vector<Message> all_messages() {
  return {Hello{}, News{}, Refusal{Code::argument_out_of_range, "No lease is left."}, welcome_of(3), welcome_of(16)};
}

template <class T>
void put(std::vector<std::byte>& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

Code code_of(const Result<Message>& result) { return result.ok() ? Code::success : result.status().code(); }

TEST(FeedWire, WhatIsPackedComesOutAgain) {
  for (const Message& message : all_messages()) {
    const auto bytes = pack(message);
    EXPECT_LE(bytes.size(), kMostBytes);
    const auto out = unpack(bytes, files_of(message));
    ASSERT_TRUE(out.ok()) << out.status().message();
    EXPECT_EQ(out->index(), message.index());
    EXPECT_EQ(pack(*out), bytes);
  }
  const auto refusal = unpack(pack(Refusal{Code::invalid_interop, "Other\ndevice."}), 0);
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(std::get<Refusal>(*refusal).code, Code::invalid_interop);
  EXPECT_EQ(std::get<Refusal>(*refusal).text, "Other?device.");
  const auto cut = unpack(pack(Refusal{Code::invalid_state, std::string(1000, 'x')}), 0);
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(std::get<Refusal>(*cut).text, std::string(251, 'x'));
}

TEST(FeedWire, OtherVersionsAreToldApartFromDamage) {
  auto bytes = pack(Hello{});
  put(bytes, 4, kWireVersion + 1);
  EXPECT_EQ(code_of(unpack(bytes, 0)), Code::not_supported);
  put(bytes, 0, 0u);
  EXPECT_EQ(code_of(unpack(bytes, 0)), Code::corrupted_data);
}

TEST(FeedWire, EachLieIsFound) {
  struct Lie {
    Message message;
    size_t offset;
    uint32_t value;
  };
  const Lie lies[] = {
      {Hello{}, 0, 1},
      {Hello{}, 8, 15},
      {Hello{}, 8, 17},
      {Hello{}, 12, 0},
      {Hello{}, 12, 5},
      {Hello{}, 12, 2},
      {welcome_of(3), 16, 2},
      {welcome_of(3), 16, 4},
      {welcome_of(3), 16, 17},
      {welcome_of(3), 16, ~0u},
      {welcome_of(3), 20, 255},
      {welcome_of(3), 24, 1},
      {welcome_of(3), 28, 1},
      {Refusal{Code::invalid_state, ""}, 16, 0},
      {Refusal{Code::invalid_state, ""}, 16, 1},
      {Refusal{Code::invalid_state, ""}, 16, static_cast<uint32_t>(-12)},
      {Refusal{Code::invalid_state, ""}, 268, 0x01000000},
  };
  for (const Lie& lie : lies) {
    auto bytes = pack(lie.message);
    put(bytes, lie.offset, lie.value);
    EXPECT_EQ(code_of(unpack(bytes, files_of(lie.message))), Code::corrupted_data)
        << "message " << lie.message.index() << ", byte " << lie.offset;
  }
  for (const Message& message : all_messages()) {
    for (size_t files = 0; files <= kMostFiles + 1; ++files) {
      if (files != files_of(message)) {
        EXPECT_EQ(code_of(unpack(pack(message), files)), Code::corrupted_data);
      }
    }
  }
}

// Whatever is accepted means exactly what its bytes say.
TEST(FeedWire, FiftyThousandMutationsAreRefusedOrHarmless) {
  std::mt19937 random(20261121);
  const auto messages = all_messages();
  size_t accepted = 0;
  for (int round = 0; round < 50000; ++round) {
    const Message& message = messages[random() % messages.size()];
    auto bytes = pack(message);
    const uint32_t changes = 1 + random() % 4;
    for (uint32_t i = 0; i < changes; ++i) {
      const size_t reach = random() % 2 ? std::min<size_t>(bytes.size(), 32) : bytes.size();
      bytes[random() % reach] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 64));
    if (random() % 64 == 0) {
      bytes.resize(random() % 9000);
      for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    }
    const size_t files = random() % 4 ? files_of(message) : random() % 24;
    const auto out = unpack(bytes, files);
    if (!out.ok()) {
      EXPECT_FALSE(out.status().message().empty());
      continue;
    }
    ++accepted;
    EXPECT_EQ(files_of(*out), files);
    if (!std::holds_alternative<Refusal>(*out)) {
      EXPECT_EQ(pack(*out), bytes);
    }
  }
  EXPECT_GT(accepted, 0u);
}

TEST(FeedWire, Names) {
  for (const char* good : {"a", "fluid", "Fluid_2.left-eye", "...", "-", "0"})
    EXPECT_TRUE(check_name(good).ok()) << good;
  EXPECT_TRUE(check_name(std::string(63, 'x').c_str()).ok());
  for (const char* bad : {"", ".", "..", "a/b", "/", "../x", "a b", "a\n", "\xc3\xa4", "a\\", "~", "a:b"}) {
    const Status status = check_name(bad);
    EXPECT_EQ(status.code(), Code::invalid_argument) << bad;
  }
  EXPECT_EQ(check_name(std::string(64, 'x').c_str()).code(), Code::invalid_argument);
  EXPECT_EQ(check_name(std::string(100000, 'x').c_str()).code(), Code::invalid_argument);
}

}  // namespace
}  // namespace ist::feed
