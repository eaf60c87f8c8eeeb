// What frames are drawn into: an image of our own, or the images of a window's swapchain. Knows nothing of what is
// drawn.
#pragma once

#include <memory>

#include "common/offscreen.h"

namespace demo {

class HostDevice;

class Target {
 public:
  virtual ~Target() = default;
  // Makes the next image current. It may be drawn into once `acquired` has been signalled, where uses_semaphores().
  // False: nothing can be shown now, and `acquired` stays unsignalled.
  virtual bool acquire(VkSemaphore acquired) = 0;
  // Of the current image; all passes of a target are compatible with one another.
  virtual const Pass& pass() const = 0;
  virtual VkExtent2D extent() const = 0;
  // Records the copy of what the pass has drawn.
  virtual void copy(VkCommandBuffer commands, const PixelBuffer& pixels) const = 0;
  // What drawing into the current image signals for present(); null where uses_semaphores() is false.
  virtual VkSemaphore drawn() const = 0;
  // Shows the current image, after the submit that signals drawn().
  virtual void present() = 0;
  virtual bool uses_semaphores() const = 0;
  // Whether pixels are blue first.
  virtual bool is_bgra() const = 0;
};

// One RGBA8_UNORM image.
std::unique_ptr<Target> make_offscreen_target(const Gpu& gpu, VkExtent2D extent);

}  // namespace demo
