// What goes wrong: absurd sizes, drivers that refuse, lost devices, missing layers and drivers.
#include <cstdlib>

#include "contract/registry.h"
#include "vulkan_test.h"

namespace ist::vk {
namespace {

class VulkanFailures : public VulkanTest {
 protected:
  // A device whose function table the test may spoil before use.
  static std::unique_ptr<Gpu> gpu() {
    DeviceOptions options;
    auto instance = Instance::create(options);
    EXPECT_TRUE(instance.ok());
    const auto handles = (*instance)->physical_devices();
    auto physical = describe(**instance, (*handles)[0], 0, options);
    EXPECT_TRUE(physical.ok());
    auto made = Gpu::create(std::move(*instance), std::move(*physical));
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }
};

// The other tests rely on the layer's silence, so it has to be heard once.
TEST_F(VulkanFailures, AMissingBarrierIsToldByTheLayer) {
  const auto kernel = saxpy();
  const auto x = buffer(256), y = buffer(256);
  begin();
  record_saxpy(*kernel, *x, *y, 64, 1.f, 1);
  record_saxpy(*kernel, *y, *x, 64, 1.f, 1);
  submit_and_wait();
  const auto lines = log_.take_lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0].rfind("validation: ", 0), 0u);
  EXPECT_NE(lines[0].find("SYNC-HAZARD"), std::string::npos) << lines[0];
}

TEST_F(VulkanFailures, HugeBuffersNameTheirSize) {
  BufferDesc desc;
  desc.usage = memory_usage::kStorage;
  for (const uint64_t size : {uint64_t{1} << 40, ~uint64_t{0}}) {
    desc.size_bytes = size;
    const auto made = device_->create_buffer(desc);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), Code::out_of_memory);
    EXPECT_NE(made.status().message().find(std::to_string(size)), std::string_view::npos);
  }
  desc.size_bytes = 0;
  EXPECT_EQ(device_->create_buffer(desc).status().code(), Code::invalid_argument);
  EXPECT_EQ(device_->allocation_count(), 0u);
}

TEST_F(VulkanFailures, ImagesThatCannotBeSayWhy) {
  ImageDesc desc;
  desc.format = 37;
  desc.usage = image_usage::kSampled;
  const auto code = [&](ImageDesc wrong) {
    const auto made = device_->image_ops()->create_image(wrong);
    return made.ok() ? Code::success : made.status().code();
  };
  EXPECT_EQ(code(desc), Code::success);
  ImageDesc wrong = desc;
  wrong.extent = {1u << 30, 1, 1};
  EXPECT_EQ(code(wrong), Code::not_supported);
  wrong.extent = {16384, 16384, 1};
  wrong.format = 40;
  wrong.layer_count = 64;
  EXPECT_EQ(code(wrong), Code::out_of_memory);
}

TEST_F(VulkanFailures, AMissingBufferIsToldBySubmitAndTheBatchStillFinishes) {
  const auto kernel = saxpy();
  begin();
  device_->dispatch(*kernel, std::vector<Bound>(3), 1);
  const auto failed = device_->submit();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), Code::invalid_argument);
  const auto done = device_->wait(1, UINT64_MAX);
  ASSERT_TRUE(done.ok());
  begin();
  submit_and_wait();
  EXPECT_EQ(device_->completed_serial(), 2u);
}

TEST_F(VulkanFailures, ADriverOutOfMemoryIsAStatusAndTheDeviceWorksOn) {
  auto spoiled = gpu();
  static bool refuse;
  static PFN_vkAllocateMemory real;
  refuse = true;
  real = spoiled->vk.AllocateMemory;
  spoiled->vk.AllocateMemory = [](VkDevice device, const VkMemoryAllocateInfo* info,
                                  const VkAllocationCallbacks* callbacks, VkDeviceMemory* memory) {
    return refuse ? VK_ERROR_OUT_OF_DEVICE_MEMORY : real(device, info, callbacks, memory);
  };
  auto device = Device::create(std::move(spoiled));
  ASSERT_TRUE(device.ok());
  BufferDesc desc;
  desc.size_bytes = 12345;
  const auto failed = (*device)->create_buffer(desc);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), Code::out_of_memory);
  ASSERT_TRUE((*device)->begin().ok());
  EXPECT_EQ((*device)->allocate_args(64).status().code(), Code::out_of_memory);
  refuse = false;
  EXPECT_TRUE((*device)->create_buffer(desc).ok());
  EXPECT_TRUE((*device)->allocate_args(64).ok());
  EXPECT_TRUE((*device)->submit().ok());
}

