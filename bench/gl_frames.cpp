// One texture that the library shares, and one of the host's that is filled by ist_read_image and glTexSubImage2D.
#include "gl_frames.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/glcorearb.h>
#include <dlfcn.h>
#include <ist/gl.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "fail.h"

namespace ist::bench {
namespace {

constexpr uint32_t kWidth = 1920, kHeight = 1080;

#define LIBRARY_FUNCTIONS(X)  \
  X(ti_get_last_error)        \
  X(ti_create_runtime)        \
  X(ti_destroy_runtime)       \
  X(ti_allocate_image)        \
  X(ti_load_aot_module)       \
  X(ti_get_aot_module_kernel) \
  X(ti_launch_kernel)         \
  X(ti_wait)                  \
  X(ist_read_image)           \
  X(ist_counters)             \
  X(ist_gl_attach)            \
  X(ist_gl_detach)            \
  X(ist_gl_share_image)       \
  X(ist_gl_lend)              \
  X(ist_gl_take_back)

#define GL_FUNCTIONS(X)                                  \
  X(AttachShader, PFNGLATTACHSHADERPROC)                 \
  X(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)           \
  X(BindTexture, PFNGLBINDTEXTUREPROC)                   \
  X(BindVertexArray, PFNGLBINDVERTEXARRAYPROC)           \
  X(CompileShader, PFNGLCOMPILESHADERPROC)               \
  X(CreateProgram, PFNGLCREATEPROGRAMPROC)               \
  X(CreateShader, PFNGLCREATESHADERPROC)                 \
  X(DrawArrays, PFNGLDRAWARRAYSPROC)                     \
  X(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC) \
  X(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)           \
  X(GenTextures, PFNGLGENTEXTURESPROC)                   \
  X(GenVertexArrays, PFNGLGENVERTEXARRAYSPROC)           \
  X(LinkProgram, PFNGLLINKPROGRAMPROC)                   \
  X(ReadPixels, PFNGLREADPIXELSPROC)                     \
  X(ShaderSource, PFNGLSHADERSOURCEPROC)                 \
  X(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                 \
  X(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)               \
  X(UseProgram, PFNGLUSEPROGRAMPROC)                     \
  X(Viewport, PFNGLVIEWPORTPROC)

struct Library {
#define MEMBER(name) decltype(&::name) name = nullptr;
  LIBRARY_FUNCTIONS(MEMBER)
#undef MEMBER

  bool load(const std::string& path) {
    void* opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!opened) return false;
    bool all = true;
#define LOAD(name) all &= (name = reinterpret_cast<decltype(&::name)>(dlsym(opened, #name))) != nullptr;
    LIBRARY_FUNCTIONS(LOAD)
#undef LOAD
    return all;
  }
};

struct Gl {
#define MEMBER(name, type) type name = nullptr;
  GL_FUNCTIONS(MEMBER)
#undef MEMBER
};

decltype(&eglGetProcAddress) get_proc = nullptr;

IstGlProc get_gl(const char* name) { return get_proc(name); }

// Makes a context of OpenGL 4.5 current, without a window; false where there is none.
bool make_context(Gl& gl) {
  void* egl = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!egl) return false;
  const auto find = [egl](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(egl, name));
    return function != nullptr;
  };
  decltype(&eglInitialize) initialize = nullptr;
  decltype(&eglBindAPI) bind_api = nullptr;
  decltype(&eglChooseConfig) choose_config = nullptr;
  decltype(&eglCreateContext) create_context = nullptr;
  decltype(&eglMakeCurrent) make_current = nullptr;
  if (!find(get_proc, "eglGetProcAddress") || !find(initialize, "eglInitialize") || !find(bind_api, "eglBindAPI") ||
      !find(choose_config, "eglChooseConfig") || !find(create_context, "eglCreateContext") ||
      !find(make_current, "eglMakeCurrent"))
    return false;
  const auto get_display = reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(get_proc("eglGetPlatformDisplayEXT"));
  if (!get_display) return false;
  const EGLDisplay display = get_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  if (!display || !initialize(display, nullptr, nullptr) || !bind_api(EGL_OPENGL_API)) return false;
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
  const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 4, EGL_CONTEXT_MINOR_VERSION, 5, EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (!choose_config(display, wanted, &config, 1, &count) || count < 1) return false;
  const EGLContext context = create_context(display, config, EGL_NO_CONTEXT, version);
  if (!context || !make_current(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) return false;
  bool all = true;
#define LOAD(name, type) all &= (gl.name = reinterpret_cast<type>(get_proc("gl" #name))) != nullptr;
  GL_FUNCTIONS(LOAD)
#undef LOAD
  return all;
}

class Frames final : public GlFrames {
 public:
  ~Frames() override {
    if (joined_) library_.ist_gl_detach(joined_, TI_FALSE);
    if (runtime_) library_.ti_destroy_runtime(runtime_);
  }

