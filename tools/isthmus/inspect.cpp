// isthmus inspect: what is in a module. Opens no device.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "aot/module_reader.h"
#include "console.h"
#include "inspect/text.h"
#include "module/description.h"
#include "verb.h"

namespace {

using namespace tool;

struct Options {
  std::string module;
  std::string kernel;
  bool as_json = false;
};

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return kWell;
}

// Null when there is none.
const Json* find_kernel(const Json& module, const std::string& name) {
  for (const Json& kernel : module["kernels"])
    if (kernel["name"] == name) return &kernel;
  return nullptr;
}

int print_kernel(const Options& options, const Json& module) {
  const Json* kernel = find_kernel(module, options.kernel);
  if (kernel) return print(options.as_json ? dumped(*kernel) + "\n" : inspect_kernel_text(*kernel));
  std::vector<std::string> names;
  for (const Json& known : module["kernels"]) names.push_back(known["name"].get<std::string>());
  complain("Module '" + options.module + "' has no kernel '" + options.kernel + "'; its kernels are: " + listed(names) +
           ".");
  return kFailed;
}

int run(const Options& options) {
  const auto module = ist::aot::read_module_from_path(options.module);
  if (!module.ok()) {
    complain(std::string(module.status().message()));
    return kFailed;
  }
  Json description = {{"path", options.module}, {"file_bytes", bytes_on_disk(options.module)}};
  description.update(describe(*module));
  if (!options.kernel.empty()) return print_kernel(options, description);
  return print(options.as_json ? dumped(description) + "\n" : inspect_text(description));
}

}  // namespace

VerbRun add_inspect(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("MODULE", options->module, "A module: a folder or a .tcm")->required();
  command.add_option("--kernel", options->kernel, "Only this kernel, in more detail")->type_name("NAME");
  command.add_flag("--json", options->as_json, "Print JSON");
  command.footer(
      "Examples:\n"
      "  isthmus inspect mpm88.tcm\n"
      "  isthmus inspect mpm88.tcm --kernel init\n"
      "  isthmus inspect mpm88.tcm --json\n"
      "\nEnds with 0, or with 1 when the module cannot be read.");
  return [options] { return run(*options); };
}
