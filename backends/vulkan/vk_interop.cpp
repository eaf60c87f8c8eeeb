// Exposes and wraps native handles.
#include "vulkan/vk_interop.h"

namespace ist::vk {

NativeDevice expose(const ist::Device& device) {
  const Gpu& gpu = static_cast<const Device&>(device).gpu();
  return {gpu.instance->global->GetInstanceProcAddr,
          gpu.info().api_version,
          gpu.instance->handle,
          gpu.physical->handle,
          gpu.device,
          gpu.queue,
          gpu.physical->queue_family,
          gpu.physical->queue_flags};
}

NativeBuffer expose(const ist::Buffer& buffer) {
  const auto& ours = static_cast<const Buffer&>(buffer);
  return {ours.handle(), ours.size_bytes(), ours.usage(), ours.piece().memory, ours.piece().offset_bytes};
}

NativeImage expose(const ist::Image& image) { return static_cast<const Image&>(image).facts(); }

Result<std::unique_ptr<ist::Buffer>> import_buffer(ist::Device& device, const NativeBuffer& native) {
  if (!native.buffer) return fail(Code::argument_null, "The VkBuffer to import is null.");
  if (native.size_bytes == 0) return fail(Code::invalid_argument, "The VkBuffer to import has 0 bytes.");
  return std::unique_ptr<ist::Buffer>(Buffer::wrap(static_cast<Device&>(device).gpu(), native));
}

Result<std::unique_ptr<ist::Image>> import_image(ist::Device& device, const NativeImage& native) {
  IST_TRY(std::unique_ptr<ist::Image> image, Image::wrap(static_cast<Device&>(device).gpu(), native));
  return image;
}

}  // namespace ist::vk
