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
  bool only_names = false;
};

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return kWell;
}

// Null when there is none.
const Json* find_named(const Json& list, const std::string& name) {
  for (const Json& item : list)
    if (item["name"] == name) return &item;
  return nullptr;
}

std::vector<std::string> names_of(const Json& list) {
  std::vector<std::string> names;
  for (const Json& item : list) names.push_back(item["name"].get<std::string>());
  return names;
}

int complain_of_kernel(const Options& options, const Json& module) {
  complain("Module '" + options.module + "' has no kernel '" + options.kernel +
           "'; its kernels are: " + listed(names_of(module["kernels"])) + ".");
  return kFailed;
}

int print_kernel(const Options& options, const Json& module) {
  const Json* kernel = find_named(module["kernels"], options.kernel);
  if (!kernel) return complain_of_kernel(options, module);
  return print(options.as_json ? dumped(*kernel) + "\n" : inspect_kernel_text(*kernel));
}

void print_lines(const std::vector<std::string>& names) {
  for (const std::string& name : names) print(printable(name) + "\n");
}

int print_names(const Options& options, const Json& module) {
  if (options.kernel.empty()) {
    print_lines(names_of(module["kernels"]));
    print_lines(names_of(module["graphs"]));
    return kWell;
  }
  const Json* launched = find_named(module["kernels"], options.kernel);
  if (!launched) launched = find_named(module["graphs"], options.kernel);
  if (!launched) return complain_of_kernel(options, module);
  print_lines(names_of((*launched)["parameters"]));
  return kWell;
}

int run(const Options& options) {
  const auto module = ist::aot::read_module_from_path(options.module);
  if (!module.ok()) {
    complain(std::string(module.status().message()));
    return kFailed;
  }
  Json description = {{"path", options.module}, {"file_bytes", bytes_on_disk(options.module)}};
  description.update(describe(*module));
  if (options.only_names) return print_names(options, description);
  if (!options.kernel.empty()) return print_kernel(options, description);
  return print(options.as_json ? dumped(description) + "\n" : inspect_text(description));
}

}  // namespace

VerbRun add_inspect(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("MODULE", options->module, "A module: a folder or a .tcm")->required();
  command.add_option("--kernel", options->kernel, "Only this kernel, in more detail")->type_name("KERNEL");
  auto* as_json = command.add_flag("--json", options->as_json, "Print JSON");
  command.add_flag("--names", options->only_names, "Print names only: of kernels and graphs, or of arguments")
      ->excludes(as_json);
  command.footer(
      "Examples:\n"
      "  isthmus inspect mpm88.tcm\n"
      "  isthmus inspect mpm88.tcm --kernel init\n"
      "  isthmus inspect mpm88.tcm --json\n"
      "  for kernel in $(isthmus inspect mpm88.tcm --names); do echo \"$kernel\"; done\n"
      "\nEnds with 0, or with 1 when the module cannot be read.");
  return [options] { return run(*options); };
}
