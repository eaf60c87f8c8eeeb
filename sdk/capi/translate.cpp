// Rules of the ABI's structs.
#include "capi/translate.h"

#include <cinttypes>
#include <cmath>

namespace ist::capi {
namespace {

// Enums arrive as whatever the host's integer was.
template <class E>
Status check_enum(E value, uint32_t most, const char* what) {
  const auto raw = static_cast<uint32_t>(value);
  if (raw <= most) return {};
  return fail(Code::argument_out_of_range, "%s (%u) is not one of 0 to %u.", what, raw, most);
}

constexpr uint32_t kMemoryUsages =
    TI_MEMORY_USAGE_STORAGE_BIT | TI_MEMORY_USAGE_UNIFORM_BIT | TI_MEMORY_USAGE_VERTEX_BIT | TI_MEMORY_USAGE_INDEX_BIT;
constexpr uint32_t kImageUsages =
    TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT;

// Words are put together only when there is something to say: slices are translated on hot paths.
template <class T>
Result<T*> find_in_slice(const Call& call, Kind kind, const void* handle, const char* which) {
  auto found = call.find<T>(kind, handle, "its object");
  if (found.ok()) return found;
  return fail(found.status().code(), "%s is refused: %s", which, std::string(found.status().message()).c_str());
}

template <class Desc>
Status check_role(const Desc& desc, Role role, const char* which, const std::string& name) {
  if (role == Role::source ? desc.copy_source : desc.copy_target) return {};
  return fail(Code::invalid_argument, "%s: the host's object '%s' was made without the usage bit %s.", which,
              name.c_str(), role == Role::source ? "TRANSFER_SRC" : "TRANSFER_DST");
}

}  // namespace

Result<BufferDesc> translate(const TiMemoryAllocateInfo& info) {
  if (info.size == 0) return fail(Code::invalid_argument, "allocate_info.size (0) is not a positive number of bytes.");
  BufferDesc desc;
  desc.size_bytes = info.size;
  desc.host_read = info.host_read != TI_FALSE;
  desc.host_write = info.host_write != TI_FALSE;
  desc.export_sharing = info.export_sharing != TI_FALSE;
  desc.usage = info.usage & kMemoryUsages;
  if (desc.usage == 0) desc.usage = memory_usage::kStorage;  // memory is for kernels unless said otherwise
  return desc;
}

Result<ImageDesc> translate(const TiImageAllocateInfo& info) {
  IST_CHECK(check_enum(info.dimension, TI_IMAGE_DIMENSION_CUBE, "allocate_info.dimension"));
  IST_CHECK(check_enum(info.format, TI_FORMAT_DEPTH32F, "allocate_info.format"));
  if (info.format == TI_FORMAT_UNKNOWN)
    return fail(Code::invalid_argument, "allocate_info.format is TI_FORMAT_UNKNOWN.");
  ImageDesc desc;
  desc.dimension = static_cast<ImageDimension>(info.dimension);
  desc.extent = {info.extent.width, info.extent.height, info.extent.depth};
  desc.mip_count = info.mip_level_count ? info.mip_level_count : 1;
  const uint32_t fewest = desc.dimension == ImageDimension::cube ? 6 : 1;
  desc.layer_count = info.extent.array_layer_count ? info.extent.array_layer_count : fewest;
  desc.format = info.format;
  desc.usage = info.usage & kImageUsages;
  desc.export_sharing = info.export_sharing != TI_FALSE;
  return desc;
}

Result<SamplerDesc> translate(const TiSamplerCreateInfo& info) {
  IST_CHECK(check_enum(info.mag_filter, TI_FILTER_LINEAR, "create_info.mag_filter"));
  IST_CHECK(check_enum(info.min_filter, TI_FILTER_LINEAR, "create_info.min_filter"));
  IST_CHECK(check_enum(info.address_mode, TI_ADDRESS_MODE_CLAMP_TO_EDGE, "create_info.address_mode"));
  if (!std::isfinite(info.max_anisotropy) || info.max_anisotropy < 0) {
    return fail(Code::invalid_argument, "create_info.max_anisotropy (%g) is not a number from 0 up.",
                info.max_anisotropy);
  }
  SamplerDesc desc;
  desc.mag_filter = static_cast<Filter>(info.mag_filter);
  desc.min_filter = static_cast<Filter>(info.min_filter);
  desc.address_mode = static_cast<AddressMode>(info.address_mode);
  desc.max_anisotropy = info.max_anisotropy;
  return desc;
}

Result<Layout> translate(TiImageLayout layout) {
  IST_CHECK(check_enum(layout, TI_IMAGE_LAYOUT_PRESENT_SRC, "layout"));
  return static_cast<Layout>(layout);
}

Result<MemorySlice> translate(const Call& call, const TiMemorySlice* slice, const char* which, Role role) {
  IST_CHECK(require_pointer(slice, which));
  IST_TRY(Memory * memory, find_in_slice<Memory>(call, Kind::memory, slice->memory, which));
  IST_CHECK(check_role(memory->desc(), role, which, memory->name));
  if (slice->offset > memory->size_bytes() || slice->size > memory->size_bytes() - slice->offset) {
    return fail(Code::argument_out_of_range,
                "%s takes %" PRIu64 " bytes from byte %" PRIu64 ", but memory '%s' has %" PRIu64 ".", which,
                slice->size, slice->offset, memory->name.c_str(), memory->size_bytes());
  }
  IST_CHECK(memory->require_ours("this call"));
  return MemorySlice{memory, slice->offset, slice->size};
}

Result<ImageSlice> translate(const Call& call, const TiImageSlice* slice, const char* which, Role role) {
  IST_CHECK(require_pointer(slice, which));
  ImageSlice result;
  IST_TRY(result.image, find_in_slice<ImageResource>(call, Kind::image, slice->image, which));
  IST_CHECK(check_role(result.image->desc(), role, which, result.image->name));
  const TiImageOffset& offset = slice->offset;
  const TiImageExtent& extent = slice->extent;
  result.region.mip = slice->mip_level;
  result.region.base_layer = offset.array_layer_offset;
  result.region.layer_count = extent.array_layer_count ? extent.array_layer_count : 1;
  result.region.offset = {offset.x, offset.y, offset.z};
  result.region.extent = {extent.width, extent.height, extent.depth};
  IST_CHECK(check_region(result, which));
  IST_CHECK(result.image->require_ours(result.range(), "this call"));
  return result;
}

Status check_layout(const ImageResource& image, Layout layout) {
  const ImageDesc& desc = image.desc();
  const bool depth = format_info(desc.format).kind == FormatKind::depth;
  const auto needs = [&](bool there, const char* usage) {
    if (there) return Status();
    return fail(Code::invalid_argument, "Image '%s' cannot be in layout %s, because it was made without usage %s.",
                image.name.c_str(), layout_name(layout), usage);
  };
  switch (layout) {
    case Layout::shader_read:
    case Layout::color_attachment_read:
      return needs(desc.usage & image_usage::kSampled, "SAMPLED");
    case Layout::color_attachment:
    case Layout::depth_attachment:
    case Layout::depth_attachment_read:
      if (depth != (layout != Layout::color_attachment)) {
        return fail(Code::invalid_argument, "Image '%s' of format %s cannot be in layout %s.", image.name.c_str(),
                    format_info(desc.format).name, layout_name(layout));
      }
      return needs(desc.usage & image_usage::kAttachment, depth ? "DEPTH_STENCIL_ATTACHMENT" : "COLOR_ATTACHMENT");
    case Layout::transfer_src:
      return needs(desc.copy_source, "TRANSFER_SRC");
    case Layout::transfer_dst:
      return needs(desc.copy_target, "TRANSFER_DST");
    default:
      return {};
  }
}

}  // namespace ist::capi
