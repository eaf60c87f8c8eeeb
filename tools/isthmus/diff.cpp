// isthmus diff: what differs between two modules. Opens no device.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "aot/module_reader.h"
#include "console.h"
#include "diff/compare.h"
#include "verb.h"

namespace {

using namespace tool;

// As diff(1) has them.
constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;

struct Options {
  std::string a;
  std::string b;
  bool as_json = false;
};

int run(const Options& options) {
  std::vector<Json> descriptions;
  for (const std::string& path : {options.a, options.b}) {
    const auto module = ist::aot::read_module_from_path(path);
    if (!module.ok()) {
      complain(std::string(module.status().message()));
      return kTrouble;
    }
    descriptions.push_back(describe(*module));
  }
  const std::vector<Difference> differences = compare(descriptions[0], descriptions[1]);
  const std::string text = options.as_json ? dumped(diff_json(differences, options.a, options.b)) + "\n"
                                           : diff_text(differences, options.a, options.b);
  std::fputs(text.c_str(), stdout);
  return differences.empty() ? kSame : kDifferent;
}

}  // namespace

VerbRun add_diff(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("A", options->a, "A module: a folder or a .tcm")->required();
  command.add_option("B", options->b, "The module to compare it with")->required();
  command.add_flag("--json", options->as_json, "Print JSON");
  command.footer(
      "How a module is packed makes no difference: only what it says and its code do.\n"
      "\nExamples:\n"
      "  isthmus diff before.tcm after.tcm\n"
      "  isthmus diff before.tcm after.tcm --json\n"
      "\nEnds with 0 when they are the same, 1 when they differ, 2 when one cannot be read or the output not be "
      "written.");
  return [options] { return run(*options); };
}
