// What differs between two descriptions of modules.
#pragma once

#include <string>
#include <vector>

#include "../module/description.h"

namespace tool {

// One value that is not the same; null where one side has none.
struct Difference {
  std::string where;  // "kernels.paint.tasks[0].code_bytes"
  Json a;
  Json b;
};

// Kernels, graphs and parameters are told apart by name. The compiler numbers kernels of graphs and template instances
// ("step_c88_0"): such are told apart by their place among those of the same name, and called "step#1".
std::vector<Difference> compare(const Json& a, const Json& b);

// Lines for people; in colours where stdout shows them.
std::string diff_text(const std::vector<Difference>& differences, const std::string& a, const std::string& b);
Json diff_json(const std::vector<Difference>& differences, const std::string& a, const std::string& b);

}  // namespace tool
