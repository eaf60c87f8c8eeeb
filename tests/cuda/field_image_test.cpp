// What kernels find of field trees in memory, byte by byte, in a memory that is a table of blocks.
#include "llvm/field_image.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <vector>

namespace ist::llvm_host {
namespace {

using aot::FieldTree;
using Type = aot::Snode::Type;

constexpr Address kRuntime = 0x700000;

class Blocks final : public FieldMemory {
 public:
  Result<Address> allocate(uint64_t size_bytes, uint64_t alignment) override {
    if (failing_call == 0) return fail(Code::out_of_memory, "No memory is left.");
    --failing_call;
    EXPECT_GT(size_bytes, 0u);
    EXPECT_TRUE(alignment > 0 && (alignment & (alignment - 1)) == 0 && alignment <= kPageBytes) << alignment;
    next_ = (next_ + alignment - 1) & ~(alignment - 1);
    const Address at = next_;
    next_ += size_bytes;
    blocks_[at].resize(size_bytes);
    return at;
  }

  Status write(Address to, std::span<const std::byte> bytes) override {
    std::memcpy(find(to, bytes.size()), bytes.data(), bytes.size());
    return {};
  }

  template <class T>
  T read(Address from) {
    T value;
    std::memcpy(&value, find(from, sizeof value), sizeof value);
    return value;
  }

  uint64_t size_at(Address block) { return blocks_.count(block) ? blocks_[block].size() : 0; }
  size_t count() const { return blocks_.size(); }
  Address end() const { return next_; }

  int failing_call = 1 << 30;

 private:
  std::byte* find(Address at, uint64_t size_bytes) {
    auto after = blocks_.upper_bound(at);
    if (after == blocks_.begin()) throw std::runtime_error("before all blocks");
    --after;
    if (at + size_bytes > after->first + after->second.size()) throw std::runtime_error("outside its block");
    return after->second.data() + (at - after->first);
  }

