// Command line of the mpm88 demo.
#pragma once

#include <cstdint>
#include <string>

namespace demo {

struct Options {
  uint32_t frames = 18;
  uint32_t width = 1024;
  uint32_t height = 1024;
  uint32_t device = 0;
  int32_t seed = 1;
  std::string out = "mpm88.png";
  std::string json;    // empty: no figures, "-": standard output
  std::string module;  // a folder or a .tcm; found beside the program or in the source tree when empty
  bool help = false;
};

// Throws std::invalid_argument naming the option and its value.
Options parse_options(int argc, const char* const* argv);

// Text of --help.
std::string usage();

// The module to load: the one asked for, else the first that exists. Throws when there is none.
std::string find_module(const Options& options);

}  // namespace demo
