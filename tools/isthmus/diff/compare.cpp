// A walk over two trees of JSON in step.
#include "compare.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "../console.h"

namespace tool {
namespace {

// What the compiler puts behind the names of kernels: "_c88_0" of "step_c88_0" and of "step_c88_0_0_t00".
struct Number {
  size_t begin = 0;
  size_t end = 0;
  uint64_t kernel = 0;
  uint64_t instance = 0;
};

std::optional<Number> number_at(const std::string& name, size_t at) {
  Number made{at, 0, 0, 0};
  const char* const end = name.data() + name.size();
  const auto [middle, kernel_error] = std::from_chars(name.data() + at + 2, end, made.kernel);
  if (kernel_error != std::errc() || middle == end || *middle != '_') return std::nullopt;
  const auto [after, instance_error] = std::from_chars(middle + 1, end, made.instance);
  if (instance_error != std::errc() || (after != end && *after != '_')) return std::nullopt;
  made.end = static_cast<size_t>(after - name.data());
  return made;
}

// The last one in the name.
std::optional<Number> number_in(const std::string& name) {
  for (size_t at = name.rfind("_c"); at != std::string::npos; at = at ? name.rfind("_c", at - 1) : std::string::npos)
    if (const auto number = number_at(name, at)) return number;
  return std::nullopt;
}

std::string without_number(const std::string& name) {
  const auto number = number_in(name);
  return number ? name.substr(0, number->begin) + name.substr(number->end) : name;
}

std::string name_of(const Json& object) { return object["name"].get<std::string>(); }

// "step_c88_0" -> "step#1": numbered kernels by their place among those of the same name.
std::map<std::string, std::string> new_names(const Json& kernels) {
  std::set<std::tuple<std::string, uint64_t, uint64_t, std::string>> numbered;
  for (const Json& kernel : kernels) {
    const std::string name = name_of(kernel);
    if (const auto number = number_in(name))
      numbered.emplace(without_number(name), number->kernel, number->instance, name);
  }
  std::map<std::string, size_t> counts;
  std::map<std::string, std::string> renamed;
  for (const auto& [stem, kernel, instance, name] : numbered)
    renamed[name] = stem + "#" + std::to_string(++counts[stem]);
  return renamed;
}

// The description of a module as if the compiler numbered nothing.
Json without_numbers(Json module) {
  const auto renamed = new_names(module["kernels"]);
  const auto new_name = [&](const std::string& name) {
    const auto at = renamed.find(name);
    return at == renamed.end() ? name : at->second;
  };
  for (Json& kernel : module["kernels"]) {
    const std::string name = name_of(kernel);
    kernel["name"] = new_name(name);
    kernel["signature"] = new_name(name) + kernel["signature"].get<std::string>().substr(name.size());
    for (Json& task : kernel["tasks"]) task["name"] = without_number(name_of(task));
  }
  for (Json& graph : module["graphs"])
    for (Json& node : graph["nodes"]) node["kernel"] = new_name(node["kernel"].get<std::string>());
  return module;
}

bool is_named(const Json& list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const Json& item) {
    return item.is_object() && item.contains("name") && item["name"].is_string();
  });
}

class Walk {
 public:
  std::vector<Difference> found;

  void values(const std::string& where, const Json& a, const Json& b) {
    if (a.is_object() && b.is_object()) return objects(where, a, b);
    if (a.is_array() && b.is_array()) return lists(where, a, b);
    if (a != b) found.push_back({where, a, b});
  }

 private:
  static std::string below(const std::string& where, const std::string& what) {
    return where.empty() ? what : where + "." + what;
  }

  void objects(const std::string& where, const Json& a, const Json& b) {
    for (const auto& [key, value] : a.items()) values(below(where, key), value, b.contains(key) ? b[key] : Json());
    for (const auto& [key, value] : b.items())
      if (!a.contains(key)) values(below(where, key), Json(), value);
  }

  void lists(const std::string& where, const Json& a, const Json& b) {
    if (where.ends_with("features") || where == "archs") return words(where, a, b);
    // Tasks and parameters go by position: there the name is one of the things that may differ.
    const bool by_position = where.ends_with(".tasks") || where.ends_with(".parameters");
    if (!by_position && (is_named(a) || is_named(b)) && (is_named(a) || a.empty()) && (is_named(b) || b.empty()))
      return named(where, a, b);
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i)
      values(where + "[" + std::to_string(i) + "]", i < a.size() ? a[i] : Json(), i < b.size() ? b[i] : Json());
  }

  // Sets: features, archs.
  void words(const std::string& where, const Json& a, const Json& b) {
    for (const Json& word : a)
      if (std::find(b.begin(), b.end(), word) == b.end()) found.push_back({where, word, Json()});
    for (const Json& word : b)
      if (std::find(a.begin(), a.end(), word) == a.end()) found.push_back({where, Json(), word});
  }

  void named(const std::string& where, const Json& a, const Json& b) {
    std::vector<const Json*> rest;
    for (const Json& item : b) rest.push_back(&item);
    for (const Json& item : a) {
      const auto at =
          std::find_if(rest.begin(), rest.end(), [&](const Json* other) { return name_of(*other) == name_of(item); });
      values(below(where, name_of(item)), item, at == rest.end() ? Json() : **at);
      if (at != rest.end()) rest.erase(at);
    }
    for (const Json* item : rest) values(below(where, name_of(*item)), Json(), *item);
  }
};

// Of a thing that only one side has, what it is in short.
std::string shown(const Json& value) {
  if (value.is_object() && value.contains("signature")) return value["signature"].get<std::string>();
  if (value.is_string()) return value.get<std::string>();
  return dumped(value, -1);
}

std::string marked(const char* mark, const std::string& text) {
  std::string line = mark;
  return line += printable(text);
}

}  // namespace

std::vector<Difference> compare(const Json& a, const Json& b) {
  Walk walk;
  walk.values("", without_numbers(a), without_numbers(b));
  return std::move(walk.found);
}

std::string diff_text(const std::vector<Difference>& differences, const std::string& a, const std::string& b) {
  if (differences.empty()) return {};
  const Paint paint = out_paint();
  std::string text = paint.red(marked("--- ", a)) + "\n" + paint.green(marked("+++ ", b)) + "\n";
  for (const Difference& difference : differences) {
    text.append("\n").append(paint.bold(printable(difference.where))).append("\n");
    if (!difference.a.is_null()) text += paint.red(marked("  - ", shown(difference.a))) + "\n";
    if (!difference.b.is_null()) text += paint.green(marked("  + ", shown(difference.b))) + "\n";
  }
  return text;
}

Json diff_json(const std::vector<Difference>& differences, const std::string& a, const std::string& b) {
  Json list = Json::array();
  for (const Difference& difference : differences)
    list.push_back({{"where", difference.where}, {"a", difference.a}, {"b", difference.b}});
  return {{"a", a}, {"b", b}, {"same", differences.empty()}, {"differences", std::move(list)}};
}

}  // namespace tool
