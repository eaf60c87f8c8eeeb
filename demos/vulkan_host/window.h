// A GLFW window, the pointer in it, and its swapchain as a target.
#pragma once

#include <memory>
#include <string>

#include "host_device.h"
#include "scenes/scene.h"
#include "target.h"

struct GLFWwindow;

namespace demo {

class Window {
 public:
  // Throws std::runtime_error when there is no display.
  Window(const std::string& title, uint32_t width, uint32_t height);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  static WindowNeeds needs();
  GLFWwindow* native() const { return window_; }
  bool closed() const;
  // Handles events. Sleeps while the window is minimised.
  void poll();
  VkExtent2D framebuffer_extent() const;
  // The pointer on the largest centred square, active while its left button is down.
  Stir stir();

 private:
  GLFWwindow* window_ = nullptr;
  double last_time_ = 0;
  float last_position_[2] = {0, 0};
};

// The window and the device outlive the target.
std::unique_ptr<Target> make_window_target(const HostDevice& device, const Window& window);

}  // namespace demo
