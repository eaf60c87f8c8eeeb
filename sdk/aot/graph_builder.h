// What makes a graph right, whatever file it was read from: dispatches are resolved against the
// module's kernels, arguments fit parameters, and a name means one thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "aot/module_desc.h"

namespace ist::aot {

// The limits of what a graph argument says.
constexpr int32_t kMaxGraphRank = 16;

// The kind that a file's `tag` stands for.
std::optional<ParamKind> graph_argument_kind(int64_t tag);
constexpr int64_t kLastGraphTag = 5;

// Whether a file says the type and shape of such an argument; of textures both are uninitialised memory.
bool has_element(ParamKind kind);
bool is_element_shape(const std::vector<uint32_t>& shape);

// Appends graphs to a module whose kernels are complete. A function that returns text has refused:
// the text completes the sentence that begins with the place in the file; "" is success.
class GraphBuilder {
 public:
  explicit GraphBuilder(ModuleDesc& module);

  void begin_graph(std::string name);
  [[nodiscard]] std::string begin_dispatch(const std::string& kernel, size_t argument_count);
  // The next argument of the dispatch that was begun last.
  [[nodiscard]] std::string add_argument(GraphArg arg);
  // Of graphs with one name the first is kept.
  void end_graph();

 private:
  ModuleDesc& module_;
  GraphDesc graph_;
  std::unordered_map<std::string, uint32_t> kernels_;
  std::unordered_map<std::string, uint32_t> argument_names_;
  std::unordered_set<std::string> graph_names_;
};

}  // namespace ist::aot
