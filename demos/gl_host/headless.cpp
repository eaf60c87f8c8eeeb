// A context of EGL without a surface, and a framebuffer of RGBA8 to draw to. A script stirs.
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <imgui.h>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gl_host/gl_functions.h"
#include "gl_host/screen.h"

namespace demo {
namespace {

[[noreturn]] void fail(const std::string& what) {
  char code[16];
  std::snprintf(code, sizeof code, "0x%x", unsigned(eglGetError()));
  throw std::runtime_error(what + " (EGL error " + code + ").");
}

template <class Function>
Function extension(const char* name) {
  return reinterpret_cast<Function>(eglGetProcAddress(name));
}

// A display that needs no window system: Mesa's way, else the first device of EGL.
EGLDisplay open_display() {
  const auto get = extension<PFNEGLGETPLATFORMDISPLAYEXTPROC>("eglGetPlatformDisplayEXT");
  if (!get) fail("EGL knows no platforms");
  EGLDisplay display = get(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  if (display != EGL_NO_DISPLAY && eglInitialize(display, nullptr, nullptr)) return display;
  const auto query = extension<PFNEGLQUERYDEVICESEXTPROC>("eglQueryDevicesEXT");
  EGLDeviceEXT device = nullptr;
  EGLint count = 0;
  if (!query || !query(1, &device, &count) || count < 1) fail("EGL has neither a surfaceless display nor a device");
  display = get(EGL_PLATFORM_DEVICE_EXT, device, nullptr);
  if (display == EGL_NO_DISPLAY || !eglInitialize(display, nullptr, nullptr)) fail("The device of EGL has no display");
  return display;
}

EGLContext create_context(EGLDisplay display, bool es) {
  eglBindAPI(es ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, es ? EGL_OPENGL_ES3_BIT : EGL_OPENGL_BIT,
                           EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (!eglChooseConfig(display, wanted, &config, 1, &count) || count < 1) fail("EGL has no configuration");
  std::vector<EGLint> attributes = {EGL_CONTEXT_MAJOR_VERSION, es ? 3 : 4, EGL_CONTEXT_MINOR_VERSION, es ? 2 : 5,
                                    EGL_CONTEXT_OPENGL_DEBUG,  EGL_TRUE};
  if (!es) attributes.insert(attributes.end(), {EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT});
  attributes.push_back(EGL_NONE);
  const EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, attributes.data());
  if (context == EGL_NO_CONTEXT) fail("There is no context of OpenGL" + std::string(es ? " ES 3.2" : " 4.5 core"));
  return context;
}

class Headless : public Screen {
 public:
  explicit Headless(const HostOptions& options) : extent_{options.width, options.height}, display_(open_display()) {
    const bool es = options.api == "gles";
    context_ = create_context(display_, es);
    if (!eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_)) fail("The context cannot be made current");
    gl_.emplace(eglGetProcAddress, es);
    gl_->GenRenderbuffers(1, &colour_);
    gl_->BindRenderbuffer(GL_RENDERBUFFER, colour_);
    gl_->RenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, GLsizei(extent_.width), GLsizei(extent_.height));
    gl_->GenFramebuffers(1, &framebuffer_);
    gl_->BindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
    gl_->FramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour_);
    if (gl_->CheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
      throw std::runtime_error("The framebuffer is not complete.");
  }
  ~Headless() override {
    if (ImGui::GetCurrentContext()) ImGui::DestroyContext();
    gl_->DeleteFramebuffers(1, &framebuffer_);
    gl_->DeleteRenderbuffers(1, &colour_);
    eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglDestroyContext(display_, context_);
    eglTerminate(display_);
  }
  Headless(const Headless&) = delete;
  Headless& operator=(const Headless&) = delete;

  IstGlInfo gl_info() const override {
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = eglGetProcAddress;
    info.current_context = [] { return static_cast<void*>(eglGetCurrentContext()); };
    return info;
  }

  Extent extent() const override { return extent_; }
  bool closed() const override { return false; }
  Stir stir(uint32_t frame) override { return scripted_stir(frame); }

  void feed_imgui() override {
    if (!ImGui::GetCurrentContext()) ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = {float(extent_.width), float(extent_.height)};
    io.DeltaTime = 1.0f / 60;
  }

  // As a window's swap does, it keeps the app from running ahead of the GPU.
  void present() override { gl_->Finish(); }

 private:
  Extent extent_;
  EGLDisplay display_;
  EGLContext context_ = EGL_NO_CONTEXT;
  std::optional<Gl> gl_;
  GLuint colour_ = 0;
  GLuint framebuffer_ = 0;
};

}  // namespace

std::unique_ptr<Screen> open_headless(const HostOptions& options) { return std::make_unique<Headless>(options); }

}  // namespace demo
