// Names are only believed after GL was asked about them.
#include "gl/gl_interop.h"

#include <algorithm>
#include <cinttypes>
#include <optional>

#include "gl/gl_image_formats.h"
#include "gl_api/gl_formats.h"
#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kCopyWriteBinding = 0x8F37, kBufferSize = 0x8764;
constexpr Enum kWidth = 0x1000, kHeight = 0x1001, kDepth = 0x8071, kInternalFormat = 0x1003;
constexpr Enum kImmutable = 0x912F, kImmutableLevels = 0x82DF, kFacePositiveX = 0x8515;

const Gpu& gpu_of(const ist::Device& device) { return static_cast<const Device&>(device).gpu(); }

std::optional<ImageDimension> dimension_of(Enum target) {
  switch (target) {
    case k::kTexture1D:
      return ImageDimension::d1;
    case k::kTexture2D:
      return ImageDimension::d2;
    case k::kTexture3D:
      return ImageDimension::d3;
    case k::kTexture1DArray:
      return ImageDimension::d1_array;
    case k::kTexture2DArray:
      return ImageDimension::d2_array;
    case k::kTextureCube:
      return ImageDimension::cube;
    default:
      return std::nullopt;
  }
}

// Formats that keep blue first do so in memory only; as textures they are like the others.
Format format_of(Enum internal_format, const Caps& caps) {
  for (Format format = 1; format < kFormatCount; ++format) {
    const auto known = gl_format(format, caps);
    if (known.ok() && known->internal == internal_format && !known->blue_first) return format;
  }
  return 0;
}

// Width, height and depth as the levels of a texture have them.
Extent shape_of(const ImageDesc& desc) {
  switch (desc.dimension) {
    case ImageDimension::d1_array:
      return {desc.extent.width, desc.layer_count, 1};
    case ImageDimension::d2_array:
      return {desc.extent.width, desc.extent.height, desc.layer_count};
    default:
      return desc.extent;
  }
}

Result<ImageDesc> describe(const NativeTexture& native, const Gpu& gpu) {
  const auto dimension = dimension_of(native.target);
  if (!dimension) return fail(Code::argument_out_of_range, "target (0x%x) has no TiImageDimension.", native.target);
  IST_CHECK(gl_target(*dimension, gpu.facts.caps));
  ImageDesc desc;
  desc.dimension = *dimension;
  desc.format = format_of(native.internal_format, gpu.facts.caps);
  if (desc.format == 0)
    return fail(Code::argument_out_of_range, "format (0x%x) has no TiFormat.", native.internal_format);
  desc.extent = {native.width, std::max(native.height, 1u), std::max(native.depth, 1u)};
  if (desc.dimension == ImageDimension::d1_array) desc.layer_count = std::exchange(desc.extent.height, 1);
  if (desc.dimension == ImageDimension::d2_array) desc.layer_count = std::exchange(desc.extent.depth, 1);
  if (desc.dimension == ImageDimension::cube) {
    desc.layer_count = 6;
    desc.extent.depth = 1;
  }
  desc.mip_count = std::max(native.levels, 1u);
  desc.usage = format_support(gpu.facts, desc.format, desc.dimension).usage;
  desc.owned = false;
  return desc;
}

// What GL says of a texture that is bound.
class TextureFacts {
 public:
  TextureFacts(const Functions& gl, Enum target) : gl_(gl), target_(target) {}
  uint32_t of_level(Enum what, uint32_t level) const {
    int32_t value = 0;
    const Enum image = target_ == k::kTextureCube ? kFacePositiveX : target_;
    gl_.GetTexLevelParameteriv(image, static_cast<int32_t>(level), what, &value);
    return static_cast<uint32_t>(value);
  }
  uint32_t of_texture(Enum what) const {
    int32_t value = 0;
    gl_.GetTexParameteriv(target_, what, &value);
    return static_cast<uint32_t>(value);
  }

 private:
  const Functions& gl_;
  Enum target_;
};

