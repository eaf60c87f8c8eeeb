// Parsing of the command line, and where the module is looked for.
#include "options.h"

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/command_line.h"

namespace demo {
namespace {

constexpr uint32_t kFramesMax = 1000000;

void apply(Options& options, std::string_view name, std::string_view value) {
  if (name == "--frames") {
    options.frames = parse_number<uint32_t>(name, value, 0, kFramesMax);
  } else if (name == "--seed") {
    options.seed = parse_number<int32_t>(name, value, INT32_MIN, INT32_MAX);
  } else if (name == "--device") {
    options.device = parse_number<uint32_t>(name, value, 0, 255);
  } else if (name == "--size") {
    const Size size = parse_size(name, value);
    options.width = size.width;
    options.height = size.height;
  } else if (name == "--out") {
    options.out = value;
  } else if (name == "--json") {
    options.json = value;
  } else if (name == "--module") {
    options.module = value;
  } else {
    throw std::invalid_argument("Unknown option '" + std::string(name) + "'; see --help.");
  }
}

std::vector<std::filesystem::path> module_candidates() {
  std::vector<std::filesystem::path> candidates;
  for (const std::filesystem::path& folder : module_folders()) {
    candidates.push_back(folder / "mpm88.tcm");
    candidates.push_back(folder / "mpm88");
  }
  return candidates;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      continue;
    }
    const size_t equals = argument.find('=');
    if (argument.starts_with("--") && equals != std::string_view::npos) {
      apply(options, argument.substr(0, equals), argument.substr(equals + 1));
    } else if (i + 1 < argc) {
      apply(options, argument, argv[++i]);
    } else {
      throw std::invalid_argument("Option '" + std::string(argument) + "' is unknown or lacks its value; see --help.");
    }
  }
  if (options.out.empty()) throw std::invalid_argument("--out () is empty.");
  return options;
}

std::string usage() {
  const Options defaults;
  return "Usage: mpm88 [options]\n"
         "Two jellies fall into a pool of water: a Taichi module simulates on Vulkan, a renderer of\n"
         "the demo's own draws the simulation's buffers where they lie, and the last frame is saved.\n\n"
         "  --frames N     frames to simulate and draw (" +
         std::to_string(defaults.frames) +
         ")\n"
         "  --out FILE     picture of the last frame, PNG (" +
         defaults.out +
         ")\n"
         "  --seed S       where the jellies start (" +
         std::to_string(defaults.seed) +
         ")\n"
         "  --json FILE    write figures as JSON; - is standard output\n"
         "  --size WxH     size of the picture (" +
         std::to_string(defaults.width) + "x" + std::to_string(defaults.height) +
         ")\n"
         "  --device I     Vulkan device, by the loader's order (" +
         std::to_string(defaults.device) +
         ")\n"
         "  --module PATH  the mpm88 module, a folder or a .tcm\n"
         "  --help         this text\n";
}

std::string find_module(const Options& options) {
  if (!options.module.empty()) return options.module;
  const auto candidates = module_candidates();
  for (const auto& candidate : candidates) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) return candidate.lexically_normal().string();
  }
  throw std::runtime_error("The mpm88 module is not at '" + candidates.front().lexically_normal().string() +
                           "' nor in the source tree; name it by --module.");
}

}  // namespace demo
