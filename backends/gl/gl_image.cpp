// Makes textures, and views of them where GL sees less in a texture than its bytes.
#include "gl/gl_image.h"

#include <algorithm>

#include "gl/gl_image_formats.h"
#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kImmutable = 0x912F;

// Coordinates of a texel within a layer, by ImageDimension.
constexpr uint32_t kRanks[] = {1, 2, 3, 1, 2, 2};

int32_t native(uint32_t size) { return static_cast<int32_t>(size); }

Status check_support(const Gpu& gpu, const ImageDesc& desc) {
  const char* name = format_info(desc.format).name;
  const char* dimension = dimension_name(desc.dimension);
  if (desc.export_sharing) {
    return fail(Code::not_supported, "Device '%s' (%s) cannot export %s images of format %s.", gpu.info().name.c_str(),
                gpu.info().api.c_str(), dimension, name);
  }
  const FormatSupport most = format_support(gpu.facts, desc.format, desc.dimension);
  if (!most.usage || (desc.usage & ~most.usage)) {
    return fail(Code::not_supported, "Device '%s' (%s) has no %s images of format %s with usage 0x%x; it offers 0x%x.",
                gpu.info().name.c_str(), gpu.info().api.c_str(), dimension, name, desc.usage, most.usage);
  }
  const Extent& e = desc.extent;
  if (e.width > most.max_extent.width || e.height > most.max_extent.height || e.depth > most.max_extent.depth) {
    return fail(Code::not_supported, "The extent %u x %u x %u exceeds the device's %u x %u x %u for %s images of %s.",
                e.width, e.height, e.depth, most.max_extent.width, most.max_extent.height, most.max_extent.depth,
                dimension, name);
  }
  if (desc.mip_count > most.max_mips || desc.layer_count > most.max_layers) {
    return fail(Code::not_supported, "%u mips and %u layers exceed the device's %u and %u for %s images of %s.",
                desc.mip_count, desc.layer_count, most.max_mips, most.max_layers, dimension, name);
  }
  const uint64_t texels = uint64_t{e.width} * e.height * e.depth * desc.layer_count;
  const uint64_t limit = gpu.info().limits.max_allocation_bytes;
  if (texels > limit / format_info(desc.format).texel_bytes) {
    return fail(Code::out_of_memory, "An image of %llu texels of format %s exceeds the device's limit (%llu bytes).",
                static_cast<unsigned long long>(texels), name, static_cast<unsigned long long>(limit));
  }
  return {};
}

}  // namespace

Image::Image(const Gpu& gpu, const ImageDesc& desc)
    : gpu_(gpu),
      desc_(desc),
      target_(image_target(gpu.facts.caps, desc.dimension)),
      storage_format_(ist::gl::storage_format(gpu.facts, desc.format)),
      filters_linearly_(format_support(gpu.facts, desc.format, desc.dimension).linear_filter) {}

Result<std::unique_ptr<Image>> Image::create(const Gpu& gpu, const ImageDesc& desc) {
  IST_CHECK(check_support(gpu, desc));
  IST_TRY(const Current current, Current::enter(*gpu.work));
  return create_here(gpu, desc);
}

Result<std::unique_ptr<Image>> Image::create_here(const Gpu& gpu, const ImageDesc& desc) {
  gpu.graveyard.dig(gpu.gl());
  std::unique_ptr<Image> image(new Image(gpu, desc));
  IST_CHECK(image->make());
  return image;
}

Status Image::make() {
  const Functions& gl = gpu_.gl();
  internal_format_ = gl_format(desc_.format, gpu_.facts.caps)->internal;
  drain_errors(gl);
  gl.GenTextures(1, &name_);
  ++gpu_.allocations;
  const BoundTexture bound(gl, target_, name_);
  store();
  const Enum error = gl.GetError();
  if (error == k::kOutOfMemory)
    return fail(Code::out_of_memory, "Device '%s' has no memory for a %s.", gpu_.info().name.c_str(), text().c_str());
  if (error != k::kNoError) {
    return fail(Code::not_supported, "Device '%s' makes no %s: %s.", gpu_.info().name.c_str(), text().c_str(),
                error_text(error).c_str());
  }
  set_parameters();
  const Enum stored = desc_.usage & image_usage::kStorage ? storage_format_ : 0;
  if (!stored || stored == internal_format_) return {};
  view_ = make_view(target_, stored, desc_.layer_count);
  if (view_) return {};
  return fail(Code::not_supported, "Device '%s' cannot store to a %s: it has no view of it without sRGB.",
              gpu_.info().name.c_str(), text().c_str());
}

void Image::store() {
  const Functions& gl = gpu_.gl();
  const Enum target = target_.target;
  const Extent& e = desc_.extent;
  const Size mips = native(desc_.mip_count), width = native(e.width), height = native(e.height);
  const Size layers = native(desc_.layer_count);
  switch (target) {
    case k::kTexture1D:
      return gl.TexStorage1D(target, mips, internal_format_, width);
    case k::kTexture1DArray:
      return gl.TexStorage2D(target, mips, internal_format_, width, layers);
    case k::kTexture2D:
    case k::kTextureCube:
      return gl.TexStorage2D(target, mips, internal_format_, width, height);
    case k::kTexture2DArray:
      return gl.TexStorage3D(target, mips, internal_format_, width, height, layers);
    default:
      return gl.TexStorage3D(target, mips, internal_format_, width, height, native(e.depth));
  }
}