  static constexpr Address kBase = 0x10000000;
  Address next_ = kBase;
  std::map<Address, std::vector<std::byte>> blocks_;
};

struct Laid {
  Blocks memory;
  std::unique_ptr<LlvmRuntime> image = std::make_unique<LlvmRuntime>();
  Status status;
};

std::unique_ptr<Laid> lay_out(const std::vector<FieldTree>& trees) {
  auto laid = std::make_unique<Laid>();
  laid->status = lay_out_fields(trees, kRuntime, laid->memory, *laid->image);
  return laid;
}

FieldTree dense_tree() {
  return {0, 0, 5000, {{0, Type::root, 5000, 0}, {1, Type::dense, 4, 0}, {2, Type::place, 0, 0}}};
}

// The numbers of the format's example: bitmasked below pointer.
FieldTree sparse_tree() {
  return {1,
          4,
          64,
          {{4, Type::root, 64, 0}, {5, Type::pointer, 12, 0}, {6, Type::bitmasked, 4, 0}, {7, Type::place, 0, 0}}};
}

FieldTree dynamic_tree(uint64_t cell_bytes, uint64_t chunk_cells) {
  return {2, 8, 16, {{8, Type::root, 16, 0}, {9, Type::dynamic, cell_bytes, chunk_cells}, {10, Type::place, 0, 0}}};
}

TEST(FieldImage, DenseTreesAreARootAndNothingElse) {
  const auto laid = lay_out({dense_tree()});
  ASSERT_TRUE(laid->status.ok());
  EXPECT_EQ(laid->memory.count(), 1u);
  EXPECT_EQ(laid->image->roots[0] % kPageBytes, 0u);
  EXPECT_EQ(laid->memory.size_at(laid->image->roots[0]), 8192u);
  EXPECT_EQ(laid->image->root_bytes[0], 8192u);
  for (const Address list : laid->image->element_lists) EXPECT_EQ(list, 0u);
  EXPECT_FALSE(fields_grow(std::vector{dense_tree()}));
}

TEST(FieldImage, DenseTreesHaveListsWhenAllTreesShall) {
  Laid laid;
  laid.status = lay_out_fields(std::vector{dense_tree()}, kRuntime, laid.memory, *laid.image, Lists::always);
  ASSERT_TRUE(laid.status.ok());
  const Address roots = laid.memory.read<Address>(laid.image->element_lists[0]);
  EXPECT_EQ(laid.memory.read<Element>(roots).pointer, laid.image->roots[0]);
  const Address cells = laid.image->element_lists[1];
  EXPECT_EQ(laid.memory.read<ListTail>(cells + kListTailOffset).per_chunk, kElementsPerChunk);
  EXPECT_EQ(laid.memory.read<ListTail>(cells + kListTailOffset).count, 0);
  EXPECT_EQ(laid.image->element_lists[2], 0u);
  for (const Address manager : laid.image->node_allocators) EXPECT_EQ(manager, 0u);
}

TEST(FieldImage, RootListNamesTheRootAsItsOneElement) {
  const auto laid = lay_out({dense_tree(), sparse_tree()});
  ASSERT_TRUE(laid->status.ok());
  EXPECT_TRUE(fields_grow(std::vector{dense_tree(), sparse_tree()}));
  const Address list = laid->image->element_lists[4];
  EXPECT_EQ(laid->memory.size_at(list), kListBytes);
  const auto tail = laid->memory.read<ListTail>(list + kListTailOffset);
  EXPECT_EQ(tail.element_bytes, 64u);
  EXPECT_EQ(tail.per_chunk, 65536u);
  EXPECT_EQ(tail.log2_per_chunk, 16);
  EXPECT_EQ(tail.count, 1);
  EXPECT_EQ(tail.runtime, kRuntime);
  const Address chunk = laid->memory.read<Address>(list);
  EXPECT_EQ(laid->memory.size_at(chunk), 4u << 20);
  EXPECT_EQ(laid->memory.read<Address>(list + 8), 0u);
  const auto root = laid->memory.read<Element>(chunk);
  EXPECT_EQ(root.pointer, laid->image->roots[1]);
  EXPECT_EQ(root.bounds[0], 0);
  EXPECT_EQ(root.bounds[1], 1);
  for (const int32_t coordinate : root.coordinates) EXPECT_EQ(coordinate, 0);
}

TEST(FieldImage, EveryNodeOfASparseTreeHasAnEmptyList) {
  const auto laid = lay_out({sparse_tree()});
  ASSERT_TRUE(laid->status.ok());
  for (uint32_t node = 5; node < 8; ++node) {
    const Address list = laid->image->element_lists[node];
    ASSERT_NE(list, 0u) << node;
    EXPECT_EQ(laid->memory.read<Address>(list), 0u);
    EXPECT_EQ(laid->memory.read<ListTail>(list + kListTailOffset).count, 0);
  }
  EXPECT_EQ(laid->image->element_lists[8], 0u);
  EXPECT_EQ(laid->image->element_lists[3], 0u);
}

TEST(FieldImage, PointerNodesHaveAManagerOfTheirCells) {
  const auto laid = lay_out({sparse_tree()});
  ASSERT_TRUE(laid->status.ok());
  EXPECT_EQ(laid->image->node_allocators[4], 0u);
  EXPECT_EQ(laid->image->node_allocators[6], 0u);
  const auto manager = laid->memory.read<NodeManager>(laid->image->node_allocators[5]);
  EXPECT_EQ(manager.runtime, kRuntime);
  EXPECT_EQ(manager.element_bytes, 12);
  EXPECT_EQ(manager.chunk_elements, 16384);
  EXPECT_EQ(manager.free_used, 0);
  const auto free_tail = laid->memory.read<ListTail>(manager.free_list + kListTailOffset);
  EXPECT_EQ(free_tail.element_bytes, 4u);
  EXPECT_EQ(free_tail.per_chunk, 16384u);
  EXPECT_EQ(free_tail.log2_per_chunk, 14);
  EXPECT_EQ(laid->memory.read<ListTail>(manager.recycled_list + kListTailOffset).element_bytes, 4u);
  EXPECT_EQ(laid->memory.read<ListTail>(manager.data_list + kListTailOffset).element_bytes, 12u);
  EXPECT_EQ(laid->memory.size_at(laid->image->ambient_elements[5]), 12u);
  EXPECT_EQ(laid->image->ambient_elements[5] % 128, 0u);
}

TEST(FieldImage, DynamicNodesAllocateChunksWithAPointerToTheNext) {
  const auto laid = lay_out({dynamic_tree(4, 32)});
  ASSERT_TRUE(laid->status.ok());
  EXPECT_EQ(laid->memory.read<NodeManager>(laid->image->node_allocators[9]).element_bytes, 8 + 4 * 32);
}

TEST(FieldImage, ChunksOfLargeNodesHaveFewerOfThem) {
  const auto laid = lay_out({dynamic_tree(65536, 16)});  // 1 MiB and 8 bytes: 64 of them fit 128 MiB, if barely not
  ASSERT_TRUE(laid->status.ok());
  const auto manager = laid->memory.read<NodeManager>(laid->image->node_allocators[9]);
  EXPECT_EQ(manager.chunk_elements, 64);
  EXPECT_EQ(laid->memory.read<ListTail>(manager.data_list + kListTailOffset).log2_per_chunk, 6);
}

TEST(FieldImage, ANodeLargerThanAChunkIsAloneInIt) {
  const auto laid = lay_out({dynamic_tree(1u << 20, 140)});
  ASSERT_TRUE(laid->status.ok());
  EXPECT_EQ(laid->memory.read<NodeManager>(laid->image->node_allocators[9]).chunk_elements, 1);
}

TEST(FieldImage, NodesThatKernelsCannotAddressAreRefusedByName) {
  for (const uint64_t cells : {uint64_t{1} << 31, uint64_t{1} << 63, UINT64_MAX}) {
    const auto laid = lay_out({dynamic_tree(4, cells)});
    EXPECT_EQ(laid->status.code(), Code::incompatible_module) << cells;
    EXPECT_NE(laid->status.message().find("Node 9"), std::string_view::npos);
  }
}

TEST(FieldImage, HashNodesAreRefused) {
  FieldTree tree = sparse_tree();
  tree.snodes[1].type = Type::hash;
  const auto laid = lay_out({tree});
  EXPECT_EQ(laid->status.code(), Code::incompatible_module);
  EXPECT_EQ(laid->memory.count(), 0u);
}

TEST(FieldImage, IdsPastTheTablesAreRefused) {
  FieldTree far_tree = dense_tree();
  far_tree.id = aot::kMaxFieldTrees;
  EXPECT_EQ(lay_out({far_tree})->status.code(), Code::incompatible_module);
  FieldTree far_node = sparse_tree();
  far_node.snodes[3].id = aot::kMaxSnodes;
  EXPECT_EQ(lay_out({far_node})->status.code(), Code::incompatible_module);
}

TEST(FieldImage, RootsThatOverflowAreOutOfMemory) {
  FieldTree tree = dense_tree();
  tree.root_bytes = UINT64_MAX;
  EXPECT_EQ(lay_out({tree})->status.code(), Code::out_of_memory);
  EXPECT_EQ(bytes_of_fields(std::vector{tree}).take_status().code(), Code::out_of_memory);
}

TEST(FieldImage, TheSumIsWhatTheSameCallsTakeOneBehindTheOther) {
  const std::vector<FieldTree> trees{dense_tree(), sparse_tree(), dynamic_tree(4, 32)};
  const auto laid = lay_out(trees);
  ASSERT_TRUE(laid->status.ok());
  const auto bytes = bytes_of_fields(trees);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, laid->memory.end() - 0x10000000);
}

TEST(FieldImage, MemoryThatRunsOutAnywhereIsTold) {
  const std::vector<FieldTree> trees{sparse_tree(), dynamic_tree(4, 32)};
  const size_t calls = lay_out(trees)->memory.count();
  for (size_t call = 0; call < calls; ++call) {
    Laid laid;
    laid.memory.failing_call = static_cast<int>(call);
    laid.status = lay_out_fields(trees, kRuntime, laid.memory, *laid.image);
    EXPECT_EQ(laid.status.code(), Code::out_of_memory) << call;
  }
}

}  // namespace
}  // namespace ist::llvm_host
