// ti_*: sharing Vulkan objects with the host: what is exported stays ours, what is imported the host's.
#include <cstring>

#include "vulkan/vk_convert.h"
#include "vulkan/vk_interop.h"

#include <taichi/taichi_vulkan.h>

#include "capi/entry.h"
#include "capi/known.h"
#include "capi/publish.h"
#include "capi/translate.h"

using namespace ist;
using namespace ist::capi;

namespace {

Status check_vulkan(const Runtime& runtime) {
  if (runtime.info().arch == Arch::vulkan) return {};
  return fail(Code::invalid_interop, "The runtime on '%s' is not a Vulkan runtime.", runtime.info().name.c_str());
}

Result<std::vector<std::string>> names(uint32_t count, const char** list, const char* what) {
  if (count > 0) IST_CHECK(require_pointer(list, what));
  std::vector<std::string> result;
  for (uint32_t i = 0; i < count; ++i) {
    if (!list[i]) return fail(Code::argument_null, "%s[%u] is null.", what, i);
    result.emplace_back(list[i]);
  }
  return result;
}

uint32_t buffer_usage(VkBufferUsageFlags native) {
  return ((native & VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) ? memory_usage::kStorage : 0) |
         ((native & VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT) ? memory_usage::kUniform : 0) |
         ((native & VK_BUFFER_USAGE_VERTEX_BUFFER_BIT) ? memory_usage::kVertex : 0) |
         ((native & VK_BUFFER_USAGE_INDEX_BUFFER_BIT) ? memory_usage::kIndex : 0);
}

uint32_t image_usage_of(VkImageUsageFlags native) {
  constexpr VkImageUsageFlags kAttachments =
      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
  return ((native & VK_IMAGE_USAGE_STORAGE_BIT) ? image_usage::kStorage : 0) |
         ((native & VK_IMAGE_USAGE_SAMPLED_BIT) ? image_usage::kSampled : 0) |
         ((native & kAttachments) ? image_usage::kAttachment : 0);
}

// The host's image in the core's words; whatever cannot be one of ours is refused by member.
Result<ImageDesc> describe(const TiVulkanImageInteropInfo& info, VkImageViewType view_type) {
  ImageDesc desc;
  if (!vk::dimension_from_vk(view_type, desc.dimension)) {
    return fail(Code::argument_out_of_range, "view_type (%d) has no TiImageDimension.", static_cast<int>(view_type));
  }
  desc.format = vk::format_from_vk(info.format);
  if (desc.format == 0) {
    return fail(Code::argument_out_of_range, "interop_info.format (VkFormat %d) has no TiFormat.",
                static_cast<int>(info.format));
  }
  if (vk::image_type(desc.dimension) != info.image_type) {
    return fail(Code::invalid_argument, "interop_info.image_type (%d) does not suit view_type (%d).",
                static_cast<int>(info.image_type), static_cast<int>(view_type));
  }
  if (info.sample_count != VK_SAMPLE_COUNT_1_BIT) {
    return fail(Code::not_supported, "interop_info.sample_count (%d) is not 1.", static_cast<int>(info.sample_count));
  }
  desc.extent = {info.extent.width, info.extent.height, info.extent.depth};
  desc.mip_count = info.mip_level_count ? info.mip_level_count : 1;
  desc.layer_count = info.array_layer_count ? info.array_layer_count : 1;
  desc.usage = image_usage_of(info.usage);
  desc.copy_source = (info.usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT) != 0;
  desc.copy_target = (info.usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
  desc.owned = false;
  IST_CHECK(check_image_shape(desc));
  return desc;
}

// The layouts of depth alone are told from those of depth and stencil only where there is stencil.
Result<Layout> layout_of(VkImageLayout native, Format format) {
  const Layout layout = vk::layout_from_vk(native);
  const bool depth_alone =
      native == VK_IMAGE_LAYOUT_DEPTH_ATTACHMENT_OPTIMAL || native == VK_IMAGE_LAYOUT_DEPTH_READ_ONLY_OPTIMAL;
  const bool expressible = layout != Layout::undefined && !(depth_alone && format_info(format).has_stencil);
  if (expressible || native == VK_IMAGE_LAYOUT_UNDEFINED) return layout;
  return fail(Code::argument_out_of_range, "layout (VkImageLayout %d) has no TiImageLayout.", static_cast<int>(native));
}

Status check_same(const Memory& known, const vk::NativeBuffer& is, const vk::NativeBuffer& told) {
  if (told.size_bytes <= is.size_bytes && (told.usage & ~is.usage) == 0) return {};
  return fail(Code::invalid_interop,
              "The VkBuffer is %s of this runtime already, with %llu bytes and usage 0x%x, not %llu and 0x%x.",
              known.text().c_str(), static_cast<unsigned long long>(is.size_bytes), is.usage,
              static_cast<unsigned long long>(told.size_bytes), told.usage);
}

Status check_same(const ImageResource& known, const vk::NativeImage& is, const vk::NativeImage& told) {
  const bool same_extent = is.extent.width == told.extent.width && is.extent.height == told.extent.height &&
                           is.extent.depth == told.extent.depth;
  if (same_extent && is.type == told.type && is.format == told.format && is.mip_count == told.mip_count &&
      is.layer_count == told.layer_count && is.tiling == told.tiling && (told.usage & ~is.usage) == 0)
    return {};
  return fail(Code::invalid_interop,
              "The VkImage is %s of this runtime already, of another type, format, extent, tiling, mips or layers, or "
              "with usage 0x%x, not 0x%x.",
              known.text().c_str(), is.usage, told.usage);
}

}  // namespace

extern "C" {

TiRuntime ti_create_vulkan_runtime_ext(uint32_t api_version, uint32_t instance_extension_count,
                                       const char** instance_extensions, uint32_t device_extension_count,
                                       const char** device_extensions) {
  TiRuntime runtime = nullptr;
  run("ti_create_vulkan_runtime_ext", [&]() -> Status {
    if (api_version == 0) return fail(Code::argument_out_of_range, "api_version is 0.");
    vk::DeviceOptions wanted = vk::default_options();
    IST_TRY(wanted.instance_extensions, names(instance_extension_count, instance_extensions, "instance_extensions"));
    IST_TRY(wanted.device_extensions, names(device_extension_count, device_extensions, "device_extensions"));
    IST_TRY(auto device, vk::create_device(0, wanted));
    runtime = publish(std::make_unique<Runtime>(std::move(device)));
    return {};
  });
  return runtime;
}

TiRuntime ti_import_vulkan_runtime(const TiVulkanRuntimeInteropInfo* interop_info) {
  TiRuntime runtime = nullptr;
  run("ti_import_vulkan_runtime", [&]() -> Status {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    const TiVulkanRuntimeInteropInfo& info = *interop_info;
    vk::HostDevice host;
    host.queue_name = "compute_queue";
    host.queue_family_name = "compute_queue_family_index";
    host.other_families_name = "graphics_queue_family_index";
    host.get_instance_proc_addr = info.get_instance_proc_addr;
    host.api_version = info.api_version;
    host.instance = info.instance;
    host.physical_device = info.physical_device;
    host.device = info.device;
    host.queue = info.compute_queue;
    host.queue_family = info.compute_queue_family_index;
    host.graphics_queue = info.graphics_queue;
    host.graphics_queue_family = info.graphics_queue_family_index;
    if (info.graphics_queue) host.other_families = {info.graphics_queue_family_index};
    vk::DeviceOptions options = vk::default_options();
    options.pipeline_cache_folder.clear();  // a host has a cache of its own, or wants none
    IST_TRY(auto device, vk::adopt_device(host, options));
    runtime = publish(std::make_unique<Runtime>(std::move(device)));
    return {};
  });
  return runtime;
}

void ti_export_vulkan_runtime(TiRuntime runtime, TiVulkanRuntimeInteropInfo* interop_info) {
  on_runtime("ti_export_vulkan_runtime", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_vulkan(call.runtime));
    const vk::NativeDevice native = vk::expose(call.runtime.device());
    *interop_info = {};
    interop_info->get_instance_proc_addr = native.get_instance_proc_addr;
    interop_info->api_version = native.api_version;
    interop_info->instance = native.instance;
    interop_info->physical_device = native.physical_device;
    interop_info->device = native.device;
    interop_info->compute_queue = native.queue;
    interop_info->compute_queue_family_index = native.queue_family;
    interop_info->graphics_queue = native.graphics_queue;
    interop_info->graphics_queue_family_index = native.graphics_queue_family;
    return {};
  });
}

