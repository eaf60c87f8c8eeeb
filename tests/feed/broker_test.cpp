// The producer's door, with clients that are not what they say. No images: the slots are plain files.
#include "feed/broker.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "feed_test.h"

namespace ist::feed {
namespace {

using feed_test::open_files;

class FeedBroker : public feed_test::FeedTest {
 protected:
  static constexpr uint32_t kSlots = 4;

  static std::unique_ptr<Broker> start(const std::string& name) {
    std::vector<File> slots;
    for (uint32_t i = 0; i < kSlots; ++i) slots.emplace_back(::memfd_create("slot", MFD_CLOEXEC));
    auto broker = Broker::start(name, std::move(slots), std::vector<IstShareRecord>(kSlots),
                                [](uint64_t, uint64_t) -> Result<bool> { return true; });
    EXPECT_TRUE(broker.ok()) << broker.status().message();
    return broker.ok() ? std::move(*broker) : nullptr;
  }

  static File dial(const std::string& name) {
    auto socket = connect(name);
    EXPECT_TRUE(socket.ok() && *socket) << name;
    return std::move(*socket);
  }

  // What the broker says next; none after ten seconds.
  static Packet listen(const File& socket) {
    Packet packet = receive(socket);
    for (int i = 0; i < 100 && packet.kind == Packet::Kind::none; ++i) {
      wait_readable(socket.get(), -1, 100'000'000);
      packet = receive(socket);
    }
    return packet;
  }

  struct Guest {
    File socket;
    Board board;
    Lease lease;
  };
  static Guest enter(const std::string& name) {
    Guest guest{dial(name), {}, {}};
    EXPECT_TRUE(send(guest.socket, pack(Hello{})));
    Packet packet = listen(guest.socket);
    const auto message = unpack(packet.bytes, packet.files.size());
    EXPECT_TRUE(message.ok() && std::holds_alternative<Welcome>(*message));
    if (packet.files.size() != kSlots + kPageFiles) return guest;
    guest.board = *Board::map(std::move(packet.files[0]), false);
    guest.lease = *Lease::map(std::move(packet.files[1]), true);
    return guest;
  }
  static Refusal refusal_of(const File& socket) {
    const Packet packet = listen(socket);
    const auto message = unpack(packet.bytes, packet.files.size());
    if (!message.ok() || !std::holds_alternative<Refusal>(*message)) return {Code::success, "(no refusal)"};
    return std::get<Refusal>(*message);
  }

