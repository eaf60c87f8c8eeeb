// metadata.json and graphs.json to RawModule; opens no device.
#include "raw_module.h"

#include <nlohmann/json.hpp>

namespace ist::bench {
namespace {

using nlohmann::json;

constexpr int kBufferArgs = 2;
constexpr int kBufferArray = 5;
constexpr int kParameterScalar = 0;
constexpr int kParameterArray = 1;

RawTask read_task(const json& task) {
  RawTask out;
  out.name = task.at("name");
  out.group_size = task.at("advisory_num_threads_per_group");
  const json& range = task.at("range_for_attribs");
  if (range.is_null()) {
    out.constant_trip = 1;
  } else if (range.at("const_begin") && range.at("const_end")) {
    out.constant_trip = range.at("end").get<int64_t>() - range.at("begin").get<int64_t>();
  }
  for (const json& bind : task.at("buffer_binds")) {
    const json& buffer = bind.at("buffer");
    RawBinding binding{bind.at("binding"), {}};
    if (buffer.at("type") == kBufferArray) binding.argument = buffer.at("root_id").at(0).get<uint32_t>();
    out.bindings.push_back(binding);
  }
  return out;
}

RawKernel read_kernel(const json& kernel) {
  RawKernel out;
  out.name = kernel.at("name");
  const json& context = kernel.at("ctx_attribs");
  out.args_size_bytes = context.at("args_bytes_");
  const json& members = context.at("args_type_").at("content").at("elements_");
  out.parameters.resize(members.size());
  for (size_t i = 0; i < members.size(); ++i) out.parameters[i].offset_bytes = members[i].at("offset");
  for (const json& entry : context.at("arg_attribs_vec_")) {
    const json& value = entry.at("value");
    const int kind = value.at("ptype");
    RawParameter& parameter = out.parameters.at(entry.at("key").at(0).get<size_t>());
    parameter.name = value.at("name");
    parameter.is_array = kind == kParameterArray;
    if (parameter.is_array) parameter.name.erase(0, 1);  // arrays carry a leading underscore
    if (kind != kParameterArray && kind != kParameterScalar)
      parameter.name.clear();  // not usable from bench; refused when a launch is prepared
  }
  for (const json& task : kernel.at("tasks_attribs")) out.tasks.push_back(read_task(task));
  return out;
}

RawGraph read_graph(const json& graph) {
  RawGraph out;
  out.name = graph.at("key");
  for (const json& dispatch : graph.at("value").at("dispatches")) {
    RawDispatch& step = out.dispatches.emplace_back();
    step.kernel = dispatch.at("kernel_name");
    for (const json& argument : dispatch.at("symbolic_args")) step.arguments.push_back(argument.at("name"));
  }
  return out;
}

// Modules may hold kernels that bench cannot drive (textures, fields); only asking for one is an error.
bool is_readable(const json& kernel) {
  for (const json& task : kernel.at("tasks_attribs")) {
    if (!task.at("texture_binds").empty()) return false;
    for (const json& bind : task.at("buffer_binds")) {
      const int type = bind.at("buffer").at("type");
      if (type != kBufferArgs && type != kBufferArray) return false;
    }
  }
  return true;
}

}  // namespace

RawModule read_raw_module(const ModuleFiles& files) {
  RawModule module;
  const json metadata = json::parse(files.text("metadata.json"));
  for (const json& kernel : metadata.at("kernels"))
    if (is_readable(kernel)) module.kernels.push_back(read_kernel(kernel));
  const json graphs = json::parse(files.text("graphs.json"));
  for (const json& graph : graphs) module.graphs.push_back(read_graph(graph));
  return module;
}

}  // namespace ist::bench
