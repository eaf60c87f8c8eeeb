// What the host declares decides what loads; what it does not say is assumed aloud.
#include "host_test.h"

namespace host {
namespace {

class HostDeclared : public HostTest {
 protected:
  static void run_products(TiRuntime runtime) {
    Module module(runtime, "types_i64");
    ASSERT_NE(module.handle(), nullptr);
    Array<int64_t> a(runtime, {3}), out(runtime, {3});
    const std::vector<int64_t> input = {3, -(int64_t{1} << 33), int64_t{1234567890123}};
    a.write(input);
    module.launch("products", {a.arg(), conformance::scalar<int64_t>(-1000003), out.arg()});
    std::vector<int64_t> expected;
    for (const int64_t value : input) expected.push_back(value * -1000003 + (value >> 3));
    EXPECT_EQ(out.read(), expected);
  }
  static void expect_incompatible(TiRuntime runtime, const char* module, const char* word) {
    EXPECT_EQ(ti_load_aot_module(runtime, conformance::module_path(module).c_str()), nullptr);
    const auto error = take_error();
    EXPECT_EQ(error.code, TI_ERROR_INCOMPATIBLE_MODULE) << error.message;
    EXPECT_NE(lower(error.message).find(word), std::string::npos) << error.message;
  }
};

TEST_F(HostDeclared, AListWithoutInt64RefusesAModuleThatNeedsIt) {
  start(with(FeatureSet::core));
  Runtime runtime = import();
  declare(runtime, {{TI_CAPABILITY_SPIRV_VERSION, 0x10300}});
  expect_incompatible(runtime, "types_i64", "int64");
  declare(runtime, {{TI_CAPABILITY_SPIRV_VERSION, 0x10300}, {TI_CAPABILITY_SPIRV_HAS_INT64, 0}});
  expect_incompatible(runtime, "types_i64", "int64");
  declare(runtime, {});
  expect_incompatible(runtime, "types_i64", "int64");
  run_fields(import());
}

TEST_F(HostDeclared, AListWithInt64LoadsIt) {
  start(with(FeatureSet::core));
  Runtime runtime = import();
  LogLines log;
  declare(runtime, {{TI_CAPABILITY_SPIRV_VERSION, 0x10300}, {TI_CAPABILITY_SPIRV_HAS_INT64, 1}});
  run_products(runtime);
  EXPECT_EQ(log.with("int64"), 0u) << log.all();
}

TEST_F(HostDeclared, ASpirvVersionBelowTheModulesIsRefused) {
  start(with(FeatureSet::core));
  Runtime runtime = import();
  declare(runtime, {{TI_CAPABILITY_SPIRV_VERSION, 0x10000}});
  expect_incompatible(runtime, "fields", "1.3");
}

TEST_F(HostDeclared, UndeclaredItLoadsAndTheLogNamesTheAssumption) {
  start(with(FeatureSet::core));
  Runtime runtime = import();
  LogLines log;
  run_products(runtime);
  EXPECT_EQ(log.with("int64"), 1u) << log.all();
  run_products(runtime);
  EXPECT_EQ(log.with("int64"), 1u) << "the same assumption again: " << log.all();
}

TEST_F(HostDeclared, AModuleWithoutNeedsAssumesNothing) {
  start();
  Runtime runtime = import();
  LogLines log;
  run_fields(runtime);
  EXPECT_EQ(log.all(), "");
}

TEST_F(HostDeclared, FeaturesInTheChainCount) {
  start();
  Runtime runtime = adopt();
  expect_incompatible(runtime, "types_i64", "int64");
  expect_incompatible(runtime, "types_u8", "int8");
  run_fields(runtime);
}

TEST_F(HostDeclared, CoreVersionStructsCount) {
  start(with(FeatureSet::versions, VK_API_VERSION_1_2));
  Runtime runtime = adopt();
  LogLines log;
  run_products(runtime);
  Module bytes(runtime, "types_u8");
  Array<uint8_t> out(runtime, {1001});
  bytes.launch("ramp", {out.arg(), conformance::i32(200)});
  const std::vector<uint8_t> ramp = out.read();
  for (size_t i = 0; i < ramp.size(); ++i) ASSERT_EQ(ramp[i], static_cast<uint8_t>(200 + i));
  EXPECT_EQ(log.all(), "");
}

// Of a module with kernels of all types those run that the device has all for.
TEST_F(HostDeclared, KernelsAreRefusedOneByOne) {
  start();
  Runtime runtime = adopt();
  LogLines log;
  Module scalars(runtime, "scalars");
  ASSERT_NE(scalars.handle(), nullptr);
  for (const char* refused : {"write_i8", "write_i64", "write_f64", "mixed"}) {
    EXPECT_EQ(log.with("kernel '" + std::string(refused) + "'"), 1u) << log.all();
    EXPECT_EQ(ti_get_aot_module_kernel(scalars.handle(), refused), nullptr);
    expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {refused, "shader", "ist_vulkan_adopt_device"});
  }
  EXPECT_EQ(ti_get_aot_module_kernel(scalars.handle(), "write_i64"), nullptr);
  expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"needs shaderInt64, which"});
  EXPECT_EQ(log.with("kernel 'write_i32'"), 0u);
  Array<int32_t> out(runtime, {5});
  scalars.launch("write_i32", {conformance::i32(-77), out.arg()});
  EXPECT_EQ(out.read(), std::vector<int32_t>(5, -77));
}

