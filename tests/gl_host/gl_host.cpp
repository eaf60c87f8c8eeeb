// EGL on the surfaceless platform.
#include "gl_host.h"

#include <EGL/eglext.h>
#include <dlfcn.h>

#include <type_traits>
#include <utility>

namespace gl_host {
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
};

// Opened once, privately, as GLFW does; null members: there is no EGL.
const Egl& egl() {
  static const Egl table = [] {
    Egl egl;
    void* library = ::dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return egl;
    const auto load = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    };
    load(egl.GetProcAddress, "eglGetProcAddress");
    load(egl.Initialize, "eglInitialize");
    load(egl.ChooseConfig, "eglChooseConfig");
    load(egl.BindAPI, "eglBindAPI");
    load(egl.CreateContext, "eglCreateContext");
    load(egl.DestroyContext, "eglDestroyContext");
    load(egl.MakeCurrent, "eglMakeCurrent");
    egl.GetPlatformDisplayEXT =
        reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(egl.GetProcAddress("eglGetPlatformDisplayEXT"));
    return egl;
  }();
  return table;
}

// Mesa's platform without surfaces, else the first device of EGL.
EGLDisplay open_display() {
  const Egl& table = egl();
  if (!table.GetPlatformDisplayEXT) return EGL_NO_DISPLAY;
  const auto opened = [&](EGLDisplay display) { return display && table.Initialize(display, nullptr, nullptr); };
  EGLDisplay display = table.GetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  if (opened(display)) return display;
  const auto query = reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(table.GetProcAddress("eglQueryDevicesEXT"));
  EGLDeviceEXT device = nullptr;
  EGLint count = 0;
  if (!query || !query(1, &device, &count) || count < 1) return EGL_NO_DISPLAY;
  display = table.GetPlatformDisplayEXT(EGL_PLATFORM_DEVICE_EXT, device, nullptr);
  return opened(display) ? display : EGL_NO_DISPLAY;
}

EGLDisplay display() {
  static const EGLDisplay display = open_display();
  return display;
}

void APIENTRY on_message(GLenum, GLenum type, GLuint, GLenum, GLsizei length, const GLchar* text, const void* user) {
  if (type != GL_DEBUG_TYPE_ERROR && type != GL_DEBUG_TYPE_UNDEFINED_BEHAVIOR) return;
  auto& messages = *static_cast<std::vector<std::string>*>(const_cast<void*>(user));
  messages.emplace_back(text, static_cast<size_t>(length));
}

}  // namespace

void (*get_proc_addr(const char* name))() { return egl().GetProcAddress(name); }

GlHost::GlHost(Api api, const GlHost* share) : api_(api) {
  display_ = display();
  if (display_ == EGL_NO_DISPLAY) {
    problem_ = "EGL has no surfaceless display";
    return;
  }
  const bool es = api == Api::gles;
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, es ? EGL_OPENGL_ES3_BIT : EGL_OPENGL_BIT,
                           EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  egl().BindAPI(es ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
  if (!egl().ChooseConfig(display_, wanted, &config, 1, &count) || count < 1) {
    problem_ = "EGL has no configuration";
    return;
  }
  std::vector<EGLint> attributes = {EGL_CONTEXT_MAJOR_VERSION, es ? 3 : 4, EGL_CONTEXT_MINOR_VERSION, es ? 2 : 5,
                                    EGL_CONTEXT_OPENGL_DEBUG,  EGL_TRUE};
  if (!es) attributes.insert(attributes.end(), {EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT});
  attributes.push_back(EGL_NONE);
  context_ = egl().CreateContext(display_, config, share ? share->context_ : EGL_NO_CONTEXT, attributes.data());
  if (context_ == EGL_NO_CONTEXT) {
    problem_ = es ? "EGL makes no context of OpenGL ES 3.2" : "EGL makes no context of OpenGL 4.5 core";
    return;
  }
  make_current();
#define GL_HOST_LOAD(name, type) name = reinterpret_cast<type>(egl().GetProcAddress("gl" #name));
  GL_HOST_FUNCTIONS(GL_HOST_LOAD)
#undef GL_HOST_LOAD
  Enable(GL_DEBUG_OUTPUT);
  Enable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
  DebugMessageCallback(on_message, &messages_);
}

GlHost::~GlHost() { destroy(); }

void GlHost::destroy() {
  if (context_ == EGL_NO_CONTEXT) return;
  make_none_current();
  egl().DestroyContext(display_, context_);
  context_ = EGL_NO_CONTEXT;
}

void GlHost::make_current() {
  egl().BindAPI(api_ == Api::gles ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
  egl().MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_);
}

void GlHost::make_none_current() { egl().MakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT); }

std::string GlHost::renderer() const { return reinterpret_cast<const char*>(GetString(GL_RENDERER)); }

bool GlHost::has_extension(const std::string& name) const {
  GLint count = 0;
  GetIntegerv(GL_NUM_EXTENSIONS, &count);
  for (GLint i = 0; i < count; ++i)
    if (name == reinterpret_cast<const char*>(GetStringi(GL_EXTENSIONS, static_cast<GLuint>(i)))) return true;
  return false;
}

std::vector<std::string> GlHost::take_messages() { return std::exchange(messages_, {}); }

GLuint GlHost::shader(GLenum stage, const std::string& source, std::string* log) const {
  const std::string text = (api_ == Api::gles ? "#version 320 es\nprecision highp float;\nprecision highp int;\n"
                            : stage == GL_COMPUTE_SHADER ? "#version 430 core\n"
                                                         : "#version 330 core\n") +
                           source;
  const char* lines = text.c_str();
  const GLuint shader = CreateShader(stage);
  ShaderSource(shader, 1, &lines, nullptr);
  CompileShader(shader);
  GLint compiled = 0;
  GetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
  if (compiled) return shader;
  char words[1024] = "";
  GetShaderInfoLog(shader, sizeof words, nullptr, words);
  if (log) *log += words;
  DeleteShader(shader);
  return 0;
}

GLuint GlHost::link(const std::vector<GLuint>& shaders, std::string* log) const {
  const GLuint program = CreateProgram();
  bool good = true;
  for (const GLuint shader : shaders) {
    good &= shader != 0;
    if (shader) AttachShader(program, shader);
  }
  GLint linked = 0;
  if (good) {
    LinkProgram(program);
    GetProgramiv(program, GL_LINK_STATUS, &linked);
    char words[1024] = "";
    GetProgramInfoLog(program, sizeof words, nullptr, words);
    if (!linked && log) *log += words;
  }
  for (const GLuint shader : shaders)
    if (shader) DeleteShader(shader);
  if (linked) return program;
  DeleteProgram(program);
  return 0;
}

GLuint GlHost::program(const std::string& vertex, const std::string& fragment, std::string* log) const {
  return link({shader(GL_VERTEX_SHADER, vertex, log), shader(GL_FRAGMENT_SHADER, fragment, log)}, log);
}

GLuint GlHost::compute(const std::string& source, std::string* log) const {
  return link({shader(GL_COMPUTE_SHADER, source, log)}, log);
}

}  // namespace gl_host
