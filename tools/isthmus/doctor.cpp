// isthmus doctor: what is here, and real pixels moved between each pair, as a table or as JSON. This process loads no
// driver: looks and pairs are children, so that a driver that crashes costs one row.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "doctor/child.h"
#include "doctor/look.h"
#include "doctor/move.h"
#include "doctor/report.h"
#include "doctor/surroundings.h"
#include "verb.h"

namespace {

using nlohmann::json;

struct Options {
  bool as_json = false;
  uint32_t frames = 20;
  std::string size = "1920x1080";
  uint32_t limit_s = 60;
  // What the children do.
  std::string look;
  std::vector<std::string> pair;
  int party = -1;
};

std::string dumped(const json& value, int indent = -1) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::chrono::milliseconds limit_of(const Options& options) { return std::chrono::seconds(options.limit_s); }

// "1920x1080"; zeros when it is none.
doctor::Size size_of(const Options& options) {
  doctor::Size size{0, 0};
  char rest = 0;
  if (std::sscanf(options.size.c_str(), "%5ux%5u%c", &size.width, &size.height, &rest) != 2) return {0, 0};
  return size;
}

// The lines of JSON that a child has printed, whatever else its drivers have.
std::vector<json> lines_of(const std::string& text) {
  std::vector<json> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    json parsed = json::parse(line, nullptr, false);
    if (parsed.is_object()) found.push_back(std::move(parsed));
  }
  return found;
}

void look(const Options& options, const char* what, json& report) {
  const doctor::ChildEnd end = doctor::run_child({doctor::own_path(), "doctor", "--look", what}, limit_of(options));
  for (const json& line : lines_of(end.out)) {
    if (line.contains("problem")) report["problems"].push_back(line["problem"]);
    if (line.contains("arch")) report["archs"].push_back(line["arch"]);
    if (line.contains("vulkan")) report["vulkan"].push_back(line["vulkan"]);
    if (!line.contains("gl")) continue;
    json context = line["gl"];
    size_t same_api = 0;
    for (const json& other : report["gl"]) same_api += other["api"] == context["api"];
    context["name"] = context["api"].get<std::string>() + " " + std::to_string(same_api);
    report["gl"].push_back(context);
  }
  const std::string how = doctor::describe(end, limit_of(options));
  if (!how.empty()) report["problems"].push_back("Looking at " + std::string(what) + ": " + how);
}

// One row, by a child: `device` is a runtime's, `peer` as in PairOptions.
json row_of(const Options& options, uint32_t device, const std::string& peer, bool forth) {
  const doctor::ChildEnd end =
      doctor::run_child({doctor::own_path(), "doctor", "--pair", std::to_string(device), peer, forth ? "forth" : "back",
                         "--frames", std::to_string(options.frames), "--size", options.size},
                        limit_of(options));
  const std::vector<json> lines = lines_of(end.out);
  if (end.how == doctor::ChildEnd::How::exited && !lines.empty()) return lines.back();
  json row = {{"object", "-"},        {"handle", "-"},     {"layout", "-"},
              {"rung", "-"},          {"copies", 0},       {"frame_us", nullptr},
              {"upload_us", nullptr}, {"verified", false}, {"differs", json::array()}};
  row["state"] = end.how == doctor::ChildEnd::How::died        ? doctor::signal_name(end.signal)
                 : end.how == doctor::ChildEnd::How::timed_out ? "timeout"
                                                               : "failed";
  row["reason"] = doctor::describe(end, limit_of(options));
  return row;
}

void move_between(const Options& options, uint32_t device, const std::string& peer, const std::string& name,
                  json& report) {
  const std::string here = "vulkan " + std::to_string(device);
  for (const bool forth : {true, false}) {
    json row = row_of(options, device, peer, forth);
    row["from"] = forth ? here : name;
    row["to"] = forth ? name : here;
    report["pairs"].push_back(row);
  }
}

