// The images of a window: made again whenever the window has changed, presented in the order they are drawn.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "window.h"

// After Vulkan's header: what GLFW declares depends on it.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace demo {
namespace {

#define SURFACE_FUNCTIONS(X)                   \
  X(vkDestroySurfaceKHR)                       \
  X(vkGetPhysicalDeviceSurfaceCapabilitiesKHR) \
  X(vkGetPhysicalDeviceSurfaceFormatsKHR)      \
  X(vkGetPhysicalDeviceSurfaceSupportKHR)

#define SWAPCHAIN_FUNCTIONS(X) \
  X(vkAcquireNextImageKHR)     \
  X(vkCreateSwapchainKHR)      \
  X(vkDestroySwapchainKHR)     \
  X(vkGetSwapchainImagesKHR)   \
  X(vkQueuePresentKHR)

struct SwapchainTable {
#define SWAPCHAIN_MEMBER(name) PFN_##name name = nullptr;
  SURFACE_FUNCTIONS(SWAPCHAIN_MEMBER)
  SWAPCHAIN_FUNCTIONS(SWAPCHAIN_MEMBER)
#undef SWAPCHAIN_MEMBER
  explicit SwapchainTable(const HostDevice& device) {
#define SWAPCHAIN_LOAD(name) name = reinterpret_cast<PFN_##name>(device.instance_function(#name));
    SURFACE_FUNCTIONS(SWAPCHAIN_LOAD)
#undef SWAPCHAIN_LOAD
#define SWAPCHAIN_LOAD(name) name = reinterpret_cast<PFN_##name>(device.device_function(#name));
    SWAPCHAIN_FUNCTIONS(SWAPCHAIN_LOAD)
#undef SWAPCHAIN_LOAD
  }
};

class WindowTarget : public Target {
 public:
  WindowTarget(const HostDevice& device, const Window& window);
  ~WindowTarget() override;

  bool acquire(VkSemaphore acquired) override;
  const Pass& pass() const override { return images_[current_].pass; }
  VkExtent2D extent() const override { return extent_; }
  void copy(VkCommandBuffer commands, const PixelBuffer& pixels) const override;
  VkSemaphore drawn() const override { return images_[current_].drawn.get(); }
  void present() override;
  bool uses_semaphores() const override { return true; }
  bool is_bgra() const override { return format_.format == VK_FORMAT_B8G8R8A8_UNORM; }

 private:
  // A swapchain owns the image: `target` has only its view. The semaphore is the image's, not the frame's: it is free
  // again when the image has been acquired again.
  struct Image {
    Image(const Gpu& gpu, VkImage image, VkExtent2D extent, VkFormat format);
    VkImage native;
    std::unique_ptr<RenderTarget> target;
    Pass pass;
    OwnedSemaphore drawn;
  };

  void choose_format();
  bool make_swapchain();
  void move_layout(VkCommandBuffer commands, VkImageLayout from, VkImageLayout to) const;

  const HostDevice& device_;
  const Gpu& gpu_;
  const Window& window_;
  SwapchainTable table_;
  VkSurfaceKHR surface_ = VK_NULL_HANDLE;
  VkSurfaceFormatKHR format_{};
  VkSwapchainKHR swapchain_ = VK_NULL_HANDLE;
  VkExtent2D extent_{};
  VkExtent2D seen_{};  // the window's when the swapchain was made
  bool can_copy_ = false;
  bool stale_ = true;
  std::vector<Image> images_;
  uint32_t current_ = 0;
};

std::unique_ptr<RenderTarget> viewed(const Gpu& gpu, VkImage image, VkExtent2D extent, VkFormat format) {
  auto target = std::make_unique<RenderTarget>();
  target->extent = extent;
  target->format = format;
  target->view = create_view(gpu, image, format);
  return target;
}

WindowTarget::Image::Image(const Gpu& gpu, VkImage image, VkExtent2D extent, VkFormat format)
    : native(image),
      target(viewed(gpu, image, extent, format)),
      pass(gpu, std::array<const RenderTarget*, 1>{target.get()}, NextUse::presented),
      drawn(create_semaphore(gpu)) {}

WindowTarget::WindowTarget(const HostDevice& device, const Window& window)
    : device_(device), gpu_(device.gpu()), window_(window), table_(device) {
  expect_vulkan(glfwCreateWindowSurface(device.instance(), window.native(), nullptr, &surface_),
                "glfwCreateWindowSurface");
  choose_format();
  if (!make_swapchain()) throw std::runtime_error("The window has no area to draw into.");
}

WindowTarget::~WindowTarget() {
  gpu_.vk.vkDeviceWaitIdle(gpu_.device());
  images_.clear();
  table_.vkDestroySwapchainKHR(gpu_.device(), swapchain_, nullptr);
  table_.vkDestroySurfaceKHR(device_.instance(), surface_, nullptr);
}

// Colours are sRGB values already, so no format that would convert them once more.
void WindowTarget::choose_format() {
  VkBool32 supported = VK_FALSE;
  expect_vulkan(
      table_.vkGetPhysicalDeviceSurfaceSupportKHR(device_.physical_device(), gpu_.queue_family(), surface_, &supported),
      "vkGetPhysicalDeviceSurfaceSupportKHR");
  if (!supported) throw std::runtime_error("The queue cannot present to this window.");
  uint32_t count = 0;
  table_.vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical_device(), surface_, &count, nullptr);
  std::vector<VkSurfaceFormatKHR> formats(count);
  table_.vkGetPhysicalDeviceSurfaceFormatsKHR(device_.physical_device(), surface_, &count, formats.data());
  for (const VkSurfaceFormatKHR& format : formats) {
    if (format.format != VK_FORMAT_B8G8R8A8_UNORM && format.format != VK_FORMAT_R8G8B8A8_UNORM) continue;
    format_ = format;
    return;
  }
  throw std::runtime_error("The window takes neither BGRA8 nor RGBA8 pixels.");
}

