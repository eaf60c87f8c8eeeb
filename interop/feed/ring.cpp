// Choice of slots.
#include "feed/ring.h"

#include <algorithm>

namespace ist::feed {

bool Ring::held(Leases leases, uint32_t slot) const {
  return std::any_of(leases.begin(), leases.end(),
                     [&](const Lease* lease) { return slot_of(*lease, slot_count()) == slot; });
}

uint32_t Ring::find(State state, Leases leases) const {
  for (uint32_t slot = 0; slot < slot_count(); ++slot) {
    if (slots_[slot].state == state && !held(leases, slot)) return slot;
  }
  return kNoSlot;
}

uint32_t Ring::oldest_pending() const {
  uint32_t oldest = kNoSlot;
  for (uint32_t slot = 0; slot < slot_count(); ++slot) {
    if (slots_[slot].state != State::pending) continue;
    if (oldest == kNoSlot || slots_[slot].sequence < slots_[oldest].sequence) oldest = slot;
  }
  return oldest;
}

uint32_t Ring::spare_pending() const {
  const uint32_t oldest = oldest_pending();
  uint32_t youngest = oldest;
  for (uint32_t slot = 0; slot < slot_count(); ++slot) {
    if (slots_[slot].state == State::pending && slots_[slot].sequence > slots_[youngest].sequence) youngest = slot;
  }
  return youngest == oldest ? kNoSlot : youngest;
}

void Ring::count_skipped(Leases leases, uint64_t sequence) {
  const bool taken =
      std::any_of(leases.begin(), leases.end(), [&](const Lease* lease) { return (*lease)->taken.load() == sequence; });
  if (!taken) ++counts_.skipped;
}

uint32_t Ring::begin(const Board& board, Leases leases, bool* changed) {
  *changed = false;
  for (int tries = 0; tries < 1000; ++tries) {
    uint32_t slot = find(State::free, leases);
    if (slot == kNoSlot) {
      slot = spare_pending();
      if (slot != kNoSlot) ++counts_.dropped;
    }
    if (slot == kNoSlot) {
      slot = find(State::newest, leases);
      if (slot == kNoSlot) continue;
      const uint64_t word = board->newest.exchange(0);
      if (held(leases, slot)) {  // taken at the last moment, so that there is another to be had
        board->newest = word;
        *changed = true;
        continue;
      }
      count_skipped(leases, slots_[slot].sequence);
    }
    slots_[slot].state = State::in_hand;
    return hand_ = slot;
  }
  return kNoSlot;
}

void Ring::publish_after(const Board& board, uint64_t serial, const FrameNote& note) {
  write_note(board, hand_, note);
  slots_[hand_] = {State::pending, serial, note.sequence};
  last_sequence_ = note.sequence;
  hand_ = kNoSlot;
}

void Ring::drop() {
  slots_[hand_].state = State::free;
  hand_ = kNoSlot;
  ++counts_.dropped;
}

uint64_t Ring::oldest_serial() const {
  const uint32_t oldest = oldest_pending();
  return oldest == kNoSlot ? 0 : slots_[oldest].serial;
}

bool Ring::publish_up_to(const Board& board, Leases leases, uint64_t serial) {
  bool published = false;
  for (;;) {
    const uint32_t slot = oldest_pending();
    if (slot == kNoSlot || slots_[slot].serial > serial) return published;
    for (Slot& old : slots_) {
      if (old.state != State::newest) continue;
      old.state = State::free;
      count_skipped(leases, old.sequence);
    }
    slots_[slot].state = State::newest;
    board->newest = Newest::of(slot, slots_[slot].sequence).word;
    ++counts_.published;
    published = true;
  }
}

void Ring::drop_pending() {
  for (Slot& slot : slots_) {
    if (slot.state != State::pending) continue;
    slot.state = State::free;
    ++counts_.dropped;
  }
}

uint32_t Ring::leased(Leases leases) const {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < slot_count(); ++slot) count += held(leases, slot);
  return count;
}

uint32_t Ring::available(Leases leases) const {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < slot_count(); ++slot)
    count += slots_[slot].state == State::free && !held(leases, slot);
  return count;
}

}  // namespace ist::feed
