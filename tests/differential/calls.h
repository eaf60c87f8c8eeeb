// Calls with good and bad arguments, in groups. Each call is one step of the transcript; its outcome is what it
// returned and the last error it left.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "transcript.h"

namespace differential {

class Calls;

struct CallGroup {
  const char* name;
  void (*run)(Calls& calls);
};

const std::vector<CallGroup>& call_groups();

// False when no group has this name.
bool run_calls(const Api& api, const std::string& modules_folder, const std::string& group,
               TranscriptWriter& transcript);

}  // namespace differential
