// ist_vulkan_needs: what a host is told to enable is there, and enough.
#include <algorithm>

#include "host_test.h"

namespace host {
namespace {

class HostNeeds : public HostTest {
 protected:
  static IstVulkanNeeds empty() {
    IstVulkanNeeds needs{};
    needs.size = sizeof(needs);
    return needs;
  }
};

TEST_F(HostNeeds, TheInstancePartNeedsNoInstance) {
  IstVulkanNeeds needs = empty();
  ASSERT_EQ(ist_vulkan_needs(nullptr, VK_NULL_HANDLE, VK_NULL_HANDLE, &needs), TI_ERROR_SUCCESS)
      << take_error().message;
  EXPECT_EQ(needs.size, sizeof(needs));
  EXPECT_EQ(needs.api_version_min, VK_API_VERSION_1_1);
  EXPECT_EQ(needs.device_extension_count, 0u);
  EXPECT_EQ(needs.features, nullptr);
}

TEST_F(HostNeeds, EverythingNamedIsThere) {
  start(with(FeatureSet::none, VK_API_VERSION_1_3));
  IstVulkanNeeds needs = empty();
  ASSERT_EQ(ist_vulkan_needs(spy().get(), host().instance(), host().physical_device(), &needs), TI_ERROR_SUCCESS)
      << take_error().message;
  uint32_t count = 0;
  host().vk().EnumerateDeviceExtensionProperties(host().physical_device(), nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> there(count);
  host().vk().EnumerateDeviceExtensionProperties(host().physical_device(), nullptr, &count, there.data());
  for (uint32_t k = 0; k < needs.device_extension_count; ++k) {
    const std::string_view name = needs.device_extensions[k];
    EXPECT_TRUE(std::any_of(there.begin(), there.end(), [name](const auto& one) { return name == one.extensionName; }))
        << name;
  }
  ASSERT_NE(needs.features, nullptr);
  EXPECT_EQ(needs.features->sType, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
  EXPECT_EQ(spy().submits(), 0u);
  // The lists stay, whatever is asked afterwards.
  const std::vector<std::string> names(needs.device_extensions, needs.device_extensions + needs.device_extension_count);
  IstVulkanNeeds again = empty();
  ASSERT_EQ(ist_vulkan_needs(spy().get(), host().instance(), host().physical_device(), &again), TI_ERROR_SUCCESS);
  for (size_t k = 0; k < names.size(); ++k) EXPECT_EQ(needs.device_extensions[k], names[k]);
}

TEST_F(HostNeeds, ItsUsagesMakeArgumentsOfKernels) {
  for (const uint32_t version : {VK_API_VERSION_1_1, VK_API_VERSION_1_2, VK_API_VERSION_1_3}) {
    start(as_needed(version));
    IstVulkanNeeds needs = empty();
    ASSERT_EQ(ist_vulkan_needs(nullptr, host().instance(), host().physical_device(), &needs), TI_ERROR_SUCCESS);
    HostImageInfo wanted;
    wanted.extent = {16, 8, 1};
    wanted.usage = needs.image_usage;
    HostImage image = host().make_image(wanted);
    HostBuffer buffer = host().make_buffer(80, needs.buffer_usage);
    {
      Runtime runtime = adopt();
      const TiVulkanMemoryInteropInfo buffer_info = buffer.interop_info();
      TiMemory memory = ti_import_vulkan_memory(runtime, &buffer_info);
      ASSERT_NE(memory, nullptr) << take_error().message;
      const TiVulkanImageInteropInfo image_info = image.interop_info();
      TiImage picture = ti_import_vulkan_image(runtime, &image_info, VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_UNDEFINED);
      ASSERT_NE(picture, nullptr) << take_error().message;
      Module fields(runtime, "fields"), textures(runtime, "textures");
      TiArgument out{}, texture{};
      out.type = TI_ARGUMENT_TYPE_NDARRAY;
      out.value.ndarray = {memory, {1, {20}}, {}, TI_DATA_TYPE_I32};
      texture.type = TI_ARGUMENT_TYPE_TEXTURE;
      texture.value.texture = {picture, nullptr, TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, TI_FORMAT_RGBA8};
      fields.launch("fill", {conformance::i32(60)});
      fields.launch("read_line", {out});
      textures.launch("texture_only", {texture});
      Array<float> texels(runtime, {16, 8}, {4});
      textures.launch("fetch_2d", {texture, texels.arg()});
      EXPECT_FLOAT_EQ(texels.read()[0], 21.0f / 255.0f);
      EXPECT_EQ(buffer.as<int32_t>()[19], 79);
    }
    TearDown();
  }
}

TEST_F(HostNeeds, WrongCallsAreNamed) {
  EXPECT_EQ(ist_vulkan_needs(nullptr, VK_NULL_HANDLE, VK_NULL_HANDLE, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"needs"});
  IstVulkanNeeds needs{};
  EXPECT_EQ(ist_vulkan_needs(nullptr, VK_NULL_HANDLE, VK_NULL_HANDLE, &needs), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"size"});
  start();
  needs = empty();
  EXPECT_EQ(ist_vulkan_needs(nullptr, VK_NULL_HANDLE, host().physical_device(), &needs), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"instance"});
}

}  // namespace
}  // namespace host
