// Samplers, each with a twin for formats that cannot be filtered.
#include <algorithm>

#include "vulkan/vk_image.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

VkFilter native_filter(Filter filter) { return filter == Filter::linear ? VK_FILTER_LINEAR : VK_FILTER_NEAREST; }

VkSamplerAddressMode native_mode(AddressMode mode) {
  switch (mode) {
    case AddressMode::repeat:
      return VK_SAMPLER_ADDRESS_MODE_REPEAT;
    case AddressMode::mirrored_repeat:
      return VK_SAMPLER_ADDRESS_MODE_MIRRORED_REPEAT;
    case AddressMode::clamp_to_edge:
      break;
  }
  return VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
}

}  // namespace

Result<std::unique_ptr<Sampler>> Sampler::create(const Gpu& gpu, const SamplerDesc& desc) {
  std::unique_ptr<Sampler> sampler(new Sampler(gpu));
  const bool linear = desc.mag_filter == Filter::linear || desc.min_filter == Filter::linear;
  VkSamplerCreateInfo info{VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
  info.magFilter = native_filter(desc.mag_filter);
  info.minFilter = native_filter(desc.min_filter);
  info.mipmapMode = linear ? VK_SAMPLER_MIPMAP_MODE_LINEAR : VK_SAMPLER_MIPMAP_MODE_NEAREST;
  info.addressModeU = info.addressModeV = info.addressModeW = native_mode(desc.address_mode);
  info.maxLod = VK_LOD_CLAMP_NONE;
  if (desc.max_anisotropy > 1 && gpu.physical->features.base.features.samplerAnisotropy) {
    info.anisotropyEnable = VK_TRUE;
    info.maxAnisotropy = std::min(desc.max_anisotropy, gpu.physical->limits.maxSamplerAnisotropy);
  }
  IST_CHECK(vk_status(gpu.vk.CreateSampler(gpu.device, &info, nullptr, &sampler->handle_), "vkCreateSampler"));
  sampler->nearest_ = sampler->handle_;
  if (!linear && !info.anisotropyEnable) return sampler;
  info.magFilter = info.minFilter = VK_FILTER_NEAREST;
  info.mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST;
  info.anisotropyEnable = VK_FALSE;
  const VkResult result = gpu.vk.CreateSampler(gpu.device, &info, nullptr, &sampler->nearest_);
  if (result != VK_SUCCESS) sampler->nearest_ = VK_NULL_HANDLE;
  IST_CHECK(vk_status(result, "vkCreateSampler"));
  return sampler;
}

Sampler::~Sampler() {
  if (nearest_ != handle_) gpu_.vk.DestroySampler(gpu_.device, nearest_, nullptr);
  gpu_.vk.DestroySampler(gpu_.device, handle_, nullptr);
}

}  // namespace ist::vk
