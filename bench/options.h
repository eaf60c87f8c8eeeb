// The command line of isthmus_bench.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ist::bench {

struct Options {
  std::string library;
  std::string peer;
  std::string modules_folder;
  std::string modules_x64;  // empty: nothing is measured on the CPU
  std::string json_file;
  std::string check_file;
  std::vector<std::string> only;  // names of rows; empty: all
  int rounds = 11;
  uint32_t device_index = 0;
  bool quick = false;
  bool strict = false;

  bool wants(const std::string& row) const;
};

// Prints the help or the rows and ends the process where asked to; fails on anything it does not know.
Options read_options(int argc, char** argv);

}  // namespace ist::bench
