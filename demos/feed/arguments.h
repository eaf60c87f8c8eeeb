// Command line of the feed demos.
#pragma once

#include <cstdint>
#include <string>

namespace demo {

struct FeedArguments {
  std::string name = "fractal";
  uint64_t frames = 60;
  uint32_t device = 0;
  std::string out;
};

// Parses, runs the body, and turns what it throws into a line and an exit code. `frames` says what --frames is.
int run(int argc, char** argv, const char* program, const char* frames, void (*body)(const FeedArguments&));

}  // namespace demo