void move_all(const Options& options, json& report) {
  const auto count = static_cast<uint32_t>(report["vulkan"].size());
  for (uint32_t device = 0; device < count; ++device) {
    for (const json& context : report["gl"])
      move_between(options, device, context["api"].get<std::string>() + ":" + context["display"].get<std::string>(),
                   context["name"].get<std::string>(), report);
    for (uint32_t other = 0; other < count; ++other) {
      const std::string index = std::to_string(other);
      move_between(options, device, "device:" + index, "other device " + index, report);
      move_between(options, device, "process:" + index, "other process " + index, report);
    }
    move_between(options, device, "memory", "host memory", report);
  }
}

// Whether there is a device, every row is right or is refused for a reason, and nothing has crashed.
bool is_well(const json& report) {
  if (report["vulkan"].empty()) return false;
  for (const json& pair : report["pairs"])
    if (pair["state"] != "ok" && pair["state"] != "refused") return false;
  return true;
}

int run_doctor(const Options& options) {
  const doctor::Size size = size_of(options);
  json report = {{"version", ISTHMUS_VERSION},
                 {"machine", doctor::machine()},
                 {"width", size.width},
                 {"height", size.height},
                 {"frames", options.frames}};
  for (const char* list : {"archs", "vulkan", "gl", "pairs", "problems"}) report[list] = json::array();
  look(options, "archs", report);
  look(options, "vulkan", report);
  look(options, "gl", report);
  report["environment"] = doctor::environment();
  report["missing"] = doctor::missing(report);
  move_all(options, report);
  report["well"] = is_well(report);
  std::fputs((options.as_json ? dumped(report, 2) + "\n" : doctor::to_text(report)).c_str(), stdout);
  return report["well"].get<bool>() ? 0 : 1;
}

int run_pair(const Options& options) {
  doctor::PairOptions pair;
  pair.device = static_cast<uint32_t>(std::strtoul(options.pair[0].c_str(), nullptr, 10));
  pair.peer = options.pair[1];
  pair.direction = options.pair[2] == "back" ? doctor::Direction::to_runtime : doctor::Direction::to_peer;
  pair.size = size_of(options);
  pair.frames = options.frames;
  std::printf("%s\n", dumped(doctor::move_pixels(pair)).c_str());
  return 0;
}

int run(const Options& options) {
  if (options.party >= 0) return doctor::run_party(options.party);
  if (!options.pair.empty()) return run_pair(options);
  if (options.look == "archs") doctor::look_at_archs();
  if (options.look == "vulkan") doctor::look_at_vulkan();
  if (options.look == "gl") doctor::look_at_gl();
  return options.look.empty() ? run_doctor(options) : 0;
}

// CLI11's own words when it is none.
std::string check_size(const std::string& text) {
  Options options;
  options.size = text;
  const doctor::Size size = size_of(options);
  const bool good = size.width >= 1 && size.height >= 1 && size.width <= 8192 && size.height <= 8192;
  return good ? std::string() : "A size is WxH with both from 1 to 8192, not '" + text + "'.";
}

}  // namespace

VerbRun add_doctor(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_flag("--json", options->as_json, "Print JSON");
  command.add_option("--frames", options->frames, "Frames for each pair and direction")
      ->check(CLI::Range(1u, 10000u))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--size", options->size, "Pixels of a frame, as WxH")
      ->check(check_size)
      ->type_name("WxH")
      ->capture_default_str();
  command.add_option("--limit", options->limit_s, "Seconds for each pair and direction")
      ->check(CLI::Range(1u, 3600u))
      ->type_name("N")
      ->capture_default_str();
  command.footer(
      "Examples:\n"
      "  isthmus doctor\n"
      "  isthmus doctor --json --size 3840x2160\n"
      "\nEnds with 0 when every pair works or is refused for a reason, with 1 when one does not.");
  // The program's own children; not for people, so not in the help.
  command.add_option("--look", options->look)->group("")->check(CLI::IsMember({"archs", "vulkan", "gl"}));
  command.add_option("--pair", options->pair)->group("")->expected(3);
  command.add_option("--party", options->party)->group("");
  return [options] { return run(*options); };
}
