// The rule for both buffers and subresources: reads coalesce, a write waits for the reads, a layout
// change is a write. tests/unit/*_state_test.cpp hold it against a model of Vulkan's execution and
// memory dependencies.
#include "core/resource_state.h"

#include <cassert>

namespace ist {
namespace {

constexpr uint32_t kReads = ~access::kWrites;

// The reads that a single stage can make; a pair outside this table never needs visibility.
constexpr uint32_t reads_at(uint32_t one_stage) {
  using namespace access;
  switch (one_stage) {
    case stage::kCompute:
    case stage::kVertexShader:
      return kUniformRead | kShaderRead | kMemoryRead;
    case stage::kFragmentShader:
      return kUniformRead | kShaderRead | kColorRead | kMemoryRead;
    case stage::kTransfer:
      return kTransferRead | kMemoryRead;
    case stage::kHost:
      return kHostRead | kMemoryRead;
    case stage::kVertexInput:
      return kVertexRead | kIndexRead | kMemoryRead;
    case stage::kColorAttachment:
      return kColorRead | kMemoryRead;
    case stage::kDepthAttachment:
      return kDepthRead | kMemoryRead;
    default:
      return kReads & ~kHostRead;
  }
}

// "All commands" are the device's: in Vulkan they do not include the host.
constexpr uint32_t stages_in(Scope scope) {
  return (scope.stages & stage::kAllCommands) ? scope.stages | ~stage::kHost : scope.stages;
}

constexpr uint32_t reads_in(Scope scope) {
  return (scope.access & access::kMemoryRead) ? scope.access | kReads : scope.access;
}

// What has to see the last write in addition to `known`, so that the invariant holds for known |
// use. One Scope stands for all its stage x access pairs: when `use` adds a stage, that stage is
// shown the known accesses as well (and the other way round), else a later read would find a pair
// in the Scope that no barrier ever covered.
Scope unsynchronised(Scope known, Scope use) {
  if ((use.stages & ~known.stages) == 0 && (use.access & ~known.access) == 0) return {};
  const uint32_t known_stages = stages_in(known);
  const uint32_t known_reads = reads_in(known);
  Scope all = known;
  all |= use;
  Scope missing;
  for (uint32_t left = all.stages; left != 0; left &= left - 1) {
    const uint32_t one_stage = left & (~left + 1);
    const bool is_new = (one_stage & known_stages) == 0;
    const uint32_t unseen = all.access & reads_at(one_stage) & (is_new ? kReads : ~known_reads);
    if (is_new || unseen != 0) missing |= Scope{one_stage, unseen};
  }
  return missing;
}

std::optional<MemoryBarrier> advance(Scope& write, Scope& reads, Scope use, bool moves) {
  if (use.stages == 0) {
    if (!moves) return std::nullopt;
    // A layout change that ends in no stage could not be waited for by the next barrier.
    use.stages = stage::kAllCommands;
  }
  if (!moves && !use.writes()) {
    const Scope missing = unsynchronised(reads, use);
    reads |= use;
    if (missing.stages == 0 || write.stages == 0) return std::nullopt;
    // From the write again, not from the known readers: readers need not wait for each other.
    return MemoryBarrier{write, missing};
  }
  // The reads already follow the write and made it available, so waiting for them is enough.
  const Scope src = reads.stages != 0 ? Scope{reads.stages, 0} : write;
  const bool must_see = moves || write.stages != 0;
  const MemoryBarrier barrier{src, {use.stages, must_see ? use.access : 0}};
  write = {use.stages, use.access & access::kWrites};
  reads = use.writes() ? Scope{} : use;
  if (!moves && src.stages == 0) return std::nullopt;
  return barrier;
}

}  // namespace

std::optional<MemoryBarrier> require(AccessState& state, Scope use) {
  return advance(state.write, state.reads, use, false);
}

std::optional<CellBarrier> require(Cell& cell, const ImageUse& use) {
  assert(use.layout != Layout::undefined);
  const Layout from = cell.layout;
  const auto barrier = advance(cell.write, cell.reads, use.scope, from != use.layout);
  cell.layout = use.layout;
  if (!barrier) return std::nullopt;
  return CellBarrier{barrier->src, barrier->dst, from, use.layout};
}

}  // namespace ist
