// ist_feed_*: checks, and calls on a Feed.
#include <ist/feed.h>

#include "capi/versioned.h"
#include "feed/feed.h"

using namespace ist;
using namespace ist::capi;
using feed::Feed;

namespace {

// A feed for the length of a call. It is let go under the runtime's lock, as that may delete it.
class Held {
 public:
  Held(HandleBits handle, HandleBits runtime)
      : runtime_(runtime, Kind::runtime), feed_(runtime_ ? Pin(handle, Kind::feed) : Pin()) {}
  ~Held() {
    if (!feed_) return;
    const std::lock_guard lock(static_cast<Runtime&>(*runtime_.get()).mutex());
    feed_ = Pin();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  Feed* get() const { return static_cast<Feed*>(feed_.get()); }

 private:
  Pin runtime_;
  Pin feed_;
};

// Runs a body on a feed: pinned and locked.
template <class Body>
TiError on_feed(const char* name, IstFeed feed, Body&& body) noexcept {
  return run(name, [&]() -> Status {
    const auto handle = reinterpret_cast<HandleBits>(feed);
    auto found = HandleTable::instance().find(handle, Kind::feed);
    const Held held(handle, found.owner);
    if (found.liveness == Liveness::alive && !held.get()) found.liveness = Liveness::destroyed;  // it was, just now
    if (found.liveness != Liveness::alive) return unresolved(found, Kind::feed, feed, "feed");
    std::unique_lock feed_lock(held.get()->mutex());
    return within(open(reinterpret_cast<TiRuntime>(found.owner)), [&](Call& call) -> Status {
      if (held.get()->closed()) return fail(Code::invalid_argument, "feed is an IstFeed that was closed.");
      Feed::Turn turn{call, feed_lock};
      return body(turn, *held.get());
    });
  });
}

}  // namespace

extern "C" {

TiError ist_feed_create(TiRuntime runtime, const IstFeedInfo* info, IstFeed* feed) {
  if (feed) *feed = nullptr;
  return on_runtime("ist_feed_create", runtime, [&](Call& call) -> Status {
    IST_TRY(const IstFeedInfo known, read_in(info, "info"));
    IST_CHECK(require_pointer(feed, "feed"));
    IST_TRY(auto made, feed::make_producer(call, known));
    *feed = handle_of<IstFeed>(call.runtime.adopt(std::move(made)));
    return {};
  });
}

TiError ist_feed_open(TiRuntime runtime, const char* name, uint64_t timeout_ns, IstFeed* feed) {
  if (feed) *feed = nullptr;
  return on_runtime("ist_feed_open", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(name, "name"));
    IST_CHECK(require_pointer(feed, "feed"));
    IST_CHECK(feed::check_name(name));
    IST_TRY(auto made, feed::make_consumer(call, name, timeout_ns));
    *feed = handle_of<IstFeed>(call.runtime.adopt(std::move(made)));
    return {};
  });
}

TiError ist_feed_begin(IstFeed feed, uint64_t timeout_ns, IstFrame* frame) {
  return on_feed("ist_feed_begin", feed, [&](Feed::Turn& turn, Feed& target) -> Status {
    IST_CHECK(require_pointer(frame, "frame"));
    IST_CHECK(check_struct_size(frame->size, sizeof *frame, "frame"));
    IST_CHECK(make_room(turn.call.lock, turn.call.runtime));
    IST_CHECK(turn.call.runtime.timeline().may_submit());
    IST_TRY(const IstFrame begun, target.begin(turn, timeout_ns));
    return write_out(frame, begun, "frame");
  });
}

TiError ist_feed_end(IstFeed feed, const IstFrame* frame, IstFeedEnd how) {
  return on_feed("ist_feed_end", feed, [&](Feed::Turn& turn, Feed& target) -> Status {
    IST_TRY(const IstFrame known, read_in(frame, "frame"));
    if (raw_value(how) > IST_FEED_DROP)
      return fail(Code::argument_out_of_range, "how (%u) is neither PUBLISH, RELEASE nor DROP.", raw_value(how));
    IST_CHECK(target.check_frame(known));
    IST_CHECK(make_room(turn.call.lock, turn.call.runtime));
    IST_CHECK(turn.call.runtime.timeline().may_submit());
    return target.end(known, raw_value(how) == IST_FEED_PUBLISH);
  });
}

TiError ist_feed_state(IstFeed feed, IstFeedState* state) {
  return on_feed("ist_feed_state", feed,
                 [&](Feed::Turn&, Feed& target) { return write_out(state, target.state(), "state"); });
}

TiError ist_feed_close(IstFeed feed) {
  return on_feed("ist_feed_close", feed, [&](Feed::Turn& turn, Feed& target) -> Status {
    IST_CHECK(turn.call.runtime.timeline().may_submit());
    IST_CHECK(target.close(turn));
    HandleTable::instance().retire(target.handle(), Kind::feed);
    return {};
  });
}

}  // extern "C"