  // Empty, or why it cannot be.
  std::string start(const std::string& library, uint32_t device_index, const std::string& modules_folder) {
    if (!library_.load(library)) return "the library shares nothing with OpenGL";
    const std::string path = modules_folder + "/textures.tcm";
    if (!std::filesystem::exists(path)) return "there is no '" + path + "'";
    if (!make_context(gl_)) return "there is no context of OpenGL 4.5";
    runtime_ = library_.ti_create_runtime(TI_ARCH_VULKAN, device_index);
    if (!runtime_) fail("ti_create_runtime: %s", last_error().c_str());
    const TiAotModule module = library_.ti_load_aot_module(runtime_, path.c_str());
    if (!module) fail("ti_load_aot_module: %s", last_error().c_str());
    kernel_ = library_.ti_get_aot_module_kernel(module, "store_2d_rgba8");
    TiImageAllocateInfo image{};
    image.dimension = TI_IMAGE_DIMENSION_2D;
    image.extent = {kWidth, kHeight, 1, 1};
    image.mip_level_count = 1;
    image.format = TI_FORMAT_RGBA8;
    image.export_sharing = TI_TRUE;
    image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    image_ = library_.ti_allocate_image(runtime_, &image);
    if (!kernel_ || !image_) fail("kernel or image: %s", last_error().c_str());
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = get_gl;
    check(library_.ist_gl_attach(runtime_, &info, &joined_));
    shared_.size = sizeof shared_;
    check(library_.ist_gl_share_image(joined_, image_, &shared_));
    if (shared_.copied) return shared_.reason;
    make_target();
    return "";
  }

  double shared_ms(int frames) override {
    const uint64_t before = copied_bytes();
    const double ms = timed(frames, [this] {
      IstHandover object{};
      object.image = image_;
      object.layout = TI_IMAGE_LAYOUT_SHADER_READ;
      object.flags = IST_HANDOVER_READ_ONLY_BIT;
      check(library_.ist_gl_lend(joined_, 1, &object));
      draw(shared_.name);
      check(library_.ist_gl_take_back(joined_, 1, &object));
    });
    if (copied_bytes() != before) fail("A shared frame was copied.");
    return ms;
  }

  double uploaded_ms(int frames) override {
    return timed(frames, [this] {
      const TiImageSlice whole{image_, {}, {kWidth, kHeight, 1, 1}, 0};
      check(library_.ist_read_image(runtime_, &whole, texels_.data(), texels_.size(), 0));
      gl_.BindTexture(GL_TEXTURE_2D, own_);
      gl_.TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, kWidth, kHeight, GL_RGBA, GL_UNSIGNED_BYTE, texels_.data());
      draw(own_);
    });
  }

  double kernel_ms(int frames) override {
    return timed(frames, [this] { library_.ti_wait(runtime_); });
  }

