// Types are written the way shading languages and NumPy users do.
#include "signature.h"

#include "formats.h"

namespace tool {
namespace {

using ist::aot::ParamKind;

bool is_texture(ParamKind kind) { return kind == ParamKind::sampled_texture || kind == ParamKind::storage_texture; }
bool is_resource(ParamKind kind) { return is_texture(kind) || kind == ParamKind::ndarray; }

std::string element_text(ist::aot::DataType type, const std::vector<uint32_t>& shape) {
  const std::string name = ist::aot::data_type_name(type);
  if (shape.empty()) return name;
  std::string text = shape.size() == 1 ? "vec" : "mat";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? "x" : "") + std::to_string(shape[i]);
  return text + "<" + name + ">";
}

std::string array_suffix(uint32_t rank) {
  std::string text = "[";
  for (uint32_t i = 0; i < rank; ++i) text += i ? ", :" : ":";
  return text + "]";
}

std::string list_text(const std::vector<Argument>& arguments) {
  std::string text = "(";
  for (const Argument& argument : arguments) {
    if (text.size() > 1) text += ", ";
    text += argument.name + ": " + type_text(argument);
    if (is_resource(argument.kind)) text += std::string(" ") + access_text(argument.access);
  }
  return text + ")";
}

}  // namespace

std::vector<Argument> arguments_of(const ist::aot::KernelDesc& kernel) {
  std::vector<Argument> arguments;
  for (const ist::aot::Param& param : kernel.params) {
    Argument made{param.name, param.kind, param.type, param.rank, param.element_shape, 1, param.image_format};
    if (is_resource(param.kind)) made.access = param.access;
    if (param.kind == ParamKind::tensor) made.element_shape = {static_cast<uint32_t>(param.members.size())};
    arguments.push_back(std::move(made));
  }
  return arguments;
}

std::vector<Argument> arguments_of(const ist::aot::ModuleDesc& module, const ist::aot::GraphDesc& graph) {
  std::vector<Argument> arguments;
  for (const ist::aot::GraphArg& arg : graph.args) {
    Argument made{arg.name, arg.kind, arg.type, arg.rank, arg.element_shape, 1, 0};
    if (is_resource(arg.kind)) made.access = 0;
    if (arg.kind == ParamKind::tensor && made.element_shape.size() == 2 && made.element_shape[1] == 1)
      made.element_shape.pop_back();
    arguments.push_back(std::move(made));
  }
  for (const ist::aot::Dispatch& dispatch : graph.dispatches) {
    const auto& params = module.kernels[dispatch.kernel].params;
    for (size_t position = 0; position < dispatch.args.size(); ++position) {
      const ist::aot::Param& param = params[position];
      if (!is_resource(param.kind)) continue;
      Argument& argument = arguments[dispatch.args[position]];
      argument.access |= param.access;
      if (param.image_format) argument.image_format = param.image_format;
    }
  }
  return arguments;
}

uint64_t components_of(const std::vector<uint32_t>& shape) {
  uint64_t count = 1;
  for (const uint32_t dim : shape) count *= dim;
  return count;
}

std::string type_text(const Argument& argument) {
  const std::string rank = std::to_string(argument.rank);
  switch (argument.kind) {
    case ParamKind::sampled_texture:
      return "texture" + rank + "d";
    case ParamKind::storage_texture:
      return "image" + rank + "d" +
             (argument.image_format ? std::string("<") + format_name(argument.image_format) + ">" : std::string());
    case ParamKind::ndarray:
      return element_text(argument.type, argument.element_shape) + array_suffix(argument.rank);
    case ParamKind::argpack:
      return "argpack";
    default:
      return element_text(argument.type, argument.element_shape);
  }
}

std::string type_text(const ist::aot::ReturnValue& value) {
  return value.members.empty() ? "nothing" : element_text(value.members.front().type, value.shape);
}

const char* access_text(uint8_t access) {
  static constexpr const char* kNames[] = {"unused", "read", "write", "read+write"};
  return kNames[access & 3];
}

std::string signature(const ist::aot::KernelDesc& kernel) {
  std::string text = kernel.name + list_text(arguments_of(kernel));
  for (size_t i = 0; i < kernel.returns.size(); ++i) text += (i ? ", " : " -> ") + type_text(kernel.returns[i]);
  return text;
}

std::string signature(const ist::aot::ModuleDesc& module, const ist::aot::GraphDesc& graph) {
  return graph.name + list_text(arguments_of(module, graph));
}

}  // namespace tool
