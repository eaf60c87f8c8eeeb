// What to measure, and the command line of isthmus_bench.
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
  bool as_json = false;  // JSON on stdout instead of the table

  bool wants(const std::string& row) const;
};

// Prints the help or the rows and ends the process where asked to; fails on anything it does not know. `options` are
// the defaults.
Options read_options(int argc, char** argv, Options options);

// Fails on rows that there are none of, and on paths where nothing is; makes paths absolute.
void check_options(Options& options);

// A line for each row.
void print_rows();

}  // namespace ist::bench