 private:
  template <class Cross>
  double timed(int frames, Cross cross) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < frames; ++i) {
      store(++frame_);
      cross();
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / frames;
  }

  void make_target() {
    GLuint made[2] = {}, framebuffer = 0, vertices = 0;
    gl_.GenTextures(2, made);
    own_ = made[0];
    gl_.BindTexture(GL_TEXTURE_2D, own_);
    gl_.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, kWidth, kHeight);
    gl_.BindTexture(GL_TEXTURE_2D, made[1]);
    gl_.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 1, 1);
    gl_.GenFramebuffers(1, &framebuffer);
    gl_.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    gl_.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, made[1], 0);
    gl_.Viewport(0, 0, 1, 1);
    gl_.GenVertexArrays(1, &vertices);
    gl_.BindVertexArray(vertices);
    const char* sources[] = {
        "#version 330 core\nvoid main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, "
        "1); }",
        "#version 330 core\nuniform sampler2D t; out vec4 color; void main() { color = texelFetch(t, ivec2(1919, "
        "1079), 0); }"};
    const GLuint program = gl_.CreateProgram();
    for (int i = 0; i < 2; ++i) {
      const GLuint shader = gl_.CreateShader(i ? GL_FRAGMENT_SHADER : GL_VERTEX_SHADER);
      gl_.ShaderSource(shader, 1, &sources[i], nullptr);
      gl_.CompileShader(shader);
      gl_.AttachShader(program, shader);
    }
    gl_.LinkProgram(program);
    gl_.UseProgram(program);
  }

  // Samples the last texel and reads it, which waits for the draw.
  void draw(GLuint texture) {
    uint8_t texel[4] = {};
    gl_.BindTexture(GL_TEXTURE_2D, texture);
    gl_.DrawArrays(GL_TRIANGLES, 0, 3);
    gl_.ReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, texel);
    for (uint32_t c = 0; c < 4; ++c) {
      const uint32_t wanted = (37 * (kWidth - 1) + 59 * (kHeight - 1) + 101 * c + 7 * frame_) % 256;
      if (texel[c] != wanted) fail("Channel %u of frame %u is %u, not %u.", c, frame_, texel[c], wanted);
    }
  }

  void store(uint32_t frame) {
    TiArgument args[4] = {};
    args[0].type = TI_ARGUMENT_TYPE_TEXTURE;
    args[0].value.texture.image = image_;
    args[0].value.texture.dimension = TI_IMAGE_DIMENSION_2D;
    args[0].value.texture.extent = {kWidth, kHeight, 1, 1};
    args[0].value.texture.format = TI_FORMAT_RGBA8;
    const int32_t numbers[] = {kWidth, kHeight, static_cast<int32_t>(frame)};
    for (int i = 0; i < 3; ++i) {
      args[i + 1].type = TI_ARGUMENT_TYPE_I32;
      args[i + 1].value.i32 = numbers[i];
    }
    library_.ti_launch_kernel(runtime_, kernel_, 4, args);
  }

  uint64_t copied_bytes() {
    IstCounters counters{};
    counters.size = sizeof counters;
    check(library_.ist_counters(runtime_, &counters));
    return counters.share_bytes;
  }
  void check(TiError error) {
    if (error != TI_ERROR_SUCCESS) fail("%s", last_error().c_str());
  }
  std::string last_error() {
    char message[1024] = "";
    uint64_t size = sizeof message;
    library_.ti_get_last_error(&size, message);
    return message;
  }

  Library library_;
  Gl gl_;
  TiRuntime runtime_ = nullptr;
  IstGl joined_ = nullptr;
  TiKernel kernel_ = nullptr;
  TiImage image_ = nullptr;
  IstGlObject shared_{};
  GLuint own_ = 0;
  uint32_t frame_ = 0;
  std::vector<uint8_t> texels_ = std::vector<uint8_t>(size_t{kWidth} * kHeight * 4);
};

}  // namespace

std::unique_ptr<GlFrames> GlFrames::open(const std::string& library, uint32_t device_index,
                                         const std::string& modules_folder, std::string& reason) {
  auto frames = std::make_unique<Frames>();
  reason = frames->start(library, device_index, modules_folder);
  if (!reason.empty()) return nullptr;
  return frames;
}

}  // namespace ist::bench
