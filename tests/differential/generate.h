// The scripts of the differential test: what is written by hand for a module (scripts/MODULE.txt), then launches
// of every other kernel and graph with arguments made from what our library tells about them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api.h"

namespace differential {

struct ModuleScript {
  std::string text;
  // Names of kernels and graphs ("graph:NAME") that the module has, of those that the script launches, and of those
  // among them where not all values can be compared. Kernels that exist only as parts of a graph are left out.
  std::set<std::string> all, launched, partly;
};

// Names of the modules in assets, in order.
std::vector<std::string> module_names();

// Kernels and graphs of a module that are not compared, or not with all values, as the tables in generate.cpp list
// them.
std::set<std::string> excluded_names(const std::string& module);
std::set<std::string> partly_compared_names(const std::string& module);

// Page rows (docs/abi.md) that the table of exclusions refers to.
std::vector<std::string> exclusion_rows();

// `ours` is asked about the module; it must be our library.
ModuleScript write_module_script(const Api& ours, const std::string& module);

// A script that launches one excluded kernel or graph, or loads an excluded module, as our library takes it.
std::string write_excluded_script(const Api& ours, const std::string& module, const std::string& name);

// Which kernels and graphs ("graph:NAME") of which module one of two drivers refuses; the name "*" is all of it.
using Refused = std::map<std::string, std::set<std::string>>;

// A script that launches everything that the module has, with scalars of every type, for two sides that are both our
// library. What launches something refused is left out.
ModuleScript write_own_script(const Api& ours, const std::string& module, const Refused& refused);
// The modules that its script loads.
std::set<std::string> modules_of_script(const std::string& module);
// Names of the module's kernels and graphs as ModuleScript::all has them.
std::set<std::string> launchable_names(const Api& ours, const std::string& module);
std::string module_path(const std::string& module);

// The hand-written part alone.
std::string read_script(const std::string& name);

}  // namespace differential
