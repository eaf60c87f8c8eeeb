// ist_vulkan_image_view.
#include <ist/vulkan.h>

#include "vulkan/vk_interop.h"

#include "capi/entry.h"
#include "core/image.h"

using namespace ist;
using namespace ist::capi;

extern "C" {

TiError ist_vulkan_image_view(TiRuntime runtime, TiImage image, VkFormat format, VkImageViewType type,
                              VkImageView* view) {
  if (view) *view = VK_NULL_HANDLE;
  return on_runtime("ist_vulkan_image_view", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(view, "view"));
    if (call.runtime.info().arch != Arch::vulkan)
      return fail(Code::invalid_interop, "The runtime on '%s' is not a Vulkan runtime.",
                  call.runtime.info().name.c_str());
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    auto made = vk::host_view(*target->tracked().image, static_cast<VkFormat>(raw_value(format)),
                              static_cast<VkImageViewType>(raw_value(type)));
    if (!made.ok()) return made.take_status().in(target->text());
    *view = *made;
    return {};
  });
}

}  // extern "C"
