// A window by GLFW. The mouse stirs; until it is used, a script does.
#include <stdexcept>
#include <string>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <imgui.h>

#include "gl_host/screen.h"

namespace demo {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const char* reason = nullptr;
  glfwGetError(&reason);
  throw std::runtime_error(what + ": " + (reason ? reason : "GLFW does not say why") + ".");
}

// The library is open as long as this lives.
struct Glfw {
  Glfw() {
    if (!glfwInit()) fail("No window can be opened");
  }
  ~Glfw() { glfwTerminate(); }
  Glfw(const Glfw&) = delete;
  Glfw& operator=(const Glfw&) = delete;
};

class Window : public Screen {
 public:
  explicit Window(const HostOptions& options) {
    const bool es = options.api == "gles";
    glfwWindowHint(GLFW_CLIENT_API, es ? GLFW_OPENGL_ES_API : GLFW_OPENGL_API);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, es ? 3 : 4);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, es ? 2 : 5);
    glfwWindowHint(GLFW_CONTEXT_CREATION_API, es ? GLFW_EGL_CONTEXT_API : GLFW_NATIVE_CONTEXT_API);
    if (!es) glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_DEBUG_CONTEXT, GLFW_TRUE);
    glfwWindowHint(GLFW_DEPTH_BITS, 0);
    glfwWindowHint(GLFW_STENCIL_BITS, 0);
    const std::string title = "Isthmus: " + options.scene + (es ? " in OpenGL ES" : " in OpenGL");
    window_ = glfwCreateWindow(int(options.width), int(options.height), title.c_str(), nullptr, nullptr);
    if (!window_) fail("There is no window with OpenGL" + std::string(es ? " ES 3.2" : " 4.5 core"));
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
  }
  ~Window() override {
    if (imgui_) {
      ImGui_ImplGlfw_Shutdown();
      ImGui::DestroyContext();
    }
    glfwDestroyWindow(window_);
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  IstGlInfo gl_info() const override {
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = glfwGetProcAddress;
    info.current_context = [] { return static_cast<void*>(glfwGetCurrentContext()); };
    return info;
  }

  Extent extent() const override {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    return {uint32_t(width), uint32_t(height)};
  }

  bool closed() const override { return glfwWindowShouldClose(window_); }

  Stir stir(uint32_t frame) override {
    const double now = glfwGetTime();
    const double seconds = now - stirred_at_;
    stirred_at_ = now;
    Stir stir = pointer();
    const bool goes_on = stir.active && last_.active && seconds > 0;
    for (int axis = 0; axis < 2 && goes_on; ++axis)
      stir.velocity[axis] = float((stir.position[axis] - last_.position[axis]) / seconds);
    last_ = stir;
    touched_ |= stir.active;
    return touched_ ? stir : scripted_stir(frame);
  }

  void feed_imgui() override {
    if (!imgui_) {
      ImGui::CreateContext();
      ImGui::GetIO().IniFilename = nullptr;
      ImGui_ImplGlfw_InitForOpenGL(window_, true);
      imgui_ = true;
    }
    ImGui_ImplGlfw_NewFrame();
  }

  void present() override {
    glfwSwapBuffers(window_);
    glfwPollEvents();
  }

 private:
  // Where the mouse is on the scene's square, and whether it stirs.
  Stir pointer() const {
    int width = 0, height = 0;
    glfwGetWindowSize(window_, &width, &height);
    double x = 0, y = 0;
    glfwGetCursorPos(window_, &x, &y);
    const Rectangle square = square_in({uint32_t(width), uint32_t(height)}, true);
    Stir stir;
    if (square.side == 0) return stir;
    stir.position[0] = float((x - square.x) / square.side);
    stir.position[1] = float((height - y - square.y) / square.side);
    const bool inside = stir.position[0] >= 0 && stir.position[0] < 1 && stir.position[1] >= 0 && stir.position[1] < 1;
    const bool of_the_panel = imgui_ && ImGui::GetIO().WantCaptureMouse;
    stir.active = inside && !of_the_panel && glfwGetMouseButton(window_, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS;
    return stir;
  }

  Glfw glfw_;
  GLFWwindow* window_ = nullptr;
  bool imgui_ = false;
  bool touched_ = false;
  double stirred_at_ = 0;
  Stir last_;
};

}  // namespace

std::unique_ptr<Screen> open_window(const HostOptions& options) { return std::make_unique<Window>(options); }

}  // namespace demo
