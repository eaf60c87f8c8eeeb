// The table for assets/kernels/mpm88.py and graphs.py.
#include "loop_bounds.h"

#include <algorithm>
#include <string_view>

#include "fail.h"

namespace ist::bench {
namespace {

struct Bound {
  std::string_view kernel;
  const char* array;
};

constexpr Bound kBounds[] = {
    {"init", "x"},        {"substep_reset_grid", "grid_m"},
    {"substep_p2g", "x"}, {"substep_update_grid_v", "grid_m"},
    {"substep_g2p", "x"}, {"add_to", "a"},
    {"multiply", "a"},    {"sum_of", "out"},
};

}  // namespace

std::string looped_array(const std::string& kernel) {
  for (const Bound& bound : kBounds) {
    if (!kernel.starts_with(bound.kernel)) continue;
    const std::string_view rest = std::string_view(kernel).substr(bound.kernel.size());
    if (rest.empty() || rest.starts_with("_c")) return bound.array;
  }
  fail("bench does not know what bounds the loop of kernel '%s'.", kernel.c_str());
}

uint32_t group_count(const RawKernel& kernel, const RawTask& task, const std::vector<Argument>& arguments) {
  int64_t trip = task.constant_trip.value_or(0);
  if (!task.constant_trip) {
    const auto bound = std::ranges::find(kernel.parameters, looped_array(kernel.name), &RawParameter::name);
    if (bound == kernel.parameters.end()) fail("Kernel '%s' lacks the array its loop runs over.", kernel.name.c_str());
    const auto index = static_cast<size_t>(bound - kernel.parameters.begin());
    trip = static_cast<int64_t>(std::get<Array>(arguments[index].value).count());
  }
  return trip > 0 ? static_cast<uint32_t>((trip + task.group_size - 1) / task.group_size) : 0;
}

}  // namespace ist::bench