TEST_F(HostDeclared, ARefusedKernelIsDescribedAndNotLaunched) {
  start();
  Runtime runtime = adopt();
  LogLines log;
  Module scalars(runtime, "scalars");
  IstModuleInfo module{};
  module.size = sizeof(module);
  ASSERT_EQ(ist_module_info(scalars.handle(), &module), TI_ERROR_SUCCESS);
  for (uint32_t index = 0; index < module.kernel_count; ++index) {
    TiKernel kernel = nullptr;
    ASSERT_EQ(ist_module_kernel(scalars.handle(), index, &kernel), TI_ERROR_SUCCESS);
    IstKernelInfo info{};
    info.size = sizeof(info);
    ASSERT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_SUCCESS);
    if (std::string_view(info.name) != "write_i64") continue;
    EXPECT_EQ(info.argument_count, 2u);
    EXPECT_EQ(info.arguments[0].data_type, TI_DATA_TYPE_I64);
    Array<int64_t> out(runtime, {5});
    const std::vector<TiArgument> arguments = {conformance::scalar<int64_t>(7), out.arg()};
    ti_launch_kernel(runtime, kernel, 2, arguments.data());
    expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"write_i64", "shaderInt64"});
  }
}

TEST_F(HostDeclared, GraphsAreRefusedWithTheirKernels) {
  start();
  Runtime runtime = adopt();
  LogLines log;
  Module graphs(runtime, "graphs");
  ASSERT_NE(graphs.handle(), nullptr);
  EXPECT_EQ(ti_get_aot_module_compute_graph(graphs.handle(), "scalar_i64"), nullptr);
  expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"shaderInt64", "graph 'scalar_i64'"});
  Array<int32_t> out(runtime, {4});
  graphs.run_graph("scalar_i32",
                   {conformance::named("value", conformance::i32(-3)), conformance::named("out", out.arg())});
  EXPECT_EQ(out.read(), std::vector<int32_t>(4, -3));
}

TEST_F(HostDeclared, AListDecidesKernelByKernelToo) {
  start(with(FeatureSet::core));
  Runtime runtime = import();
  declare(runtime, {{TI_CAPABILITY_SPIRV_VERSION, 0x10300}, {TI_CAPABILITY_SPIRV_HAS_INT64, 1}});
  LogLines log;
  Module scalars(runtime, "scalars");
  ASSERT_NE(scalars.handle(), nullptr);
  EXPECT_EQ(ti_get_aot_module_kernel(scalars.handle(), "write_f64"), nullptr);
  expect_error({TI_ERROR_INCOMPATIBLE_MODULE}, {"write_f64", "shaderFloat64", "ti_set_runtime_capabilities_ext"});
  Array<int64_t> out(runtime, {3});
  scalars.launch("write_i64", {conformance::scalar<int64_t>(-(int64_t{1} << 40)), out.arg()});
  EXPECT_EQ(out.read(), std::vector<int64_t>(3, -(int64_t{1} << 40)));
}

TEST_F(HostDeclared, WhatTheLibraryNeedsLoadsAllModules) {
  start(as_needed());
  Runtime runtime = adopt();
  for (const char* name : {"mpm88", "ndarrays", "textures", "tensors", "types_f16", "types_f64", "types_i64",
                           "types_u8", "scalars", "atomics", "shared", "graphs"}) {
    Module module(runtime, name);
    EXPECT_NE(module.handle(), nullptr) << name;
  }
  run_products(runtime);
}

TEST_F(HostDeclared, UndeclaredFeaturesOfAnAdoptedDeviceAreAssumedToo) {
  start(with(FeatureSet::core));
  IstVulkanDevice info = adopted();
  info.features = nullptr;
  TiRuntime handle = nullptr;
  ASSERT_EQ(ist_vulkan_adopt_device(&info, &handle), TI_ERROR_SUCCESS) << take_error().message;
  Runtime runtime(handle);
  LogLines log;
  run_products(runtime);
  EXPECT_EQ(log.with("int64"), 1u) << log.all();
}

}  // namespace
}  // namespace host
