// Runs both sides in processes of their own, at the same time, and compares what they did.
#pragma once

#include <string>
#include <vector>

#include "transcript.h"

namespace differential {

struct SideResult {
  std::vector<Entry> entries;
  std::string end;  // "exit 0", "signal 11", "still running after 120 s"
  std::string log;  // the last lines of standard error
};

struct BothSides {
  SideResult released, ours;
};

// Where either side finds its modules.
struct Folders {
  std::string released, ours;
};
Folders committed_modules();

// `kind` and `what` are the last two arguments of differential_side. Files go to the test's temporary folder.
BothSides run_both(const std::string& released_library, const std::string& kind, const std::string& what,
                   const Folders& folders = committed_modules(), const std::string& our_library = {});
// Our library on both sides, with these kinds.
struct BothArchs {
  SideResult first, second;
};
BothArchs run_archs(const std::string& first, const std::string& second, const std::string& what);
SideResult run_side(const std::string& library, const std::string& kind, const std::string& what);

// As the sentences call the two sides.
struct SideNames {
  std::string first = "the released library", second = "ours";
};

// How far floats may be apart, beside that part of all elements which may be anything.
struct Tolerance {
  double of_value = 0;    // relative to each
  double of_largest = 0;  // relative to the largest, where sums cancel
  double outliers = 0;
  friend bool operator==(const Tolerance&, const Tolerance&) = default;
};

// Why two reads of one memory disagree; empty if they do not. The step's label ends with the mode; reads without one
// agree bit for bit, or within the tolerance.
std::string memory_disagreement(const Entry& first, const Entry& second, const SideNames& names = {},
                                const Tolerance& tolerance = {});

}  // namespace differential
