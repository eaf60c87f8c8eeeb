// The calls whose outcome differs on purpose.
#pragma once

#include <string>
#include <vector>

namespace differential {

struct Difference {
  std::string label;     // of the step
  std::string released;  // outcome
  std::string ours;
  std::string row;  // what the left column of docs/abi.md says about it
  // Only some devices show it; on the others both sides agree.
  bool depends_on_device;
};

const std::vector<Difference>& differences();

}  // namespace differential
