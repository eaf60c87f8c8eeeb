// The contract's verbs on images: objects are made at once, commands go into the recording.
#pragma once

#include "gl/gl_recording.h"

namespace ist::gl {

class ImageOps final : public ist::ImageOps {
 public:
  ImageOps(const Gpu& gpu, Recording& recording) : gpu_(gpu), recording_(recording) {}

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
  Recording& recording_;
};

}  // namespace ist::gl
