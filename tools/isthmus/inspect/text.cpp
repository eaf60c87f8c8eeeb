// A module on one screen: what it needs, then a block per kernel and per graph.
#include "text.h"

#include <set>

#include "../console.h"

namespace tool {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// All words of a module go through here.
std::string text_of(const Json& value) {
  return printable(value.is_string() ? value.get<std::string>() : dumped(value, -1));
}

std::string joined(const Json& list, const char* separator = ", ") {
  std::string text;
  for (const Json& word : list) text += (text.empty() ? "" : separator) + text_of(word);
  return text;
}

std::string counted(uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string capabilities(const Json& list) {
  std::string text;
  for (const Json& capability : list) {
    const uint32_t level = capability["level"].get<uint32_t>();
    const std::string name = text_of(capability["name"]);
    text += (text.empty() ? "" : ", ") + name;
    if (name == "spirv_version") text += " " + spirv_version_text(level);
    if (name != "spirv_version" && level != 1) text += " " + std::to_string(level);
  }
  return text.empty() ? "none" : text;
}

std::string needs(const Json& needs) {
  std::string text = "SPIR-V " + text_of(needs["spirv_version"]);
  if (!needs["features"].empty()) text += ", " + joined(needs["features"]);
  const uint64_t shared = needs["shared_memory_bytes"].get<uint64_t>();
  if (shared) text += ", " + size_text(shared) + " of shared memory";
  return text + ", workgroups of " + text_of(needs["workgroup"]);
}

std::string fields(const Json& module) {
  if (module.contains("root_bytes")) {
    const uint64_t bytes = module["root_bytes"].get<uint64_t>();
    return bytes ? "a root buffer of " + size_text(bytes) : "none";
  }
  std::string text;
  for (const Json& tree : module["trees"]) {
    text += (text.empty() ? "tree " : ", tree ") + text_of(tree["id"]) + " of ";
    text += size_text(tree["root_bytes"].get<uint64_t>()) + " (" + counted(tree["nodes"].size(), "node", "nodes") + ")";
  }
  return text.empty() ? "none" : text;
}

std::string invocations(const Json& range) {
  const std::string known = text_of(range["known"]);
  if (known == "serial") return "serial";
  if (known == "constant") return text_of(range["count"]) + " invocations";
  if (known == "in the code") return "a range that its code knows";
  if (known == "from arguments") return "as many as the arguments say";
  return text_of(range["count"]) + " invocations advised";
}

// "args, x, v, root": what the task's bindings are.
std::string binding_names(const Json& bindings) {
  std::string text;
  std::set<std::string> seen;
  for (const Json& bind : bindings) {
    const std::string name = text_of(bind.contains("parameter") ? bind["parameter"] : bind["kind"]);
    if (seen.insert(name).second) text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "nothing bound" : "binds " + text;
}

Rows task_rows(const Json& kernel) {
  Rows rows;
  size_t index = 0;
  for (const Json& task : kernel["tasks"]) {
    std::vector<std::string> row = {"task " + std::to_string(index++), invocations(task["invocations"])};
    if (task.contains("workgroup")) {
      row.push_back("groups of " + text_of(task["workgroup"]));
      row.push_back(size_text(task["code_bytes"].get<uint64_t>()));
      row.push_back(binding_names(task["bindings"]));
    } else if (task.contains("block_dim")) {
      row.push_back(text_of(task["grid_dim"]) + " blocks of " + text_of(task["block_dim"]));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// The signature after the name, over as many lines as it needs, which begin below its first parameter.
std::string wrapped(const std::string& text, size_t column) {
  constexpr size_t kWidth = 110;
  std::string made, word;
  size_t at = column;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    word += text[i];
    depth += (text[i] == '[') - (text[i] == ']');
    const bool ends = i + 1 == text.size() || (depth == 0 && text.compare(i, 2, ", ") == 0);
    if (!ends) continue;
    if (at + word.size() > kWidth && at > column + 1) {
      while (made.ends_with(' ')) made.pop_back();
      made += "\n" + std::string(column + 1, ' ');
      at = column + 1;
      word.erase(0, word.find_first_not_of(' '));
    }
    made += word;
    at += word.size();
    word.clear();
  }
  return made;
}

std::string signature_line(const Json& object, const Paint& paint) {
  const std::string name = text_of(object["name"]), whole = text_of(object["signature"]);
  const std::string rest = whole.substr(std::min(name.size(), whole.size()));
  return "  " + paint.bold(name) + wrapped(rest, name.size() + 2) + "\n";
}

std::string kernel_facts(const Json& kernel) {
  std::string text = size_text(kernel["args_bytes"].get<uint64_t>()) + " of arguments";
  const uint64_t returned = kernel["rets_bytes"].get<uint64_t>();
  if (returned) text += ", " + size_text(returned) + " of results";
  return text + ", " + size_text(kernel["code_bytes"].get<uint64_t>()) + " of code";
}

std::string kernels(const Json& module, const Paint& paint) {
  std::string text = "\n" + paint.bold("Kernels (" + std::to_string(module["kernels"].size()) + ")") + "\n";
  for (const Json& kernel : module["kernels"]) {
    text += "\n" + signature_line(kernel, paint);
    text += "    " + paint.dim(kernel_facts(kernel)) + "\n";
    text += table(task_rows(kernel), 4);
  }
  return text;
}

std::string graphs(const Json& module, const Paint& paint) {
  if (module["graphs"].empty()) return {};
  std::string text = "\n" + paint.bold("Graphs (" + std::to_string(module["graphs"].size()) + ")") + "\n";
  for (const Json& graph : module["graphs"]) {
    text += "\n" + signature_line(graph, paint);
    Rows rows;
    for (const Json& node : graph["nodes"])
      rows.push_back(
          {"node " + std::to_string(rows.size()), text_of(node["kernel"]) + "(" + joined(node["arguments"]) + ")"});
    text += table(rows, 4);
  }
  return text;
}

Rows parameter_rows(const Json& kernel) {
  Rows rows;
  for (const Json& parameter : kernel["parameters"])
    rows.push_back({std::to_string(rows.size()), text_of(parameter["name"]), text_of(parameter["type"]),
                    text_of(parameter["access"]), "at byte " + text_of(parameter["offset_bytes"])});
  return rows;
}

Rows result_rows(const Json& kernel) {
  Rows rows;
  for (const Json& result : kernel["results"])
    rows.push_back({std::to_string(rows.size()), text_of(result["name"]), text_of(result["type"])});
  return rows;
}

std::string task_block(const Json& task, size_t index) {
  std::string text = "\n  task " + std::to_string(index) + "  " + text_of(task["name"]) + "\n";
  Rows rows = {{"range", invocations(task["invocations"])}};
  if (task.contains("workgroup")) {
    rows.push_back({"workgroup", text_of(task["workgroup"]) + ", number of them: " + text_of(task["workgroups"])});
    rows.push_back({"code", size_text(task["code_bytes"].get<uint64_t>()) + ", hash " + text_of(task["code_hash"])});
    if (task["uses_random_numbers"].get<bool>()) rows.push_back({"random", "draws random numbers"});
    for (const Json& bind : task["bindings"]) {
      std::string what = text_of(bind["kind"]);
      if (bind.contains("parameter")) what += " " + text_of(bind["parameter"]);
      if (bind.contains("format")) what += " " + text_of(bind["format"]);
      rows.push_back({"binding " + text_of(bind["binding"]), what + ", " + text_of(bind["access"])});
    }
  } else if (task.contains("block_dim")) {
    rows.push_back({"grid", text_of(task["grid_dim"]) + " blocks of " + text_of(task["block_dim"])});
    rows.push_back({"shared", size_text(task["dynamic_shared_bytes"].get<uint64_t>())});
  }
  return text + table(rows, 4);
}

}  // namespace

std::string inspect_text(const Json& module) {
  const Paint paint = out_paint();
  const std::string version = text_of(module["taichi_version"]);
  std::string text = paint.bold(text_of(module["path"])) + "\n";
  Rows rows = {{"made by", version.empty() ? "a Taichi that does not say its version" : "Taichi " + version},
               {"code", text_of(module["code"]) + " for " + joined(module["archs"])},
               {"size", size_text(module["file_bytes"].get<uint64_t>()) + " on disk; " +
                            size_text(module["code_bytes"].get<uint64_t>()) + " of code in " +
                            counted(module["binary_count"].get<uint64_t>(), "binary", "binaries")}};
  if (module.contains("capabilities")) {
    rows.push_back({"capabilities", capabilities(module["capabilities"])});
    rows.push_back({"needs", needs(module["needs"])});
    rows.push_back({"arrays", module["uses_addresses"].get<bool>() ? "by device address" : "by binding"});
  }
  rows.push_back({"fields", fields(module)});
  return text + table(rows) + kernels(module, paint) + graphs(module, paint);
}

std::string inspect_kernel_text(const Json& kernel) {
  const Paint paint = out_paint();
  std::string text = signature_line(kernel, paint) + "  " + paint.dim(kernel_facts(kernel)) + "\n";
  if (kernel.contains("needs")) text += "  needs " + needs(kernel["needs"]) + "\n";
  if (!kernel["parameters"].empty())
    text += "\n  " + paint.bold("Parameters") + "\n" + table(parameter_rows(kernel), 4);
  if (!kernel["results"].empty()) text += "\n  " + paint.bold("Results") + "\n" + table(result_rows(kernel), 4);
  size_t index = 0;
  for (const Json& task : kernel["tasks"]) text += task_block(task, index++);
  return text;
}

}  // namespace tool
