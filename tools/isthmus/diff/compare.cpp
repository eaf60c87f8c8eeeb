// A walk over two trees of JSON in step.
#include "compare.h"

#include <algorithm>

#include "../console.h"

namespace tool {
namespace {

// "step_c88_0" -> "step", "paint_c80_0_0_t00" -> "paint"; other names stay.
std::string stem(const std::string& name) {
  const size_t at = name.rfind("_c");
  if (at == std::string::npos || at + 2 >= name.size()) return name;
  const std::string number = name.substr(at + 2);
  const bool counts =
      std::all_of(number.begin(), number.end(), [](char c) { return (c >= '0' && c <= '9') || c == '_' || c == 't'; });
  return counts && number[0] >= '0' && number[0] <= '9' ? name.substr(0, at) : name;
}

std::string name_of(const Json& object) { return object["name"].get<std::string>(); }

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
    const auto take = [&](auto matches) -> const Json* {
      const auto at = std::find_if(rest.begin(), rest.end(), [&](const Json* item) { return matches(name_of(*item)); });
      if (at == rest.end()) return nullptr;
      const Json* taken = *at;
      rest.erase(at);
      return taken;
    };
    std::vector<std::pair<const Json*, const Json*>> pairs;
    for (const Json& item : a)
      pairs.emplace_back(&item, take([&](const std::string& name) { return name == name_of(item); }));
    for (auto& [item, partner] : pairs)
      if (!partner)
        partner =
            take([&, of = stem(name_of(*item))](const std::string& name) { return stem(name) == of && name != of; });
    for (const auto& [item, partner] : pairs) values(below(where, name_of(*item)), *item, partner ? *partner : Json());
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
  walk.values("", a, b);
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
