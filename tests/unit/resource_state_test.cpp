// require() for buffers and cells against a model of Vulkan's dependencies: random timelines must
// have no conflicting pair unordered or invisible, mutations of the rule must be caught, and no
// barrier may be superfluous.
#include "core/resource_state.h"

#include <gtest/gtest.h>

#include <random>

#include "happens_before.h"

namespace ist {
namespace {

using testing::Timeline;
using testing::Verdict;

constexpr Scope kComputeRead{stage::kCompute, access::kShaderRead};
constexpr Scope kComputeUniform{stage::kCompute, access::kUniformRead};
constexpr Scope kComputeWrite{stage::kCompute, access::kShaderWrite};
constexpr Scope kComputeBoth{stage::kCompute, access::kShaderRead | access::kShaderWrite};
constexpr Scope kCopyFrom{stage::kTransfer, access::kTransferRead};
constexpr Scope kCopyTo{stage::kTransfer, access::kTransferWrite};
constexpr Scope kFragmentRead{stage::kFragmentShader, access::kShaderRead};
constexpr Scope kFragmentUniform{stage::kFragmentShader, access::kUniformRead};
constexpr Scope kNobody{};
constexpr Scope kAnything{stage::kAllCommands, access::kMemoryRead | access::kMemoryWrite};

constexpr Scope kBufferUses[] = {
    kComputeRead,
    kComputeUniform,
    kComputeWrite,
    kComputeBoth,
    kCopyFrom,
    kCopyTo,
    kFragmentRead,
    kFragmentUniform,
    {stage::kVertexShader, access::kShaderRead},
    {stage::kVertexShader | stage::kFragmentShader, access::kShaderRead | access::kUniformRead},
    {stage::kVertexShader | stage::kFragmentShader, access::kShaderRead | access::kShaderWrite},
    {stage::kCompute | stage::kTransfer, access::kShaderRead | access::kTransferRead},
    {stage::kVertexInput, access::kVertexRead},
    {stage::kVertexInput, access::kIndexRead},
    {stage::kHost, access::kHostRead},
    {stage::kHost, access::kHostWrite},
    {stage::kCompute, access::kMemoryRead},
    {stage::kAllCommands, access::kMemoryRead},
    {stage::kAllCommands, access::kShaderRead},
    kAnything,
};

constexpr ImageUse kImageUses[] = {
    {Layout::shader_read, kComputeRead},
    {Layout::shader_read, kFragmentRead},
    {Layout::shader_read, {stage::kVertexShader, access::kShaderRead}},
    {Layout::shader_read, {stage::kVertexShader | stage::kFragmentShader, access::kShaderRead}},
    {Layout::shader_read, {stage::kFragmentShader, access::kColorRead}},
    {Layout::shader_read, {stage::kAllCommands, access::kMemoryRead}},
    {Layout::shader_write, kComputeWrite},
    {Layout::shader_read_write, kComputeBoth},
    {Layout::shader_read_write, kComputeRead},
    {Layout::shader_read_write, kFragmentRead},
    {Layout::shader_read_write, {stage::kFragmentShader, access::kShaderRead | access::kShaderWrite}},
    {Layout::shader_read_write, kCopyFrom},
    {Layout::transfer_src, kCopyFrom},
    {Layout::transfer_dst, kCopyTo},
    {Layout::color_attachment, {stage::kColorAttachment, access::kColorRead | access::kColorWrite}},
    {Layout::color_attachment_read, {stage::kColorAttachment, access::kColorRead}},
    {Layout::depth_attachment, {stage::kDepthAttachment, access::kDepthRead | access::kDepthWrite}},
    {Layout::depth_attachment_read,
     {stage::kDepthAttachment | stage::kFragmentShader, access::kDepthRead | access::kShaderRead}},
    {Layout::present_src, kNobody},
    {Layout::shader_read, kNobody},
    {Layout::transfer_dst, kAnything},
};

// Ways to get the rule wrong, applied around the real one: what it knows before, what it emits,
// what it keeps.
enum class Mutation {
  none,
  drop_execution_only,  // no barrier when nothing has to be flushed
  ignore_reads,         // writes do not wait for reads
  forget_transition,    // a transition for a read leaves nothing to be ordered after
  stages_only,          // a known stage is taken to see everything
  narrow_visibility,    // a new reader is shown its own pairs only, though the Scope then claims the
                        // product
  no_flush,             // execution dependencies only
};

template <class State>
void mutate_before(Mutation m, State& state, Scope use, bool moves) {
  const bool reads_only = !moves && !use.writes();
  if (m == Mutation::ignore_reads && !reads_only) state.reads = {};
  if (m == Mutation::stages_only && reads_only && (use.stages & ~state.reads.stages) == 0)
    state.reads.access |= use.access;
}

// Returns false when the barrier is dropped.
bool mutate_barrier(Mutation m, Scope use, bool moves, Scope& src, Scope& dst) {
  const bool reads_only = !moves && !use.writes();
  if (m == Mutation::drop_execution_only && !moves && src.access == 0) return false;
  if (m == Mutation::narrow_visibility && reads_only) dst = use;
  if (m == Mutation::no_flush) src.access = 0;
  return true;
}

struct Outcome {
  Verdict verdict;
  uint64_t barriers = 0;
  uint64_t superfluous = 0;  // barriers without which the command would have been as safe
};

// kMemoryRead and kAllCommands ask for more than any sum of single reads has given, so a barrier
// for them may be one that the model, which knows what they stand for, does not miss.
bool is_wildcard(Scope use) {
  return (use.stages & stage::kAllCommands) != 0 || (use.access & (access::kMemoryRead | access::kMemoryWrite)) != 0;
}

void buffer_timeline(std::mt19937& random, Mutation m, Outcome& out) {
  AccessState state;
  Timeline timeline;
  for (int step = 0; step < 16; ++step) {
    const Scope use = kBufferUses[random() % std::size(kBufferUses)];
    mutate_before(m, state, use, false);
    if (auto barrier = require(state, use)) {
      ++out.barriers;
      out.superfluous += !is_wildcard(use) && timeline.judge(use).faults() == 0;
      if (mutate_barrier(m, use, false, barrier->src, barrier->dst)) timeline.barrier(barrier->src, barrier->dst);
    }
    out.verdict += timeline.command(use);
  }
}

void cell_timeline(std::mt19937& random, Mutation m, Outcome& out) {
  Cell cell;
  Timeline timeline;
  Layout actual = cell.layout;
  for (int step = 0; step < 16; ++step) {
    // Often stay in the layout, so that reads and writes within one layout meet.
    ImageUse use = kImageUses[random() % std::size(kImageUses)];
    if (random() % 2 && actual != Layout::undefined) use.layout = actual;
    const bool moves = use.layout != cell.layout;
    mutate_before(m, cell, use.scope, moves);
    if (auto barrier = require(cell, use)) {
      ASSERT_EQ(barrier->from, actual);
      ASSERT_EQ(barrier->to, use.layout);
      ++out.barriers;
      out.superfluous += !moves && !is_wildcard(use.scope) && timeline.judge(use.scope).faults() == 0;
      if (mutate_barrier(m, use.scope, moves, barrier->src, barrier->dst))
        out.verdict += timeline.barrier(barrier->src, barrier->dst, moves);
      actual = barrier->to;
    }
    if (m == Mutation::forget_transition && moves && !use.scope.writes()) cell.write = cell.reads = {};
    ASSERT_EQ(actual, use.layout);
    ASSERT_EQ(actual, cell.layout);
    out.verdict += timeline.command(use.scope);
  }
}

template <class Play>
Outcome play(Play&& one_timeline, Mutation mutation, int timelines) {
  std::mt19937 random(20240607);
  Outcome out;
  for (int i = 0; i < timelines; ++i) one_timeline(random, mutation, out);
  return out;
}

TEST(ResourceState, RandomBufferTimelinesAreOrderedAndVisible) {
  const Outcome out = play(buffer_timeline, Mutation::none, 20000);
  EXPECT_GT(out.verdict.pairs, 1'000'000u);
  EXPECT_EQ(out.verdict.unordered, 0u);
  EXPECT_EQ(out.verdict.invisible, 0u);
  EXPECT_EQ(out.superfluous, 0u);
  EXPECT_LT(out.barriers, 20000u * 16);
}

TEST(ResourceState, RandomCellTimelinesAreOrderedAndVisible) {
  const Outcome out = play(cell_timeline, Mutation::none, 20000);
  EXPECT_GT(out.verdict.pairs, 1'000'000u);
  EXPECT_EQ(out.verdict.unordered, 0u);
  EXPECT_EQ(out.verdict.invisible, 0u);
  EXPECT_EQ(out.superfluous, 0u);
}

// The oracle bites: each wrong rule is caught in thousands of pairs.
TEST(ResourceState, MutationsOfTheRuleAreCaught) {
  struct Row {
    Mutation mutation;
    const char* name;
    bool for_buffers;
  };
  const Row rows[] = {
      {Mutation::drop_execution_only, "drop_execution_only", true}, {Mutation::ignore_reads, "ignore_reads", true},
      {Mutation::forget_transition, "forget_transition", false},    {Mutation::stages_only, "stages_only", true},
      {Mutation::narrow_visibility, "narrow_visibility", true},     {Mutation::no_flush, "no_flush", true},
  };
  for (const Row& row : rows) {
    const Outcome cells = play(cell_timeline, row.mutation, 4000);
    EXPECT_GT(cells.verdict.faults(), 50u) << row.name;
    RecordProperty(std::string("cells_") + row.name, static_cast<int>(cells.verdict.faults()));
    if (!row.for_buffers) continue;
    const Outcome buffers = play(buffer_timeline, row.mutation, 4000);
    EXPECT_GT(buffers.verdict.faults(), 50u) << row.name;
    RecordProperty(std::string("buffers_") + row.name, static_cast<int>(buffers.verdict.faults()));
  }
}

// Visibility may also travel through the first reader: correct, only slower on a device. Shows that
// the oracle follows chains instead of demanding one fixed answer.
TEST(ResourceState, OracleAcceptsChainsOfBarriers) {
  Timeline timeline;
  timeline.command(kComputeWrite);
  timeline.barrier(kComputeWrite, kCopyFrom);
  EXPECT_EQ(timeline.command(kCopyFrom).faults(), 0u);
  EXPECT_EQ(timeline.judge(kFragmentRead).unordered, 1u);
  timeline.barrier({stage::kTransfer, 0}, kFragmentRead);
  EXPECT_EQ(timeline.command(kFragmentRead).faults(), 0u);
  EXPECT_EQ(timeline.judge(kFragmentUniform).invisible, 1u);
  timeline.barrier({stage::kHost, 0}, kFragmentUniform);
  EXPECT_EQ(timeline.judge(kFragmentUniform).invisible, 1u);
}

TEST(ResourceState, FirstUseOfABufferNeedsNothing) {
  for (const Scope use : kBufferUses) {
    AccessState state;
    EXPECT_FALSE(require(state, use));
  }
}

TEST(ResourceState, ReadAfterReadIsFree) {
  AccessState state;
  require(state, kComputeWrite);
  EXPECT_EQ(require(state, kComputeRead), (MemoryBarrier{kComputeWrite, kComputeRead}));
  const AccessState known = state;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(require(state, kComputeRead));
  EXPECT_EQ(state, known);
}

TEST(ResourceState, ReadersNeverWaitForReaders) {
  AccessState state;
  EXPECT_FALSE(require(state, kComputeRead));
  EXPECT_FALSE(require(state, kCopyFrom));
  EXPECT_FALSE(require(state, kFragmentUniform));
  EXPECT_FALSE(require(state, kComputeUniform));
}

TEST(ResourceState, SecondStageReadsFromTheWriteNotFromTheFirstReader) {
  AccessState state;
  require(state, kComputeWrite);
  require(state, kComputeRead);
  EXPECT_EQ(require(state, kCopyFrom), (MemoryBarrier{kComputeWrite, kCopyFrom}));
  EXPECT_FALSE(require(state, kComputeRead));
  EXPECT_FALSE(require(state, kCopyFrom));
}

TEST(ResourceState, NewAccessAtAKnownStageNeedsVisibility) {
  AccessState state;
  require(state, kComputeWrite);
  EXPECT_EQ(require(state, kComputeUniform), (MemoryBarrier{kComputeWrite, kComputeUniform}));
  EXPECT_EQ(require(state, kComputeRead), (MemoryBarrier{kComputeWrite, kComputeRead}));
  EXPECT_FALSE(require(state, {stage::kCompute, access::kUniformRead | access::kShaderRead}));
}

TEST(ResourceState, CrossPairsOfTwoReadersAreMadeVisibleToo) {
  AccessState state;
  require(state, kComputeWrite);
  require(state, kComputeUniform);
  const auto second = require(state, kFragmentRead);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->dst, (Scope{stage::kCompute | stage::kFragmentShader, access::kUniformRead | access::kShaderRead}));
  EXPECT_FALSE(require(state, kComputeRead));
  EXPECT_FALSE(require(state, kFragmentUniform));
}

TEST(ResourceState, MemoryReadCoversEveryReadOfTheDeviceButNotTheHost) {
  AccessState state;
  require(state, kComputeWrite);
  require(state, {stage::kAllCommands, access::kMemoryRead});
  EXPECT_FALSE(require(state, kFragmentUniform));
  EXPECT_FALSE(require(state, kCopyFrom));
  const auto host = require(state, {stage::kHost, access::kHostRead});
  ASSERT_TRUE(host);
  EXPECT_EQ(host->src, kComputeWrite);
  EXPECT_EQ(host->dst.stages, stage::kHost);
}

TEST(ResourceState, WriteAfterReadIsAnExecutionDependencyOnly) {
  AccessState state;
  require(state, kComputeRead);
  require(state, kCopyFrom);
  EXPECT_EQ(require(state, kComputeWrite),
            (MemoryBarrier{{stage::kCompute | stage::kTransfer, 0}, {stage::kCompute, 0}}));
}

TEST(ResourceState, WriteAfterWriteAndReadWaitsForTheReadersAlone) {
  AccessState state;
  require(state, kCopyTo);
  require(state, kComputeRead);
  EXPECT_EQ(require(state, kFragmentRead)->src, kCopyTo);
  const auto barrier = require(state, kCopyTo);
  ASSERT_TRUE(barrier);
  EXPECT_EQ(barrier->src, (Scope{stage::kCompute | stage::kFragmentShader, 0}));
  EXPECT_EQ(barrier->dst, kCopyTo);
}

TEST(ResourceState, WriteAfterWriteFlushes) {
  AccessState state;
  require(state, kComputeBoth);
  EXPECT_EQ(require(state, kComputeBoth), (MemoryBarrier{kComputeWrite, kComputeBoth}));
}

TEST(ResourceState, AUseByNobodyIsNoUse) {
  AccessState state{kComputeWrite, kNobody};
  EXPECT_FALSE(require(state, kNobody));
  EXPECT_EQ(state, (AccessState{kComputeWrite, kNobody}));
}

TEST(ResourceState, FirstTransitionWaitsForNothing) {
  Cell cell;
  EXPECT_EQ(require(cell, {Layout::transfer_dst, kCopyTo}),
            (CellBarrier{kNobody, kCopyTo, Layout::undefined, Layout::transfer_dst}));
}

TEST(ResourceState, ATransitionForOneReaderIsAWriteForTheNext) {
  Cell cell{Layout::transfer_dst, kCopyTo, {}};
  require(cell, {Layout::shader_read, kComputeRead});
  EXPECT_EQ(require(cell, {Layout::shader_read, kFragmentRead}),
            (CellBarrier{{stage::kCompute, 0}, kFragmentRead, Layout::shader_read, Layout::shader_read}));
  EXPECT_FALSE(require(cell, {Layout::shader_read, kComputeRead}));
}

TEST(ResourceState, ATransitionForNobodyIsStillWaitedFor) {
  Cell cell{Layout::shader_read_write, kComputeWrite, {}};
  EXPECT_EQ(require(cell, {Layout::present_src, kNobody}),
            (CellBarrier{kComputeWrite, {stage::kAllCommands, 0}, Layout::shader_read_write, Layout::present_src}));
  EXPECT_FALSE(require(cell, {Layout::present_src, kNobody}));
  EXPECT_EQ(require(cell, {Layout::shader_read_write, kComputeWrite})->src, (Scope{stage::kAllCommands, 0}));
}

}  // namespace
}  // namespace ist
