// Both sides of a feed in one process, on two runtimes: states, mistakes, and what is left behind.
#include <ist/feed.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "feed_test.h"

namespace {

using feed_test::last_error;
using feed_test::open_files;

constexpr uint64_t kSecond = 1'000'000'000;

class FeedApi : public feed_test::FeedTest {
 protected:
  void SetUp() override {
    FeedTest::SetUp();
    producer_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
    consumer_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
    ASSERT_TRUE(producer_ && consumer_) << last_error();
  }
  void TearDown() override {
    ti_destroy_runtime(consumer_);
    ti_destroy_runtime(producer_);
    FeedTest::TearDown();
  }

  static IstFeedInfo info(const char* name = "test", uint32_t slots = 4) {
    IstFeedInfo info{};
    info.size = sizeof info;
    info.slot_count = slots;
    info.name = name;
    info.image.dimension = TI_IMAGE_DIMENSION_2D;
    info.image.extent = {33, 17, 1, 1};
    info.image.mip_level_count = 1;
    info.image.format = TI_FORMAT_RGBA8;
    info.image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    return info;
  }
  IstFeed create(const IstFeedInfo& info) {
    IstFeed feed = nullptr;
    EXPECT_EQ(ist_feed_create(producer_, &info, &feed), TI_ERROR_SUCCESS) << last_error();
    return feed;
  }
  IstFeed open(const char* name = "test") {
    IstFeed feed = nullptr;
    EXPECT_EQ(ist_feed_open(consumer_, name, kSecond, &feed), TI_ERROR_SUCCESS) << last_error();
    return feed;
  }
  static IstFrame begin(IstFeed feed, uint64_t timeout_ns = 5 * kSecond) {
    IstFrame frame{};
    frame.size = sizeof frame;
    EXPECT_EQ(ist_feed_begin(feed, timeout_ns, &frame), TI_ERROR_SUCCESS) << last_error();
    return frame;
  }
  static IstFeedState state_of(IstFeed feed) {
    IstFeedState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_feed_state(feed, &state), TI_ERROR_SUCCESS) << last_error();
    return state;
  }
  static TiImageSlice whole(TiImage image) {
    TiImageSlice slice{};
    slice.image = image;
    slice.extent = {33, 17, 1, 1};
    return slice;
  }
  static std::vector<uint32_t> texels(uint32_t seed) {
    std::vector<uint32_t> texels(33 * 17);
    for (size_t i = 0; i < texels.size(); ++i) texels[i] = static_cast<uint32_t>(i * 2654435761u) ^ seed * 40503u;
    return texels;
  }
  void publish(IstFeed feed, uint32_t seed) {
    IstFrame frame = begin(feed);
    const TiImageSlice slice = whole(frame.image);
    const auto data = texels(seed);
    ASSERT_EQ(ist_write_image(producer_, &slice, data.data(), data.size() * 4, 0), TI_ERROR_SUCCESS) << last_error();
    frame.user[0] = seed;
    ASSERT_EQ(ist_feed_end(feed, &frame, IST_FEED_PUBLISH), TI_ERROR_SUCCESS) << last_error();
  }
  void expect_texels(TiImage image, uint32_t seed) {
    const TiImageSlice slice = whole(image);
    std::vector<uint32_t> data(33 * 17);
    ASSERT_EQ(ist_read_image(consumer_, &slice, data.data(), data.size() * 4, 0), TI_ERROR_SUCCESS) << last_error();
    EXPECT_EQ(data, texels(seed));
  }
  static IstObjectState object_state(TiRuntime runtime, TiImage image) {
    IstHandover which{};
    which.image = image;
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime, &which, &state), TI_ERROR_SUCCESS) << last_error();
    return state;
  }
  static void expect_error(TiError error, TiError wanted, const char* words) {
    EXPECT_EQ(error, wanted) << last_error();
    EXPECT_NE(last_error().find(words), std::string::npos) << last_error();
  }

  TiRuntime producer_ = nullptr;
  TiRuntime consumer_ = nullptr;
};

