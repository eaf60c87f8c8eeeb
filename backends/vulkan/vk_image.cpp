// Creates images and binds them to memory; makes views at first use.
#include "vulkan/vk_image.h"

#include <algorithm>

#include "contract/formats.h"
#include "vulkan/vk_convert.h"
#include "vulkan/vk_share_query.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

// The usages of Vulkan 1.0 but lazily allocated attachments.
constexpr VkImageUsageFlags kKnownUsage = 0xff & ~VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;

VkResult image_properties(const Gpu& gpu, const VkPhysicalDeviceImageFormatInfo2& query,
                          VkImageFormatProperties2& properties) {
  const InstanceTable& vk = gpu.instance->vk;
  if (vk.GetPhysicalDeviceImageFormatProperties2)
    return vk.GetPhysicalDeviceImageFormatProperties2(gpu.physical->handle, &query, &properties);
  return vk.GetPhysicalDeviceImageFormatProperties(gpu.physical->handle, query.format, query.type, query.tiling,
                                                   query.usage, query.flags, &properties.imageFormatProperties);
}

// Refuses what the driver does not support on memory of this kind, naming the first thing that is too much.
Status check_support(const Gpu& gpu, const ImageDesc& desc, const VkImageCreateInfo& info, HandleType handle) {
  VkPhysicalDeviceExternalImageFormatInfo external{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO};
  external.handleType = memory_handle(handle);
  VkPhysicalDeviceImageFormatInfo2 query{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2};
  query.pNext = handle != HandleType::none ? &external : nullptr;
  query.format = info.format;
  query.type = info.imageType;
  query.tiling = info.tiling;
  query.usage = info.usage;
  query.flags = info.flags;
  VkExternalImageFormatProperties shared{VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
  VkImageFormatProperties2 properties{VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
  if (query.pNext) properties.pNext = &shared;  // lavapipe writes to it unasked
  const char* name = format_info(desc.format).name;
  const VkResult result = image_properties(gpu, query, properties);
  if (result == VK_ERROR_FORMAT_NOT_SUPPORTED)
    return fail(Code::not_supported, "Device '%s' has no %s%s images of format %s with usage 0x%x; it offers 0x%x.",
                gpu.info().name.c_str(), handle != HandleType::none ? "shareable " : "", dimension_name(desc.dimension),
                name, desc.usage, query_support(gpu, desc.format, desc.dimension).usage);
  IST_CHECK(vk_status(result, "vkGetPhysicalDeviceImageFormatProperties2"));
  const VkImageFormatProperties& most = properties.imageFormatProperties;
  const Extent& e = desc.extent;
  if (e.width > most.maxExtent.width || e.height > most.maxExtent.height || e.depth > most.maxExtent.depth)
    return fail(Code::not_supported, "The extent %u x %u x %u exceeds the device's %u x %u x %u for %s images of %s.",
                e.width, e.height, e.depth, most.maxExtent.width, most.maxExtent.height, most.maxExtent.depth,
                dimension_name(desc.dimension), name);
  if (desc.mip_count > most.maxMipLevels || desc.layer_count > most.maxArrayLayers)
    return fail(Code::not_supported, "%u mips and %u layers exceed the device's %u and %u for %s images of %s.",
                desc.mip_count, desc.layer_count, most.maxMipLevels, most.maxArrayLayers,
                dimension_name(desc.dimension), name);
  const uint64_t texels = uint64_t{e.width} * e.height * e.depth * desc.layer_count;
  const uint64_t limit = std::min<uint64_t>(most.maxResourceSize, gpu.info().limits.max_allocation_bytes);
  if (texels > limit / std::max<uint64_t>(format_info(desc.format).texel_bytes, 1))
    return fail(Code::out_of_memory, "An image of %llu texels of format %s exceeds the device's limit (%llu bytes).",
                static_cast<unsigned long long>(texels), name, static_cast<unsigned long long>(limit));
  return {};
}

// The format with the same bytes that reads them as sRGB, or does not; 0: there is none.
VkFormat srgb_twin(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8G8B8A8_UNORM:
      return VK_FORMAT_R8G8B8A8_SRGB;
    case VK_FORMAT_R8G8B8A8_SRGB:
      return VK_FORMAT_R8G8B8A8_UNORM;
    case VK_FORMAT_B8G8R8A8_UNORM:
      return VK_FORMAT_B8G8R8A8_SRGB;
    case VK_FORMAT_B8G8R8A8_SRGB:
      return VK_FORMAT_B8G8R8A8_UNORM;
    default:
      return VK_FORMAT_UNDEFINED;
  }
}

}  // namespace