// Returns the number of levels.
Result<uint32_t> check_texture(const NativeTexture& native, const ImageDesc& desc, const Functions& gl) {
  const TextureFacts facts(gl, native.target);
  const Extent told = shape_of(desc);
  const Extent is{facts.of_level(kWidth, 0), facts.of_level(kHeight, 0), facts.of_level(kDepth, 0)};
  if (!(told == is)) {
    return fail(Code::invalid_argument, "The texture %u is %ux%ux%u, but interop_info says %ux%ux%u.", native.name,
                is.width, is.height, is.depth, told.width, told.height, told.depth);
  }
  const Enum format = facts.of_level(kInternalFormat, 0);
  if (format != native.internal_format) {
    return fail(Code::invalid_argument, "The texture %u has the internal format 0x%x, but interop_info.format is 0x%x.",
                native.name, format, native.internal_format);
  }
  if (!facts.of_texture(kImmutable)) {
    return fail(Code::invalid_argument,
                "The texture %u was not made by glTexStorage*; a shader's image must have immutable storage.",
                native.name);
  }
  const uint32_t levels = facts.of_texture(kImmutableLevels);
  if (desc.mip_count <= levels) return levels;
  return fail(Code::invalid_argument, "The texture %u has %u mip levels, but interop_info.levels is %u.", native.name,
              levels, desc.mip_count);
}

}  // namespace

GetProc expose(const ist::Device& device) { return gpu_of(device).get_proc_addr; }

NativeBuffer expose(const ist::Buffer& buffer) {
  const auto& ours = static_cast<const Buffer&>(buffer);
  return {ours.name(), ours.padded_bytes()};
}

NativeTexture expose(const ist::Image& image) {
  const auto& ours = static_cast<const Image&>(image);
  const Extent shape = shape_of(ours.desc());
  return {ours.name(),  ours.target(), ours.desc().mip_count, ours.internal_format(), shape.width,
          shape.height, shape.depth};
}

Result<std::unique_ptr<ist::Buffer>> import_buffer(ist::Device& device, const NativeBuffer& native) {
  const Gpu& gpu = gpu_of(device);
  const Functions& gl = gpu.gl();
  if (!native.name) return fail(Code::argument_null, "interop_info.buffer is 0.");
  if (native.size_bytes == 0) return fail(Code::invalid_argument, "interop_info.size is 0.");
  IST_TRY(const Current current, Current::enter(*gpu.work));
  if (!gl.IsBuffer(native.name))
    return fail(Code::invalid_argument, "interop_info.buffer (%u) is no buffer of the context.", native.name);
  const BoundBuffer bound(gl, k::kCopyWriteBuffer, kCopyWriteBinding, native.name);
  int64_t bytes = 0;
  gl.GetBufferParameteri64v(k::kCopyWriteBuffer, kBufferSize, &bytes);
  if (native.size_bytes > static_cast<uint64_t>(bytes)) {
    return fail(Code::invalid_argument,
                "interop_info.size (%" PRIu64 ") exceeds the buffer %u, which has %" PRId64 " bytes.",
                native.size_bytes, native.name, bytes);
  }
  return std::unique_ptr<ist::Buffer>(Buffer::wrap(gpu, native.name, static_cast<uint64_t>(bytes)));
}

Status check_same_storage(const ist::Image& known, const ImportedImage& now) {
  const auto& ours = static_cast<const Image&>(known);
  const ImageDesc &was = ours.desc(), &is = now.whole;
  const bool same_format = ours.internal_format() == static_cast<const Image&>(*now.image).internal_format();
  if (same_format && was.dimension == is.dimension && was.extent == is.extent && was.mip_count == is.mip_count &&
      was.layer_count == is.layer_count)
    return {};
  return fail(Code::invalid_interop,
              "The texture %u is imported already as %s, which it is no longer; free that image first.", ours.name(),
              ours.text().c_str());
}

Result<ImportedImage> import_image(ist::Device& device, const NativeTexture& native) {
  const Gpu& gpu = gpu_of(device);
  const Functions& gl = gpu.gl();
  if (!native.name) return fail(Code::argument_null, "interop_info.texture is 0.");
  IST_TRY(const Current current, Current::enter(*gpu.work));
  IST_TRY(const ImageDesc desc, describe(native, gpu));
  if (!gl.IsTexture(native.name))
    return fail(Code::invalid_argument, "interop_info.texture (%u) is no texture of the context.", native.name);
  IST_TRY(const GlTarget target, gl_target(desc.dimension, gpu.facts.caps));
  drain_errors(gl);
  const BoundTexture bound(gl, target, native.name);
  if (gl.GetError() != k::kNoError) {
    return fail(Code::invalid_argument, "The texture %u was made with another target than interop_info.target (0x%x).",
                native.name, native.target);
  }
  ImageDesc whole = desc;
  IST_TRY(whole.mip_count, check_texture(native, desc, gl));
  return ImportedImage{Image::wrap(gpu, native.name, native.target, native.internal_format, whole), desc, whole};
}

}  // namespace ist::gl