TEST_F(FeedApi, AFrameCrossesAndChangesHands) {
  const IstFeed out = create(info());
  const IstFeed in = open();
  const IstFrame none = begin(in, 0);
  EXPECT_EQ(none.image, nullptr);

  IstFrame frame = begin(out);
  EXPECT_EQ(frame.sequence, 1u);
  EXPECT_EQ(object_state(producer_, frame.image).holder, IST_HOLDER_OURS);
  const TiImageSlice slice = whole(frame.image);
  const auto data = texels(5);
  ASSERT_EQ(ist_write_image(producer_, &slice, data.data(), data.size() * 4, 0), TI_ERROR_SUCCESS);
  frame.user[0] = 11;
  frame.user[1] = 22;
  ASSERT_EQ(ist_feed_end(out, &frame, IST_FEED_PUBLISH), TI_ERROR_SUCCESS) << last_error();
  EXPECT_EQ(object_state(producer_, frame.image).holder, IST_HOLDER_LENT);

  IstFrame got = begin(in);
  ASSERT_NE(got.image, nullptr);
  EXPECT_EQ(got.sequence, 1u);
  EXPECT_EQ(got.user[0], 11u);
  EXPECT_EQ(got.user[1], 22u);
  EXPECT_GT(got.time_ns, 0u);
  EXPECT_EQ(got.slot, frame.slot);
  const IstObjectState held = object_state(consumer_, got.image);
  EXPECT_EQ(held.holder, IST_HOLDER_OURS);
  EXPECT_EQ(held.layout, TI_IMAGE_LAYOUT_SHADER_READ);
  expect_texels(got.image, 5);
  EXPECT_EQ(state_of(out).leased, 1u);
  ASSERT_EQ(ist_feed_end(in, &got, IST_FEED_RELEASE), TI_ERROR_SUCCESS) << last_error();
  EXPECT_EQ(object_state(consumer_, got.image).holder, IST_HOLDER_LENT);
  EXPECT_EQ(begin(in, 0).image, nullptr) << "nothing newer";
  ti_wait(consumer_);
  EXPECT_EQ(state_of(in).leased, 0u);
  EXPECT_EQ(state_of(out).leased, 0u);
  EXPECT_EQ(ist_feed_close(in), TI_ERROR_SUCCESS);
  EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
}

