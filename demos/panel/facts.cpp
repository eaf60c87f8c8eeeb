// Readings of a runtime and the names of what they hold.
#include "panel/facts.h"

#include <array>
#include <regex>
#include <stdexcept>

namespace demo {
namespace {

PartFacts part_facts(TiRuntime runtime, const Scene::Object& object, uint32_t mip, uint32_t layer) {
  IstHandover which{};
  which.image = object.image;
  which.memory = object.memory;
  which.base_mip = mip;
  which.base_layer = layer;
  PartFacts part{.mip = mip, .layer = layer};
  part.state.size = sizeof part.state;
  if (ist_object_state(runtime, &which, &part.state) < TI_ERROR_SUCCESS) {
    throw std::runtime_error("The state of '" + object.name + "' is not known to the runtime.");
  }
  return part;
}

// The name at `index`, or "?" for values of a newer library.
template <size_t count>
const char* pick(const std::array<const char*, count>& names, int64_t index) {
  return index >= 0 && index < int64_t(count) ? names[size_t(index)] : "?";
}

}  // namespace

std::vector<ObjectFacts> object_facts(TiRuntime runtime, const Scene& scene) {
  std::vector<ObjectFacts> all;
  for (const Scene::Object& object : scene.objects()) {
    ObjectFacts facts{.name = object.name, .is_image = object.image != TI_NULL_HANDLE, .parts = {}};
    for (uint32_t layer = 0; layer < object.layers; ++layer) {
      for (uint32_t mip = 0; mip < object.mips; ++mip) facts.parts.push_back(part_facts(runtime, object, mip, layer));
    }
    all.push_back(std::move(facts));
  }
  return all;
}

const char* holder_name(IstHolder holder) { return pick(std::array{"OURS", "LENT", "RETURNING"}, holder); }

const char* layout_name(TiImageLayout layout) {
  return pick(std::array{"UNDEFINED", "SHADER_READ", "SHADER_WRITE", "SHADER_READ_WRITE", "COLOR_ATTACHMENT",
                         "COLOR_ATTACHMENT_READ", "DEPTH_ATTACHMENT", "DEPTH_ATTACHMENT_READ", "TRANSFER_DST",
                         "TRANSFER_SRC", "PRESENT_SRC"},
              layout);
}

const char* rung_name(IstRung rung) {
  return pick(std::array{"-", "QUEUE", "TIMELINE", "BINARY", "SYNC_FD", "GL_FENCE", "HOST"}, rung);
}

std::string kernel_title(const std::string& name) {
  static const std::regex instance("_c[0-9]+_[0-9]+$");
  return std::regex_replace(name, instance, "");
}

std::string peer_name(const IstObjectState& state) {
  if (state.holder == IST_HOLDER_OURS) return "-";
  if (state.peer == IST_PEER_QUEUE_FAMILY) return "queue family " + std::to_string(state.queue_family);
  return pick(std::array{"same device", "queue family", "external", "foreign"}, state.peer);
}

const std::vector<CounterName>& counter_names() {
  static const std::vector<CounterName> names = {
      {"launches", &IstCounters::launches},
      {"dispatches", &IstCounters::dispatches},
      {"barriers", &IstCounters::barriers},
      {"submits", &IstCounters::submits},
      {"copies", &IstCounters::copies},
      {"share_copies", &IstCounters::share_copies},
      {"share_bytes", &IstCounters::share_bytes},
      {"blocking_waits", &IstCounters::blocking_waits},
      {"polls", &IstCounters::polls},
      {"gpu_waits", &IstCounters::gpu_waits},
      {"gpu_signals", &IstCounters::gpu_signals},
  };
  return names;
}

}  // namespace demo
