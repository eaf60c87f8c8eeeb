// A model of Vulkan's execution and memory dependencies for one buffer or one subresource, used as
// the oracle of the state tests. It replays accesses and barriers and counts conflicting pairs that
// nothing orders or makes visible. Strict: a barrier helps only the resource it is recorded for.
// Shares no rule with sdk/core/resource_state.cpp.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "contract/types.h"

namespace ist::testing {

inline constexpr int kStageCount = 8;  // without kAllCommands, which is a mask of the others
inline constexpr int kHostIndex = 2;
static_assert(stage::kHost == 1u << kHostIndex && stage::kAllCommands == 1u << kStageCount);

inline uint32_t concrete_stages(uint32_t stages) {
  const uint32_t single = stages & (stage::kAllCommands - 1);
  return stages & stage::kAllCommands ? single | ((stage::kAllCommands - 1) & ~stage::kHost) : single;
}

// Concrete accesses a stage can make, without kMemoryRead and kMemoryWrite.
inline uint32_t possible_accesses(int stage_index) {
  using namespace access;
  static constexpr std::array<uint32_t, kStageCount> table = {
      kUniformRead | kShaderRead | kShaderWrite,               // compute
      kTransferRead | kTransferWrite,                          // transfer
      kHostRead | kHostWrite,                                  // host
      kVertexRead | kIndexRead,                                // vertex input
      kUniformRead | kShaderRead | kShaderWrite,               // vertex shader
      kUniformRead | kShaderRead | kShaderWrite | kColorRead,  // fragment shader (input attachments)
      kColorRead | kColorWrite,                                // color attachment
      kDepthRead | kDepthWrite,                                // depth attachment
  };
  return table[stage_index];
}

inline uint32_t concrete_accesses(int stage_index, uint32_t accesses) {
  constexpr uint32_t kAnyWrite = access::kWrites & ~access::kMemoryWrite;
  if (accesses & access::kMemoryRead) accesses |= ~access::kWrites;
  if (accesses & access::kMemoryWrite) accesses |= kAnyWrite;
  return accesses & possible_accesses(stage_index);
}

struct Verdict {
  uint64_t pairs = 0;      // conflicting pairs looked at
  uint64_t unordered = 0;  // no execution dependency
  uint64_t invisible = 0;  // ordered, but the earlier write is not visible to the later access
  uint64_t faults() const { return unordered + invisible; }
  Verdict& operator+=(const Verdict& o) {
    pairs += o.pairs, unordered += o.unordered, invisible += o.invisible;
    return *this;
  }
};

class Timeline {
 public:
  // What the command would be charged with at this point of the timeline.
  Verdict judge(Scope command) const {
    Verdict verdict;
    for_each_stage(command, [&](int s, uint32_t accesses) {
      for (const Event& e : events_) {
        const bool writes = (accesses & access::kWrites) != 0;
        if (!writes && !e.writes) continue;
        ++verdict.pairs;
        if (!(e.ordered >> s & 1))
          ++verdict.unordered;
        else if (e.writes && (accesses & ~e.visible[s]) != 0)
          ++verdict.invisible;
      }
    });
    return verdict;
  }

  Verdict command(Scope scope) {
    const Verdict verdict = judge(scope);
    for_each_stage(scope, [&](int s, uint32_t accesses) {
      Event e;
      e.stage_bit = 1u << s;
      e.stage_index = s;
      e.writes = accesses & access::kWrites;
      events_.push_back(e);
    });
    return verdict;
  }

  // A barrier; with `moves` it also writes every texel, between its two halves.
  Verdict barrier(Scope src, Scope dst, bool moves = false) {
    Verdict verdict;
    const uint32_t from = concrete_stages(src.stages);
    const uint32_t to = concrete_stages(dst.stages);
    for (Event& e : events_) {
      const bool in_source = (e.stage_bit & from) != 0;
      const bool chained = in_source || (e.ordered & from) != 0;
      const bool flushed = e.writes && in_source && (e.writes & ~concrete_accesses(e.stage_index, src.access)) == 0;
      const bool available = flushed || (e.available & from) != 0;
      if (moves) {
        ++verdict.pairs;
        if (!chained)
          ++verdict.unordered;
        else if (e.writes && !available)
          ++verdict.invisible;
      }
      if (chained) e.ordered |= to;
      if (e.writes && available) {
        e.available |= to;
        show(e, dst);
      }
    }
    if (moves) {
      Event transition;
      transition.writes = access::kMemoryWrite;
      transition.ordered = transition.available = to;
      show(transition, dst);
      events_.push_back(transition);
    }
    return verdict;
  }

  // Everything so far is done and visible to all: what a host that knows its job does before it
  // takes over.
  void settle() { events_.clear(); }

 private:
  struct Event {
    uint32_t stage_bit = 0;  // 0 for a layout transition, which no stage mask names
    int stage_index = 0;
    uint32_t writes = 0;     // its write accesses; 0 is a read
    uint32_t ordered = 0;    // stages in which later commands happen after it
    uint32_t available = 0;  // stages in which later commands happen after it was made available
    std::array<uint32_t, kStageCount> visible{};
  };

  static void show(Event& e, Scope dst) {
    const uint32_t to = concrete_stages(dst.stages);
    for (int s = 0; s < kStageCount; ++s)
      if (to >> s & 1) e.visible[s] |= concrete_accesses(s, dst.access);
  }

  template <class F>
  static void for_each_stage(Scope scope, F&& f) {
    for (uint32_t left = concrete_stages(scope.stages); left != 0; left &= left - 1) {
      const int s = std::countr_zero(left);
      if (const uint32_t accesses = concrete_accesses(s, scope.access)) f(s, accesses);
    }
  }

  std::vector<Event> events_;
};

}  // namespace ist::testing