// Of the texture that is bound. Where the first channel is blue, the texture holds bytes as they are in memory.
void Image::set_parameters() {
  const Functions& gl = gpu_.gl();
  if (wants_nearest(desc_.format)) {
    gl.TexParameteri(target_.target, k::kMagFilter, k::kNearest);
    gl.TexParameteri(target_.target, k::kMinFilter, k::kNearestMipmapNearest);
  }
  if (gl_format(desc_.format, gpu_.facts.caps)->blue_first) {
    gl.TexParameteri(target_.target, k::kSwizzleR, k::kBlue);
    gl.TexParameteri(target_.target, k::kSwizzleB, k::kRed);
  }
}

std::unique_ptr<Image> Image::wrap(const Gpu& gpu, Name name, Enum target, Enum internal_format,
                                   const ImageDesc& desc) {
  std::unique_ptr<Image> image(new Image(gpu, desc));
  image->name_ = name;
  image->owned_ = false;
  image->internal_format_ = internal_format;
  if (image->target_.target != target) {  // the host's own idea of a line
    for (const ImageDimension dimension : {ImageDimension::d1, ImageDimension::d2, ImageDimension::d3,
                                           ImageDimension::d1_array, ImageDimension::d2_array, ImageDimension::cube})
      if (const GlTarget other = image_target(gpu.facts.caps, dimension); other.target == target)
        image->target_ = other;
  }
  const Enum stored = desc.usage & image_usage::kStorage ? image->storage_format_ : 0;
  if (stored && stored != internal_format) image->view_ = image->make_view(image->target_, stored, desc.layer_count);
  return image;
}

Image::~Image() {
  for (const Name view : {view_, shown_, raw_}) gpu_.graveyard.bury(Graveyard::Kind::texture, view);
  if (owned_) gpu_.graveyard.bury(Graveyard::Kind::texture, name_);
}

Name Image::make_view(GlTarget target, Enum internal_format, uint32_t layer_count) {
  const Functions& gl = gpu_.gl();
  if (!gpu_.caps().texture_view || (internal_format != internal_format_ && !gpu_.caps().format_views)) return 0;
  drain_errors(gl);
  if (!owned_) {
    const BoundTexture bound(gl, target_, name_);
    int32_t immutable = 0;
    gl.GetTexParameteriv(target_.target, kImmutable, &immutable);
    if (!immutable) return 0;
  }
  Name view = 0;
  gl.GenTextures(1, &view);
  gl.TextureView(view, target.target, name_, internal_format, 0, desc_.mip_count, 0, layer_count);
  if (gl.GetError() == k::kNoError) return view;
  gl.DeleteTextures(1, &view);
  return 0;
}

Result<Image::Shown> Image::shown_as(ImageDimension dimension) {
  const GlTarget wanted = image_target(gpu_.facts.caps, dimension);
  if (wanted.target == target_.target) return Shown{target_.target, name_};
  if (!shown_) {
    const bool alike = kRanks[static_cast<size_t>(dimension)] == kRanks[static_cast<size_t>(desc_.dimension)];
    if (alike) shown_ = make_view(wanted, internal_format_, 1);
    if (!shown_) {
      return fail(Code::not_supported, "Device '%s' does not show a %s to a shader as %s.", gpu_.info().name.c_str(),
                  text().c_str(), dimension_name(dimension));
    }
    const BoundTexture bound(gpu_.gl(), wanted, shown_);
    const GlTarget own = std::exchange(target_, wanted);
    set_parameters();
    target_ = own;
  }
  return Shown{wanted.target, shown_};
}

const Image::Texels& Image::texels() {
  if (texels_.name) return texels_;
  const GlFormat format = *gl_format(desc_.format, gpu_.facts.caps);
  texels_ = {name_, target_, format.format, format.type};
  GlFormat raw{internal_format_, format.format, format.type};
  if (const Format twin = raw_format(desc_.format); twin && gpu_.caps().format_views)
    raw = *gl_format(twin, gpu_.facts.caps);
  const FormatKind kind = format_info(desc_.format).kind;
  const bool cube = target_.target == k::kTextureCube;
  // Of the host's textures only those that GL would convert.
  const bool wanted = kind == FormatKind::sfloat || kind == FormatKind::srgb || owned_;
  if (!wanted || (raw.internal == internal_format_ && !cube)) return texels_;
  const GlTarget target = cube ? image_target(gpu_.facts.caps, ImageDimension::d2_array) : target_;
  raw_ = make_view(target, raw.internal, desc_.layer_count);
  if (raw_) texels_ = {raw_, target, raw.format, raw.type, raw.internal != internal_format_};
  return texels_;
}

std::string Image::text() const {
  const Extent& e = desc_.extent;
  char words[160];
  std::snprintf(words, sizeof words, "%s image of %s (%u x %u x %u, %u mips, %u layers)",
                dimension_name(desc_.dimension), format_info(desc_.format).name, e.width, e.height, e.depth,
                desc_.mip_count, desc_.layer_count);
  return words;
}

}  // namespace ist::gl
