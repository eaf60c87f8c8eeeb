// Ways to load a module: folder, archive, bytes; and what outlives what.
#include "conformance/devices.h"
#include "conformance/lacks.h"
#include "support.h"

#include <ist/core.h>

#include <algorithm>

namespace conformance {
namespace {

class ModulesTest : public ArchTest {
 protected:
  void expect_half(TiAotModule module) {
    TiKernel kernel = ti_get_aot_module_kernel(module, "small_block");
    ASSERT_NE(kernel, nullptr) << take_error().message;
    Array<int32_t> out(runtime(), {2});
    const TiArgument args[] = {i32(2), out.arg()};
    ti_launch_kernel(runtime(), kernel, 2, args);
    EXPECT_EQ(out.read(), (std::vector<int32_t>{1, 2}));
  }
  // The kernels of a module that are refused, sorted; "*": all of it.
  std::vector<std::string> refusals(const char* name) {
    const TiAotModule module = ti_load_aot_module(runtime(), module_path(name).c_str());
    if (!module) {
      expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"Kernel '", " needs "});
      return {"*"};
    }
    std::vector<std::string> kernels;
    IstModuleInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_module_info(module, &info), TI_ERROR_SUCCESS) << take_error().message;
    for (uint32_t i = 0; i < info.kernel_count; ++i) {
      TiKernel kernel = nullptr;
      EXPECT_EQ(ist_module_kernel(module, i, &kernel), TI_ERROR_SUCCESS) << take_error().message;
      IstKernelInfo described{};
      described.size = sizeof(described);
      EXPECT_EQ(ist_kernel_info(kernel, &described), TI_ERROR_SUCCESS) << take_error().message;
      if (ti_get_aot_module_kernel(module, described.name)) continue;
      const std::string quoted = "Kernel '" + std::string(described.name) + "'";
      expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {quoted.c_str(), " needs "});
      kernels.push_back(described.name);
    }
    ti_destroy_aot_module(module);
    std::sort(kernels.begin(), kernels.end());
    return kernels;
  }
};
IST_CONFORMANCE_SUITE(ModulesTest);

// A module loads, or its kernels that the device cannot run, or all of it, are refused as the driver's list says.
TEST_P(ModulesTest, EveryCommittedModuleLoads) {
  for (const char* name :
       {"atomics",   "atomics_native",  "bounds",    "edge",    "fields",   "fields_other", "fluid",
        "formats",   "formats_integer", "fractal",   "graphs",  "mpm88",    "ndarrays",     "ndarrays_address",
        "random",    "returns",         "scalars",   "shared",  "subgroup", "tensors",      "textures",
        "types_f16", "types_f64",       "types_i64", "types_u8"}) {
    if (absent(name)) continue;
    EXPECT_EQ(refusals(name), refused_kernels(name)) << name;
  }
}

TEST_P(ModulesTest, BytesLoadLikeAFile) {
  std::vector<uint8_t> bytes = read_file(module_path("bounds"));
  TiAotModule module = ti_create_aot_module(runtime(), bytes.data(), bytes.size());
  ASSERT_NE(module, nullptr) << take_error().message;
  // The bytes belong to the caller again.
  std::fill(bytes.begin(), bytes.end(), uint8_t{0xee});
  expect_half(module);
  ti_destroy_aot_module(module);
}

TEST_P(ModulesTest, SeveralLoadsOfOneModuleAreIndependent) {
  Module first(runtime(), "bounds");
  TiAotModule second = ti_load_aot_module(runtime(), module_path("bounds").c_str());
  ASSERT_NE(second, nullptr);
  expect_half(second);
  ti_destroy_aot_module(second);
  expect_half(first.handle());
}

TEST_P(ModulesTest, AModuleMayGoWhileItsWorkIsPending) {
  Array<int32_t> out(runtime(), {3});
  {
    Module module(runtime(), "bounds");
    module.launch("small_block", {i32(3), out.arg()});
  }
  EXPECT_EQ(out.read(), (std::vector<int32_t>{1, 2, 3}));
}

TEST_P(ModulesTest, ARuntimeMayGoWithAllThatIsLeft) {
  TiRuntime other = create_runtime(arch());
  ASSERT_NE(other, nullptr);
  TiAotModule module = ti_load_aot_module(other, module_path("bounds").c_str());
  ASSERT_NE(module, nullptr);
  ti_destroy_aot_module(module);
  ti_destroy_runtime(other);
  expect_no_error("destroy");
}

}  // namespace
}  // namespace conformance
