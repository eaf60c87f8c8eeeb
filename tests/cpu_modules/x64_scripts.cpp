// Puts scripts together from both folders; what differs between the archs is here.
#include "x64_scripts.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "differential/generate.h"
#include "differential/script.h"

namespace cpu_modules {
namespace {

// Modules that exist for Vulkan too: what introspection tells about those holds for these.
constexpr const char* kCommon[] = {"atomics", "bounds",    "edge",      "fields",    "fields_other",
                                   "graphs",  "mpm88",     "ndarrays",  "returns",   "scalars",
                                   "tensors", "types_f16", "types_f64", "types_i64", "types_u8"};
constexpr const char* kOwn[] = {
    "assertions",       "assertions_debug", "halves",         "integers", "loops",        "mathematics",
    "matrices",         "prints",           "quantized",      "random",   "random_types", "reductions",
    "sparse_bitmasked", "sparse_dynamic",   "sparse_pointer", "trees"};

bool is_common(const std::string& module) {
  return std::find(std::begin(kCommon), std::end(kCommon), module) != std::end(kCommon);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// Lines of Vulkan's scripts that launch what no module for x64 has, or that prepare it.
bool needs_vulkan(const std::string& line) {
  static const std::regex pattern("^(image |graph images |launch \"?scaled).*");
  return std::regex_match(line, pattern);
}

std::string for_x64(const std::string& script) {
  std::istringstream in(script);
  std::string text;
  for (std::string line; std::getline(in, line);) {
    if (!needs_vulkan(line)) text += replaced(line, "a name/with", "a name with") + "\n";
  }
  return text;
}

// "each A B: X %; Y %" in single lines.
std::string spread_out(const std::string& line) {
  if (!line.starts_with("each ")) return line + "\n";
  const size_t colon = line.find(": ");
  std::istringstream words(line.substr(5, colon - 5));
  std::string text;
  for (std::string word; words >> word;) {
    std::istringstream statements(line.substr(colon + 2));
    for (std::string statement; std::getline(statements, statement, ';');) {
      statement.erase(0, statement.find_first_not_of(' '));
      text += replaced(statement, "%", word) + "\n";
    }
  }
  return text;
}

std::string own_script(const std::string& module) {
  std::ifstream in(std::filesystem::path(IST_X64_SCRIPTS_DIR) / (module + ".txt"));
  std::string text;
  for (std::string line; std::getline(in, line);) text += spread_out(line);
  return text;
}

std::set<std::string> launched_by(const std::string& script) {
  std::istringstream in(script);
  std::set<std::string> names;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words = differential::words_of(line);
    if (!words.empty() && words[0] == "times") words.erase(words.begin(), words.begin() + 2);
    if (words.size() < 2) continue;
    if (words[0] == "launch") names.insert(words[1]);
    if (words[0] == "graph") names.insert("graph:" + words[1]);
  }
  return names;
}

}  // namespace

std::vector<std::string> module_names() {
  std::vector<std::string> names(std::begin(kCommon), std::end(kCommon));
  names.insert(names.end(), std::begin(kOwn), std::end(kOwn));
  return names;
}

X64Script write_x64_script(const differential::Api& ours, const std::string& module) {
  X64Script script;
  script.text = "module " + module + "\n";
  if (is_common(module)) script.text = for_x64(differential::write_module_script(ours, module).text);
  script.text += own_script(module);
  script.launched = launched_by(script.text);
  return script;
}

std::set<std::string> names_in_module(const std::string& module_folder) {
  // A kernel that belongs to a graph is called as the compiler likes, e.g. put_c100_0.
  static const std::regex part_of_graph(".*_c[0-9]+_[0-9]+");
  std::ifstream in(module_folder + "/__content__");
  std::set<std::string> names;
  for (std::string line; std::getline(in, line);) {
    const std::string name = line.substr(line.find(':') + 1);
    if (line.starts_with("cgraph:")) {
      names.insert("graph:" + name);
    } else if (!std::regex_match(name, part_of_graph)) {
      names.insert(name);
    }
  }
  return names;
}

}  // namespace cpu_modules
