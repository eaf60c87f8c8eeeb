// TiComputeGraph: kernels of one module in a fixed order, with arguments by name.
#pragma once

#include <ist/core.h>
#include <taichi/taichi_core.h>

#include <vector>

#include "core/launch_plan.h"
#include "core/module.h"

namespace ist {

class Graph : public Child {
 public:
  Graph(Module& module, const aot::GraphDesc& desc)
      : Child(module.runtime(), Kind::compute_graph), module_(module), desc_(desc) {}

  Module& module() const { return module_; }
  const aot::GraphDesc& desc() const { return desc_; }

  // Descriptions for the host, made at first asking; they live as long as the graph.
  const std::vector<IstArgumentInfo>& argument_infos();

  // Makes all its kernels ready, once: at look-up.
  Status make_ready();
  // Checks every argument of every dispatch, then records them all: nothing runs unless all is right.
  Status launch(uint32_t count, const TiNamedArgument* arguments);

 private:
  Status match(uint32_t count, const TiNamedArgument* arguments);

  Module& module_;
  const aot::GraphDesc& desc_;
  bool ready_ = false;
  std::vector<IstArgumentInfo> argument_infos_;
  std::vector<uint32_t> matched_;         // desc_.args[i] <- arguments[matched_[i]]; kept as the next call's guess
  std::vector<PreparedLaunch> prepared_;  // by dispatch
  std::vector<std::string> labels_;       // by dispatch: "graph / kernel"
};

}  // namespace ist
