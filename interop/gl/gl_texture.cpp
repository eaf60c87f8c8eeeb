// Textures made and filled.
#include "gl_texture.h"

#include <algorithm>
#include <cstring>

#include "gl_pixels.h"

namespace ist::gl_host {
namespace {

constexpr Enum kBaseLevel = 0x813C, kMaxLevel = 0x813D;

Size size_of(uint32_t extent) { return static_cast<Size>(extent); }

bool attaches(const FormatInfo& info, const Caps& caps) {
  if (info.kind == FormatKind::depth || info.channels == 3) return false;
  return info.kind != FormatKind::sfloat || caps.float_attachments;
}

const char* why_read_only(const ImageDesc& desc, const GlFormat& format, const Caps& caps, bool copied) {
  if (format.blue_first) return "its channels are in order by a swizzle, which writes do not go through";
  if (!copied || caps.get_tex_image) return nullptr;
  if (attaches(format_info(desc.format), caps)) return nullptr;
  return "it is a copy of a format that OpenGL ES cannot read back";
}

}  // namespace

Result<std::unique_ptr<Texture>> Texture::create(std::shared_ptr<Link> link, const ImageDesc& desc) {
  IST_TRY(const GlTarget target, gl_target(desc.dimension, link->caps()));
  IST_TRY(const GlFormat format, gl_format(desc.format, link->caps()));
  return std::unique_ptr<Texture>(new Texture(std::move(link), desc, target, format));
}

Result<std::unique_ptr<Texture>> Texture::import(std::shared_ptr<Link> link, const ImageDesc& desc,
                                                 const SharedAllocation& allocation, OwnedFd handle) {
  IST_TRY(auto texture, create(std::move(link), desc));
  const Functions& gl = texture->link_->gl();
  if (format_info(desc.format).channels == 3)
    return fail(Code::not_supported, "textures of format %s may have a fourth channel in OpenGL's memory",
                format_info(desc.format).name);
  if (format_info(desc.format).kind == FormatKind::srgb && texture->link_->caps().moves_srgb)
    return fail(Code::not_supported, "%s does not leave textures of format %s on memory that is shared",
                texture->link_->caps().renderer.c_str(), format_info(desc.format).name);
  IST_TRY(texture->memory_, import_memory(gl, allocation, std::move(handle)));
  gl.GenTextures(1, &texture->name_);
  {
    const BoundTexture bound(gl, texture->target_, texture->name_);
    texture->store_on_memory(allocation.offset_bytes);
    texture->set_parameters();
  }
  IST_CHECK(import_status(gl, "the texture"));
  IST_CHECK(texture->check_attaches());
  texture->read_only_reason_ = why_read_only(desc, texture->format_, texture->link_->caps(), false);
  return texture;
}

Result<std::unique_ptr<Texture>> Texture::copy_of(std::shared_ptr<Link> link, const ImageDesc& desc) {
  IST_TRY(auto texture, create(std::move(link), desc));
  if (!texture->format_.format)
    return fail(Code::not_supported, "Texels of format %s cannot be copied to OpenGL.", format_info(desc.format).name);
  const Functions& gl = texture->link_->gl();
  gl.GenTextures(1, &texture->name_);
  {
    const BoundTexture bound(gl, texture->target_, texture->name_);
    texture->store_own();
    texture->set_parameters();
  }
  if (const Enum error = gl.GetError(); error != k::kNoError)
    return fail(error == k::kOutOfMemory ? Code::out_of_memory : Code::not_supported,
                "OpenGL cannot make a texture of %u x %u x %u texels of format %s: %s.", desc.extent.width,
                desc.extent.height, desc.extent.depth, format_info(desc.format).name, error_text(error).c_str());
  texture->read_only_reason_ = why_read_only(desc, texture->format_, texture->link_->caps(), true);
  return texture;
}

Texture::~Texture() {
  if (name_) link_->gl().DeleteTextures(1, &name_);
  if (memory_) link_->gl().DeleteMemoryObjectsEXT(1, &memory_);
}

void Texture::set_parameters() {
  const Functions& gl = link_->gl();
  const auto set = [&](Enum what, Enum value) { gl.TexParameteri(target(), what, static_cast<int32_t>(value)); };
  if (format_.blue_first) {
    set(k::kSwizzleR, k::kBlue);
    set(k::kSwizzleB, k::kRed);
  }
  if (wants_nearest(desc_.format)) {
    set(k::kMagFilter, k::kNearest);
    set(k::kMinFilter, k::kNearestMipmapNearest);
  }
}

void Texture::store_on_memory(uint64_t offset_bytes) {
  const Functions& gl = link_->gl();
  const Size mips = size_of(desc_.mip_count);
  const Size width = size_of(desc_.extent.width);
  const Size height = size_of(desc_.extent.height);
  const Size layers = size_of(desc_.layer_count);
  const Enum format = format_.internal;
  switch (desc_.dimension) {
    case ImageDimension::d1:
      return gl.TexStorageMem1DEXT(target(), mips, format, width, memory_, offset_bytes);
    case ImageDimension::d1_array:
      return gl.TexStorageMem2DEXT(target(), mips, format, width, layers, memory_, offset_bytes);
    case ImageDimension::d2:
    case ImageDimension::cube:
      return gl.TexStorageMem2DEXT(target(), mips, format, width, height, memory_, offset_bytes);
    case ImageDimension::d2_array:
      return gl.TexStorageMem3DEXT(target(), mips, format, width, height, layers, memory_, offset_bytes);
    case ImageDimension::d3:
      return gl.TexStorageMem3DEXT(target(), mips, format, width, height, size_of(desc_.extent.depth), memory_,
                                   offset_bytes);
  }
}

void Texture::store_own() {
  const Functions& gl = link_->gl();
  const BoundBuffer no_buffer(gl, k::kPixelUnpackBuffer, k::kPixelUnpackBinding, 0);
  const auto internal = static_cast<int32_t>(format_.internal);
  gl.TexParameteri(target(), kBaseLevel, 0);
  gl.TexParameteri(target(), kMaxLevel, static_cast<int32_t>(desc_.mip_count) - 1);
  for (uint32_t mip = 0; mip < desc_.mip_count; ++mip) {
    const auto level = static_cast<int32_t>(mip);
    const Extent e = extent(mip);
    const Size width = size_of(e.width);
    const Size height = size_of(desc_.dimension == ImageDimension::d1_array ? desc_.layer_count : e.height);
    const Size depth = size_of(desc_.dimension == ImageDimension::d2_array ? desc_.layer_count : e.depth);
    if (desc_.dimension == ImageDimension::d1) {
      gl.TexImage1D(target(), level, internal, width, 0, format_.format, format_.type, nullptr);
    } else if (desc_.dimension == ImageDimension::d3 || desc_.dimension == ImageDimension::d2_array) {
      gl.TexImage3D(target(), level, internal, width, height, depth, 0, format_.format, format_.type, nullptr);
    } else {
      for (uint32_t i = 0; i < (cube() ? 6u : 1u); ++i)
        gl.TexImage2D(cube() ? face(i) : target(), level, internal, width, height, 0, format_.format, format_.type,
                      nullptr);
    }
  }
}

Extent Texture::extent(uint32_t mip) const {
  const auto shrink = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
  return {shrink(desc_.extent.width), shrink(desc_.extent.height), shrink(desc_.extent.depth)};
}

uint64_t Texture::layer_bytes(uint32_t mip) const {
  const Extent e = extent(mip);
  return uint64_t{e.width} * e.height * e.depth * format_info(desc_.format).texel_bytes;
}

// Some drivers take memory they cannot render to without an error.
Status Texture::check_attaches() {
  const bool flat = desc_.dimension == ImageDimension::d1 || desc_.dimension == ImageDimension::d1_array;
  if (flat || !attaches(format_info(desc_.format), link_->caps())) return {};
  const ReadFramebuffer framebuffer(link_->gl());
  attach(0, 0);
  const Enum answer = link_->gl().CheckFramebufferStatus(k::kReadFramebuffer);
  if (answer == k::kFramebufferComplete) return {};
  return fail(Code::not_supported, "a framebuffer with the texture is incomplete (0x%x)", answer);
}

void Texture::attach(uint32_t mip, uint32_t layer_or_slice) {
  const Functions& gl = link_->gl();
  const auto level = static_cast<int32_t>(mip);
  if (desc_.dimension == ImageDimension::d2 || cube()) {
    gl.FramebufferTexture2D(k::kReadFramebuffer, k::kColorAttachment0, cube() ? face(layer_or_slice) : target(), name_,
                            level);
  } else {
    gl.FramebufferTextureLayer(k::kReadFramebuffer, k::kColorAttachment0, name_, level,
                               static_cast<int32_t>(layer_or_slice));
  }
}

void Texture::upload(uint32_t mip, uint32_t base_layer, uint32_t layer_count, const std::byte* texels) {
  const Functions& gl = link_->gl();
  const BoundTexture bound(gl, target_, name_);
  const TightPixels pixels(gl, link_->caps(), TightPixels::Way::unpack);
  const auto level = static_cast<int32_t>(mip);
  const Extent e = extent(mip);
  const Size width = size_of(e.width);
  const Size height = size_of(e.height);
  const Enum format = format_.format;
  const Enum type = format_.type;
  switch (desc_.dimension) {
    case ImageDimension::d1:
      return gl.TexSubImage1D(target(), level, 0, width, format, type, texels);
    case ImageDimension::d1_array:
      return gl.TexSubImage2D(target(), level, 0, size_of(base_layer), width, size_of(layer_count), format, type,
                              texels);
    case ImageDimension::d2:
      return gl.TexSubImage2D(target(), level, 0, 0, width, height, format, type, texels);
    case ImageDimension::cube:
      for (uint32_t i = 0; i < layer_count; ++i)
        gl.TexSubImage2D(face(base_layer + i), level, 0, 0, width, height, format, type, texels + i * layer_bytes(mip));
      return;
    case ImageDimension::d2_array:
      return gl.TexSubImage3D(target(), level, 0, 0, size_of(base_layer), width, height, size_of(layer_count), format,
                              type, texels);
    case ImageDimension::d3:
      return gl.TexSubImage3D(target(), level, 0, 0, 0, width, height, size_of(e.depth), format, type, texels);
  }
}

void Texture::download(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels) {
  const TightPixels pixels(link_->gl(), link_->caps(), TightPixels::Way::pack);
  if (link_->caps().get_tex_image) {
    download_images(mip, base_layer, layer_count, texels);
  } else {
    download_pixels(mip, base_layer, layer_count, texels);
  }
}

// glGetTexImage has all layers of a level, but one face of a cube.
void Texture::download_images(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels) {
  const Functions& gl = link_->gl();
  const BoundTexture bound(gl, target_, name_);
  const auto level = static_cast<int32_t>(mip);
  if (cube()) {
    for (uint32_t i = 0; i < layer_count; ++i)
      gl.GetTexImage(face(base_layer + i), level, format_.format, format_.type, texels + i * layer_bytes(mip));
    return;
  }
  if (layer_count == desc_.layer_count) return gl.GetTexImage(target(), level, format_.format, format_.type, texels);
  std::vector<std::byte> all(layer_bytes(mip) * desc_.layer_count);
  gl.GetTexImage(target(), level, format_.format, format_.type, all.data());
  std::memcpy(texels, all.data() + base_layer * layer_bytes(mip), layer_count * layer_bytes(mip));
}

void Texture::download_pixels(uint32_t mip, uint32_t base_layer, uint32_t layer_count, std::byte* texels) {
  const ReadFramebuffer framebuffer(link_->gl());
  const Extent e = extent(mip);
  const uint32_t first = desc_.dimension == ImageDimension::d3 ? 0 : base_layer;
  const uint32_t count = desc_.dimension == ImageDimension::d3 ? e.depth : layer_count;
  const uint64_t slice_bytes = uint64_t{e.width} * e.height * format_info(desc_.format).texel_bytes;
  for (uint32_t i = 0; i < count; ++i) {
    attach(mip, first + i);
    read_pixels(link_->gl(), desc_.format, e, texels + i * slice_bytes);
  }
}

}  // namespace ist::gl_host
