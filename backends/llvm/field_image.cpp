// Sizes of nodes come from files: each is checked before it is multiplied or narrowed.
#include "llvm/field_image.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <limits>
#include <memory>

namespace ist::llvm_host {
namespace {

constexpr uint64_t kLineBytes = 64;
constexpr uint64_t kAmbientAlignment = 128;
constexpr uint32_t kFirstChunkNodes = 16384;
constexpr uint64_t kMostChunkBytes = uint64_t{128} << 20;
// More than any machine addresses, and far from overflow.
constexpr uint64_t kMostRootBytes = uint64_t{1} << 47;

bool is_static(aot::Snode::Type type) {
  return type == aot::Snode::Type::root || type == aot::Snode::Type::dense || type == aot::Snode::Type::place;
}

bool tree_grows(const aot::FieldTree& tree) {
  return !std::all_of(tree.snodes.begin(), tree.snodes.end(),
                      [](const aot::Snode& node) { return is_static(node.type); });
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span<const T, 1>(&value, 1));
}

Status too_large(const aot::Snode& node) {
  return fail(Code::incompatible_module,
              "Node %u of the fields has %" PRIu64 " cells of %" PRIu64
              " bytes in a chunk, but kernels address less than 2 GiB in one.",
              node.id, std::max<uint64_t>(node.chunk_cells, 1), node.cell_bytes);
}

// Bytes of what a pointer node allocates for one cell, or a dynamic one for one chunk.
Result<uint32_t> allocated_bytes(const aot::Snode& node) {
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  constexpr uint64_t kNextPointer = 8;
  const bool dynamic = node.type == aot::Snode::Type::dynamic;
  const uint64_t cells = dynamic ? node.chunk_cells : 1;
  const uint64_t head = dynamic ? kNextPointer : 0;
  if (cells > 0 && node.cell_bytes > (kMost - head) / cells) return too_large(node);
  return static_cast<uint32_t>(std::max<uint64_t>(head + cells * node.cell_bytes, 1));
}

class Layout {
 public:
  Layout(Lists lists, Address runtime, FieldMemory& memory, LlvmRuntime& image)
      : lists_(lists), runtime_(runtime), memory_(memory), image_(image) {}

  Status add(const aot::FieldTree& tree);

 private:
  Status add_lists(const aot::FieldTree& tree);
  Status add_root_list(const aot::FieldTree& tree);
  Status add_allocator(const aot::Snode& node);
  Result<Address> list(uint64_t element_bytes, uint32_t per_chunk, int32_t count);

