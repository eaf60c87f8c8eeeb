// What is given is checked here, whoever has read it.
#include "options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "fail.h"
#include "measures.h"

namespace ist::bench {
namespace {

constexpr char kHelp[] =
    "isthmus_bench [options]: a library of the Taichi C ABI beside the same work done by hand\n"
    "  --lib PATH      the library under test (default: the one of this build)\n"
    "  --peer PATH     another library of the same ABI, measured in the same rounds\n"
    "  --modules DIR   folder with graphs.tcm and mpm88.tcm (default: assets/modules)\n"
    "  --modules-x64 DIR  modules of assets/build.py --arch x64 for the rows cpu_*, which are left out without it\n"
    "  --device N      index of the Vulkan device (default 0)\n"
    "  --rounds N      rounds that count (default 11; --quick 3)\n"
    "  --only NAME     measure this row only; may be given several times\n"
    "  --quick         fewer repeats and rounds: a smoke test, not a measurement\n"
    "  --json FILE     also write all values of all rounds\n"
    "  --check FILE    compare with the goals of FILE and print met or missed\n"
    "  --strict        exit code 2 when --check finds a goal missed\n"
    "  --list          print the rows\n";

long read_number(const char* option, const std::string& text, long least) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != 0 || value < least || value > 1000000)
    fail("Option %s takes a number of at least %ld, not '%s'.", option, least, text.c_str());
  return value;
}

// Libraries are opened by path, never searched for: a bare name would find whatever is installed.
std::string existing_path(const std::string& path, const char* what) {
  if (!std::filesystem::exists(path)) fail("The %s '%s' does not exist.", what, path.c_str());
  return std::filesystem::absolute(path);
}

}  // namespace

bool Options::wants(const std::string& row) const { return only.empty() || std::ranges::find(only, row) != only.end(); }

void check_options(Options& options) {
  for (const std::string& row : options.only)
    if (!find_row(row)) fail("There is no row '%s'; see --list.", row.c_str());
  if (options.library.empty()) fail("This build has no library of its own; give --lib PATH.");
  options.library = existing_path(options.library, "library");
  if (!options.peer.empty()) options.peer = existing_path(options.peer, "peer");
  options.modules_folder = existing_path(options.modules_folder, "modules folder");
  if (!options.modules_x64.empty()) options.modules_x64 = existing_path(options.modules_x64, "folder of x64 modules");
}

void print_rows() {
  for (const Row& row : all_rows()) std::printf("%-20s %-4s %s\n", row.name, unit_name(row.unit), row.what);
}

Options read_options(int argc, char** argv, Options options) {
  bool rounds_given = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> std::string {
      if (++i >= argc) fail("Option %s takes a value.", option.c_str());
      return argv[i];
    };
    if (option == "--lib")
      options.library = value();
    else if (option == "--peer")
      options.peer = value();
    else if (option == "--modules")
      options.modules_folder = value();
    else if (option == "--modules-x64")
      options.modules_x64 = value();
    else if (option == "--json")
      options.json_file = value();
    else if (option == "--check")
      options.check_file = value();
    else if (option == "--only")
      options.only.push_back(value());
    else if (option == "--quick")
      options.quick = true;
    else if (option == "--strict")
      options.strict = true;
    else if (option == "--list") {
      print_rows();
      std::exit(0);
    } else if (option == "--device")
      options.device_index = static_cast<uint32_t>(read_number("--device", value(), 0));
    else if (option == "--rounds") {
      options.rounds = static_cast<int>(read_number("--rounds", value(), 1));
      rounds_given = true;
    } else if (option == "--help" || option == "-h") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    } else {
      fail("Option '%s' is unknown; see --help.", option.c_str());
    }
  }
  if (options.quick && !rounds_given) options.rounds = 3;
  check_options(options);
  return options;
}

}  // namespace ist::bench
