// What ti_export_vulkan_* tells of objects made by the library: how memory, images and formats look in Vulkan.
#include <dlfcn.h>
#include <taichi/taichi_vulkan.h>

#include <sstream>

#include "call_context.h"

namespace differential {
namespace {

template <class F>
F find(Calls& call, const char* name) {
  return reinterpret_cast<F>(dlsym(call.api.library, name));
}

void exported_runtime(Calls& call) {
  const auto export_runtime = find<decltype(&::ti_export_vulkan_runtime)>(call, "ti_export_vulkan_runtime");
  call("ti_export_vulkan_runtime", [&] {
    TiVulkanRuntimeInteropInfo info{};
    export_runtime(call.runtime(), &info);
    std::ostringstream text;
    text << std::hex << info.api_version << (info.instance ? " instance" : "") << (info.physical_device ? " gpu" : "")
         << (info.device ? " device" : "") << (info.compute_queue ? " compute" : "")
         << (info.graphics_queue ? " graphics " : " ") << info.compute_queue_family_index << " "
         << info.graphics_queue_family_index;
    return text.str();
  });
  call("ti_export_vulkan_runtime without info", [&] { export_runtime(call.runtime(), nullptr); });
  TiVulkanRuntimeInteropInfo info{};
  call("ti_export_vulkan_runtime without runtime", [&] { export_runtime(nullptr, &info); });
}

void exported_memory(Calls& call) {
  const auto export_memory = find<decltype(&::ti_export_vulkan_memory)>(call, "ti_export_vulkan_memory");
  TiVulkanMemoryInteropInfo info{};
  for (uint32_t usage = 1; usage < 16; ++usage) {
    const TiMemoryAllocateInfo allocate{100 + usage, TI_TRUE, TI_FALSE, TI_FALSE, usage};
    const TiMemory memory = call.api.allocate_memory(call.runtime(), &allocate);
    call("ti_export_vulkan_memory of usage " + std::to_string(usage), [&] {
      info = {};
      export_memory(call.runtime(), memory, &info);
      std::ostringstream text;
      text << (info.buffer ? "buffer " : "") << (info.memory ? "memory " : "") << info.size << " " << std::hex
           << (info.usage & ~VkBufferUsageFlags{VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT});
      return text.str();
    });
  }
  call("device address of exported memory",
       [&] { return std::string(info.usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT ? "there" : "not there"); });
  call("ti_export_vulkan_memory of null", [&] { export_memory(call.runtime(), nullptr, &info); });
  call("ti_export_vulkan_memory without info", [&] { export_memory(call.runtime(), call.memory(64), nullptr); });
}

void exported_images(Calls& call) {
  const auto export_image = find<decltype(&::ti_export_vulkan_image)>(call, "ti_export_vulkan_image");
  TiVulkanImageInteropInfo info{};
  const auto told = [&](const TiImageAllocateInfo& allocate) {
    const TiImage image = call.image(allocate);
    if (!image) return std::string("no image");
    info = {};
    export_image(call.runtime(), image, &info);
    std::ostringstream text;
    text << (info.image ? "image " : "") << info.image_type << " format " << info.format << " extent "
         << info.extent.width << "x" << info.extent.height << "x" << info.extent.depth << " mips "
         << info.mip_level_count << " layers " << info.array_layer_count << " samples " << info.sample_count
         << " tiling " << info.tiling << " usage " << std::hex << info.usage;
    return text.str();
  };
  for (int format = 1; format <= 43; ++format) {
    // Formats of three channels, and of depth with stencil, are not had by every device.
    if (format == TI_FORMAT_RGB16 || format == TI_FORMAT_RGB16U || format == TI_FORMAT_RGB16I ||
        format == TI_FORMAT_RGB16F || format == TI_FORMAT_RGB32U || format == TI_FORMAT_RGB32I ||
        format == TI_FORMAT_RGB32F || format == TI_FORMAT_DEPTH24STENCIL8) {
      continue;
    }
    TiImageAllocateInfo allocate = Calls::image_info(odd<TiFormat>(format));
    allocate.usage = TI_IMAGE_USAGE_SAMPLED_BIT;
    const TiImage image = call.image(allocate);
    call("ti_export_vulkan_image of format " + std::to_string(format), [&] {
      export_image(call.runtime(), image, &info);
      return std::to_string(info.format);
    });
  }
  for (uint32_t usage = 1; usage < 8; ++usage) {
    TiImageAllocateInfo allocate = Calls::image_info(TI_FORMAT_RGBA32F);
    allocate.usage = usage;
    call("ti_export_vulkan_image of usage " + std::to_string(usage), [&] { return told(allocate); });
  }
  for (int dimension : {0, 1, 2}) {
    TiImageAllocateInfo allocate = Calls::image_info();
    allocate.dimension = odd<TiImageDimension>(dimension);
    allocate.extent = {9, dimension > 0 ? 7u : 1u, dimension > 1 ? 5u : 1u, 1};
    call("ti_export_vulkan_image of dimension " + std::to_string(dimension), [&] { return told(allocate); });
  }
  call("ti_export_vulkan_image of null", [&] { export_image(call.runtime(), nullptr, &info); });
  call("ti_export_vulkan_image without info", [&] { export_image(call.runtime(), call.image(), nullptr); });
}

constexpr CallGroup kGroups[] = {
    {"exported_runtime", exported_runtime}, {"exported_memory", exported_memory}, {"exported_images", exported_images}};

}  // namespace

std::span<const CallGroup> export_calls() { return kGroups; }

}  // namespace differential
