// isthmus bench: the rows of bench/ for the library that this program runs with, on the device at hand.
#include <dlfcn.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "bench/measures.h"
#include "bench/options.h"
#include "bench/rounds.h"
#include "console.h"
#include "doctor/child.h"
#include "verb.h"

namespace {

using namespace tool;

struct Options {
  ist::bench::Options rows;
  bool list = false;
};

// The library that is loaded into this process; "" when there is none.
std::string own_library() {
  void* symbol = ::dlsym(RTLD_DEFAULT, "ist_version");
  Dl_info info{};
  return symbol && ::dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "";
}

// Where an install has them, beside the program's own folder; "" when it is not installed.
std::string own_modules() {
  const std::filesystem::path bin = std::filesystem::path(doctor::own_path()).parent_path();
  const std::filesystem::path modules = bin.parent_path() / "share" / "isthmus" / "modules";
  std::error_code error;
  return std::filesystem::is_directory(modules, error) ? modules.string() : std::string();
}

int run(Options& options, bool rounds_given) {
  ist::bench::Options& rows = options.rows;
  if (options.list) {
    ist::bench::print_rows();
    return kWell;
  }
  if (rows.library.empty()) rows.library = own_library();
  if (rows.modules_folder.empty()) rows.modules_folder = own_modules();
  if (rows.modules_folder.empty()) {
    complain(
        "There is no folder share/isthmus/modules beside this program's; --modules names the one with graphs.tcm and "
        "mpm88.tcm.");
    return kFailed;
  }
  if (rows.quick && !rounds_given) rows.rounds = 3;
  ist::bench::check_options(rows);
  return ist::bench::run_rounds(rows);
}

// CLI11's own words when it is none.
std::string check_row(const std::string& name) {
  return ist::bench::find_row(name) ? std::string() : "There is no row '" + name + "'; --list prints them.";
}

}  // namespace

VerbRun add_bench(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  ist::bench::Options& rows = options->rows;
  command.add_option("--only", rows.only, "Measure this row only; may be given several times")
      ->check(check_row)
      ->type_name("ROW")
      ->expected(1)
      ->take_all();
  command.add_flag("--list", options->list, "Print the rows, and what each measures");
  command.add_flag("--quick", rows.quick, "Fewer repeats and rounds: a first look, not a measurement");
  const CLI::Option* rounds = command.add_option("--rounds", rows.rounds, "Rounds that count; quick: 3")
                                  ->check(CLI::Range(1, 1000000))
                                  ->type_name("N")
                                  ->capture_default_str();
  command.add_option("--device", rows.device_index, "Which Vulkan device; isthmus doctor lists them")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--json", rows.as_json, "Print JSON, with the values of all rounds");
  command
      .add_option("--modules", rows.modules_folder,
                  "The folder with graphs.tcm and mpm88.tcm; by itself: the installed one")
      ->type_name("FOLDER");
  command.add_option("--modules-x64", rows.modules_x64, "Modules of assets/build.py --arch x64, for the rows cpu_*")
      ->type_name("FOLDER");
  command.add_option("--lib", rows.library, "The library; by itself: the one that this program uses")
      ->type_name("FILE");
  command.add_option("--peer", rows.peer, "Another library of the same ABI, measured in the same rounds")
      ->type_name("FILE");
  command.footer(
      "Each row is measured with the library and with the same work written by hand in raw Vulkan, OpenGL or C++, in "
      "turn,\n"
      "each in a process of its own. Cells are median (minimum). Let nothing else run meanwhile.\n"
      "\nExamples:\n"
      "  isthmus bench --quick\n"
      "  isthmus bench --only launch_wait --only mpm88_frame --device 1\n"
      "\nEnds with 0, or with 1 when something fails: a wrong result, a library that does not load.");
  return [options, rounds] { return run(*options, rounds->count() > 0); };
}
