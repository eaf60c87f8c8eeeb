// The field trees of a module as the structures that LLVM kernels find them by: roots, lists of active cells, node
// managers. Laid out alike for every machine; knows none of them, only a way to get and to write its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "aot/module_desc.h"
#include "base/status.h"
#include "llvm/runtime_image.h"

namespace ist::llvm_host {

// Memory of the machine that runs the kernels, for as long as the image is used.
class FieldMemory {
 public:
  virtual ~FieldMemory() = default;
  // Zeroed bytes (at least one) at a multiple of `alignment`, a power of two up to kPageBytes. out_of_memory.
  virtual Result<Address> allocate(uint64_t size_bytes, uint64_t alignment) = 0;
  virtual Status write(Address to, std::span<const std::byte> bytes) = 0;
};

// Kernels on such fields ask for memory while they run: some node is neither root, dense nor place.
bool fields_grow(std::span<const aot::FieldTree> trees);

// Which trees get lists of active cells, 1 MiB for each node. A tree that does not grow needs them only for loops over
// a field that were compiled without being turned into loops over a range (demote_dense_struct_fors=False).
enum class Lists { where_fields_grow, always };

// Makes the trees, all cells inactive and all values zero, and fills in what `image` says of them. `runtime` is where
// the image will lie. The same calls of `memory` with the same sizes follow from the same trees. incompatible_module
// names a node that cannot be had; otherwise fails as `memory` does.
Status lay_out_fields(std::span<const aot::FieldTree> trees, Address runtime, FieldMemory& memory, LlvmRuntime& image,
                      Lists lists = Lists::where_fields_grow);

// Takes nothing and adds up what it is asked for: bytes that, at a multiple of kPageBytes, hold all pieces of
// lay_out_fields() without a choice of lists one after another, each behind the last at its alignment.
Result<uint64_t> bytes_of_fields(std::span<const aot::FieldTree> trees);

}  // namespace ist::llvm_host
