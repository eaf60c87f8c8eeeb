// Modules for x64 in our library and in the released one: the same launches leave the same memory, bit by bit unless a
// script says otherwise. Needs the released library (IST_RELEASED_LIBRARY) and the modules that assets/build.py has put
// into the build folder; without either the program ends with 77, which is a skip.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "differential/compare.h"
#include "differential/script_file.h"
#include "x64_scripts.h"

namespace cpu_modules {
namespace {

using differential::BothSides;
using differential::Entry;

std::string released;
std::string ours = IST_OUR_LIBRARY;
const std::string kModules = IST_X64_MODULES_DIR;

const differential::Api& our_api() {
  static const differential::Api api = [] {
    std::string problem;
    const differential::Api opened = differential::open_api(IST_OUR_LIBRARY, &problem);
    if (!problem.empty()) throw std::runtime_error(problem);
    return opened;
  }();
  return api;
}

// What the released library cannot run, or computes wrongly.
const std::set<std::string>& left_out(const std::string& module) {
  static const std::map<std::string, std::set<std::string>> kLeftOut = {
      // F16 scalars of graphs are cut off instead of rounded.
      {"graphs", {"graph:scalar_f16"}},
      // Tensors of 8- and 64-bit types.
      {"tensors",
       {"vec2_i8", "vec3_i8", "mat2x3_i8", "vec2_u8", "vec3_u8", "mat2x3_u8", "vec2_i64", "vec3_i64", "mat2x3_i64",
        "vec2_u64", "vec3_u64", "mat2x3_u64", "vec2_f64", "vec3_f64", "mat2x3_f64"}},
      {"types_f64", {"polynomial"}},
  };
  static const std::set<std::string> kNothing;
  const auto found = kLeftOut.find(module);
  return found == kLeftOut.end() ? kNothing : found->second;
}

// The released library frees memory on a CPU and says all the same that it cannot.
std::string released_outcome(const Entry& entry) {
  const bool frees = entry.label == "close" || entry.label.find(": array ") != std::string::npos;
  return frees && entry.outcome == "NOT_SUPPORTED" ? "ok" : entry.outcome;
}

// Lines that kernels have printed, in any order: parts of a loop may run at the same time. The rest is log.
std::vector<std::string> printed_lines(const std::string& output) {
  std::istringstream in(output);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("[Taichi]") && !line.starts_with("[W ") && !line.starts_with("isthmus"))
      lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

class CpuModule : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(x64, CpuModule, testing::ValuesIn(module_names()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

TEST_P(CpuModule, LeavesTheSameMemory) {
  const X64Script made = write_x64_script(our_api(), GetParam());
  const std::set<std::string> all = names_in_module(kModules + "/folders/" + GetParam());
  ASSERT_FALSE(all.empty());
  std::set<std::string> missing;
  std::set_difference(all.begin(), all.end(), made.launched.begin(), made.launched.end(),
                      std::inserter(missing, missing.end()));
  EXPECT_EQ(missing, left_out(GetParam()));

  const differential::ScriptFile script(made.text);
  const std::string folders = kModules + "/folders";
  const BothSides both =
      differential::run_both(released, "x64", script.path(), {folders, ours == released ? folders : kModules}, ours);
  EXPECT_EQ(both.released.end, "exit 0") << both.released.log;
  EXPECT_EQ(both.ours.end, "exit 0") << both.ours.log;
  ASSERT_EQ(both.released.entries.size(), both.ours.entries.size()) << both.released.log << both.ours.log;
  size_t reads = 0, bytes = 0;
  for (size_t i = 0; i < both.ours.entries.size(); ++i) {
    const Entry &theirs = both.released.entries[i], &entry = both.ours.entries[i];
    EXPECT_EQ(released_outcome(theirs), "ok") << "released, line " << theirs.label;
    EXPECT_EQ(ours == released ? released_outcome(entry) : entry.outcome, "ok") << "ours, line " << entry.label;
    if (entry.type == TI_DATA_TYPE_UNKNOWN && theirs.type == TI_DATA_TYPE_UNKNOWN) continue;
    EXPECT_EQ(differential::memory_disagreement(theirs, entry), "") << "line " << entry.label;
    ++reads;
    bytes += entry.bytes.size();
  }
  if (GetParam() == "prints") {
    EXPECT_EQ(printed_lines(both.released.log), printed_lines(both.ours.log));
  }
  std::cout << GetParam() << ": " << made.launched.size() << " kernels and graphs, " << reads << " reads of " << bytes
            << " bytes\n";
}

}  // namespace
}  // namespace cpu_modules

// --ours=LIBRARY stands in for our library; the released one there shows whether the scripts can be repeated.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (const std::string argument = argv[i]; argument.starts_with("--ours=")) cpu_modules::ours = argument.substr(7);
  }
  const char* path = std::getenv("IST_RELEASED_LIBRARY");
  if (!path || !std::filesystem::is_regular_file(path) || !std::filesystem::is_directory(cpu_modules::kModules)) {
    std::cout << "skipped: there is no released library (IST_RELEASED_LIBRARY) or there are no modules for x64.\n";
    return 77;
  }
  cpu_modules::released = path;
  // The released library finds its own runtime by this.
  const std::filesystem::path runtime = std::filesystem::path(path).parent_path().parent_path() / "runtime";
  setenv("TI_LIB_DIR", runtime.c_str(), 1);
  return RUN_ALL_TESTS();
}
