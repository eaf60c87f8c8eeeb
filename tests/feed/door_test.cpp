// A consumer at the door of something that is no feed of this library.
#include <fcntl.h>
#include <ist/feed.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <thread>

#include "feed/board.h"
#include "feed/wire.h"
#include "feed_test.h"

namespace ist::feed {
namespace {

using feed_test::last_error;
using feed_test::open_files;

class FeedDoor : public feed_test::FeedTest {
 protected:
  static void SetUpTestSuite() { runtime_ = ti_create_runtime(TI_ARCH_VULKAN, 0); }
  static void TearDownTestSuite() { ti_destroy_runtime(runtime_); }

  // Answers one hello with these bytes and files; then opens the feed and tells how that ended.
  TiError open_against(const std::vector<std::byte>& answer, const std::vector<int>& files) {
    auto listener = Listener::claim("false");
    EXPECT_TRUE(listener.ok());
    std::thread host([&] {
      wait_readable(listener->socket(), -1, 2'000'000'000);
      const File client = listener->accept();
      if (!client) return;
      wait_readable(client.get(), -1, 2'000'000'000);
      receive(client);
      send(client, answer, files);
      wait_readable(client.get(), -1, 100'000'000);
    });
    IstFeed feed = nullptr;
    const TiError error = ist_feed_open(runtime_, "false", 200'000'000, &feed);
    EXPECT_EQ(feed, nullptr);
    host.join();
    return error;
  }

  // Records as a true producer on this runtime's device would send, of another device when `foreign`.
  struct Goods {
    std::vector<File> files;
    std::vector<IstShareRecord> records;
    std::vector<int> numbers() const {
      std::vector<int> numbers;
      for (const File& file : files) numbers.push_back(file.get());
      return numbers;
    }
  };
  static Goods goods() {
    Goods goods;
    goods.files.emplace_back(::dup(Board::make("b")->file()));
    goods.files.emplace_back(::dup(Lease::make("l")->file()));
    TiImageAllocateInfo info{};
    info.dimension = TI_IMAGE_DIMENSION_2D;
    info.extent = {33, 17, 1, 1};
    info.mip_level_count = 1;
    info.format = TI_FORMAT_RGBA8;
    info.export_sharing = TI_TRUE;
    info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    for (int i = 0; i < 3; ++i) {
      const TiImage image = ti_allocate_image(runtime_, &info);
      IstOsHandle handle = -1;
      IstShareRecord record{};
      EXPECT_EQ(ist_export_image(runtime_, image, IST_HANDLE_OPAQUE_FD, &handle, &record), TI_ERROR_SUCCESS);
      goods.files.emplace_back(static_cast<int>(handle));
      goods.records.push_back(record);
      ti_free_image(runtime_, image);
    }
    return goods;
  }
  static void resign(IstShareRecord& record) {
    uint32_t crc = ~0u;
    const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
    for (size_t i = 0; i < offsetof(IstShareRecord, crc32); ++i) {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) ? 0xedb88320u : 0);
    }
    record.crc32 = ~crc;
  }

