// Tables with columns as wide as what is in them; long sentences below, by the number of the row.
#include "report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "../console.h"

namespace doctor {
namespace {

using nlohmann::json;
using Cells = std::vector<std::string>;

std::string text_of(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string joined(const json& list) {
  std::string text;
  for (const json& word : list) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text.empty() ? "none" : text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value == static_cast<double>(static_cast<long long>(value)) ? "%.0f" : "%.1f",
                value);
  return text;
}

std::string microseconds(const json& row, const char* member) {
  const auto found = row.find(member);
  if (found == row.end() || !found->is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", found->get<double>());
  return text;
}

using tool::table;

std::string archs(const json& report) {
  std::vector<Cells> rows;
  for (const json& arch : report["archs"])
    rows.push_back({text_of(arch, "name"),
                    arch["devices"].empty() ? "not here: " + text_of(arch, "problem") : joined(arch["devices"])});
  return "\nWhat runtimes can be made on\n" + (rows.empty() ? "  nothing\n" : table(rows));
}

std::string devices(const json& report) {
  std::vector<Cells> rows = {{"", "name", "driver", "Vulkan", "images go out as", "semaphores go out as"}};
  for (const json& device : report["vulkan"]) {
    json semaphores = json::array();
    for (const json& type : device["timeline_export"]) semaphores.push_back("timeline " + type.get<std::string>());
    for (const json& type : device["binary_export"]) semaphores.push_back("binary " + type.get<std::string>());
    rows.push_back({"vulkan " + std::to_string(device["index"].get<uint32_t>()), text_of(device, "name"),
                    text_of(device, "driver"), text_of(device, "vulkan"), joined(device["image_export"]),
                    joined(semaphores)});
  }
  return "Vulkan devices\n" + (rows.size() > 1 ? table(rows) : "  none\n");
}

std::string contexts(const json& report) {
  std::vector<Cells> rows = {{"", "renderer", "version", "display", "memory objects", "semaphores"}};
  for (const json& context : report["gl"])
    rows.push_back({text_of(context, "name"), text_of(context, "renderer"), text_of(context, "version"),
                    text_of(context, "display"), context["memory_objects"].get<bool>() ? "yes" : "no",
                    context["semaphores"].get<bool>() ? "yes" : "no"});
  return "\nOpenGL and OpenGL ES contexts\n" + (rows.size() > 1 ? table(rows) : "  none\n");
}

std::string environment_lines(const json& report) {
  std::vector<Cells> rows;
  for (const json& variable : report["environment"]) {
    // The first sentence will do.
    std::string what = text_of(variable, "what");
    what = what.substr(0, what.find(". "));
    rows.push_back({text_of(variable, "name") + "=" + text_of(variable, "value"),
                    what.empty() ? "not known to the library" : what});
  }
  return "\nEnvironment\n" + (rows.empty() ? "  nothing set\n" : table(rows));
}

std::string missing_lines(const json& report) {
  std::vector<Cells> rows;
  for (const json& thing : report["missing"])
    rows.push_back({text_of(thing, "what"), "package: " + text_of(thing, "package")});
  for (const json& problem : report["problems"]) rows.push_back({problem.get<std::string>()});
  return "\nMissing, or not as it should be\n" + (rows.empty() ? "  nothing\n" : table(rows));
}

// Sentences, each once with the numbers of its rows.
class Notes {
 public:
  void add(const std::string& row, std::string sentence) {
    if (sentence.empty()) return;
    if (sentence.back() != '.') sentence += '.';
    for (auto& [rows, known] : notes_) {
      if (known != sentence) continue;
      rows += ", " + row;
      return;
    }
    notes_.emplace_back(row, sentence);
  }
  std::string text() const {
    std::string text;
    for (const auto& [rows, sentence] : notes_) text += "  [" + rows + "] " + sentence + "\n";
    return text.empty() ? text : "\n" + text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> notes_;
};

std::string pairs(const json& report) {
  std::vector<Cells> rows = {
      {"#", "from", "to", "object", "handle", "layout", "rung", "copies", "us/frame", "us by upload", "verified"}};
  Notes notes;
  size_t line = 0;
  for (const json& pair : report["pairs"]) {
    const std::string state = text_of(pair, "state"), count = std::to_string(++line);
    const bool moved = state == "ok" || state == "wrong";
    rows.push_back({count, text_of(pair, "from"), text_of(pair, "to"), text_of(pair, "object"), text_of(pair, "handle"),
                    text_of(pair, "layout"), text_of(pair, "rung"), moved ? number(pair["copies"].get<double>()) : "-",
                    microseconds(pair, "frame_us"), microseconds(pair, "upload_us"),
                    state == "ok"      ? "yes"
                    : state == "wrong" ? "NO"
                                       : state});
    notes.add(count, text_of(pair, "reason"));
    for (const json& difference : pair["differs"])
      notes.add(count, "Not as predicted: " + difference.get<std::string>());
  }
  const std::string head = "\nPixels moved: " + std::to_string(report["width"].get<uint32_t>()) + "x" +
                           std::to_string(report["height"].get<uint32_t>()) + " RGBA8, " +
                           std::to_string(report["frames"].get<uint32_t>()) +
                           " frames each, median time of both hand-overs of a frame\n";
  if (rows.size() == 1) return head + "  none: there is no Vulkan device\n";
  return head + table(rows) + notes.text();
}

// Lines that nothing is in front of.
std::string with_headings(const std::string& text) {
  const tool::Paint paint = tool::out_paint();
  std::string painted;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    painted += (line.starts_with(' ') ? line : paint.bold(line)) + "\n";
  return painted;
}

}  // namespace

std::string to_text(const json& report) {
  const std::string head = "isthmus " + text_of(report, "version") + " on " + text_of(report["machine"], "system") +
                           ", " + text_of(report["machine"], "processor") + "\n\n";
  return with_headings(head + devices(report) + contexts(report) + archs(report) + environment_lines(report) +
                       missing_lines(report) + pairs(report));
}

}  // namespace doctor
