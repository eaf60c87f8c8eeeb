// Reads the lists and asks the device, through the public headers only.
#include "conformance/lacks.h"

#include <gtest/gtest.h>
#include <ist/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "conformance/devices.h"
#include "conformance/support.h"

namespace conformance {
namespace {

struct List {
  std::string path, device;
  std::set<std::string> absent;
  std::map<std::string, std::set<std::string>> refused;    // kernels by module; "*": all of it
  std::vector<std::pair<std::string, std::string>> tests;  // and what each needs
};
List list;

const std::map<std::string, TiCapability> kLevels = {{"int8", TI_CAPABILITY_SPIRV_HAS_INT8},
                                                     {"int16", TI_CAPABILITY_SPIRV_HAS_INT16},
                                                     {"int64", TI_CAPABILITY_SPIRV_HAS_INT64},
                                                     {"float16", TI_CAPABILITY_SPIRV_HAS_FLOAT16},
                                                     {"float64", TI_CAPABILITY_SPIRV_HAS_FLOAT64},
                                                     {"atomic_float_add", TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_ADD},
                                                     {"subgroup", TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BASIC},
                                                     {"address", TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER}};
const std::map<std::string, TiFormat> kFormats = {
    {"r32f", TI_FORMAT_R32F}, {"rgba16f", TI_FORMAT_RGBA16F}, {"rgba32f", TI_FORMAT_RGBA32F}};

bool wrong(const std::string& reason) {
  std::fprintf(stderr, "%s: %s\n", list.path.c_str(), reason.c_str());
  return false;
}

// The rest of a line that starts with `word`.
std::optional<std::string> after(const std::string& line, const std::string& word) {
  if (!line.starts_with(word)) return std::nullopt;
  return line.substr(word.size());
}

bool read_line(const std::string& line) {
  if (line.empty() || line[0] == '#') return true;
  if (const auto device = after(line, "device ")) {
    list.device = *device;
    return true;
  }
  if (const auto names = after(line, "absent ")) {
    std::istringstream modules(*names);
    for (std::string module; modules >> module;) list.absent.insert(module);
    return true;
  }
  const size_t colon = line.find(": ");
  if (colon == std::string::npos || colon + 2 == line.size()) return wrong("'" + line + "' says nothing.");
  const std::string name = line.substr(0, colon), rest = line.substr(colon + 2);
  if (const auto module = after(name, "refused ")) {
    std::istringstream kernels(rest);
    for (std::string kernel; kernels >> kernel;) list.refused[*module].insert(kernel);
  } else {
    list.tests.emplace_back(name, rest);
  }
  return true;
}

// Asks one device; each question that it answers with "has it" is a reason.
class Device {
 public:
  explicit Device(TiRuntime runtime) : runtime_(runtime) {
    uint32_t count = 0;
    ti_get_runtime_capabilities(runtime, &count, nullptr);
    levels_.resize(count);
    ti_get_runtime_capabilities(runtime, &count, levels_.data());
  }

  bool is_named(const std::string& prefix) const {
    IstDeviceInfo info{};
    info.size = sizeof(info);
    if (ist_runtime_info(runtime_, &info) != TI_ERROR_SUCCESS) return wrong(take_error().message);
    return prefix == "*" || std::string(info.name).starts_with(prefix) ||
           wrong("it is of another device than '" + std::string(info.name) + "'.");
  }

  bool lacks(const std::string& capability) const {
    if (const auto level = kLevels.find(capability); level != kLevels.end()) return !has_level(level->second);
    if (const auto module = after(capability, "module ")) return refused(*module) || absent(*module);
    if (const auto kernel = after(capability, "kernel ")) {
      const size_t slash = kernel->find('/');
      return slash != std::string::npos && refused(kernel->substr(0, slash), kernel->substr(slash + 1));
    }
    if (const auto format = after(capability, "linear_filter ")) return lacks_filter(*format);
    if (capability == "images") return lacks_images();
    if (capability == "uuids") return lacks_uuids();
    if (capability == "memory that cannot be mapped") return maps_all_memory();
    if (capability == "recorded work") return is_cpu();
    if (capability == "SPIR-V modules") return is_cpu() || tested_archs().front() == TI_ARCH_CUDA;
    if (capability == "memory apart from buffers") return tested_archs().front() != TI_ARCH_VULKAN;
    return wrong("'" + capability + "' is no capability.");
  }

  // What the list says of a module that it names.
  bool refuses(const std::string& module, const std::set<std::string>& kernels) const {
    const TiAotModule loaded = ti_load_aot_module(runtime_, module_path(module).c_str());
    if (!loaded) {
      const LastError error = take_error();
      return (error.code == TI_ERROR_INCOMPATIBLE_MODULE && kernels.contains("*")) || wrong(error.message);
    }
    bool all = !kernels.contains("*") || wrong("module '" + module + "' is listed as refused, but it loads.");
    for (const std::string& kernel : kernels) {
      if (kernel == "*") continue;
      const bool there = ti_get_aot_module_kernel(loaded, kernel.c_str());
      if (there || take_error().code != TI_ERROR_INCOMPATIBLE_MODULE)
        all = wrong("kernel '" + kernel + "' of module '" + module + "' is listed as refused, but is not.");
    }
    ti_destroy_aot_module(loaded);
    return all;
  }

