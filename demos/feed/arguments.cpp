// Options of the feed demos, each with a value.
#include "arguments.h"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

#include "common/command_line.h"

namespace demo {
namespace {

FeedArguments parse(int argc, char** argv) {
  FeedArguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument("Option '" + std::string(name) + "' lacks its value.");
    const std::string_view value = argv[i + 1];
    if (name == "--name") {
      arguments.name = value;
    } else if (name == "--frames") {
      arguments.frames = parse_number<uint64_t>(name, value, 0, UINT64_MAX);
    } else if (name == "--device") {
      arguments.device = parse_number<uint32_t>(name, value, 0, 255);
    } else if (name == "--out") {
      arguments.out = value;
    } else {
      throw std::invalid_argument("Unknown option '" + std::string(name) + "'; see --help.");
    }
  }
  return arguments;
}

}  // namespace

int run(int argc, char** argv, const char* program, const char* frames, void (*body)(const FeedArguments&)) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "--help") {
      std::printf("usage: %s [--name FEED] [--frames N] [--device INDEX] [--out PICTURE.png]\n  --frames: %s\n",
                  program, frames);
      return 0;
    }
    body(parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 1;
  }
}

}  // namespace demo
