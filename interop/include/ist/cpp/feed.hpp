// C++ owners over ist/feed.h; the rules are those of share.hpp. A frame goes before its feed, a feed before its
// runtime.
#ifndef IST_CPP_FEED_HPP
#define IST_CPP_FEED_HPP

#include <ist/feed.h>
#include <ist/cpp/share.hpp>

namespace isthmus {

// An image in hand, between begin and end. A frame that is destroyed is dropped: nobody sees a producer's, and a
// consumer's goes back.
class Frame {
  IstFeed feed_ = TI_NULL_HANDLE;
  IstFrame frame_ = {};

  friend class Feed;
  Frame(IstFeed feed, const IstFrame& frame) : feed_(feed), frame_(frame) {}

  void take(Frame& b) {
    feed_ = std::exchange(b.feed_, nullptr);
    frame_ = std::exchange(b.frame_, IstFrame());
  }
  TiError end(IstFeedEnd how) {
    if (!is_valid()) return TI_ERROR_SUCCESS;
    const TiError error = ist_feed_end(feed_, &frame_, how);
    if (error == TI_ERROR_SUCCESS) {
      Frame none;
      take(none);
    }
    return error;
  }

 public:
  Frame() = default;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  Frame(Frame&& b) noexcept { take(b); }
  Frame& operator=(Frame&& b) noexcept {
    if (this != &b) {
      drop();
      take(b);
    }
    return *this;
  }
  ~Frame() { drop(); }

  // There is an image in hand. A consumer's begin that found no newer frame gives none, and no error either.
  bool is_valid() const { return feed_ != TI_NULL_HANDLE; }
  TiImage image() const { return frame_.image; }
  uint64_t sequence() const { return frame_.sequence; }
  uint64_t time_ns() const { return frame_.time_ns; }
  uint32_t slot() const { return frame_.slot; }
  // Two numbers that go from the producer to consumers with the frame; `which` is 0 or 1.
  uint64_t user(int which) const { return frame_.user[which]; }
  void set_user(int which, uint64_t value) { frame_.user[which] = value; }

  // As ist_feed_end. Where it fails the frame stays in hand.
  TiError publish() { return end(IST_FEED_PUBLISH); }
  TiError release() { return end(IST_FEED_RELEASE); }
  TiError drop() { return end(IST_FEED_DROP); }
};

// One side of a feed.
class Feed {
  IstFeed feed_ = TI_NULL_HANDLE;

 public:
  Feed() = default;
  // The producer's side, as ist_feed_create.
  static Feed create(TiRuntime runtime, const IstFeedInfo& info) {
    Feed made;
    (void)ist_feed_create(runtime, &info, &made.feed_);
    return made;
  }
  // A consumer's side, as ist_feed_open.
  static Feed open(TiRuntime runtime, const char* name, uint64_t timeout_ns) {
    Feed made;
    (void)ist_feed_open(runtime, name, timeout_ns, &made.feed_);
    return made;
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  Feed(Feed&& b) noexcept : feed_(std::exchange(b.feed_, nullptr)) {}
  Feed& operator=(Feed&& b) noexcept {
    if (this != &b) {
      close();
      feed_ = std::exchange(b.feed_, nullptr);
    }
    return *this;
  }
  ~Feed() { close(); }

  bool is_valid() const { return feed_ != TI_NULL_HANDLE; }
  IstFeed feed() const { return feed_; }
  operator IstFeed_t*() const { return feed_; }

  // As ist_feed_begin. *error: what it returned, to tell "nothing new" (SUCCESS, no frame) from a failure.
  Frame begin(uint64_t timeout_ns = 0, TiError* error = nullptr) const {
    IstFrame frame = {};
    frame.size = sizeof frame;
    const TiError result = ist_feed_begin(feed_, timeout_ns, &frame);
    if (error) *error = result;
    return result == TI_ERROR_SUCCESS && frame.image ? Frame(feed_, frame) : Frame();
  }
  // As ist_feed_state; all zero where it fails.
  IstFeedState state() const {
    IstFeedState state = {};
    state.size = sizeof state;
    (void)ist_feed_state(feed_, &state);
    return state;
  }
  // Does now what the destructor would.
  TiError close() {
    if (!is_valid()) return TI_ERROR_SUCCESS;
    return ist_feed_close(std::exchange(feed_, nullptr));
  }
};

}  // namespace isthmus

#endif  // IST_CPP_FEED_HPP