TEST_F(VulkanFailures, DeviceLossIsStickyWithItsFirstCause) {
  auto spoiled = gpu();
  spoiled->vk.QueueSubmit = [](VkQueue, uint32_t, const VkSubmitInfo*, VkFence) { return VK_ERROR_DEVICE_LOST; };
  auto device = Device::create(std::move(spoiled));
  ASSERT_TRUE(device.ok());
  ASSERT_TRUE((*device)->begin().ok());
  const auto lost = (*device)->submit();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.status().code(), Code::invalid_state);
  EXPECT_NE(lost.status().message().find("VK_ERROR_DEVICE_LOST"), std::string_view::npos);
  EXPECT_EQ((*device)->begin().message(), lost.status().message());
  EXPECT_EQ((*device)->submit().status().message(), lost.status().message());
  EXPECT_EQ((*device)->wait(1, 0).status().message(), lost.status().message());
  EXPECT_EQ((*device)->completed_serial(), 0u);
}

TEST_F(VulkanFailures, ARefusedShaderNamesKernelAndResult) {
  auto spoiled = gpu();
  spoiled->vk.CreateComputePipelines = [](VkDevice, VkPipelineCache, uint32_t, const VkComputePipelineCreateInfo*,
                                          const VkAllocationCallbacks*,
                                          VkPipeline*) { return VK_ERROR_INITIALIZATION_FAILED; };
  auto device = Device::create(std::move(spoiled));
  ASSERT_TRUE(device.ok());
  const auto made = (*device)->create_pipeline({k_saxpy, {}, "advect"});
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("'advect'"), std::string_view::npos);
  EXPECT_NE(made.status().message().find("VK_ERROR_INITIALIZATION_FAILED"), std::string_view::npos);
}

TEST_F(VulkanFailures, UnknownExtensionsAreRefusedByName) {
  DeviceOptions options;
  options.device_extensions = {"VK_IST_no_such_device_extension"};
  auto made = create_device(0, options);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::not_supported);
  EXPECT_NE(made.status().message().find("VK_IST_no_such_device_extension"), std::string_view::npos);
  options = {};
  options.instance_extensions = {"VK_KHR_surface", "VK_IST_no_such_instance_extension"};
  made = create_device(0, options);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::not_supported);
  EXPECT_NE(made.status().message().find("VK_IST_no_such_instance_extension"), std::string_view::npos);
}

// Each runs in a process of its own, since the loader and our cache keep what they saw first.
class VulkanMachine : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

[[noreturn]] void tell(const Status& status, Code expected) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(status.message().size()), status.message().data());
  std::exit(status.code() == expected ? 0 : 1);
}

TEST_F(VulkanMachine, AMissingLayerNamesThePackage) {
  EXPECT_EXIT(
      {
        setenv("VK_LAYER_PATH", "/nonexistent", 1);
        DeviceOptions options;
        options.validation = "1";
        auto made = create_device(0, options);
        tell(made.take_status(), Code::not_supported);
      },
      testing::ExitedWithCode(0), "vulkan-validationlayers");
}

TEST_F(VulkanMachine, AMissingDriverIsAStatus) {
  EXPECT_EXIT(
      {
        unsetenv("VK_DRIVER_FILES");
        setenv("VK_ICD_FILENAMES", "/nonexistent.json", 1);
        if (arch_available(Arch::vulkan)) std::exit(2);
        if (list_devices(Arch::vulkan).ok()) std::exit(3);
        auto made = ist::create_device(Arch::vulkan, 0);
        tell(made.take_status(), Code::invalid_state);
      },
      testing::ExitedWithCode(0), "Vulkan");
}

}  // namespace
}  // namespace ist::vk
