// The image verbs of the contract on Vulkan.
#pragma once

#include <optional>

#include "contract/formats.h"
#include "contract/image_ops.h"
#include "vulkan/vk_recording.h"

namespace ist::vk {

class ImageOps final : public ist::ImageOps {
 public:
  ImageOps(const Gpu& gpu, Memory& memory, Recording& recording) : gpu_(gpu), memory_(memory), recording_(recording) {}

  FormatSupport format_support(Format format, ImageDimension dimension) override;
  Result<std::unique_ptr<ist::Image>> create_image(const ImageDesc& desc) override;
  Result<std::unique_ptr<ist::Sampler>> create_sampler(const SamplerDesc& desc) override;
  void set_name(ist::Image& image, const std::string& name) override;
  void set_name(ist::Sampler& sampler, const std::string& name) override;
  void copy_image(ist::Image& dst, const ImageRegion& to, Layout dst_layout, ist::Image& src, const ImageRegion& from,
                  Layout src_layout) override;
  void copy_buffer_to_image(ist::Image& dst, const ImageRegion& to, const BufferTexels& from) override;
  void copy_image_to_buffer(const BufferTexels& to, ist::Image& src, const ImageRegion& from) override;
  void blit_mip(ist::Image& image, uint32_t from_mip) override;

 private:
  const Gpu& gpu_;
  Memory& memory_;
  Recording& recording_;
  std::optional<FormatSupport> supports_[kFormatCount][6];  // as far as asked, by format and dimension
};

class TimingOps final : public ist::TimingOps {
 public:
  TimingOps(const Gpu& gpu, Recording& recording) : gpu_(gpu), recording_(recording) {}

  uint32_t stamp() override { return recording_.stamp(); }
  uint64_t nanoseconds_between(uint64_t serial, uint32_t first, uint32_t second) override;

 private:
  const Gpu& gpu_;
  Recording& recording_;
};

}  // namespace ist::vk
