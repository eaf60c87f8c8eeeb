// The ImGui panel of a host app: who holds each shared object in which layout, by subresource; rungs; what
// each frame cost. Reads the runtime by ist_* only; knows neither Vulkan nor OpenGL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ist/share.h>
#include <taichi/taichi_core.h>

#include "scenes/scene.h"

namespace demo {

// What only the host app knows.
struct HostFacts {
  std::string host;     // "Vulkan host on llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string to_host;  // the rung towards the host: "TIMELINE"
  std::string to_ours;  // and back
  double frame_ms = 0;
};

class Panel {
 public:
  explicit Panel(TiRuntime runtime) : runtime_(runtime) {}
  // Call once a frame: the differences of the counters become "per frame".
  void sample();
  // Draws the window between ImGui::NewFrame() and ImGui::Render().
  void draw(const HostFacts& facts, const Scene& scene);

 private:
  TiRuntime runtime_;
  IstCounters before_{};
  IstCounters frame_{};
};

// The same facts as text, one object a line, for --json and for tests.
std::string objects_json(TiRuntime runtime, const Scene& scene);

}  // namespace demo
