// Which slot the producer may have next, and which frame is the newest: the book of the ring, apart from images,
// sockets and threads. Under the lock of who owns it, but for what the pages say.
#pragma once

#include <span>

#include "feed/board.h"

namespace ist::feed {

class Ring {
 public:
  explicit Ring(uint32_t slot_count) : slots_(slot_count) {}

  uint32_t slot_count() const { return static_cast<uint32_t>(slots_.size()); }
  uint64_t next_sequence() const { return last_sequence_ + 1; }

  // Who may hold slots: at most slot_count - 2.
  using Leases = std::span<const Lease* const>;

  // Gives out a slot that no lease holds: a free one, else the youngest that is still on its way to be published if
  // there are two, else the newest, of which no new lease can be had from then on. kNoSlot: leases have changed
  // again and again meanwhile, which no true consumer's do. *changed: consumers who wait should look again.
  uint32_t begin(const Board& board, Leases leases, bool* changed);
  // The slot in hand is to be published when the batch `serial` has finished.
  void publish_after(const Board& board, uint64_t serial, const FrameNote& note);
  // The slot in hand is free again.
  void drop();
  bool in_hand() const { return hand_ != kNoSlot; }
  uint32_t hand() const { return hand_; }

  // Serial of the oldest frame on its way; 0: none is.
  uint64_t oldest_serial() const;
  // Publishes all that are on their way with serials up to this one; true if there was one.
  bool publish_up_to(const Board& board, Leases leases, uint64_t serial);
  // Nothing that is on its way will ever finish.
  void drop_pending();

  struct Counts {
    uint64_t published = 0;
    uint64_t dropped = 0;
    uint64_t skipped = 0;
  };
  const Counts& counts() const { return counts_; }
  uint32_t leased(Leases leases) const;
  uint32_t available(Leases leases) const;

 private:
  enum class State : uint8_t { free, in_hand, pending, newest };
  struct Slot {
    State state = State::free;
    uint64_t serial = 0;  // pending: of the batch that fills it
    uint64_t sequence = 0;
  };
  bool held(Leases leases, uint32_t slot) const;
  // Of those nobody holds; kNoSlot: none.
  uint32_t find(State state, Leases leases) const;
  uint32_t oldest_pending() const;
  // None while fewer than two are on their way: one has to arrive.
  uint32_t spare_pending() const;
  // What was the newest is no longer.
  void count_skipped(Leases leases, uint64_t sequence);

  std::vector<Slot> slots_;
  uint32_t hand_ = kNoSlot;
  uint64_t last_sequence_ = 0;
  Counts counts_;
};

}  // namespace ist::feed
