// The host itself, before the library has anything to do with it.
#include "host_device.h"

#include <gtest/gtest.h>

namespace host {
namespace {

TEST(HostDevice, EveryVersionAndFeatureSetMakesADevice) {
  for (const uint32_t version : {VK_API_VERSION_1_0, VK_API_VERSION_1_1, VK_API_VERSION_1_2, VK_API_VERSION_1_3}) {
    for (const FeatureSet features : {FeatureSet::none, FeatureSet::core, FeatureSet::versions}) {
      SCOPED_TRACE(version);
      HostOptions options;
      options.api_version = version;
      options.features = features;
      HostDevice host(options);
      ASSERT_TRUE(host);
      EXPECT_EQ(host.enabled_features() != nullptr, features != FeatureSet::none);
      const TiVulkanRuntimeInteropInfo info = host.interop_info();
      EXPECT_TRUE(info.device && info.compute_queue && info.get_instance_proc_addr);
      EXPECT_EQ(host.declared().features->features.shaderInt64, features == FeatureSet::none ? VK_FALSE : VK_TRUE);
    }
  }
}

TEST(HostDevice, TexelsGoThereAndBack) {
  HostDevice host;
  ASSERT_TRUE(host);
  HostImageInfo info;
  info.extent = {67, 33, 1};
  info.mip_count = 2;
  info.layer_count = 3;
  HostImage image = host.make_image(info);
  std::vector<uint8_t> texels(size_t{33} * 16 * 4);
  for (size_t k = 0; k < texels.size(); ++k) texels[k] = static_cast<uint8_t>(7 * k);
  host.write_texels(image, texels, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL, 1, 2);
  EXPECT_EQ(host.read_texels(image, VK_IMAGE_LAYOUT_GENERAL, 1, 2), texels);
  host.destroy(image);
  HostBuffer buffer = host.make_buffer(1000, VK_BUFFER_USAGE_TRANSFER_DST_BIT, 100);
  EXPECT_GE(buffer.offset_bytes, 100u);
  const VkCommandBuffer commands = host.begin();
  host.vk().CmdFillBuffer(commands, buffer.buffer, 0, 1000, 0x01020304u);
  host.submit_and_wait(commands);
  EXPECT_EQ(buffer.as<uint32_t>()[249], 0x01020304u);
}

}  // namespace
}  // namespace host
