// What a runtime says of a scene's objects, in words; both the window and the text are made of it.
#pragma once

#include <string>
#include <vector>

#include <ist/share.h>

#include "scenes/scene.h"

namespace demo {

// A memory, or one subresource of an image.
struct PartFacts {
  uint32_t mip = 0;
  uint32_t layer = 0;
  IstObjectState state{};
};

struct ObjectFacts {
  std::string name;
  bool is_image = false;
  // At least one.
  std::vector<PartFacts> parts;
};

// The states of every object, in the order of the scene. Throws std::runtime_error for what the runtime does not know.
std::vector<ObjectFacts> object_facts(TiRuntime runtime, const Scene& scene);

const char* holder_name(IstHolder holder);
const char* layout_name(TiImageLayout layout);
const char* rung_name(IstRung rung);
// Without what the compiler puts behind kernels of graphs: "advect" of "advect_c84_0".
std::string kernel_title(const std::string& name);
// Who has it, seen from the runtime: "same device", "queue family 1", "external", "foreign"; "-" while it is ours.
std::string peer_name(const IstObjectState& state);

// A counter of a runtime and its name; the same list for every reader.
struct CounterName {
  const char* name;
  uint64_t IstCounters::*value;
};
const std::vector<CounterName>& counter_names();

}  // namespace demo
