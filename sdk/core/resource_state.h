// What the timeline knows about one buffer or one image subresource, and the barrier its next use
// needs. Knows stages, accesses and layouts only; which resource it is, and when it is recorded, is
// the caller's.
#pragma once

#include <optional>

#include "contract/types.h"

namespace ist {

// Orders `src` before `dst` and makes the writes in src.access visible to dst.access. With
// src.access 0 it orders execution and flushes nothing; src.stages is 0 only for a layout change
// that nothing precedes.
struct MemoryBarrier {
  Scope src;
  Scope dst;
  friend bool operator==(const MemoryBarrier&, const MemoryBarrier&) = default;
};

struct CellBarrier {
  Scope src;
  Scope dst;
  Layout from = Layout::undefined;
  Layout to = Layout::undefined;
  friend bool operator==(const CellBarrier&, const CellBarrier&) = default;
};

// A buffer on the recorded timeline: the last write, and the reads that follow it. Invariant: the
// last write is visible to every stage in `reads` with every access in `reads` that the stage can
// make.
struct AccessState {
  Scope write;
  Scope reads;
  friend bool operator==(const AccessState&, const AccessState&) = default;
};

// An image subresource: an AccessState with a layout. A layout change is a write, whoever caused
// it.
struct Cell {
  Layout layout = Layout::undefined;
  Scope write;
  Scope reads;
  friend bool operator==(const Cell&, const Cell&) = default;
};

// Somebody we know nothing about has written on the device; the next use is ordered after all
// commands.
inline constexpr Scope kUnknownWriter{stage::kAllCommands, access::kMemoryWrite};

// What came before is finished and visible, by a semaphore or an ownership transfer: the next use only has to
// come after that (a dependency chain needs a stage: Vulkan 7.4.2, "Semaphore Waiting").
inline constexpr Scope kAlreadyOrdered{stage::kAllCommands, 0};

// Records the next use and returns the barrier to put before it, if it needs one. Uses are given in
// timeline order; all uses that one command makes of a resource are merged (|=) into one call,
// because two calls mean two commands. No stages in a use means that it only changes the layout;
// everything recorded later is ordered after it. Thread-safety: unsafe, calls on one state are
// serialised by its owner. Cost: a few nanoseconds, no allocation.
std::optional<MemoryBarrier> require(AccessState& state, Scope use);

// As above. use.layout is never `undefined`: no image can be moved there.
std::optional<CellBarrier> require(Cell& cell, const ImageUse& use);

}  // namespace ist