  const Lists lists_;
  const Address runtime_;
  FieldMemory& memory_;
  LlvmRuntime& image_;
};

Result<Address> Layout::list(uint64_t element_bytes, uint32_t per_chunk, int32_t count) {
  IST_TRY(const Address at, memory_.allocate(kListBytes, kLineBytes));
  ListTail tail;
  tail.element_bytes = element_bytes;
  tail.per_chunk = per_chunk;
  tail.log2_per_chunk = std::countr_zero(per_chunk);
  tail.count = count;
  tail.runtime = runtime_;
  IST_CHECK(memory_.write(at + kListTailOffset, bytes_of(tail)));
  return at;
}

// The root is one cell that is always active; kernels derive all other lists from this one.
Status Layout::add_root_list(const aot::FieldTree& tree) {
  IST_TRY(const Address chunk, memory_.allocate(sizeof(Element) * kElementsPerChunk, kLineBytes));
  Element root;
  root.pointer = image_.roots[tree.id];
  root.bounds[1] = 1;
  IST_CHECK(memory_.write(chunk, bytes_of(root)));
  IST_TRY(const Address at, list(sizeof(Element), kElementsPerChunk, 1));
  image_.element_lists[tree.root_snode] = at;
  return memory_.write(at, bytes_of(chunk));
}

Status Layout::add_lists(const aot::FieldTree& tree) {
  IST_CHECK(add_root_list(tree));
  const bool grows = tree_grows(tree);
  for (const aot::Snode& node : tree.snodes) {
    // Loops over dense fields go over the cells that values are placed in.
    if (node.id == tree.root_snode || (!grows && node.type == aot::Snode::Type::place)) continue;
    IST_TRY(image_.element_lists[node.id], list(sizeof(Element), kElementsPerChunk, 0));
  }
  return {};
}

Status Layout::add_allocator(const aot::Snode& node) {
  IST_TRY(const uint32_t bytes, allocated_bytes(node));
  uint32_t chunk = kFirstChunkNodes;
  while (chunk > 1 && uint64_t{chunk} * bytes > kMostChunkBytes) chunk /= 2;
  NodeManager manager;
  manager.runtime = runtime_;
  manager.element_bytes = static_cast<int32_t>(bytes);
  manager.chunk_elements = static_cast<int32_t>(chunk);
  IST_TRY(manager.free_list, list(sizeof(int32_t), chunk, 0));
  IST_TRY(manager.recycled_list, list(sizeof(int32_t), chunk, 0));
  IST_TRY(manager.data_list, list(bytes, chunk, 0));
  IST_TRY(const Address at, memory_.allocate(sizeof manager, kLineBytes));
  IST_CHECK(memory_.write(at, bytes_of(manager)));
  image_.node_allocators[node.id] = at;
  IST_TRY(image_.ambient_elements[node.id], memory_.allocate(bytes, kAmbientAlignment));
  return {};
}

Status Layout::add(const aot::FieldTree& tree) {
  if (tree.root_bytes > kMostRootBytes)
    return fail(Code::out_of_memory, "Field tree %u takes %" PRIu64 " bytes.", tree.id, tree.root_bytes);
  const uint64_t bytes = std::max<uint64_t>((tree.root_bytes + kPageBytes - 1) / kPageBytes, 1) * kPageBytes;
  IST_TRY(image_.roots[tree.id], memory_.allocate(bytes, kPageBytes));
  image_.root_bytes[tree.id] = bytes;
  if (lists_ == Lists::where_fields_grow && !tree_grows(tree)) return {};
  IST_CHECK(add_lists(tree));
  for (const aot::Snode& node : tree.snodes) {
    if (node.type != aot::Snode::Type::pointer && node.type != aot::Snode::Type::dynamic) continue;
    IST_CHECK(add_allocator(node));
  }
  return {};
}

Status check(const aot::FieldTree& tree) {
  if (tree.id >= aot::kMaxFieldTrees || tree.root_snode >= aot::kMaxSnodes)
    return fail(Code::incompatible_module, "Field tree %u with root node %u is past what kernels can name (%u and %u).",
                tree.id, tree.root_snode, aot::kMaxFieldTrees, aot::kMaxSnodes);
  for (const aot::Snode& node : tree.snodes) {
    if (node.id >= aot::kMaxSnodes)
      return fail(Code::incompatible_module, "Node %u of the fields is past what kernels can name (%u).", node.id,
                  aot::kMaxSnodes);
    if (node.type == aot::Snode::Type::hash)
      return fail(Code::incompatible_module, "Node %u of the fields is a hash node, which is not supported.", node.id);
  }
  return {};
}

class Sum final : public FieldMemory {
 public:
  Result<Address> allocate(uint64_t size_bytes, uint64_t alignment) override {
    const Address at = (end_ + alignment - 1) & ~(alignment - 1);
    end_ = at + size_bytes;
    if (end_ < kMostRootBytes * 2) return at;
    return fail(Code::out_of_memory, "The fields take more than %" PRIu64 " bytes.", end_);
  }
  Status write(Address, std::span<const std::byte>) override { return {}; }
  uint64_t bytes() const { return end_; }

 private:
  uint64_t end_ = 0;
};

}  // namespace

bool fields_grow(std::span<const aot::FieldTree> trees) { return std::any_of(trees.begin(), trees.end(), tree_grows); }

Status lay_out_fields(std::span<const aot::FieldTree> trees, Address runtime, FieldMemory& memory, LlvmRuntime& image,
                      Lists lists) {
  Layout layout(lists, runtime, memory, image);
  for (const aot::FieldTree& tree : trees) {
    IST_CHECK(check(tree));
    IST_CHECK(layout.add(tree));
  }
  return {};
}

Result<uint64_t> bytes_of_fields(std::span<const aot::FieldTree> trees) {
  Sum sum;
  auto image = std::make_unique<LlvmRuntime>();
  IST_CHECK(lay_out_fields(trees, 0, sum, *image));
  return sum.bytes();
}

}  // namespace ist::llvm_host