VkImageCreateInfo image_create_info(const Gpu& gpu, const ImageDesc& desc) {
  VkImageCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  if (desc.dimension == ImageDimension::cube) info.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
  info.imageType = image_type(desc.dimension);
  info.format = to_vk(desc.format);
  info.extent = {desc.extent.width, desc.extent.height, desc.extent.depth};
  info.mipLevels = desc.mip_count;
  info.arrayLayers = desc.layer_count;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.tiling = VK_IMAGE_TILING_OPTIMAL;
  info.usage = native_usage(desc.usage, desc.format);
  info.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
  info.sharingMode = gpu.sharing_mode();
  info.queueFamilyIndexCount = static_cast<uint32_t>(gpu.families.size());
  info.pQueueFamilyIndices = gpu.families.data();
  return info;
}

VkImageUsageFlags native_usage(uint32_t usage, Format format) {
  VkImageUsageFlags flags = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  if (usage & image_usage::kSampled) flags |= VK_IMAGE_USAGE_SAMPLED_BIT;
  if (usage & image_usage::kStorage) flags |= VK_IMAGE_USAGE_STORAGE_BIT;
  if (usage & image_usage::kAttachment)
    flags |= format_info(format).kind == FormatKind::depth ? VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT
                                                           : VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
  return flags;
}

Result<std::unique_ptr<Image>> Image::create(const Gpu& gpu, Memory& memory, const ImageDesc& desc) {
  const VkImageCreateInfo info = image_create_info(gpu, desc);
  VkExternalMemoryHandleTypeFlags types = 0;
  if (desc.export_sharing) {
    types = export_types_of_images(*gpu.instance, *gpu.physical, info).types;
    if (!types) {
      IST_CHECK(check_support(gpu, desc, info, HandleType::none));  // it may be for another reason
      return fail(Code::not_supported, "Device '%s' cannot export %s images of format %s as file descriptors.",
                  gpu.info().name.c_str(), dimension_name(desc.dimension), format_info(desc.format).name);
    }
  }
  HandleType first = HandleType::none;
  if (types) first = types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT ? HandleType::opaque_fd : HandleType::dma_buf;
  IST_CHECK(check_support(gpu, desc, info, first));
  std::unique_ptr<Image> image(new Image(gpu, &memory));
  IST_CHECK(image->make(info, desc.format, types));
  image->export_types_ = types;
  IST_TRY(const MemoryPiece piece, image->own_memory());
  IST_CHECK(image->bind(piece));
  image->ask_filter();
  return image;
}

