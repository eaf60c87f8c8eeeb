// One function per object of the JSON.
#include "description.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "formats.h"
#include "signature.h"

namespace tool {
namespace {

using namespace ist::aot;

constexpr uint64_t kFnvStart = 14695981039346656037ull;
constexpr uint64_t kFnvPrime = 1099511628211ull;

std::string hash_text(const void* bytes, size_t count) {
  uint64_t hash = kFnvStart;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ static_cast<const uint8_t*>(bytes)[i]) * kFnvPrime;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

uint64_t size_of(const Binary& binary) { return binary.words.size() * 4 + binary.ir.size(); }

void put_code(Json& object, const Binary& binary) {
  object["code_bytes"] = size_of(binary);
  object["code_hash"] = binary.ir.empty() ? hash_text(binary.words.data(), binary.words.size() * 4)
                                          : hash_text(binary.ir.data(), binary.ir.size());
}

const char* kind_name(ParamKind kind) {
  switch (kind) {
    case ParamKind::scalar:
      return "scalar";
    case ParamKind::tensor:
      return "tensor";
    case ParamKind::ndarray:
      return "ndarray";
    case ParamKind::sampled_texture:
      return "texture";
    case ParamKind::storage_texture:
      return "rw_texture";
    case ParamKind::argpack:
      return "argpack";
  }
  return "unknown";
}

const char* kind_name(BindKind kind) {
  switch (kind) {
    case BindKind::args:
      return "args";
    case BindKind::rets:
      return "rets";
    case BindKind::root:
      return "root";
    case BindKind::global_tmps:
      return "global_tmps";
    case BindKind::ndarray:
      return "ndarray";
    case BindKind::sampled_image:
      return "texture";
    case BindKind::storage_image:
      return "rw_texture";
    case BindKind::argpack:
      return "argpack";
  }
  return "unknown";
}

const char* kind_name(Snode::Type type) {
  static constexpr const char* kNames[] = {"root", "dense", "dynamic",    "pointer",    "bitmasked",
                                           "hash", "place", "bit_struct", "quant_array"};
  return kNames[static_cast<size_t>(type)];
}

const char* rule_name(TripRule rule) {
  static constexpr const char* kNames[] = {"any", "exact", "advisory"};
  return kNames[static_cast<size_t>(rule)];
}

bool is_value(ParamKind kind) { return kind == ParamKind::scalar || kind == ParamKind::tensor; }

Json describe(const Argument& argument) {
  Json made = {{"name", argument.name},
               {"kind", kind_name(argument.kind)},
               {"type", type_text(argument)},
               {"access", access_text(argument.access)}};
  if (is_value(argument.kind) || argument.kind == ParamKind::ndarray) {
    made["data_type"] = data_type_name(argument.type);
    made["element_shape"] = argument.element_shape;
  }
  if (!is_value(argument.kind)) made["rank"] = argument.rank;
  if (argument.image_format) made["format"] = format_name(argument.image_format);
  return made;
}

Json describe_parameters(const KernelDesc& kernel) {
  Json list = Json::array();
  const std::vector<Argument> arguments = arguments_of(kernel);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Param& param = kernel.params[i];
    Json made = describe(arguments[i]);
    made["offset_bytes"] = param.offset_bytes;
    if (param.kind == ParamKind::ndarray) made["element_bytes"] = param.element_bytes;
    list.push_back(std::move(made));
  }
  return list;
}

Json describe_results(const KernelDesc& kernel) {
  Json list = Json::array();
  for (const ReturnValue& value : kernel.returns) {
    Json made = {{"name", value.name}, {"type", type_text(value)}};
    if (!value.members.empty()) {
      made["data_type"] = data_type_name(value.members.front().type);
      made["offset_bytes"] = value.members.front().offset_bytes;
    }
    made["shape"] = value.shape;
    list.push_back(std::move(made));
  }
  return list;
}

Json describe(const Bind& bind, const KernelDesc& kernel) {
  Json made = {{"binding", bind.binding}, {"kind", kind_name(bind.kind)}};
  if (bind.kind >= BindKind::ndarray && bind.param < kernel.params.size())
    made["parameter"] = kernel.params[bind.param].name;
  made["access"] = access_text(bind.access);
  if (bind.image_format) made["format"] = format_name(bind.image_format);
  if (bind.image_dim) made["dimension"] = bind.image_dim;
  return made;
}

// How many invocations, how that is known, and what the module advises, which counts where nothing better is known.
Json describe_range(const TaskDesc& task, CodeKind code) {
  const auto range = [&](const Json& count, const char* known) {
    return Json{{"count", count}, {"known", known}, {"advised", task.advisory_invocations}};
  };
  if (code != CodeKind::spirv) return {{"count", nullptr}, {"known", "in the code"}};
  if (task.serial) return range(1, "serial");
  if (task.constant_range) return range(task.advisory_invocations, "constant");
  if (task.trip.known()) return range(nullptr, "from arguments");
  return range(task.advisory_invocations, "advisory");
}

Json describe(const TaskDesc& task, const KernelDesc& kernel, const ModuleDesc& module) {
  Json made = {{"name", task.name}, {"invocations", describe_range(task, module.code)}};
  if (module.code == CodeKind::spirv) {
    made["workgroup"] = task.local_size_x;
    made["workgroups"] = rule_name(task.rule);
    made["uses_random_numbers"] = task.uses_rng;
    Json binds = Json::array();
    for (const Bind& bind : task.binds) binds.push_back(describe(bind, kernel));
    made["bindings"] = std::move(binds);
    put_code(made, module.binaries[task.binary]);
  } else if (module.code == CodeKind::cuda) {
    made["block_dim"] = task.block_dim;
    made["grid_dim"] = task.grid_dim;
    made["dynamic_shared_bytes"] = task.dynamic_shared_bytes;
  }
  return made;
}

Json describe_features(const Needs& needs) {
  Json list = Json::array();
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::count); ++i)
    if (needs.features.has(static_cast<Feature>(i))) list.push_back(feature_name(static_cast<Feature>(i)));
  return list;
}

