// Slots, generations and pins behind opaque handles.
#include "base/handle_table.h"

#include <new>

namespace ist {

const char* kind_name(Kind kind) {
  static constexpr const char* kNames[] = {"no object",   "TiRuntime", "TiMemory",       "TiImage", "TiSampler",
                                           "TiAotModule", "TiKernel",  "TiComputeGraph", "IstGl",   "IstFeed"};
  const auto index = static_cast<size_t>(kind);
  return index < std::size(kNames) ? kNames[index] : "unknown object";
}

HandleTable& HandleTable::instance() {
  static HandleTable* table = new HandleTable;  // never destroyed: handles may be used by late statics
  return *table;
}

HandleTable::~HandleTable() {
  for (auto& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

// index 0 of a packed handle is never used, so that no live handle is null.
HandleBits HandleTable::pack(uint32_t index, uint32_t generation, Kind kind) {
  return (static_cast<HandleBits>(index + 1) << (kGenerationBits + kKindBits)) |
         (static_cast<HandleBits>(generation & kGenerationMask) << kKindBits) | static_cast<HandleBits>(kind);
}

uint64_t HandleTable::state_of(uint32_t generation, Kind kind, bool alive, uint32_t pins) {
  return (static_cast<uint64_t>(generation & kGenerationMask) << 40) | (static_cast<uint64_t>(kind) << 33) |
         (static_cast<uint64_t>(alive) << 32) | pins;
}

Kind HandleTable::kind_of(HandleBits handle) { return static_cast<Kind>(handle & ((HandleBits{1} << kKindBits) - 1)); }

HandleTable::Slot* HandleTable::slot_of(HandleBits handle) const {
  const uint64_t index_plus_one = handle >> (kGenerationBits + kKindBits);
  if (index_plus_one == 0 || index_plus_one > slot_count_.load(std::memory_order_acquire)) return nullptr;
  const auto index = static_cast<uint32_t>(index_plus_one - 1);
  Chunk* chunk = chunks_[index / kSlotsPerChunk].load(std::memory_order_acquire);
  return chunk ? &(*chunk)[index % kSlotsPerChunk] : nullptr;
}

HandleBits HandleTable::add(Kind kind, Object* object, HandleBits owner) {
  std::lock_guard lock(mutex_);
  uint32_t index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    index = slot_count_.load(std::memory_order_relaxed);
    if (index >= kMaxChunks * kSlotsPerChunk) throw std::bad_alloc();
    // So that giving a slot back never allocates.
    if (free_.capacity() <= index) free_.reserve(2 * (size_t{index} + 1));
    auto& chunk = chunks_[index / kSlotsPerChunk];
    if (!chunk.load(std::memory_order_relaxed)) chunk.store(new Chunk, std::memory_order_release);
    slot_count_.store(index + 1, std::memory_order_release);
  }
  Slot& slot = (*chunks_[index / kSlotsPerChunk].load(std::memory_order_relaxed))[index % kSlotsPerChunk];
  const uint32_t generation = generation_of(slot.state.load(std::memory_order_relaxed));
  slot.object.store(object, std::memory_order_relaxed);
  slot.owner.store(owner, std::memory_order_relaxed);
  slot.state.store(state_of(generation, kind, true, 1), std::memory_order_release);
  return pack(index, generation, kind);
}

HandleTable::Found HandleTable::find(HandleBits handle, Kind kind) const {
  Found found;
  if (handle == 0) return found;
  found.kind = kind_of(handle);
  const Slot* slot = slot_of(handle);
  if (!slot) {
    found.liveness = Liveness::foreign;
    return found;
  }
  const uint32_t generation = static_cast<uint32_t>(handle >> kKindBits) & kGenerationMask;
  const uint64_t before = slot->state.load(std::memory_order_acquire);
  Object* object = slot->object.load(std::memory_order_relaxed);
  const HandleBits owner = slot->owner.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  const uint64_t after = slot->state.load(std::memory_order_relaxed);
  const bool current = alive(before) && generation_of(before) == generation && kind_in(before) == found.kind &&
                       generation_of(after) == generation && alive(after);
  if (!current) {
    found.liveness = found.kind == Kind::none || found.kind > Kind::feed ? Liveness::foreign : Liveness::destroyed;
  } else if (found.kind != kind) {
    found.liveness = Liveness::wrong_kind;
  } else {
    found.liveness = Liveness::alive;
    found.object = object;
    found.owner = owner;
  }
  return found;
}

Object* HandleTable::pin(HandleBits handle, Kind kind) {
  Slot* slot = handle ? slot_of(handle) : nullptr;
  if (!slot || kind_of(handle) != kind) return nullptr;
  const uint32_t generation = static_cast<uint32_t>(handle >> kKindBits) & kGenerationMask;
  uint64_t state = slot->state.load(std::memory_order_acquire);
  do {
    if (!alive(state) || generation_of(state) != generation || kind_in(state) != kind) return nullptr;
  } while (!slot->state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel));
  return slot->object.load(std::memory_order_relaxed);
}

void HandleTable::unpin(HandleBits handle) {
  Slot* slot = slot_of(handle);
  const uint64_t before = slot->state.fetch_sub(1, std::memory_order_acq_rel);
  if (pins(before) == 1) {
    release(static_cast<uint32_t>(handle >> (kGenerationBits + kKindBits)) - 1, *slot);
  }
}

bool HandleTable::retire(HandleBits handle, Kind kind) {
  Slot* slot = handle ? slot_of(handle) : nullptr;
  if (!slot || kind_of(handle) != kind) return false;
  const uint32_t generation = static_cast<uint32_t>(handle >> kKindBits) & kGenerationMask;
  uint64_t state = slot->state.load(std::memory_order_acquire);
  do {
    if (!alive(state) || generation_of(state) != generation || kind_in(state) != kind) return false;
  } while (!slot->state.compare_exchange_weak(state, state & ~(uint64_t{1} << 32), std::memory_order_acq_rel));
  unpin(handle);
  return true;
}

void HandleTable::release(uint32_t index, Slot& slot) {
  delete slot.object.exchange(nullptr, std::memory_order_acq_rel);
  const uint32_t next = generation_of(slot.state.load(std::memory_order_relaxed)) + 1;
  slot.state.store(state_of(next, Kind::none, false, 0), std::memory_order_release);
  std::lock_guard lock(mutex_);
  free_.push_back(index);
}

}  // namespace ist
