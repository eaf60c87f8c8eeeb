// Exposes and wraps native handles.
#include "vulkan/vk_interop.h"

#include <cinttypes>

#include "contract/formats.h"
#include "vulkan/vk_convert.h"

namespace ist::vk {
namespace {

// Bytes of the texels of mip 0 alone; UINT64_MAX for more than that.
uint64_t least_bytes(const NativeImage& native) {
  uint64_t bytes = format_info(format_from_vk(native.format)).texel_bytes;
  for (const uint32_t factor : {native.extent.width, native.extent.height, native.extent.depth, native.layer_count})
    if (__builtin_mul_overflow(bytes, uint64_t{factor}, &bytes)) return UINT64_MAX;
  return bytes;
}

}  // namespace

NativeDevice expose(const ist::Device& device) {
  const Gpu& gpu = static_cast<const Device&>(device).gpu();
  return {gpu.instance->get_instance_proc_addr,
          gpu.info().api_version,
          gpu.instance->handle,
          gpu.physical->handle,
          gpu.device,
          gpu.queue.handle(),
          gpu.physical->queue_family,
          gpu.graphics_queue,
          gpu.graphics_queue_family};
}

NativeBuffer expose(const ist::Buffer& buffer) {
  const auto& ours = static_cast<const Buffer&>(buffer);
  return {ours.handle(), ours.size_bytes(), ours.usage(), ours.piece().memory, ours.piece().offset_bytes};
}

NativeImage expose(const ist::Image& image) { return static_cast<const Image&>(image).facts(); }

Result<VkImageView> host_view(ist::Image& image, VkFormat format, VkImageViewType type) {
  return static_cast<Image&>(image).host_view(format, type);
}

Result<std::unique_ptr<ist::Buffer>> import_buffer(ist::Device& device, const NativeBuffer& native) {
  const Gpu& gpu = static_cast<Device&>(device).gpu();
  if (!native.buffer) return fail(Code::argument_null, "interop_info.buffer is null.");
  if (native.size_bytes == 0) return fail(Code::invalid_argument, "interop_info.size is 0.");
  if (native.usage == 0)
    return fail(Code::invalid_argument, "interop_info.usage is 0; it is VkBufferCreateInfo::usage.");
  const VkMemoryRequirements needs = needs_of(gpu, native.buffer).requirements;
  if (native.size_bytes > needs.size)
    return fail(Code::invalid_argument,
                "interop_info.size (%" PRIu64 ") exceeds the VkBuffer, which takes %" PRIu64 " bytes of memory.",
                native.size_bytes, needs.size);
  if (native.offset_bytes % needs.alignment != 0)
    return fail(Code::invalid_argument,
                "interop_info.offset (%" PRIu64
                ") is not where the VkBuffer can be bound: "
                "it is no multiple of %" PRIu64 ".",
                native.offset_bytes, needs.alignment);
  return std::unique_ptr<ist::Buffer>(Buffer::wrap(gpu, native));
}

Result<std::unique_ptr<ist::Image>> import_image(ist::Device& device, const NativeImage& native) {
  const Gpu& gpu = static_cast<Device&>(device).gpu();
  if (!native.image) return fail(Code::argument_null, "interop_info.image is null.");
  if (native.usage == 0)
    return fail(Code::invalid_argument, "interop_info.usage is 0; it is VkImageCreateInfo::usage.");
  const uint64_t least = least_bytes(native);
  const uint64_t there = needs_of(gpu, native.image).requirements.size;
  if (least > there)
    return fail(Code::invalid_argument,
                "The VkImage takes %" PRIu64
                " bytes of memory, but one of %ux%ux%u texels of "
                "VkFormat %d with %u mips and %u layers has at least %" PRIu64 ".",
                there, native.extent.width, native.extent.height, native.extent.depth, static_cast<int>(native.format),
                native.mip_count, native.layer_count, least);
  return std::unique_ptr<ist::Image>(Image::wrap(gpu, native));
}

}  // namespace ist::vk