Json describe_needs(const Needs& needs) {
  return {{"spirv_version", spirv_version_text(needs.spirv_version)},
          {"features", describe_features(needs)},
          {"workgroup", needs.local_size_x},
          {"shared_memory_bytes", needs.shared_memory_bytes}};
}

uint64_t code_bytes_of(const KernelDesc& kernel, const ModuleDesc& module) {
  if (module.code != CodeKind::spirv) return size_of(module.binaries[kernel.binary]);
  uint64_t bytes = 0;
  for (const TaskDesc& task : kernel.tasks) bytes += size_of(module.binaries[task.binary]);
  return bytes;
}

Json describe(const KernelDesc& kernel, const ModuleDesc& module) {
  Json made = {{"name", kernel.name},
               {"signature", signature(kernel)},
               {"parameters", describe_parameters(kernel)},
               {"results", describe_results(kernel)},
               {"args_bytes", kernel.args_bytes},
               {"rets_bytes", kernel.rets_bytes}};
  if (module.code == CodeKind::spirv) {
    made["needs"] = describe_needs(kernel.needs);
    made["code_bytes"] = code_bytes_of(kernel, module);
  } else {
    put_code(made, module.binaries[kernel.binary]);
  }
  Json tasks = Json::array();
  for (const TaskDesc& task : kernel.tasks) tasks.push_back(describe(task, kernel, module));
  made["tasks"] = std::move(tasks);
  return made;
}

Json describe(const GraphDesc& graph, const ModuleDesc& module) {
  Json parameters = Json::array(), nodes = Json::array();
  for (const Argument& argument : arguments_of(module, graph)) parameters.push_back(describe(argument));
  for (const Dispatch& dispatch : graph.dispatches) {
    Json arguments = Json::array();
    for (const uint32_t arg : dispatch.args) arguments.push_back(graph.args[arg].name);
    nodes.push_back({{"kernel", module.kernels[dispatch.kernel].name}, {"arguments", std::move(arguments)}});
  }
  return {{"name", graph.name},
          {"signature", signature(module, graph)},
          {"parameters", std::move(parameters)},
          {"nodes", std::move(nodes)}};
}

Json describe(const FieldTree& tree) {
  Json nodes = Json::array();
  for (const Snode& snode : tree.snodes) {
    Json made = {{"id", snode.id}, {"type", kind_name(snode.type)}, {"cell_bytes", snode.cell_bytes}};
    if (snode.type == Snode::Type::dynamic) made["chunk_cells"] = snode.chunk_cells;
    nodes.push_back(std::move(made));
  }
  return {{"id", tree.id}, {"root_bytes", tree.root_bytes}, {"nodes", std::move(nodes)}};
}

Json describe_capabilities(const ModuleDesc& module) {
  Json list = Json::array();
  for (const auto& [capability, level] : module.required_caps)
    list.push_back({{"name", capability_name(capability)}, {"level", level}});
  return list;
}

Json describe_archs(CodeKind code) {
  switch (code) {
    case CodeKind::spirv:
      return {"vulkan", "opengl", "gles"};
    case CodeKind::x64:
      return Json::array({"x64"});
    case CodeKind::arm64:
      return Json::array({"arm64"});
    case CodeKind::cuda:
      return Json::array({"cuda"});
  }
  return Json::array();
}

}  // namespace

Json describe(const ModuleDesc& module) {
  Json made = {{"taichi_version", module.taichi_version},
               {"code", module.code == CodeKind::spirv ? "SPIR-V" : "LLVM IR"},
               {"archs", describe_archs(module.code)}};
  if (module.code == CodeKind::spirv) {
    made["capabilities"] = describe_capabilities(module);
    made["needs"] = describe_needs(module.needs);
    made["uses_addresses"] = module.uses_addresses;
    made["root_bytes"] = module.root_bytes;
  } else {
    Json trees = Json::array();
    for (const FieldTree& tree : module.trees) trees.push_back(describe(tree));
    made["trees"] = std::move(trees);
  }
  uint64_t code_bytes = 0;
  for (const Binary& binary : module.binaries) code_bytes += size_of(binary);
  made["binary_count"] = module.binaries.size();
  made["code_bytes"] = code_bytes;
  Json kernels = Json::array(), graphs = Json::array();
  for (const KernelDesc& kernel : module.kernels) kernels.push_back(describe(kernel, module));
  for (const GraphDesc& graph : module.graphs) graphs.push_back(describe(graph, module));
  made["kernels"] = std::move(kernels);
  made["graphs"] = std::move(graphs);
  return made;
}

uint64_t bytes_on_disk(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_regular_file(path, error)) return fs::file_size(path, error);
  uint64_t bytes = 0;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) bytes += at->file_size(ignored);
  }
  return error ? 0 : bytes;
}

std::string spirv_version_text(uint32_t version) {
  return std::to_string(version >> 16 & 0xff) + "." + std::to_string(version >> 8 & 0xff);
}

std::string dumped(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tool