// False: the window has no area now (minimised), and the old swapchain stays.
bool WindowTarget::make_swapchain() {
  VkSurfaceCapabilitiesKHR surface{};
  expect_vulkan(table_.vkGetPhysicalDeviceSurfaceCapabilitiesKHR(device_.physical_device(), surface_, &surface),
                "vkGetPhysicalDeviceSurfaceCapabilitiesKHR");
  VkExtent2D extent = surface.currentExtent;
  if (extent.width == UINT32_MAX) extent = window_.framebuffer_extent();
  if (extent.width == 0 || extent.height == 0) return false;

  // Frames that use the old images are few, and resizing is rare: wait for them.
  expect_vulkan(gpu_.vk.vkDeviceWaitIdle(gpu_.device()), "vkDeviceWaitIdle");
  can_copy_ = surface.supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  auto info = typed<VkSwapchainCreateInfoKHR>(VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR);
  info.surface = surface_;
  info.minImageCount = surface.minImageCount + 1;
  if (surface.maxImageCount) info.minImageCount = std::min(info.minImageCount, surface.maxImageCount);
  info.imageFormat = format_.format;
  info.imageColorSpace = format_.colorSpace;
  info.imageExtent = extent;
  info.imageArrayLayers = 1;
  info.imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | (can_copy_ ? VK_IMAGE_USAGE_TRANSFER_SRC_BIT : 0);
  info.preTransform = surface.currentTransform;
  info.compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
  info.presentMode = VK_PRESENT_MODE_FIFO_KHR;
  info.clipped = VK_TRUE;
  info.oldSwapchain = swapchain_;
  VkSwapchainKHR made = VK_NULL_HANDLE;
  expect_vulkan(table_.vkCreateSwapchainKHR(gpu_.device(), &info, nullptr, &made), "vkCreateSwapchainKHR");
  images_.clear();
  table_.vkDestroySwapchainKHR(gpu_.device(), swapchain_, nullptr);
  swapchain_ = made;
  extent_ = extent;
  seen_ = window_.framebuffer_extent();

  uint32_t count = 0;
  expect_vulkan(table_.vkGetSwapchainImagesKHR(gpu_.device(), swapchain_, &count, nullptr), "vkGetSwapchainImagesKHR");
  std::vector<VkImage> natives(count);
  expect_vulkan(table_.vkGetSwapchainImagesKHR(gpu_.device(), swapchain_, &count, natives.data()),
                "vkGetSwapchainImagesKHR");
  for (const VkImage native : natives) images_.emplace_back(gpu_, native, extent_, format_.format);
  stale_ = false;
  return true;
}

bool WindowTarget::acquire(VkSemaphore acquired) {
  // Not every window system says that an image no longer fits.
  const VkExtent2D now = window_.framebuffer_extent();
  const bool resized = now.width != seen_.width || now.height != seen_.height;
  if ((stale_ || resized) && !make_swapchain()) return false;
  const VkResult result =
      table_.vkAcquireNextImageKHR(gpu_.device(), swapchain_, UINT64_MAX, acquired, VK_NULL_HANDLE, &current_);
  if (result == VK_ERROR_OUT_OF_DATE_KHR) {
    stale_ = true;
    return false;
  }
  expect_vulkan(result, "vkAcquireNextImageKHR");
  // A suboptimal image is shown; the next frame gets a better one.
  stale_ = result == VK_SUBOPTIMAL_KHR;
  return true;
}

void WindowTarget::move_layout(VkCommandBuffer commands, VkImageLayout from, VkImageLayout to) const {
  auto barrier = typed<VkImageMemoryBarrier>(VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT;
  barrier.oldLayout = from;
  barrier.newLayout = to;
  barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  barrier.image = images_[current_].native;
  barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  const VkPipelineStageFlags both = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  gpu_.vk.vkCmdPipelineBarrier(commands, both, both, 0, 0, nullptr, 0, nullptr, 1, &barrier);
}

void WindowTarget::copy(VkCommandBuffer commands, const PixelBuffer& pixels) const {
  if (!can_copy_) throw std::runtime_error("The images of this window cannot be copied; use --headless with --out.");
  move_layout(commands, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  pixels.record(commands, images_[current_].native);
  move_layout(commands, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
}

void WindowTarget::present() {
  const VkSemaphore drawn = images_[current_].drawn.get();
  auto info = typed<VkPresentInfoKHR>(VK_STRUCTURE_TYPE_PRESENT_INFO_KHR);
  info.waitSemaphoreCount = 1;
  info.pWaitSemaphores = &drawn;
  info.swapchainCount = 1;
  info.pSwapchains = &swapchain_;
  info.pImageIndices = &current_;
  const VkResult result = table_.vkQueuePresentKHR(gpu_.queue(), &info);
  if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) {
    stale_ = true;
    return;
  }
  expect_vulkan(result, "vkQueuePresentKHR");
}

}  // namespace

std::unique_ptr<Target> make_window_target(const HostDevice& device, const Window& window) {
  return std::make_unique<WindowTarget>(device, window);
}

}  // namespace demo
