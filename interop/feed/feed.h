// IstFeed: one side of a feed under a runtime, its images, and the frame in hand.
//
// Locks: mutex() of this before that of the runtime; a call holds both, and gives both up where it sleeps. The
// broker's own comes last.
#pragma once

#include <ist/feed.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/entry.h"
#include "core/handover.h"
#include "feed/broker.h"

namespace ist::feed {

// The images of one side's ring, in the runtime's list like all others. Under the runtime's lock.
class Slots {
 public:
  explicit Slots(std::string feed) : feed_(std::move(feed)) {}
  Slots(Slots&&) = default;

  // It is the feed's from now on, and lent to it.
  void add(ImageResource& image);
  uint32_t count() const { return static_cast<uint32_t>(images_.size()); }
  ImageResource& at(uint32_t slot) const { return *images_[slot]; }
  // Makes the image ours: as the other side has left it in SHADER_READ, or with undefined contents.
  Status take(Runtime& runtime, uint32_t slot, bool discard) const;
  // Lends it to the feed in SHADER_READ, submits, and tells the batch's serial.
  Result<uint64_t> lend(Runtime& runtime, uint32_t slot) const;
  void free_all();

 private:
  std::string feed_;
  std::vector<ImageResource*> images_;
};

// Frees images, unless they have found their feed.
class SlotsGuard {
 public:
  explicit SlotsGuard(Slots& slots) : slots_(&slots) {}
  ~SlotsGuard() {
    if (slots_) slots_->free_all();
  }
  void keep() { slots_ = nullptr; }

 private:
  Slots* slots_;
};

class Feed : public Child {
 public:
  ~Feed() override = default;

  std::mutex& mutex() { return mutex_; }
  bool closed() const { return closed_; }

  // A call's locks, which begin gives up while it sleeps.
  struct Turn {
    capi::Call& call;
    std::unique_lock<std::mutex>& lock;
  };
  virtual Result<IstFrame> begin(Turn& turn, uint64_t timeout_ns) = 0;
  // `frame` is the one in hand.
  virtual Status end(const IstFrame& frame, bool publish) = 0;
  virtual IstFeedState state() = 0;
  // All images go, and nothing of it runs afterwards. Before it dies, unless its runtime dies too.
  Status close(Turn& turn);

  // invalid_state: none is in hand; invalid_argument: not this one.
  Status check_frame(const IstFrame& frame) const;

 protected:
  Feed(Runtime& runtime, std::string name, Slots slots, const IstShareRecord& record);
  IstFeedState common_state() const;
  void hand_out(IstFrame& frame, uint32_t slot);
  // Who sleeps in it returns; nobody enters it any more.
  virtual void stop(Turn& turn) = 0;

  const std::string name_;
  Slots slots_;
  uint32_t hand_ = kNoSlot;

 private:
  std::mutex mutex_;
  bool closed_ = false;
  TiImageAllocateInfo image_{};
};

// not_supported: the runtime is told to order by another rung than feeds have.
Status check_rung(const Runtime& runtime);

// Makes the ring and takes the name. With the runtime's lock.
Result<std::unique_ptr<Feed>> make_producer(capi::Call& call, const IstFeedInfo& info);
// Finds the feed and imports the ring. With the runtime's lock, which it gives up while it looks.
Result<std::unique_ptr<Feed>> make_consumer(capi::Call& call, const std::string& name, uint64_t timeout_ns);

}  // namespace ist::feed
