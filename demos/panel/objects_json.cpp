// The panel's table as JSON.
#include <nlohmann/json.hpp>

#include "panel/facts.h"
#include "panel/panel.h"

namespace demo {
namespace {

using nlohmann::ordered_json;

ordered_json describe(const ObjectFacts& object, const PartFacts& part) {
  const IstObjectState& state = part.state;
  ordered_json line = {{"name", object.name}, {"kind", object.is_image ? "image" : "memory"}};
  if (object.is_image) {
    line["mip"] = part.mip;
    line["layer"] = part.layer;
    line["layout"] = layout_name(state.layout);
  }
  line["holder"] = holder_name(state.holder);
  line["peer"] = peer_name(state);
  line["rung"] = rung_name(state.rung);
  line["last_writer"] = kernel_title(state.last_writer);
  line["last_write"] = state.last_write;
  line["in_flight"] = state.in_flight != 0;
  return line;
}

}  // namespace

std::string objects_json(TiRuntime runtime, const Scene& scene) {
  std::string text;
  for (const ObjectFacts& object : object_facts(runtime, scene)) {
    for (const PartFacts& part : object.parts) {
      text += (text.empty() ? "[" : ",\n ") +
              describe(object, part).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    }
  }
  return text.empty() ? "[]\n" : text + "]\n";
}

}  // namespace demo
