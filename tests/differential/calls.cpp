// All groups in one list.
#include "calls.h"

#include "call_context.h"

namespace differential {

const std::vector<CallGroup>& call_groups() {
  static const std::vector<CallGroup> all = [] {
    std::vector<CallGroup> groups;
    for (std::span<const CallGroup> some :
         {error_calls(), memory_calls(), argument_calls(), export_calls(), fatal_calls()}) {
      groups.insert(groups.end(), some.begin(), some.end());
    }
    return groups;
  }();
  return all;
}

bool run_calls(const Api& api, const std::string& modules_folder, const std::string& group,
               TranscriptWriter& transcript) {
  for (const CallGroup& candidate : call_groups()) {
    if (candidate.name != group) continue;
    Calls calls(api, modules_folder, transcript);
    candidate.run(calls);
    return true;
  }
  return false;
}

}  // namespace differential