 private:
  static bool is_cpu() { return tested_archs().front() == TI_ARCH_X64 || tested_archs().front() == TI_ARCH_ARM64; }
  bool lacks_uuids() const {
    IstDeviceInfo info{};
    info.size = sizeof(info);
    return ist_runtime_info(runtime_, &info) == TI_ERROR_SUCCESS &&
           std::all_of(std::begin(info.device_uuid), std::end(info.device_uuid),
                       [](uint8_t byte) { return byte == 0; });
  }
  bool maps_all_memory() const {
    TiMemoryAllocateInfo info{};
    info.size = 64;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    const TiMemory memory = ti_allocate_memory(runtime_, &info);
    const bool mapped = memory && ti_map_memory(runtime_, memory);
    (void)take_error();
    if (memory) ti_free_memory(runtime_, memory);
    return mapped;
  }
  bool lacks_images() const {
    IstFormatInfo info{};
    info.size = sizeof(info);
    const TiError error = ist_format_info(runtime_, TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, &info);
    if (error != TI_ERROR_SUCCESS) (void)take_error();
    return error == TI_ERROR_NOT_SUPPORTED || (error == TI_ERROR_SUCCESS && info.usage == 0);
  }
  bool has_level(TiCapability capability) const {
    return std::any_of(levels_.begin(), levels_.end(), [&](const TiCapabilityLevelInfo& entry) {
      return entry.capability == capability && entry.level > 0;
    });
  }
  bool lacks_filter(const std::string& name) const {
    const auto format = kFormats.find(name);
    if (format == kFormats.end()) return wrong("'" + name + "' is no format that is asked for.");
    IstFormatInfo info{};
    info.size = sizeof(info);
    return ist_format_info(runtime_, format->second, TI_IMAGE_DIMENSION_2D, &info) == TI_ERROR_SUCCESS &&
           !info.linear_filter;
  }

  TiRuntime runtime_;
  std::vector<TiCapabilityLevelInfo> levels_;
};

// "on/Suite.Test/opengl" of each test, by "Suite.Test".
std::map<std::string, std::string> registered_tests() {
  std::map<std::string, std::string> tests;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int s = 0; s < all.total_test_suite_count(); ++s) {
    const testing::TestSuite& suite = *all.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const std::string full = std::string(suite.name()) + "." + suite.GetTestInfo(t)->name();
      const size_t begin = full.find('/') + 1, end = full.rfind('/');
      if (begin < end) tests[full.substr(begin, end - begin)] = full;
    }
  }
  return tests;
}

void filter_out(const std::string& test) {
  std::string filter = testing::GTEST_FLAG(filter);
  filter += filter.find('-') == std::string::npos ? "-" : ":";
  testing::GTEST_FLAG(filter) = filter + test;
}

// Those of registered_tests() that a line is about: one, or all of a suite.
std::vector<std::string> tests_named(const std::map<std::string, std::string>& registered, const std::string& name) {
  std::vector<std::string> found;
  const std::string suite = name.ends_with(".*") ? name.substr(0, name.size() - 1) : "";
  for (const auto& [test, full] : registered) {
    if (test == name || (!suite.empty() && test.starts_with(suite))) found.push_back(full);
  }
  return found;
}

bool leave_out(const Device& device) {
  bool good = device.is_named(list.device);
  for (const std::string& module : list.absent) {
    if (std::filesystem::exists(module_path(module))) good = wrong("module '" + module + "' is listed as absent.");
  }
  for (const auto& [module, kernels] : list.refused) good = device.refuses(module, kernels) && good;
  const auto registered = registered_tests();
  for (const auto& [test, capability] : list.tests) {
    const std::vector<std::string> found = tests_named(registered, test);
    if (found.empty()) {
      good = wrong("there is no test '" + test + "'.");
    } else if (!device.lacks(capability)) {
      good = wrong("'" + test + "' is listed for " + capability + ", but the device has it.");
    } else {
      std::printf("left out: %s: %s\n", test.c_str(), capability.c_str());
      for (const std::string& full : found) filter_out(full);
    }
  }
  return good;
}

}  // namespace

bool use_driver(const std::string& name) {
  list.path = std::string(IST_ASSETS_DIR) + "/../tests/conformance/lacks/" + name + ".txt";
  if (!test_arch(name.substr(0, name.find('-')))) return wrong("its name does not start with an arch.");
  std::ifstream file(list.path);
  if (!file.good()) return wrong("it cannot be read.");
  bool good = true;
  for (std::string line; std::getline(file, line);) good = read_line(line) && good;
  return good && (!list.device.empty() || wrong("it names no device."));
}

bool leave_out_what_is_lacking() {
  if (list.path.empty() || testing::GTEST_FLAG(list_tests)) return true;
  const TiRuntime runtime = create_runtime(tested_archs().front());
  if (!runtime) return wrong(take_error().message);
  const bool good = leave_out(Device(runtime));
  ti_destroy_runtime(runtime);
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
  return good;
}

bool absent(const std::string& module) { return list.absent.contains(module); }

bool refused(const std::string& module, const std::string& kernel) {
  const auto found = list.refused.find(module);
  return found != list.refused.end() && (found->second.contains("*") || found->second.contains(kernel));
}

std::vector<std::string> refused_kernels(const std::string& module) {
  const auto found = list.refused.find(module);
  if (found == list.refused.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace conformance
