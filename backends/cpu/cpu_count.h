// How many threads are worth starting: the cores this process may run on, and the share of them that its control group
// is allowed. Knows nothing of pools.
#pragma once

#include <string>
#include <string_view>

namespace ist::cpu {

inline constexpr unsigned kMostThreads = 256;

// The smaller of both, at least 1 and at most kMostThreads. Reads a few small files: ask once.
unsigned usable_threads();

// The cores' worth of time that a process may use by the quotas of its control groups (versions 1 and 2) and those
// above them, rounded up; 0 if there is no quota. `groups` is the text of /proc/self/cgroup, `root` where the groups
// are mounted.
unsigned quota_threads(std::string_view groups, const std::string& root);

}  // namespace ist::cpu
