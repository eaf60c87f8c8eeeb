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

// `kind` and `what` are the last two arguments of differential_side. Files go to the test's temporary folder.
BothSides run_both(const std::string& released_library, const std::string& kind, const std::string& what);
SideResult run_side(const std::string& library, const std::string& kind, const std::string& what);

// Why two reads of one memory disagree; empty if they do not. `label` is the step's, whose last words are the mode.
std::string memory_disagreement(const Entry& released, const Entry& ours);

}  // namespace differential