TiMemory ti_import_vulkan_memory(TiRuntime runtime, const TiVulkanMemoryInteropInfo* interop_info) {
  return on_runtime<TiMemory>("ti_import_vulkan_memory", runtime, [&](Call& call) -> Result<TiMemory> {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_vulkan(call.runtime));
    const vk::NativeBuffer native{interop_info->buffer, interop_info->size, interop_info->usage, interop_info->memory,
                                  interop_info->offset};
    IST_TRY(auto buffer, vk::import_buffer(call.runtime.device(), native));
    BufferDesc desc;
    desc.size_bytes = interop_info->size;
    desc.usage = buffer_usage(interop_info->usage);
    desc.copy_source = (interop_info->usage & VK_BUFFER_USAGE_TRANSFER_SRC_BIT) != 0;
    desc.copy_target = (interop_info->usage & VK_BUFFER_USAGE_TRANSFER_DST_BIT) != 0;
    desc.owned = false;
    const Memory* known = find_known<Memory>(call.runtime, Kind::memory, [&](const Memory& memory) {
      return vk::expose(*memory.tracked().buffer).buffer == native.buffer;
    });
    if (known) IST_CHECK(check_same(*known, vk::expose(*known->tracked().buffer), native));
    auto memory = known ? std::make_unique<Memory>(desc, *known)
                        : std::make_unique<Memory>(call.runtime, desc, std::move(buffer));
    // The host may have written it on the device: the next use comes after all that was submitted before.
    memory->tracked().state = {kUnknownWriter, {}};
    return handle_of<TiMemory>(call.runtime.adopt(std::move(memory)));
  });
}