Result<std::unique_ptr<Image>> Image::import(const Gpu& gpu, Memory& memory, const ImageDesc& desc,
                                             const MemoryImport& source) {
  VkImageCreateInfo info = image_create_info(gpu, desc);
  const SharedAllocation& theirs = source.allocation;
  if (info.format == VK_FORMAT_UNDEFINED ||
      (theirs.native_format && theirs.native_format != static_cast<uint32_t>(info.format)))
    return fail(Code::invalid_argument, "VkFormat %u of the imported image is not format %s (VkFormat %d).",
                theirs.native_format, format_info(desc.format).name, static_cast<int>(info.format));
  if (theirs.native_usage & ~kKnownUsage)
    return fail(Code::invalid_argument, "VkImageUsageFlags 0x%x of the imported image have bits beyond 0x%x.",
                theirs.native_usage, kKnownUsage);
  // Both sides have to make the image in the same way.
  if (theirs.native_usage) info.usage = theirs.native_usage;
  const VkExternalMemoryFeatureFlags features =
      external_images(*gpu.instance, *gpu.physical, info, source.type).externalMemoryFeatures;
  if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)) {
    IST_CHECK(check_support(gpu, desc, info, HandleType::none));
    return fail(Code::not_supported, "Device '%s' cannot import %s images of format %s from a handle of type %u.",
                gpu.info().name.c_str(), dimension_name(desc.dimension), format_info(desc.format).name,
                static_cast<unsigned>(source.type));
  }
  IST_CHECK(check_support(gpu, desc, info, source.type));
  std::unique_ptr<Image> image(new Image(gpu, &memory));
  IST_CHECK(image->make(info, desc.format, memory_handle(source.type)));
  const MemoryNeeds needs = needs_of(gpu, image->facts_.image);
  if (!theirs.dedicated && (needs.requires_dedicated || (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT)))
    return fail(Code::invalid_interop,
                "The device needs a dedicated allocation for this image, and the handle's is not.");
  MemoryRequest request;
  request.requirements = needs.requirements;
  request.linear = false;
  if (theirs.dedicated) request.dedicated_image = image->facts_.image;
  IST_TRY(image->origin_, MemoryOrigin::keep(source));
  IST_TRY(const MemoryPiece piece, memory.import(request, source));
  IST_CHECK(image->bind(piece));
  image->ask_filter();
  return image;
}

Status Image::make(const VkImageCreateInfo& ordinary, Format format, VkExternalMemoryHandleTypeFlags handle_types) {
  VkExternalMemoryImageCreateInfo external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO};
  external.handleTypes = handle_types;
  VkImageCreateInfo info = ordinary;
  if (handle_types) info.pNext = &external;
  // Only what stays here: those who import an image make it without the flag.
  const VkFormat formats[] = {info.format, srgb_twin(info.format)};
  VkImageFormatListCreateInfo list{VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO};
  list.viewFormatCount = 2;
  list.pViewFormats = formats;
  if (!handle_types && formats[1] && gpu_.info().api_version >= VK_API_VERSION_1_2) {
    info.flags |= VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
    info.pNext = &list;
  }
  VkImage handle = VK_NULL_HANDLE;
  IST_CHECK(vk_status(gpu_.vk.CreateImage(gpu_.device, &info, nullptr, &handle), "vkCreateImage"));
  format_ = format;
  facts_ = {handle,           info.imageType, info.format, info.extent, info.mipLevels,
            info.arrayLayers, info.samples,   info.tiling, info.usage,  info.flags};
  return {};
}

Result<MemoryPiece> Image::own_memory() {
  const MemoryNeeds needs = needs_of(gpu_, facts_.image);
  MemoryRequest request;
  request.requirements = needs.requirements;
  request.linear = false;
  request.export_types = export_types_;
  if (export_types_ || needs.requires_dedicated || needs.prefers_dedicated) {
    request.own_allocation = true;
    request.dedicated_image = facts_.image;
  }
  return memory_->allocate(request);
}

Status Image::bind(const MemoryPiece& piece) {
  piece_ = piece;
  return vk_status(gpu_.vk.BindImageMemory(gpu_.device, facts_.image, piece_.memory, piece_.offset_bytes),
                   "vkBindImageMemory");
}

std::unique_ptr<Image> Image::wrap(const Gpu& gpu, const ImageFacts& facts) {
  std::unique_ptr<Image> image(new Image(gpu, nullptr));
  image->facts_ = facts;
  image->format_ = format_from_vk(facts.format);
  image->ask_filter();
  return image;
}

