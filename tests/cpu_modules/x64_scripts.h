// The scripts that run on modules for x64: those of the differential test as far as the modules are the same ones,
// and those of scripts/ here. Lines of these may begin with "each A B C:", which stands for the statements behind it,
// parted by semicolons, once for each word in place of %.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "differential/api.h"

namespace cpu_modules {

// Names of all modules that assets/build.py makes for x64 and that the released library can be asked about.
std::vector<std::string> module_names();

struct X64Script {
  std::string text;
  // Kernels and graphs ("graph:NAME") that it launches.
  std::set<std::string> launched;
};

// `ours` tells what the committed module of the same name takes, if there is one; on Vulkan.
X64Script write_x64_script(const differential::Api& ours, const std::string& module);

// What the module has, from the list in its folder; without kernels that exist only as parts of a graph.
std::set<std::string> names_in_module(const std::string& module_folder);

}  // namespace cpu_modules
