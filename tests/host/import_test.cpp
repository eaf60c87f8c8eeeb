// ti_import_vulkan_runtime and ist_vulkan_adopt_device: what they take, tell and refuse.
#include "host_test.h"

namespace host {
namespace {

class HostImport : public HostTest {
 protected:
  void expect_refused(const TiVulkanRuntimeInteropInfo& info, std::initializer_list<TiError> codes,
                      std::initializer_list<const char*> words) {
    EXPECT_EQ(ti_import_vulkan_runtime(&info), nullptr);
    expect_error(codes, words);
    expect_nothing_left("a refused import");
  }
  void expect_refused(const IstVulkanDevice& info, std::initializer_list<TiError> codes,
                      std::initializer_list<const char*> words) {
    TiRuntime runtime = nullptr;
    const TiError code = ist_vulkan_adopt_device(&info, &runtime);
    EXPECT_EQ(runtime, nullptr);
    if (runtime) ti_destroy_runtime(runtime);
    EXPECT_NE(code, TI_ERROR_SUCCESS);
    expect_error(codes, words);
    expect_nothing_left("a refused adoption");
  }
};

TEST_F(HostImport, RunsKernels) {
  start();
  Runtime runtime = import();
  run_fields(runtime);
  EXPECT_GT(spy().submits(), 0u);
}

TEST_F(HostImport, TakesTheSystemsLoaderAndNoGraphicsQueue) {
  start();
  for (const bool own_loader : {false, true}) {
    for (const bool graphics : {false, true}) {
      TiVulkanRuntimeInteropInfo info = imported();
      if (!own_loader) info.get_instance_proc_addr = nullptr;
      if (!graphics) info.graphics_queue = VK_NULL_HANDLE;
      Runtime runtime(ti_import_vulkan_runtime(&info));
      ASSERT_NE(runtime, nullptr) << take_error().message;
      run_fields(runtime);
      TiVulkanRuntimeInteropInfo told{};
      ti_export_vulkan_runtime(runtime, &told);
      expect_no_error("export");
      EXPECT_EQ(told.instance, info.instance);
      EXPECT_EQ(told.physical_device, info.physical_device);
      EXPECT_EQ(told.device, info.device);
      EXPECT_EQ(told.compute_queue, info.compute_queue);
      EXPECT_EQ(told.compute_queue_family_index, info.compute_queue_family_index);
      EXPECT_EQ(told.graphics_queue, info.graphics_queue);
      EXPECT_NE(told.get_instance_proc_addr, nullptr);
    }
  }
}

TEST_F(HostImport, TellsTheSpirvVersionAlone) {
  const std::pair<uint32_t, uint32_t> cases[] = {{0, 0x10000},
                                                 {VK_API_VERSION_1_0, 0x10000},
                                                 {VK_API_VERSION_1_1, 0x10300},
                                                 {VK_API_VERSION_1_2, 0x10500},
                                                 {VK_API_VERSION_1_3, 0x10500}};
  start(with(FeatureSet::versions, VK_API_VERSION_1_3));
  for (const auto& [version, level] : cases) {
    TiVulkanRuntimeInteropInfo info = imported();
    info.api_version = version;
    Runtime runtime(ti_import_vulkan_runtime(&info));
    ASSERT_NE(runtime, nullptr) << take_error().message;
    EXPECT_EQ(capabilities(runtime), (std::vector{std::pair{TI_CAPABILITY_SPIRV_VERSION, level}})) << version;
    const TiCapabilityLevelInfo own[] = {{TI_CAPABILITY_SPIRV_HAS_INT8, 0}, {TI_CAPABILITY_SPIRV_HAS_FLOAT64, 7}};
    ti_set_runtime_capabilities_ext(runtime, 2, own);
    EXPECT_EQ(capabilities(runtime), (std::vector{std::pair{TI_CAPABILITY_SPIRV_HAS_INT8, 0u},
                                                  std::pair{TI_CAPABILITY_SPIRV_HAS_FLOAT64, 7u}}));
    ti_set_runtime_capabilities_ext(runtime, 0, nullptr);
    EXPECT_TRUE(capabilities(runtime).empty());
    expect_no_error("capabilities");
  }
}

TEST_F(HostImport, NamesAMemberThatIsMissing) {
  start();
  EXPECT_EQ(ti_import_vulkan_runtime(nullptr), nullptr);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info"});
  TiVulkanRuntimeInteropInfo info = imported();
  info.instance = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"instance"});
  info = imported();
  info.physical_device = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"physical_device"});
  info = imported();
  info.device = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"device"});
  info = imported();
  info.compute_queue = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"compute_queue"});
  EXPECT_EQ(spy().submits(), 0u);
}

