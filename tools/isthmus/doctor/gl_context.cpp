// EGL by dlopen: displays by device, and the surfaceless one of Mesa.
#include "gl_context.h"

#include <EGL/eglext.h>
#include <dlfcn.h>

#include <cstdlib>
#include <type_traits>

namespace doctor {
namespace {

struct Egl {
  decltype(&eglGetProcAddress) GetProcAddress = nullptr;
  decltype(&eglInitialize) Initialize = nullptr;
  decltype(&eglChooseConfig) ChooseConfig = nullptr;
  decltype(&eglBindAPI) BindAPI = nullptr;
  decltype(&eglCreateContext) CreateContext = nullptr;
  decltype(&eglDestroyContext) DestroyContext = nullptr;
  decltype(&eglMakeCurrent) MakeCurrent = nullptr;
  PFNEGLGETPLATFORMDISPLAYEXTPROC GetPlatformDisplayEXT = nullptr;
  PFNEGLQUERYDEVICESEXTPROC QueryDevicesEXT = nullptr;
  bool loaded = false;
};

const Egl& egl() {
  static const Egl table = [] {
    Egl egl;
    void* library = ::dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return egl;
    const auto load = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      return function != nullptr;
    };
    egl.loaded = load(egl.GetProcAddress, "eglGetProcAddress") && load(egl.Initialize, "eglInitialize") &&
                 load(egl.ChooseConfig, "eglChooseConfig") && load(egl.BindAPI, "eglBindAPI") &&
                 load(egl.CreateContext, "eglCreateContext") && load(egl.DestroyContext, "eglDestroyContext") &&
                 load(egl.MakeCurrent, "eglMakeCurrent");
    if (!egl.loaded) return egl;
    egl.GetPlatformDisplayEXT =
        reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(egl.GetProcAddress("eglGetPlatformDisplayEXT"));
    egl.QueryDevicesEXT = reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(egl.GetProcAddress("eglQueryDevicesEXT"));
    return egl;
  }();
  return table;
}

std::vector<EGLDeviceEXT> devices() {
  EGLint count = 0;
  if (!egl().QueryDevicesEXT || !egl().QueryDevicesEXT(0, nullptr, &count) || count <= 0) return {};
  std::vector<EGLDeviceEXT> found(static_cast<size_t>(count));
  if (!egl().QueryDevicesEXT(count, found.data(), &count)) return {};
  found.resize(static_cast<size_t>(count));
  return found;
}

EGLDisplay open_display(const std::string& name) {
  if (!egl().GetPlatformDisplayEXT) return EGL_NO_DISPLAY;
  EGLDisplay display = EGL_NO_DISPLAY;
  if (name.starts_with("device")) {
    const std::vector<EGLDeviceEXT> found = devices();
    const size_t index = std::strtoul(name.c_str() + 6, nullptr, 10);
    if (index >= found.size()) return EGL_NO_DISPLAY;
    display = egl().GetPlatformDisplayEXT(EGL_PLATFORM_DEVICE_EXT, found[index], nullptr);
  } else {
    display = egl().GetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  }
  EGLint major = 0, minor = 0;
  return display != EGL_NO_DISPLAY && egl().Initialize(display, &major, &minor) ? display : EGL_NO_DISPLAY;
}

struct Version {
  int major, minor;
};

EGLContext newest_context(EGLDisplay display, EGLConfig config, bool es) {
  static constexpr Version kGl[] = {{4, 6}, {4, 5}, {4, 3}, {4, 1}, {3, 3}, {3, 2}};
  static constexpr Version kEs[] = {{3, 2}, {3, 1}, {3, 0}};
  const Version* versions = es ? kEs : kGl;
  for (size_t i = 0; i < (es ? std::size(kEs) : std::size(kGl)); ++i) {
    std::vector<EGLint> wanted = {EGL_CONTEXT_MAJOR_VERSION, versions[i].major, EGL_CONTEXT_MINOR_VERSION,
                                  versions[i].minor};
    if (!es) wanted.insert(wanted.end(), {EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT});
    wanted.push_back(EGL_NONE);
    const EGLContext context = egl().CreateContext(display, config, EGL_NO_CONTEXT, wanted.data());
    if (context != EGL_NO_CONTEXT) return context;
  }
  return EGL_NO_CONTEXT;
}

}  // namespace

void (*gl_function(const char* name))() { return egl().GetProcAddress(name); }

std::vector<std::string> egl_displays(std::string& problem) {
  if (!egl().loaded) {
    problem = "libEGL.so.1 cannot be opened.";
    return {};
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < devices().size(); ++i) names.push_back("device" + std::to_string(i));
  names.push_back("surfaceless");
  return names;
}

GlContext::GlContext(GlApi api, const std::string& display) : api_(api) {
  if (!egl().loaded) {
    problem_ = "libEGL.so.1 cannot be opened.";
    return;
  }
  if (!make(display)) return;
#define DOCTOR_GL_LOAD(name, type) name = reinterpret_cast<type>(egl().GetProcAddress("gl" #name));
  DOCTOR_GL_FUNCTIONS(DOCTOR_GL_LOAD)
#undef DOCTOR_GL_LOAD
  if (!GetString || !GetString(GL_VERSION)) problem_ = "The context tells no version.";
}

bool GlContext::make(const std::string& display) {
  const bool es = api_ == GlApi::gles;
  display_ = open_display(display);
  if (display_ == EGL_NO_DISPLAY) {
    problem_ = "EGL opens no display '" + display + "'.";
    return false;
  }
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, es ? EGL_OPENGL_ES3_BIT : EGL_OPENGL_BIT,
                           EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (!egl().BindAPI(es ? EGL_OPENGL_ES_API : EGL_OPENGL_API) ||
      !egl().ChooseConfig(display_, wanted, &config, 1, &count) || count < 1) {
    problem_ = "EGL has no configuration on display '" + display + "'.";
    return false;
  }
  context_ = newest_context(display_, config, es);
  if (context_ == EGL_NO_CONTEXT) {
    problem_ = std::string(es ? "EGL makes no context of OpenGL ES 3" : "EGL makes no context of OpenGL 3.2 core") +
               " on display '" + display + "'.";
    return false;
  }
  if (!egl().MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_)) {
    problem_ = "EGL makes no context current without a surface on display '" + display + "'.";
    return false;
  }
  return true;
}

GlContext::~GlContext() {
  if (context_ == EGL_NO_CONTEXT) return;
  egl().MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  egl().DestroyContext(display_, context_);
}

std::string GlContext::text(GLenum which) const {
  const auto* text = reinterpret_cast<const char*>(GetString(which));
  return text ? text : "";
}

bool GlContext::has_extension(const std::string& name) const {
  GLint count = 0;
  GetIntegerv(GL_NUM_EXTENSIONS, &count);
  for (GLint i = 0; i < count; ++i)
    if (name == reinterpret_cast<const char*>(GetStringi(GL_EXTENSIONS, static_cast<GLuint>(i)))) return true;
  return false;
}

}  // namespace doctor