TEST_F(FeedApi, StateOfBothSides) {
  const IstFeed out = create(info("test", 5));
  const IstFeed in = open();
  for (uint32_t i = 1; i <= 3; ++i) publish(out, i);
  IstFrame dropped = begin(out);
  ASSERT_EQ(ist_feed_end(out, &dropped, IST_FEED_DROP), TI_ERROR_SUCCESS);
  ti_wait(producer_);
  IstFrame got = begin(in);
  while (got.sequence != 3) {
    ASSERT_EQ(ist_feed_end(in, &got, IST_FEED_RELEASE), TI_ERROR_SUCCESS);
    got = begin(in);
  }
  const IstFeedState made = state_of(out);
  EXPECT_EQ(made.slot_count, 5u);
  EXPECT_EQ(made.consumers, 1u);
  EXPECT_EQ(made.connected, 1u);
  EXPECT_EQ(made.image.extent.width, 33u);
  EXPECT_EQ(made.image.format, TI_FORMAT_RGBA8);
  EXPECT_EQ(made.rung, IST_RUNG_HOST);
  EXPECT_EQ(made.pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(made.published + made.dropped, 4u);
  EXPECT_EQ(made.leased, 1u);
  EXPECT_EQ(made.available, 4u);
  EXPECT_EQ(made.leases_reclaimed, 0u);
  const IstFeedState seen = state_of(in);
  EXPECT_EQ(seen.slot_count, 5u);
  EXPECT_EQ(seen.connected, 1u);
  EXPECT_EQ(seen.image.extent.height, 17u);
  EXPECT_EQ(seen.pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(seen.leased, 1u);
  EXPECT_GE(seen.published, 1u);
  ist_feed_close(in);
  EXPECT_EQ(state_of(out).leases_reclaimed, 0u) << "who closes gives back first";
  ist_feed_close(out);
}

// The copies of a frame are recorded, and the frame is ended before they have run; the producer goes on at once.
TEST_F(FeedApi, ReadsThatAreUnderWayKeepTheLease) {
  constexpr uint32_t kSide = 1024;
  constexpr uint64_t kBytes = uint64_t{kSide} * kSide * 4;
  IstFeedInfo large = info("test", 3);
  large.image.extent = {kSide, kSide, 1, 1};
  const IstFeed out = create(large);
  const IstFeed in = open();
  TiMemoryAllocateInfo target{};
  target.size = kBytes;
  target.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  const TiMemory memory = ti_allocate_memory(consumer_, &target);
  uint32_t next = 1;
  const auto publish_one = [&] {
    IstFrame frame = begin(out);
    TiImageSlice slice = whole(frame.image);
    slice.extent = large.image.extent;
    const std::vector<uint32_t> plain(size_t{kSide} * kSide, next);
    ASSERT_EQ(ist_write_image(producer_, &slice, plain.data(), kBytes, 0), TI_ERROR_SUCCESS) << last_error();
    frame.user[0] = next++;
    ASSERT_EQ(ist_feed_end(out, &frame, IST_FEED_PUBLISH), TI_ERROR_SUCCESS) << last_error();
    ti_wait(producer_);
  };
  for (int round = 0; round < 4; ++round) {
    publish_one();
    const IstFrame got = begin(in);
    ASSERT_NE(got.image, nullptr);
    TiImageSlice from = whole(got.image);
    from.extent = large.image.extent;
    for (int copy = 0; copy < 60; ++copy) {
      const TiMemorySlice to{memory, 0, kBytes};
      ASSERT_EQ(ist_copy_image_to_memory(consumer_, &to, &from, 0), TI_ERROR_SUCCESS) << last_error();
    }
    ASSERT_EQ(ist_feed_end(in, &got, IST_FEED_RELEASE), TI_ERROR_SUCCESS);
    for (int more = 0; more < 4; ++more) publish_one();
    std::vector<uint32_t> data(size_t{kSide} * kSide);
    const TiMemorySlice all{memory, 0, kBytes};
    ASSERT_EQ(ist_read_memory(consumer_, &all, data.data()), TI_ERROR_SUCCESS) << last_error();
    const auto wrong = std::count_if(data.begin(), data.end(), [&](uint32_t texel) { return texel != got.user[0]; });
    EXPECT_EQ(wrong, 0) << "round " << round;
  }
  ti_free_memory(consumer_, memory);
}

TEST_F(FeedApi, MistakesAreNamed) {
  const IstFeed out = create(info());
  const IstFeed in = open();
  IstFrame frame{};
  frame.size = sizeof frame;
  expect_error(ist_feed_end(out, &frame, IST_FEED_PUBLISH), TI_ERROR_INVALID_STATE,
               "No frame of feed 'test' is in hand");
  frame = begin(out);
  IstFrame again = frame;
  expect_error(ist_feed_begin(out, 0, &again), TI_ERROR_INVALID_STATE, "is in hand; end it first");
  EXPECT_EQ(again.image, frame.image);
  again.slot ^= 1;
  expect_error(ist_feed_end(out, &again, IST_FEED_PUBLISH), TI_ERROR_INVALID_ARGUMENT, "is in hand");
  expect_error(ist_feed_end(out, &frame, static_cast<IstFeedEnd>(2)), TI_ERROR_ARGUMENT_OUT_OF_RANGE, "how (2)");
  ti_free_image(producer_, frame.image);
  EXPECT_NE(last_error().find("belongs to feed 'test'"), std::string::npos) << last_error();

  // In the host's hands it cannot be ended.
  IstHandover lent{};
  lent.image = frame.image;
  lent.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  lent.flags = IST_HANDOVER_DISCARD_BIT;
  ASSERT_EQ(ist_lend(producer_, 1, &lent, nullptr), TI_ERROR_SUCCESS) << last_error();
  expect_error(ist_feed_end(out, &frame, IST_FEED_PUBLISH), TI_ERROR_INVALID_STATE, "is lent to the host");
  expect_error(ist_feed_close(out), TI_ERROR_INVALID_STATE, "is lent to the host");
  ASSERT_EQ(ist_take_back(producer_, 1, &lent, nullptr), TI_ERROR_SUCCESS) << last_error();
  ASSERT_EQ(ist_feed_end(out, &frame, IST_FEED_PUBLISH), TI_ERROR_SUCCESS) << last_error();

  lent.peer = IST_PEER_EXTERNAL;
  expect_error(ist_take_back(producer_, 1, &lent, nullptr), TI_ERROR_INVALID_STATE, "is lent to feed 'test'");
  const TiImageSlice slice = whole(frame.image);
  std::vector<uint32_t> data(33 * 17);
  expect_error(ist_read_image(producer_, &slice, data.data(), data.size() * 4, 0), TI_ERROR_INVALID_STATE, "is lent");

  IstFrame got = begin(in);
  const TiImageSlice seen = whole(got.image);
  EXPECT_LT(ist_write_image(consumer_, &seen, data.data(), data.size() * 4, 0), TI_ERROR_SUCCESS) << "read only";
  ti_free_image(consumer_, got.image);
  EXPECT_NE(last_error().find("belongs to feed 'test'"), std::string::npos) << last_error();

  EXPECT_EQ(ist_feed_close(in), TI_ERROR_SUCCESS);
  expect_error(ist_feed_close(in), TI_ERROR_INVALID_ARGUMENT, "IstFeed");
  expect_error(ist_feed_begin(in, 0, &got), TI_ERROR_INVALID_ARGUMENT, "IstFeed");
  EXPECT_EQ(ist_feed_state(nullptr, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error(ist_feed_state(reinterpret_cast<IstFeed>(producer_), nullptr), TI_ERROR_INVALID_ARGUMENT, "TiRuntime");
  EXPECT_EQ(ist_feed_begin(out, 0, nullptr), TI_ERROR_ARGUMENT_NULL);
  IstFeedState state{};
  EXPECT_EQ(ist_feed_state(out, &state), TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
}

TEST_F(FeedApi, WhatCannotBeMadeIsNamedAndLeavesNothing) {
  const size_t files_before = open_files();
  const auto refused = [&](const IstFeedInfo& info, TiError wanted, const char* words) {
    IstFeed feed = reinterpret_cast<IstFeed>(1);
    expect_error(ist_feed_create(producer_, &info, &feed), wanted, words);
    EXPECT_EQ(feed, nullptr);
  };
  for (const char* name : {"", ".", "..", "a/b", "a b"}) refused(info(name), TI_ERROR_INVALID_ARGUMENT, "name");
  refused(info(std::string(64, 'x').c_str()), TI_ERROR_INVALID_ARGUMENT, "at least 64 letters");
  refused(info(nullptr), TI_ERROR_ARGUMENT_NULL, "info->name");
  for (const uint32_t slots : {0u, 2u, 17u, ~0u})
    refused(info("test", slots), TI_ERROR_ARGUMENT_OUT_OF_RANGE, "info->slot_count");
  IstFeedInfo wrong = info();
  wrong.image.usage = TI_IMAGE_USAGE_STORAGE_BIT;
  refused(wrong, TI_ERROR_INVALID_ARGUMENT, "lacks SAMPLED");
  wrong = info();
  wrong.image.extent.width = 0;
  refused(wrong, TI_ERROR_INVALID_ARGUMENT, "zero side");
  wrong = info();
  wrong.size = 0;
  refused(wrong, TI_ERROR_INVALID_ARGUMENT, "info->size");
  IstFeed feed = nullptr;
  EXPECT_EQ(ist_feed_open(consumer_, nullptr, 0, &feed), TI_ERROR_ARGUMENT_NULL);
  expect_error(ist_feed_open(consumer_, "a/b", 0, &feed), TI_ERROR_INVALID_ARGUMENT, "is no name of a feed");
  expect_error(ist_feed_open(consumer_, "nobody", 0, &feed), TI_ERROR_NAME_NOT_FOUND, "no feed 'nobody'");
  expect_error(ist_feed_open(consumer_, "nobody", 20'000'000, &feed), TI_ERROR_NAME_NOT_FOUND, "within 20000000 ns");
  ASSERT_EQ(ist_set_option(producer_, IST_OPTION_FORCE_RUNG, IST_RUNG_BINARY), TI_ERROR_SUCCESS) << last_error();
  refused(info(), TI_ERROR_NOT_SUPPORTED, "ordered by HOST");
  ASSERT_EQ(ist_set_option(producer_, IST_OPTION_FORCE_RUNG, IST_RUNG_AUTO), TI_ERROR_SUCCESS);

  const IstFeed living = create(info());
  refused(info(), TI_ERROR_INVALID_STATE, ("is process " + std::to_string(getpid())).c_str());
  EXPECT_EQ(ist_feed_close(living), TI_ERROR_SUCCESS);
  ti_wait(producer_);
  EXPECT_EQ(open_files(), files_before);
}

TEST_F(FeedApi, FortyRoundsLeaveNoFileAndNoImage) {
  const auto round = [&](uint32_t i) {
    const IstFeed out = create(info());
    const IstFeed one = open();
    const IstFeed two = open();
    IstFeed three = nullptr;
    EXPECT_EQ(ist_feed_open(consumer_, "test", 0, &three), TI_ERROR_ARGUMENT_OUT_OF_RANGE) << last_error();
    publish(out, i);
    const IstFrame got = begin(one);
    expect_texels(got.image, i);
    const IstFrame also = begin(two);
    EXPECT_EQ(also.slot, got.slot);
    expect_texels(also.image, i);
    if (i % 2) {
      EXPECT_EQ(ist_feed_end(one, &got, IST_FEED_RELEASE), TI_ERROR_SUCCESS);
    }
    if (i % 3) {
      EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
    }
    EXPECT_EQ(ist_feed_close(one), TI_ERROR_SUCCESS);
    EXPECT_EQ(ist_feed_close(two), TI_ERROR_SUCCESS);
    if (i % 3 == 0) {
      EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
    }
    ti_wait(producer_);
    ti_wait(consumer_);
  };
  round(0);
  const size_t files_before = open_files();
  for (uint32_t i = 1; i <= 40; ++i) round(i);
  EXPECT_EQ(open_files(), files_before);
}

TEST_F(FeedApi, RuntimesMayGoFirst) {
  const size_t files_before = open_files();
  TiRuntime maker = ti_create_runtime(TI_ARCH_VULKAN, 0);
  TiRuntime looker = ti_create_runtime(TI_ARCH_VULKAN, 0);
  std::swap(maker, producer_);
  std::swap(looker, consumer_);
  const IstFeed out = create(info());
  const IstFeed in = open();
  publish(out, 1);
  const IstFrame got = begin(in);
  std::swap(maker, producer_);
  std::swap(looker, consumer_);
  ti_destroy_runtime(maker);
  EXPECT_EQ(ist_feed_close(out), TI_ERROR_INVALID_ARGUMENT);
  IstFrame frame{};
  frame.size = sizeof frame;
  EXPECT_EQ(ist_feed_end(in, &got, IST_FEED_RELEASE), TI_ERROR_SUCCESS) << last_error();
  expect_error(ist_feed_begin(in, kSecond, &frame), TI_ERROR_INVALID_STATE, "of feed 'test' has gone");
  EXPECT_EQ(state_of(in).connected, 0u);
  ti_destroy_runtime(looker);
  EXPECT_EQ(ist_feed_close(in), TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(open_files(), files_before);
}

TEST_F(FeedApi, ThreadsThatWaitReturnWhenTheFeedIsClosed) {
  const IstFeed out = create(info());
  const IstFeed in = open();
  TiError ended = TI_ERROR_SUCCESS;
  std::thread waiter([&] {
    IstFrame frame{};
    frame.size = sizeof frame;
    ended = ist_feed_begin(in, UINT64_MAX, &frame);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(state_of(in).connected, 1u) << "others are not held up";
  EXPECT_EQ(ist_feed_close(in), TI_ERROR_SUCCESS);
  waiter.join();
  EXPECT_EQ(ended, TI_ERROR_INVALID_STATE);
  EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
}

TEST_F(FeedApi, ThreadsThatWaitReturnWhenTheRuntimeIsDestroyed) {
  const IstFeed out = create(info());
  TiRuntime looker = ti_create_runtime(TI_ARCH_VULKAN, 0);
  IstFeed in = nullptr, none = nullptr;
  ASSERT_EQ(ist_feed_open(looker, "test", kSecond, &in), TI_ERROR_SUCCESS) << last_error();
  TiError ended = TI_ERROR_SUCCESS, sought = TI_ERROR_SUCCESS;
  std::thread waiter([&] {
    IstFrame frame{};
    frame.size = sizeof frame;
    ended = ist_feed_begin(in, UINT64_MAX, &frame);
  });
  std::thread seeker([&] { sought = ist_feed_open(looker, "nobody", UINT64_MAX, &none); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ti_destroy_runtime(looker);
  waiter.join();
  seeker.join();
  EXPECT_EQ(ended, TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(sought, TI_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  for (int i = 0; i < 5000 && state_of(out).consumers > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(state_of(out).consumers, 0u);
}

// Threads of the host on both sides, and the feed's own.
TEST_F(FeedApi, ThreadsOnBothSides) {
  const IstFeed out = create(info());
  const IstFeed one = open();
  const IstFeed two = open();
  constexpr uint64_t kFrames = 300;
  std::atomic<uint64_t> wrong{0};
  const auto look = [&](IstFeed in) {
    uint64_t last = 0;
    while (last < kFrames) {
      IstFrame got{};
      got.size = sizeof got;
      if (ist_feed_begin(in, 10 * kSecond, &got) != TI_ERROR_SUCCESS || !got.image) {
        ++wrong;
        return;
      }
      wrong += got.sequence <= last;
      last = got.sequence;
      std::vector<uint32_t> data(33 * 17);
      const TiImageSlice slice = whole(got.image);
      wrong += ist_read_image(consumer_, &slice, data.data(), data.size() * 4, 0) != TI_ERROR_SUCCESS;
      wrong += data != texels(static_cast<uint32_t>(last));
      wrong += ist_feed_end(in, &got, IST_FEED_RELEASE) != TI_ERROR_SUCCESS;
    }
  };
  std::thread first(look, one), second(look, two);
  for (uint32_t i = 1; i <= kFrames; ++i) {
    publish(out, i);
    EXPECT_EQ(state_of(out).consumers, 2u);
  }
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(ist_feed_close(out), TI_ERROR_SUCCESS);
}

}  // namespace