Image::~Image() {
  for (auto& row : views_)
    for (const VkImageView view : row)
      if (view) gpu_.vk.DestroyImageView(gpu_.device, view, nullptr);
  for (const HostView& one : host_views_) gpu_.vk.DestroyImageView(gpu_.device, one.view, nullptr);
  if (!memory_) return;
  if (facts_.image) gpu_.vk.DestroyImage(gpu_.device, facts_.image, nullptr);
  memory_->release(piece_);
}

void Image::ask_filter() {
  VkFormatProperties properties;
  gpu_.instance->vk.GetPhysicalDeviceFormatProperties(gpu_.physical->handle, facts_.format, &properties);
  const VkFormatFeatureFlags features =
      facts_.tiling == VK_IMAGE_TILING_LINEAR ? properties.linearTilingFeatures : properties.optimalTilingFeatures;
  filters_linearly_ = (features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_LINEAR_BIT) != 0;
}

VkResult Image::view(ImageDimension dimension, MipMode mips, VkImageView& view) {
  VkImageView& cached = views_[static_cast<uint32_t>(dimension)][static_cast<uint32_t>(mips)];
  if (!cached) {
    const bool layered = dimension == ImageDimension::d1_array || dimension == ImageDimension::d2_array;
    VkImageViewCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
    info.image = facts_.image;
    info.viewType = view_type(dimension);
    info.format = facts_.format;
    info.subresourceRange.aspectMask = texel_aspect(format_);
    info.subresourceRange.levelCount = mips == MipMode::all ? facts_.mip_count : 1;
    info.subresourceRange.layerCount = layered ? facts_.layer_count : dimension == ImageDimension::cube ? 6 : 1;
    const VkResult result = gpu_.vk.CreateImageView(gpu_.device, &info, nullptr, &cached);
    if (result != VK_SUCCESS) {
      cached = VK_NULL_HANDLE;
      return result;
    }
  }
  view = cached;
  return VK_SUCCESS;
}

Status Image::check_view(VkFormat format, VkImageViewType type) const {
  const VkFormat twin = srgb_twin(facts_.format);
  const bool twins = facts_.flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
  if (format != facts_.format && !(twins && format == twin))
    return fail(Code::not_supported, "The image of VkFormat %d has no views of VkFormat %d%s%s.",
                static_cast<int>(facts_.format), static_cast<int>(format),
                twin && !twins ? ": only those of our own without export_sharing, on Vulkan 1.2, have" : "",
                twin && !twins ? " their sRGB or UNORM twin" : "");
  constexpr VkImageUsageFlags kViewed = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
                                        VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                                        VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
  // A twin is looked at, but not stored to: few devices store to sRGB.
  const VkImageUsageFlags left = format == facts_.format ? 0 : VK_IMAGE_USAGE_STORAGE_BIT;
  if (!(facts_.usage & kViewed & ~left))
    return fail(Code::not_supported, "The image's VkImageUsageFlags 0x%x allow no view of VkFormat %d.", facts_.usage,
                static_cast<int>(format));
  const bool cubes = facts_.flags & VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
  const bool shows =
      type == VK_IMAGE_VIEW_TYPE_1D || type == VK_IMAGE_VIEW_TYPE_1D_ARRAY   ? facts_.type == VK_IMAGE_TYPE_1D
      : type == VK_IMAGE_VIEW_TYPE_3D                                        ? facts_.type == VK_IMAGE_TYPE_3D
      : type == VK_IMAGE_VIEW_TYPE_CUBE                                      ? cubes
      : type == VK_IMAGE_VIEW_TYPE_2D || type == VK_IMAGE_VIEW_TYPE_2D_ARRAY ? facts_.type == VK_IMAGE_TYPE_2D
                                                                             : false;
  if (shows) return {};
  return fail(Code::not_supported, "A view of VkImageViewType %d cannot be made of an image of VkImageType %d%s.",
              static_cast<int>(type), static_cast<int>(facts_.type), cubes ? " with cube faces" : "");
}