void ti_export_vulkan_memory(TiRuntime runtime, TiMemory memory, TiVulkanMemoryInteropInfo* interop_info) {
  on_runtime("ti_export_vulkan_memory", runtime, [&](Call& call) -> Status {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_vulkan(call.runtime));
    const vk::NativeBuffer native = vk::expose(*target->tracked().buffer);
    *interop_info = {native.buffer, target->size_bytes(), native.usage, native.memory, native.offset_bytes};
    return {};
  });
}

TiImage ti_import_vulkan_image(TiRuntime runtime, const TiVulkanImageInteropInfo* interop_info,
                               VkImageViewType view_type, VkImageLayout layout) {
  return on_runtime<TiImage>("ti_import_vulkan_image", runtime, [&](Call& call) -> Result<TiImage> {
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_vulkan(call.runtime));
    IST_TRY(const ImageDesc desc, describe(*interop_info, view_type));
    IST_TRY(const Layout believed, layout_of(layout, desc.format));
    const vk::NativeImage native{interop_info->image,        interop_info->image_type, interop_info->format,
                                 interop_info->extent,       desc.mip_count,           desc.layer_count,
                                 interop_info->sample_count, interop_info->tiling,     interop_info->usage};
    IST_TRY(auto image, vk::import_image(call.runtime.device(), native));
    const ImageResource* known = find_known<ImageResource>(call.runtime, Kind::image, [&](const ImageResource& other) {
      return vk::expose(*other.tracked().image).image == native.image;
    });
    if (known) {
      IST_CHECK(check_same(*known, vk::expose(*known->tracked().image), native));
      return handle_of<TiImage>(call.runtime.adopt(std::make_unique<ImageResource>(desc, *known)));
    }
    auto resource = std::make_unique<ImageResource>(call.runtime, desc, std::move(image), believed);
    IST_CHECK(check_layout(*resource, believed));
    track_image(*resource, believed);
    return handle_of<TiImage>(call.runtime.adopt(std::move(resource)));
  });
}

void ti_export_vulkan_image(TiRuntime runtime, TiImage image, TiVulkanImageInteropInfo* interop_info) {
  on_runtime("ti_export_vulkan_image", runtime, [&](Call& call) -> Status {
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(require_pointer(interop_info, "interop_info"));
    IST_CHECK(check_vulkan(call.runtime));
    const vk::NativeImage native = vk::expose(*target->tracked().image);
    *interop_info = {native.image,       native.type,    native.format, native.extent, native.mip_count,
                     native.layer_count, native.samples, native.tiling, native.usage};
    return {};
  });
}

}  // extern "C"
