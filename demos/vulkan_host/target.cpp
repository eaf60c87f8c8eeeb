// The target without a window. Frames in flight share its one image: the pass orders them.
#include "target.h"

#include <array>

namespace demo {
namespace {

class OffscreenTarget : public Target {
 public:
  OffscreenTarget(const Gpu& gpu, VkExtent2D extent)
      : image_(create_target(gpu, extent, VK_FORMAT_R8G8B8A8_UNORM)),
        pass_(gpu, std::array<const RenderTarget*, 1>{&image_}, NextUse::copied) {}

  bool acquire(VkSemaphore) override { return true; }
  const Pass& pass() const override { return pass_; }
  VkExtent2D extent() const override { return image_.extent; }
  void copy(VkCommandBuffer commands, const PixelBuffer& pixels) const override {
    pixels.record(commands, image_.image.get());
  }
  VkSemaphore drawn() const override { return VK_NULL_HANDLE; }
  void present() override {}
  bool uses_semaphores() const override { return false; }
  bool is_bgra() const override { return false; }

 private:
  RenderTarget image_;
  Pass pass_;
};

}  // namespace

std::unique_ptr<Target> make_offscreen_target(const Gpu& gpu, VkExtent2D extent) {
  return std::make_unique<OffscreenTarget>(gpu, extent);
}

}  // namespace demo
