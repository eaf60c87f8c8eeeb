// Parsing of the command line, and where the modules are looked for.
#include "common/host_options.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "common/command_line.h"

namespace demo {
namespace {

constexpr uint32_t kFramesMax = 1000000;

// Options without a value.
bool apply_switch(HostOptions& options, std::string_view name) {
  if (name == "--help" || name == "-h") return options.help = true;
  if (name == "--headless") return options.headless = true;
  if (name == "--panel") return options.panel = true;
  if (name == "--allow-copies") return options.allow_copies = true;
  return false;
}

void apply(HostOptions& options, std::string_view name, std::string_view value,
           std::initializer_list<const char*> apis) {
  if (name == "--scene") {
    options.scene = one_of(name, value, {"fluid", "mpm88"});
  } else if (name == "--api" && apis.size()) {
    options.api = one_of(name, value, apis);
  } else if (name == "--frames") {
    options.frames = parse_number<uint32_t>(name, value, 1, kFramesMax);
  } else if (name == "--seed") {
    options.seed = parse_number<int32_t>(name, value, INT32_MIN, INT32_MAX);
  } else if (name == "--device") {
    options.device = parse_number<uint32_t>(name, value, 0, 255);
  } else if (name == "--size") {
    const Size size = parse_size(name, value);
    options.width = size.width;
    options.height = size.height;
  } else if (name == "--out") {
    if (value.empty()) refuse(name, value, "is empty.");
    options.out = value;
  } else if (name == "--json") {
    options.json = value.empty() ? "-" : value;
  } else if (name == "--modules") {
    options.modules = value;
  } else {
    throw std::invalid_argument("Unknown option '" + std::string(name) + "'; see --help.");
  }
}

}  // namespace

HostOptions parse_host_options(int argc, const char* const* argv, std::initializer_list<const char*> apis) {
  HostOptions options;
  if (apis.size()) options.api = *apis.begin();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (apply_switch(options, argument)) continue;
    const size_t equals = argument.find('=');
    const bool value_follows = i + 1 < argc && !std::string_view(argv[i + 1]).starts_with("--");
    if (argument.starts_with("--") && equals != std::string_view::npos) {
      apply(options, argument.substr(0, equals), argument.substr(equals + 1), apis);
    } else if (argument == "--json" && !value_follows) {
      apply(options, argument, "-", apis);
    } else if (i + 1 < argc) {
      apply(options, argument, argv[++i], apis);
    } else {
      throw std::invalid_argument("Option '" + std::string(argument) + "' is unknown or lacks its value; see --help.");
    }
  }
  return options;
}

std::string host_usage(const std::string& program, const std::string& purpose,
                       std::initializer_list<const char*> apis) {
  const HostOptions defaults;
  std::string api_line;
  if (apis.size()) {
    for (const char* api : apis) api_line += (api_line.empty() ? "  --api " : "|") + std::string(api);
    api_line += std::string(std::max<size_t>(1, 18 - std::min<size_t>(17, api_line.size())), ' ') +
                "what to draw with (" + *apis.begin() + ")\n";
  }
  return "Usage: " + program + " [options]\n" + purpose +
         "\n\n"
         "  --scene NAME    fluid or mpm88 (" +
         defaults.scene + ")\n" + api_line +
         "  --headless      no window: a scripted hand stirs\n"
         "  --panel         headless pictures show the panel too\n"
         "  --frames N      stop after N frames (a window: when it is closed; headless: " +
         std::to_string(HostOptions::kHeadlessFrames) +
         ")\n"
         "  --out FILE      picture of the last frame, PNG\n"
         "  --json [FILE]   write figures as JSON; no FILE, or -: standard output\n"
         "  --seed S        how the scene starts (" +
         std::to_string(defaults.seed) +
         ")\n"
         "  --size WxH      size of the window or picture (" +
         std::to_string(defaults.width) + "x" + std::to_string(defaults.height) +
         ")\n"
         "  --device I      Vulkan device, by the loader's order (" +
         std::to_string(defaults.device) +
         ")\n"
         "  --modules DIR   folder with the modules of the scenes\n"
         "  --allow-copies  go on where objects cannot be shared without a copy\n"
         "  --help          this text\n";
}

std::string find_modules(const HostOptions& options) {
  if (!options.modules.empty()) return options.modules;
  for (const std::filesystem::path& folder : module_folders()) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) return folder.string();
  }
  throw std::runtime_error("The modules are not at '" + module_folders().front().string() +
                           "' nor in the source tree; name their folder by --modules.");
}

}  // namespace demo
