// Feeds and frames: what becomes of a frame that nobody ends, and that both sides end with their owners.
#include <unistd.h>

#include <cstdlib>
#include <ist/cpp/feed.hpp>

#include "cpp/owners.h"

namespace {

using isthmus::Feed;
using isthmus::Frame;
using owners::take_error;

class Feeds : public owners::WithRuntime {
 protected:
  Feed make_feed(const char* name) {
    IstFeedInfo info{};
    info.size = sizeof info;
    info.slot_count = 4;
    name_ = std::string(name) + "." + std::to_string(::getpid());
    info.name = name_.c_str();
    info.image = owners::image_info();
    Feed feed = Feed::create(runtime_, info);
    EXPECT_TRUE(feed.is_valid()) << take_error().message;
    return feed;
  }
  Feed open() {
    Feed feed = Feed::open(other_, name_.c_str(), 5000000000u);
    EXPECT_TRUE(feed.is_valid()) << take_error().message;
    return feed;
  }
  static constexpr uint64_t kLong = 20000000000u;

  std::string name_;
  ti::Runtime other_{TI_ARCH_VULKAN};
};

TEST_F(Feeds, GiveWhatIsPublished) {
  const size_t files = owners::open_files();
  {
    Feed feed = make_feed("owners.publish");
    Feed viewer = open();
    Frame frame = feed.begin();
    ASSERT_TRUE(frame.is_valid()) << take_error().message;
    fill(runtime_.runtime(), frame.image(), 0xa0b0c0d0);
    frame.set_user(1, 42);
    EXPECT_EQ(frame.publish(), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_FALSE(frame.is_valid());
    Frame seen = viewer.begin(kLong);
    ASSERT_TRUE(seen.is_valid()) << take_error().message;
    EXPECT_EQ(seen.sequence(), 1u);
    EXPECT_EQ(seen.user(1), 42u);
    expect_filled(other_.runtime(), seen.image(), 0xa0b0c0d0);
    EXPECT_EQ(seen.release(), TI_ERROR_SUCCESS) << take_error().message;
    TiError error = TI_ERROR_INVALID_STATE;
    EXPECT_FALSE(viewer.begin(0, &error).is_valid());
    EXPECT_EQ(error, TI_ERROR_SUCCESS) << "nothing new is no failure";
    EXPECT_EQ(feed.state().published, 1u);
    EXPECT_EQ(viewer.state().slot_count, 4u);
  }
  runtime_.wait();
  other_.wait();
  EXPECT_EQ(owners::open_files(), files);
}

TEST_F(Feeds, FramesThatAreDestroyedAreDropped) {
  Feed feed = make_feed("owners.drop");
  {
    Frame frame = feed.begin();
    ASSERT_TRUE(frame.is_valid()) << take_error().message;
    Frame moved(std::move(frame));
    EXPECT_FALSE(frame.is_valid());
    TiError error = TI_ERROR_SUCCESS;
    EXPECT_FALSE(feed.begin(0, &error).is_valid()) << "one is in hand";
    EXPECT_EQ(error, TI_ERROR_INVALID_STATE);
    take_error();
  }
  EXPECT_EQ(feed.state().dropped, 1u);
  EXPECT_EQ(feed.state().published, 0u);
  Frame next = feed.begin();
  ASSERT_TRUE(next.is_valid()) << take_error().message;
  EXPECT_EQ(next.sequence(), 1u) << "the number was given to nobody";
  EXPECT_EQ(holder_of(next.image()), IST_HOLDER_OURS);
  TiImage image = next.image();
  next = Frame();
  EXPECT_EQ(holder_of(image), IST_HOLDER_LENT) << "assigning drops what it had";
}

TEST_F(Feeds, MoveAndClose) {
  Feed feed = make_feed("owners.move");
  Feed moved = std::move(feed);
  EXPECT_FALSE(feed.is_valid());
  EXPECT_TRUE(moved.is_valid());
  EXPECT_EQ(feed.state().slot_count, 0u);
  take_error();
  Feed viewer = open();
  EXPECT_EQ(moved.state().consumers, 1u);
  EXPECT_EQ(moved.close(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(moved.close(), TI_ERROR_SUCCESS) << "once is enough";
  EXPECT_FALSE(Feed::open(other_, "owners.no.such.feed", 0).is_valid());
  EXPECT_EQ(take_error().error, TI_ERROR_NAME_NOT_FOUND);
}

}  // namespace