Result<VkImageView> Image::host_view(VkFormat format, VkImageViewType type) {
  if (!format) format = facts_.format;
  for (const HostView& one : host_views_)
    if (one.format == format && one.type == type) return one.view;
  IST_CHECK(check_view(format, type));
  const bool layered = type == VK_IMAGE_VIEW_TYPE_1D_ARRAY || type == VK_IMAGE_VIEW_TYPE_2D_ARRAY;
  VkImageViewUsageCreateInfo usage{VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO};
  usage.usage = facts_.usage & ~VkImageUsageFlags{VK_IMAGE_USAGE_STORAGE_BIT};
  VkImageViewCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
  if (format != facts_.format) info.pNext = &usage;
  info.image = facts_.image;
  info.viewType = type;
  info.format = format;
  info.subresourceRange.aspectMask = texel_aspect(format_);
  info.subresourceRange.levelCount = facts_.mip_count;
  info.subresourceRange.layerCount = layered ? facts_.layer_count : type == VK_IMAGE_VIEW_TYPE_CUBE ? 6 : 1;
  VkImageView view = VK_NULL_HANDLE;
  IST_CHECK(vk_status(gpu_.vk.CreateImageView(gpu_.device, &info, nullptr, &view), "vkCreateImageView"));
  host_views_.push_back({format, type, view});
  return view;
}

FormatSupport query_support(const Gpu& gpu, Format format, ImageDimension dimension) {
  FormatSupport support;
  const VkFormat native = to_vk(format);
  if (native == VK_FORMAT_UNDEFINED) return support;
  VkFormatProperties properties;
  gpu.instance->vk.GetPhysicalDeviceFormatProperties(gpu.physical->handle, native, &properties);
  const VkFormatFeatureFlags features = properties.optimalTilingFeatures;
  if (features & VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT) support.usage |= image_usage::kStorage;
  if (features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT) support.usage |= image_usage::kSampled;
  if (features & (VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT))
    support.usage |= image_usage::kAttachment;

  // Usages are asked for one by one: some exist for the format, but not for this dimension.
  VkImageFormatProperties2 most{VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
  VkPhysicalDeviceImageFormatInfo2 query{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2};
  query.format = native;
  query.type = image_type(dimension);
  query.tiling = VK_IMAGE_TILING_OPTIMAL;
  if (dimension == ImageDimension::cube) query.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
  const auto supported = [&](uint32_t usage) {
    query.usage = native_usage(usage, format);
    return image_properties(gpu, query, most) == VK_SUCCESS;
  };
  for (const uint32_t bit : {image_usage::kStorage, image_usage::kSampled, image_usage::kAttachment})
    if ((support.usage & bit) && !supported(bit)) support.usage &= ~bit;
  if (support.usage == 0) return support;
  if (!supported(support.usage) && !supported(support.usage & image_usage::kSampled)) return support;
  const VkImageFormatProperties& limits = most.imageFormatProperties;
  support.max_mips = limits.maxMipLevels;
  support.max_layers = dimension == ImageDimension::cube ? 6 : limits.maxArrayLayers;  // 3D: 1
  support.max_extent = {limits.maxExtent.width, limits.maxExtent.height, limits.maxExtent.depth};
  support.linear_filter = (features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_LINEAR_BIT) != 0;
  // Depth is not filtered, and only graphics queues blit (VUID-vkCmdBlitImage-srcImage-00232, -commandBuffer-cmdpool).
  const bool draws = (gpu.physical->queue_flags & VK_QUEUE_GRAPHICS_BIT) != 0;
  const bool depth = format_info(format).kind == FormatKind::depth;
  support.upload = draws || !depth;  // VUID-vkCmdCopyBufferToImage-commandBuffer-07739
  const bool blits = draws && !depth;
  support.blit = blits && support.linear_filter && (features & VK_FORMAT_FEATURE_BLIT_SRC_BIT) &&
                 (features & VK_FORMAT_FEATURE_BLIT_DST_BIT);
  return support;
}

}  // namespace ist::vk
