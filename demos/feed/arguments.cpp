// Options of the feed demos, each with a value.
#include "arguments.h"

#include <charconv>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace demo {
namespace {

template <class Int>
Int parse_number(std::string_view name, std::string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument(std::string(name) + " (" + std::string(text) + ") is not a whole number.");
  return value;
}

FeedArguments parse(int argc, char** argv) {
  FeedArguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument("Option '" + std::string(name) + "' lacks its value.");
    const std::string_view value = argv[i + 1];
    if (name == "--name") {
      arguments.name = value;
    } else if (name == "--frames") {
      arguments.frames = parse_number<uint64_t>(name, value);
    } else if (name == "--device") {
      arguments.device = parse_number<uint32_t>(name, value);
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
