// The type trees of metadata.json: the layout of the args and rets blocks, checked against the
// rules that generated it.
#pragma once

#include "aot/json_node.h"
#include "aot/type_tree.h"

namespace ist::aot {

// An absent node is an empty structure. corrupted_data when an offset breaks the layout's rules.
Result<TypeNode> read_type_tree(JsonNode node);

}  // namespace ist::aot