TEST_F(HostImport, NamesAFamilyThatCannotCompute) {
  start();
  const uint32_t graphics = spy().pretend_another_family(host().vk(), host().physical_device(), VK_QUEUE_GRAPHICS_BIT);
  TiVulkanRuntimeInteropInfo info = imported();
  info.compute_queue_family_index = graphics;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT}, {"compute_queue_family_index", "COMPUTE"});
  info.compute_queue_family_index = 700;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE},
                 {"compute_queue_family_index", "700"});
  info = imported();
  info.graphics_queue_family_index = 701;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE},
                 {"graphics_queue_family_index", "701"});
}

TEST_F(HostImport, AdoptionChecksEveryMember) {
  start();
  TiRuntime runtime = nullptr;
  EXPECT_EQ(ist_vulkan_adopt_device(nullptr, &runtime), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
  for (const uint32_t size : {0u, 7u, 8u}) {
    IstVulkanDevice info = adopted();
    info.size = size;
    expect_refused(info, {size == 8 ? TI_ERROR_ARGUMENT_NULL : TI_ERROR_INVALID_ARGUMENT}, {});
  }
  IstVulkanDevice info = adopted();
  info.queue = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"queue"});
  info = adopted();
  info.device = VK_NULL_HANDLE;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"device"});
  info = adopted();
  info.queue_family = 700;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"queue_family", "700"});
  info = adopted();
  info.lock_queue = [](void*, VkQueue) {};
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_NULL}, {"unlock_queue"});
  info = adopted();
  info.host_family_count = 2;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"host_families"});
  info = adopted();
  info.device_extension_count = 2;
  info.device_extensions = nullptr;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"device_extensions"});
}

TEST_F(HostImport, AdoptionChecksValuesToo) {
  start();
  IstVulkanDevice info = adopted();
  info.reserved = 3;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_NOT_SUPPORTED}, {"reserved"});
  info = adopted();
  info.use_pipeline_cache = 2;
  expect_refused(info, {TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"use_pipeline_cache"});
  info = adopted();
  info.api_version = 0;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT}, {"api_version"});
  VkPhysicalDeviceFeatures2 wrong = *info.features;
  wrong.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  info = adopted();
  info.features = &wrong;
  expect_refused(info, {TI_ERROR_INVALID_ARGUMENT}, {"features"});
  const char* const names[] = {nullptr};
  info = adopted();
  info.device_extension_count = 1;
  info.device_extensions = names;
  expect_refused(info, {TI_ERROR_ARGUMENT_NULL}, {"device_extensions[0]"});
}

TEST_F(HostImport, AdoptionWithoutARuntimeOnlyChecks) {
  start();
  const IstVulkanDevice info = adopted();
  EXPECT_EQ(ist_vulkan_adopt_device(&info, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  expect_nothing_left("a check");
  Runtime runtime = adopt();
  run_fields(runtime);
}

TEST_F(HostImport, AnAdoptedDeviceTellsWhatWasDeclared) {
  start(with(FeatureSet::versions, VK_API_VERSION_1_3));
  Runtime runtime = adopt();
  const auto told = capabilities(runtime);
  auto level = [&told](TiCapability wanted) {
    for (const auto& [capability, level] : told) {
      if (capability == wanted) return level;
    }
    return 0u;
  };
  const VkPhysicalDeviceFeatures& enabled = host().enabled_features()->features;
  EXPECT_EQ(level(TI_CAPABILITY_SPIRV_HAS_INT64), enabled.shaderInt64);
  EXPECT_EQ(level(TI_CAPABILITY_SPIRV_HAS_INT16), enabled.shaderInt16);
  EXPECT_EQ(level(TI_CAPABILITY_SPIRV_HAS_FLOAT64), enabled.shaderFloat64);
  EXPECT_GE(level(TI_CAPABILITY_SPIRV_VERSION), 0x10500u);
  IstDeviceInfo device{};
  device.size = sizeof(device);
  EXPECT_EQ(ist_runtime_info(runtime, &device), TI_ERROR_SUCCESS);
  EXPECT_NE(device.name[0], '\0');
}

}  // namespace
}  // namespace host
