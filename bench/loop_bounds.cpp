// The table for assets/kernels/mpm88.py and graphs.py.
#include "loop_bounds.h"

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

}  // namespace ist::bench
