// Dear ImGui on a target: fed by a window, or without one for headless pictures. Shows the panel.
#pragma once

#include "host_device.h"
#include "panel/panel.h"
#include "target.h"
#include "window.h"

namespace demo {

class Overlay {
 public:
  // `window` null: no input. What is given outlives the overlay. Throws std::runtime_error.
  Overlay(const HostDevice& device, TiRuntime runtime, const Target& target, const Window* window,
          uint32_t frames_in_flight);
  ~Overlay();
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // Lays out the panel of this frame.
  void build(VkExtent2D extent, const HostFacts& facts, const Scene& scene);
  // Records what build() has laid out, inside a pass of the target.
  void draw(VkCommandBuffer commands) const;
  // Whether the pointer is on the panel.
  bool wants_pointer() const;

 private:
  void upload_fonts(const Gpu& gpu) const;

  const Window* window_;
  Panel panel_;
  OwnedDescriptorPool pool_;
};

}  // namespace demo
