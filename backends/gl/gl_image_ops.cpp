// Layouts are nothing to OpenGL.
#include "gl/gl_image_ops.h"

#include <algorithm>

#include "gl/gl_image_formats.h"

namespace ist::gl {
namespace {

constexpr Enum kTextureObject = 0x1702, kSamplerObject = 0x82E6;

TexelCommand texels(Image& image, const ImageRegion& region, const BufferTexels& in) {
  return {&image, static_cast<Buffer*>(in.buffer), region, in.offset_bytes, in.row_length_texels};
}

}  // namespace

FormatSupport ImageOps::format_support(Format format, ImageDimension dimension) {
  return gl::format_support(gpu_.facts, format, dimension);
}

Result<std::unique_ptr<ist::Image>> ImageOps::create_image(const ImageDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Image> image, Image::create(gpu_, desc));
  return image;
}

Result<std::unique_ptr<ist::Sampler>> ImageOps::create_sampler(const SamplerDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Sampler> sampler, Sampler::create(gpu_, desc));
  return sampler;
}

void ImageOps::set_name(ist::Image& image, const std::string& name) {
  set_label(gpu_, kTextureObject, static_cast<Image&>(image).name(), name);
}

void ImageOps::set_name(ist::Sampler& sampler, const std::string& name) {
  set_label(gpu_, kSamplerObject, static_cast<Sampler&>(sampler).name(), name);
}

void ImageOps::copy_image(ist::Image& dst, const ImageRegion& to, Layout, ist::Image& src, const ImageRegion& from,
                          Layout) {
  recording_.copy_image({static_cast<Image*>(&dst), static_cast<Image*>(&src), to, from});
}

void ImageOps::copy_buffer_to_image(ist::Image& dst, const ImageRegion& to, const BufferTexels& from) {
  recording_.upload(texels(static_cast<Image&>(dst), to, from));
}

void ImageOps::copy_image_to_buffer(const BufferTexels& to, ist::Image& src, const ImageRegion& from) {
  recording_.download(texels(static_cast<Image&>(src), from, to));
}

void ImageOps::blit_mip(ist::Image& image, uint32_t from_mip) {
  recording_.blit_mip({static_cast<Image*>(&image), from_mip});
}

}  // namespace ist::gl
