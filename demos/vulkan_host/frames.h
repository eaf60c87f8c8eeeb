// The frame of this host: simulate, lend, draw, give back. This is where runtime and host meet: the device orders
// them, and no CPU waits for the other side.
#pragma once

#include <ist/vulkan.h>

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "host_device.h"
#include "renderer.h"
#include "scenes/scene.h"
#include "target.h"

namespace demo {

// own: the runtime submits the kernels, and a timeline of each side tells the other when it may go on.
// recorded: the kernels go into the host's command buffer, one submit a frame, and its order is all there is.
enum class Submit { own, recorded };

struct Picture {
  VkExtent2D extent{};
  std::vector<uint8_t> rgba;  // rows tight from the top
};

class Frames {
 public:
  static constexpr uint32_t kInFlight = 2;

  // What is given outlives the frames.
  Frames(const HostDevice& device, TiRuntime runtime, Target& target, Scene& scene, const Renderer& renderer,
         Submit submit);
  // Waits for the device and takes back what is lent.
  ~Frames();
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  // Drawn over the picture: `build` once the scene is lent, `draw` inside the pass. Both may be empty.
  struct Over {
    std::function<void(VkExtent2D)> build;
    std::function<void(VkCommandBuffer)> draw;
  };
  // One frame. False: the target takes none now, and nothing has happened. keep: picture() will have it.
  bool draw(const Stir& stir, const Over& over, bool keep);
  // Waits for the frame that was drawn with `keep`.
  Picture picture();

  uint64_t drawn() const { return frame_; }
  // Of the last frame; AUTO before it.
  IstRung rung_to_host() const { return rung_to_host_; }
  IstRung rung_to_runtime() const { return rung_to_runtime_; }
  // Times a frame had to wait for its own predecessor but one.
  uint64_t waits() const { return waits_; }

 private:
  // What a frame needs for itself while it is drawn.
  struct Slot {
    OwnedCommandPool pool;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    OwnedSemaphore acquired;
    uint64_t frame = 0;  // that used it last
  };

  Slot make_slot() const;
  void wait_for(uint64_t frame);
  void begin(Slot& slot) const;
  IstSyncPoint simulate(const Stir& stir);
  IstRecording record_simulation(VkCommandBuffer commands, const Stir& stir);
  void take_back(const IstSyncPoint& drawn);
  void lend(IstSyncPoint* ready);
  void record_drawing(Slot& slot, const Over& over, bool keep);
  void submit(const Slot& slot, const IstSyncPoint* ready);

  const Gpu& gpu_;
  TiRuntime runtime_;
  Target& target_;
  Scene& scene_;
  const Renderer& renderer_;
  Submit submit_;
  PFN_vkWaitSemaphores wait_semaphores_;
  PFN_vkGetSemaphoreCounterValue counter_value_;
  // The host's: reaches n when frame n has been drawn.
  OwnedSemaphore timeline_;
  std::array<Slot, kInFlight> slots_;
  uint64_t frame_ = 0;
  std::vector<IstHandover> lent_;
  IstRung rung_to_host_ = IST_RUNG_AUTO;
  IstRung rung_to_runtime_ = IST_RUNG_AUTO;
  uint64_t waits_ = 0;
  std::optional<PixelBuffer> kept_;
  VkExtent2D kept_extent_{};
};

}  // namespace demo
