// Quotas are read as text; whatever cannot be read is no quota.
#include "cpu/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/file.h"

namespace ist::cpu {

namespace {

// "max 100000" or "150000 100000" in one file; in version 1 the two numbers have a file each, and -1 is no quota.
unsigned quota_of(std::string_view numbers) {
  long long values[2] = {};  // quota, period
  for (long long& value : values) {
    numbers.remove_prefix(std::min(numbers.find_first_not_of(" \n"), numbers.size()));
    const auto [end, error] = std::from_chars(numbers.data(), numbers.data() + numbers.size(), value);
    if (error != std::errc() || value <= 0) return 0;
    numbers.remove_prefix(static_cast<size_t>(end - numbers.data()));
  }
  return static_cast<unsigned>(std::min<long long>((values[0] - 1) / values[1] + 1, kMostThreads));
}

unsigned quota_of_group(const std::string& folder, bool version_2) {
  if (version_2) return quota_of(read_small_file(folder + "/cpu.max"));
  return quota_of(read_small_file(folder + "/cpu.cfs_quota_us") + " " + read_small_file(folder + "/cpu.cfs_period_us"));
}

unsigned smaller(unsigned a, unsigned b) { return a == 0 || b == 0 ? a + b : std::min(a, b); }

// The quotas of a group and of all above it. In a container the group's own path may be one of the host, which is not
// mounted: then only those that exist count, the mounted root among them.
unsigned quota_upwards(const std::string& mount, std::string_view group, bool version_2) {
  unsigned least = 0;
  while (true) {
    if (group.ends_with('/')) group.remove_suffix(1);
    least = smaller(least, quota_of_group(mount + std::string(group), version_2));
    if (group.empty()) return least;
    group = group.substr(0, std::min(group.rfind('/'), group.size() - 1));
  }
}

// Takes what stands before the next separator off `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool names_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    if (take_part(controllers, ',') == "cpu") return true;
  }
  return false;
}

unsigned affinity_threads() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) return static_cast<unsigned>(CPU_COUNT(&cores));
  return std::thread::hardware_concurrency();  // more than 1024 cores, or not told
}

}  // namespace

unsigned quota_threads(std::string_view groups, const std::string& root) {
  unsigned least = 0;
  while (!groups.empty()) {
    std::string_view line = take_part(groups, '\n');  // hierarchy:controllers:path
    take_part(line, ':');
    if (line.find(':') == std::string_view::npos) continue;
    const std::string_view controllers = take_part(line, ':');
    if (controllers.empty()) least = smaller(least, quota_upwards(root, line, true));
    if (names_cpu(controllers)) least = smaller(least, quota_upwards(root + "/cpu", line, false));
  }
  return least;
}

unsigned usable_threads() {
  const std::string groups = read_small_file("/proc/self/cgroup");
  const unsigned usable = smaller(affinity_threads(), quota_threads(groups, "/sys/fs/cgroup"));
  return std::clamp(usable, 1u, kMostThreads);
}

}  // namespace ist::cpu
