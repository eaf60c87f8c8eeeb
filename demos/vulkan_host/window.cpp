// GLFW: events, the pointer, and what it asks of Vulkan.
#include "window.h"

#include <algorithm>
#include <stdexcept>

// After Vulkan's header: what GLFW declares depends on it.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace demo {
namespace {

[[noreturn]] void fail(const char* step) {
  const char* text = nullptr;
  glfwGetError(&text);
  throw std::runtime_error(std::string("GLFW cannot ") + step + ": " + (text ? text : "no reason given") + ".");
}

}  // namespace

Window::Window(const std::string& title, uint32_t width, uint32_t height) {
  if (!glfwInit()) fail("start");
  glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
  window_ = glfwCreateWindow(int(width), int(height), title.c_str(), nullptr, nullptr);
  if (window_) return;
  const char* text = nullptr;
  glfwGetError(&text);
  const std::string reason = text ? text : "no reason given";
  glfwTerminate();
  throw std::runtime_error("GLFW cannot open a window: " + reason);
}

Window::~Window() {
  glfwDestroyWindow(window_);
  glfwTerminate();
}

WindowNeeds Window::needs() {
  WindowNeeds needs;
  uint32_t count = 0;
  const char** names = glfwGetRequiredInstanceExtensions(&count);
  if (!names) fail("present with Vulkan");
  needs.instance_extensions.assign(names, names + count);
  needs.can_present = [](VkInstance instance, VkPhysicalDevice device, uint32_t queue_family) {
    return glfwGetPhysicalDevicePresentationSupport(instance, device, queue_family) == GLFW_TRUE;
  };
  return needs;
}

bool Window::closed() const { return glfwWindowShouldClose(window_); }

void Window::poll() {
  glfwPollEvents();
  while (!closed() && framebuffer_extent().width == 0) glfwWaitEvents();
}

VkExtent2D Window::framebuffer_extent() const {
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  if (width == 0 || height == 0) return {0, 0};
  return {uint32_t(width), uint32_t(height)};
}

Stir Window::stir() {
  int width = 1, height = 1;
  double x = 0, y = 0;
  glfwGetWindowSize(window_, &width, &height);
  glfwGetCursorPos(window_, &x, &y);
  const float side = float(std::max(std::min(width, height), 1));
  Stir stir;
  stir.position[0] = (float(x) - (float(width) - side) / 2) / side;
  stir.position[1] = 1 - (float(y) - (float(height) - side) / 2) / side;
  stir.active = glfwGetMouseButton(window_, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS;

  const double now = glfwGetTime();
  const float seconds = std::max(float(now - last_time_), 1e-3f);
  for (int i = 0; i < 2; ++i) {
    stir.velocity[i] = (stir.position[i] - last_position_[i]) / seconds;
    last_position_[i] = stir.position[i];
  }
  last_time_ = now;
  return stir;
}

}  // namespace demo
