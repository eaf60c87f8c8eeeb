// Our Vulkan against our OpenGL and OpenGL ES, over every module of assets, on the drivers that the environment
// chooses: integers bit by bit, floats too but for those operations that no standard makes exact. What a driver cannot
// run is refused by name, and stands in refused/.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "compare.h"
#include "refusals.h"
#include "script_file.h"

namespace differential {
namespace {

const Api& our_api() {
  static const Api api = [] {
    std::string problem;
    const Api opened = open_api(IST_OUR_LIBRARY, &problem);
    if (!problem.empty()) throw std::runtime_error(problem);
    return opened;
  }();
  return api;
}

struct Arch {
  TiArch arch;
  const char* kind;  // of differential_side
};
constexpr Arch kArchs[] = {{TI_ARCH_OPENGL, "opengl"}, {TI_ARCH_GLES, "gles"}};

const Driver& driver_of(TiArch arch) {
  static std::map<TiArch, Driver> drivers;
  return drivers.try_emplace(arch, our_api(), arch).first->second;
}

// What either driver refuses, by module.
Refused refused_by_either(TiArch arch, const std::string& module) {
  Refused refused;
  for (const std::string& part : modules_of_script(module)) {
    for (TiArch side : {TI_ARCH_VULKAN, arch}) {
      for (const auto& [name, why] : driver_of(side).refusals(part)) refused[part].insert(name);
    }
  }
  return refused;
}

// Where bits differ for a reason: reads of a module agree within the tolerance, on drivers whose name ends so.
struct Inexact {
  const char* drivers;
  const char* module;
  Tolerance tolerance;
};
constexpr Inexact kInexact[] = {
    // Multiply and add are fused on one side alone; these modules amplify the last bit: texels of 8 bits flip by one
    // step, escape times by one.
    {"zink-swiftshader", "fluid", {0, 1e-5, 5e-3}},
    {"zink-swiftshader", "fractal", {0, 0, 1e-3}},
    {"zink-swiftshader", "mpm88", {1e-5, 0, 0}},
};

Tolerance tolerance_of(const std::string& driver, const std::string& module) {
  for (const Inexact& inexact : kInexact) {
    if (module == inexact.module && driver.ends_with(inexact.drivers)) return inexact.tolerance;
  }
  return {};
}

struct Pair {
  Arch arch;
  std::string module;
};

std::vector<Pair> all_pairs() {
  std::vector<Pair> pairs;
  for (const Arch& arch : kArchs) {
    for (const std::string& module : module_names()) pairs.push_back({arch, module});
  }
  return pairs;
}

class Drivers : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(differential, Drivers, testing::ValuesIn(all_pairs()),
                         [](const auto& info) { return std::string(info.param.arch.kind) + "_" + info.param.module; });

TEST_P(Drivers, LeaveTheSameMemory) {
  const auto& [arch, module] = GetParam();
  ASSERT_EQ(driver_of(arch.arch).problem(), "");
  const ModuleScript made = write_own_script(our_api(), module, refused_by_either(arch.arch, module));
  const ScriptFile script(made.text);
  const BothArchs both = run_archs("script", arch.kind, script.path());
  EXPECT_EQ(both.first.end, "exit 0") << both.first.log;
  EXPECT_EQ(both.second.end, "exit 0") << both.second.log;
  ASSERT_EQ(both.first.entries.size(), both.second.entries.size());
  const Tolerance tolerance = tolerance_of(driver_of(arch.arch).name(), module);
  size_t reads = 0, bytes = 0;
  for (size_t i = 0; i < both.first.entries.size(); ++i) {
    const Entry &vulkan = both.first.entries[i], &gl = both.second.entries[i];
    EXPECT_EQ(vulkan.outcome, "ok") << "Vulkan, line " << vulkan.label;
    EXPECT_EQ(gl.outcome, "ok") << arch.kind << ", line " << gl.label;
    if (gl.type == TI_DATA_TYPE_UNKNOWN && vulkan.type == TI_DATA_TYPE_UNKNOWN) continue;
    EXPECT_EQ(memory_disagreement(vulkan, gl, {"Vulkan", arch.kind}, tolerance), "") << "line " << gl.label;
    ++reads;
    bytes += gl.bytes.size();
  }
  std::cout << module << ": " << made.launched.size() << " of " << made.all.size() << " kernels and graphs compared, "
            << reads << " reads of " << bytes << " bytes\n";
}

class RefusalsOf : public testing::TestWithParam<Arch> {};
INSTANTIATE_TEST_SUITE_P(differential, RefusalsOf, testing::ValuesIn(kArchs),
                         [](const auto& info) { return info.param.kind; });

// One line for each kernel and graph that is not compared.
std::string list_of_refusals(TiArch arch) {
  std::ostringstream list;
  for (const std::string& module : module_names()) {
    const auto by_vulkan = driver_of(TI_ARCH_VULKAN).refusals(module), by_gl = driver_of(arch).refusals(module);
    for (const auto& [name, why] : by_gl) list << module << " " << name << ": " << why << "\n";
    for (const auto& [name, why] : by_vulkan) {
      if (!by_gl.contains(name)) list << module << " " << name << ", by Vulkan alone: " << why << "\n";
    }
  }
  return list.str();
}

// The list of a driver that is not among those in refused/ is only printed.
TEST_P(RefusalsOf, AreListed) {
  const TiArch arch = GetParam().arch;
  ASSERT_EQ(driver_of(arch).problem(), "");
  const std::string found = list_of_refusals(arch), name = driver_of(arch).name() + ".txt";
  std::ifstream in(std::filesystem::path(IST_REFUSED_DIR) / name);
  if (!in) {
    std::cout << "There is no list " << name << ":\n" << found;
    return;
  }
  const std::string listed{std::istreambuf_iterator<char>(in), {}};
  const std::string path = testing::TempDir() + name;
  if (found != listed) std::ofstream(path) << found;
  EXPECT_EQ(found, listed) << "what was found is in " << path;
}

}  // namespace
}  // namespace differential