  static TiRuntime runtime_;
};
TiRuntime FeedDoor::runtime_ = nullptr;

TEST_F(FeedDoor, TheGoodsAreGood) {
  const Goods all = goods();
  auto listener = Listener::claim("true");
  ASSERT_TRUE(listener.ok());
  std::thread host([&] {
    wait_readable(listener->socket(), -1, 2'000'000'000);
    const File client = listener->accept();
    wait_readable(client.get(), -1, 2'000'000'000);
    receive(client);
    send(client, pack(Welcome{all.records}), all.numbers());
    wait_readable(client.get(), -1, 2'000'000'000);
  });
  IstFeed feed = nullptr;
  EXPECT_EQ(ist_feed_open(runtime_, "true", 0, &feed), TI_ERROR_SUCCESS) << last_error();
  IstFeedState state{};
  state.size = sizeof state;
  EXPECT_EQ(ist_feed_state(feed, &state), TI_ERROR_SUCCESS);
  EXPECT_EQ(state.slot_count, 3u);
  EXPECT_EQ(state.image.extent.width, 33u);
  EXPECT_EQ(ist_feed_close(feed), TI_ERROR_SUCCESS);
  host.join();
}

TEST_F(FeedDoor, AnotherDevicesFeedIsRefusedBeforeTheDriverIsAsked) {
  Goods all = goods();
  const size_t files_before = open_files();
  for (IstShareRecord& record : all.records) {
    record.device_uuid[0] ^= 1;
    resign(record);
  }
  EXPECT_EQ(open_against(pack(Welcome{all.records}), all.numbers()), TI_ERROR_INVALID_INTEROP);
  EXPECT_NE(last_error().find("The record is of device"), std::string::npos) << last_error();
  EXPECT_EQ(open_files(), files_before);
}

TEST_F(FeedDoor, LiesAreFoundAndLeaveNoFileOpen) {
  const Goods all = goods();
  const File null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const size_t files_before = open_files();
  const auto welcome = pack(Welcome{all.records});

  auto version = welcome;
  version[4] = std::byte{2};
  EXPECT_EQ(open_against(version, all.numbers()), TI_ERROR_NOT_SUPPORTED);

  const std::vector<int> too_few{all.files[0].get(), all.files[1].get()};
  EXPECT_EQ(open_against(welcome, too_few), TI_ERROR_CORRUPTED_DATA);
  EXPECT_EQ(open_against(welcome, {}), TI_ERROR_CORRUPTED_DATA);
  std::vector<int> too_many = all.numbers();
  too_many.push_back(all.files[0].get());
  EXPECT_EQ(open_against(welcome, too_many), TI_ERROR_CORRUPTED_DATA);
  EXPECT_EQ(open_against(std::vector<std::byte>(9000), {}), TI_ERROR_CORRUPTED_DATA);
  EXPECT_EQ(open_against(std::vector<std::byte>(40), {}), TI_ERROR_CORRUPTED_DATA);
  EXPECT_EQ(open_against(pack(Hello{}), {}), TI_ERROR_CORRUPTED_DATA);

  std::vector<int> no_pages = all.numbers();  // a slot's memory can shrink, for all we know
  no_pages[0] = no_pages[2];
  no_pages[1] = null.get();
  EXPECT_EQ(open_against(welcome, no_pages), TI_ERROR_CORRUPTED_DATA);

  auto damaged = all.records;
  damaged[1].width = 1 << 30;
  EXPECT_EQ(open_against(pack(Welcome{damaged}), all.numbers()), TI_ERROR_CORRUPTED_DATA);
  auto unlike = all.records;
  unlike[2].height = 16;
  resign(unlike[2]);
  EXPECT_EQ(open_against(pack(Welcome{unlike}), all.numbers()), TI_ERROR_CORRUPTED_DATA);
  auto huge = all.records;
  for (IstShareRecord& record : huge) {
    record.width = record.height = 16384;
    resign(record);
  }
  EXPECT_LT(open_against(pack(Welcome{huge}), all.numbers()), TI_ERROR_SUCCESS);

  EXPECT_EQ(open_against(pack(Refusal{Code::argument_out_of_range, "Full."}), {}), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  EXPECT_EQ(last_error(), "ist_feed_open: Full.");
  EXPECT_EQ(open_files(), files_before);
}

TEST_F(FeedDoor, WhoSlamsTheDoorIsNotThere) {
  auto listener = Listener::claim("shut");
  ASSERT_TRUE(listener.ok());
  std::atomic<bool> done{false};
  std::thread host([&] {
    while (!done) {
      wait_readable(listener->socket(), -1, 10'000'000);
      listener->accept();
    }
  });
  IstFeed feed = nullptr;
  EXPECT_EQ(ist_feed_open(runtime_, "shut", 50'000'000, &feed), TI_ERROR_NAME_NOT_FOUND);
  done = true;
  host.join();
}

}  // namespace
}  // namespace ist::feed