  static void publish(Broker& broker) {
    ASSERT_TRUE(broker.begin().ok());
    broker.publish_after(1, {broker.next_sequence(), 0, {}});
  }
  // Until the thread has caught up.
  template <class Condition>
  static bool soon(Condition&& condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
};

TEST_F(FeedBroker, AGuestGetsFramesAndNews) {
  const auto broker = start("a");
  Guest guest = enter("a");
  EXPECT_FALSE(take_newest(guest.board, guest.lease, kSlots, 0));
  publish(*broker);
  const Packet packet = listen(guest.socket);
  const auto message = unpack(packet.bytes, packet.files.size());
  ASSERT_TRUE(message.ok() && std::holds_alternative<News>(*message));
  const auto taken = take_newest(guest.board, guest.lease, kSlots, 0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->note.sequence, 1u);
  EXPECT_EQ(broker->state().leased, 1u);
  EXPECT_EQ(broker->state().consumers, 1u);
  guest.socket = File();
  EXPECT_TRUE(soon([&] { return broker->state().consumers == 0; }));
  EXPECT_EQ(broker->state().leases_reclaimed, 1u);
  EXPECT_EQ(broker->state().leased, 0u);
}

TEST_F(FeedBroker, AsManyGuestsAsSlotsAllow) {
  const auto broker = start("a");
  Guest first = enter("a");
  const Guest second = enter("a");
  const File third = dial("a");
  ASSERT_TRUE(send(third, pack(Hello{})));
  const Refusal refusal = refusal_of(third);
  EXPECT_EQ(refusal.code, Code::argument_out_of_range);
  EXPECT_EQ(refusal.text, "Feed 'a' has 2 consumers, and its 4 slots are enough for no more.");
  first.socket = File();
  const Guest fourth = enter("a");
  EXPECT_EQ(broker->state().consumers, 2u);
}

// Each client does one wrong thing; the guest that was there before gets every frame.
TEST_F(FeedBroker, StrangersAreTurnedAwayAndTheFeedGoesOn) {
  const auto broker = start("a");
  const Guest guest = enter("a");
  const size_t files_before = open_files();
  std::mt19937 random(7);
  uint64_t seen = 0;
  const auto bytes_of = [&](size_t count) {
    std::vector<std::byte> bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
  };
  for (int round = 0; round < 300; ++round) {
    const File stranger = dial("a");
    std::vector<std::byte> bytes = pack(Hello{});
    std::vector<File> gifts;
    switch (round % 10) {
      case 0:
        bytes = bytes_of(1 + random() % 200);
        break;
      case 1:
        bytes[4] = std::byte{9};  // version
        break;
      case 2:
        bytes = bytes_of(60000);
        break;
      case 3:
        for (uint32_t i = 0; i < 1 + random() % kMostFiles; ++i) gifts.emplace_back(::open("/dev/null", O_RDONLY));
        break;
      case 4:
        bytes = pack(Welcome{std::vector<IstShareRecord>(5)});
        break;
      case 5:
        bytes = pack(News{});
        break;
      case 6:
        bytes.resize(random() % 16);
        break;
      case 7:
        bytes.clear();
        ::shutdown(stranger.get(), SHUT_RDWR);
        break;
      case 8:
        bytes.resize(bytes.size() + 4);
        break;
      case 9:  // comes in, and then talks on
        ASSERT_TRUE(send(stranger, bytes));
        ASSERT_EQ(listen(stranger).kind, Packet::Kind::whole);
        break;
    }
    std::vector<int> numbers;
    for (const File& gift : gifts) numbers.push_back(gift.get());
    send(stranger, bytes, numbers);
    if (round % 10 == 1) {
      EXPECT_EQ(refusal_of(stranger).code, Code::not_supported);
    }
    if (round % 3 == 0) {
      while (listen(stranger).kind == Packet::Kind::whole) {
      }
    }
    publish(*broker);
    ASSERT_TRUE(soon([&] {
      const auto taken = take_newest(guest.board, guest.lease, kSlots, seen);
      if (taken) seen = taken->note.sequence;
      return taken.has_value();
    })) << "round "
        << round;
    give_back(guest.lease);
  }
  EXPECT_EQ(seen, 300u);
  EXPECT_TRUE(soon([&] { return broker->state().consumers == 1 && open_files() == files_before; }));
  EXPECT_EQ(open_files(), files_before);
}

// More files than a message can have: the kernel cuts them off, and those that came are closed.
TEST_F(FeedBroker, TooManyFilesAreAllClosed) {
  const auto broker = start("a");
  const size_t files_before = open_files();
  {
    const File stranger = dial("a");
    const File gift(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto hello = pack(Hello{});
    iovec part{const_cast<std::byte*>(hello.data()), hello.size()};
    constexpr size_t kGifts = 200;
    alignas(cmsghdr) char control[CMSG_SPACE(kGifts * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(kGifts * sizeof(int));
    for (size_t i = 0; i < kGifts; ++i) reinterpret_cast<int*>(CMSG_DATA(rights))[i] = gift.get();
    ASSERT_GT(::sendmsg(stranger.get(), &message, 0), 0);
    EXPECT_EQ(listen(stranger).kind, Packet::Kind::gone);
  }
  EXPECT_TRUE(soon([&] { return open_files() == files_before; }));
  EXPECT_EQ(broker->state().consumers, 0u);
}

TEST_F(FeedBroker, SilentStrangersDoNotKeepOthersOut) {
  const auto broker = start("a");
  std::vector<File> silent;
  for (int i = 0; i < 12; ++i) silent.push_back(dial("a"));
  const Guest guest = enter("a");
  EXPECT_EQ(broker->state().consumers, 1u);
}

TEST_F(FeedBroker, ANameIsOneProcesss) {
  auto first = start("a");
  const auto taken = Listener::claim("a");
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.status().code(), Code::invalid_state);
  EXPECT_EQ(taken.status().message(), "Feed 'a' is process " + std::to_string(::getpid()) + "'s, which lives.");
  EXPECT_TRUE(std::filesystem::exists(socket_of("a")));
  first.reset();
  EXPECT_FALSE(std::filesystem::exists(socket_of("a")));
  EXPECT_NE(start("a"), nullptr);
}

TEST_F(FeedBroker, WhatADeadProducerLeftIsReplaced) {
  ASSERT_TRUE(open_folder().ok());
  {
    const File dead(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_of("a").c_str());
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(dead.get(), 1), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(socket_of("a")));
  const auto broker = start("a");
  ASSERT_NE(broker, nullptr);
  enter("a");
}

TEST_F(FeedBroker, LongFoldersAreNoTrouble) {
  std::string deep = folder_;
  for (int i = 0; i < 5; ++i) deep += "/" + std::string(50, 'd');
  std::filesystem::create_directories(deep);
  setenv("XDG_RUNTIME_DIR", deep.c_str(), 1);
  const std::string name(63, 'n');
  const auto broker = start(name);
  ASSERT_NE(broker, nullptr);
  enter(name);
}

TEST_F(FeedBroker, FoldersOfOthersAreNotUsed) {
  ASSERT_EQ(::mkdir((folder_ + "/isthmus").c_str(), 0700), 0);
  ASSERT_EQ(::chmod((folder_ + "/isthmus").c_str(), 0755), 0);
  const auto broker = start("feed_tests_elsewhere");
  ASSERT_NE(broker, nullptr);
  EXPECT_FALSE(std::filesystem::exists(socket_of("feed_tests_elsewhere")));
  enter("feed_tests_elsewhere");

  const std::string link = folder_ + "/linked";
  ASSERT_EQ(::mkdir(link.c_str(), 0700), 0);
  ASSERT_EQ(::symlink(folder_.c_str(), (link + "/isthmus").c_str()), 0);
  setenv("XDG_RUNTIME_DIR", link.c_str(), 1);
  const auto other = start("feed_tests_linked");
  ASSERT_NE(other, nullptr);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/feed_tests_linked"));
}

TEST_F(FeedBroker, ADeviceThatFailsLosesFramesOnly) {
  std::vector<File> slots(kSlots);
  for (File& slot : slots) slot = File(::memfd_create("slot", MFD_CLOEXEC));
  auto broker = Broker::start("a", std::move(slots), std::vector<IstShareRecord>(kSlots),
                              [](uint64_t, uint64_t) { return Result<bool>(fail(Code::invalid_state, "Lost.")); });
  ASSERT_TRUE(broker.ok());
  ASSERT_TRUE((*broker)->begin().ok());
  (*broker)->publish_after(1, {1, 0, {}});
  EXPECT_TRUE(soon([&] { return (*broker)->state().counts.dropped == 1; }));
  EXPECT_EQ((*broker)->state().counts.published, 0u);
  EXPECT_EQ((*broker)->state().available, kSlots);
}

}  // namespace
}  // namespace ist::feed
