// The type trees of metadata.tcb.
#pragma once

#include "aot/tcb_reader.h"
#include "aot/type_tree.h"

namespace ist::aot {

// What the offsets of structures in a tree are: bytes, or not filled in.
enum class TypeOffsets : uint8_t { real, unused };

// Reads the type `field`. Real offsets are checked: members lie in order, aligned and apart, within
// kMaxBlockBytes. corrupted_data, or incompatible_module for quantised types.
Result<TypeNode> read_llvm_type(TcbReader& in, const char* field, TypeOffsets offsets);

}  // namespace ist::aot
