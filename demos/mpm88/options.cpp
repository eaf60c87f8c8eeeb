// Parsing of the command line, and where the module is looked for.
#include "options.h"

#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

namespace demo {
namespace {

constexpr uint32_t kSizeMax = 8192;
constexpr uint32_t kFramesMax = 1000000;

[[noreturn]] void refuse(std::string_view name, std::string_view value, const char* rule) {
  throw std::invalid_argument(std::string(name) + " (" + std::string(value) + ") " + rule);
}

template <class Int>
Int parse_number(std::string_view name, std::string_view text, Int low, Int high) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value < low || value > high) {
    const std::string rule = "is not a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ".";
    refuse(name, text, rule.c_str());
  }
  return value;
}

void parse_size(Options& options, std::string_view text) {
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) refuse("--size", text, "is not of the form WxH.");
  options.width = parse_number<uint32_t>("--size", text.substr(0, cross), 64, kSizeMax);
  options.height = parse_number<uint32_t>("--size", text.substr(cross + 1), 64, kSizeMax);
}

void apply(Options& options, std::string_view name, std::string_view value) {
  if (name == "--frames") {
    options.frames = parse_number<uint32_t>(name, value, 0, kFramesMax);
  } else if (name == "--seed") {
    options.seed = parse_number<int32_t>(name, value, INT32_MIN, INT32_MAX);
  } else if (name == "--device") {
    options.device = parse_number<uint32_t>(name, value, 0, 255);
  } else if (name == "--size") {
    parse_size(options, value);
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

std::filesystem::path program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

std::vector<std::filesystem::path> module_candidates() {
  std::vector<std::filesystem::path> candidates;
  const auto beside = program_folder() / ".." / "share" / "isthmus" / "modules";
  for (const std::filesystem::path& folder : {beside, std::filesystem::path(DEMO_MODULE_FOLDER)}) {
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
