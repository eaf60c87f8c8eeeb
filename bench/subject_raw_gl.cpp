// The same work as a careful hand-written OpenGL program does it: an own EGL context that stays current, the module's
// own SPIR-V (GL_ARB_gl_spirv), exact group counts, arguments written into a mapped ring, one barrier per dispatch,
// glFinish to wait.
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/glcorearb.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "fail.h"
#include "loop_bounds.h"
#include "raw_module.h"
#include "subject.h"

namespace ist::bench {
namespace {

constexpr uint64_t kRingBytes = 1 << 20;

#define EGL_FUNCTIONS(X) \
  X(eglGetProcAddress)   \
  X(eglInitialize)       \
  X(eglBindAPI)          \
  X(eglCreateContext)    \
  X(eglMakeCurrent)      \
  X(eglDestroyContext)

#define GL_FUNCTIONS(X)                             \
  X(AttachShader, PFNGLATTACHSHADERPROC)            \
  X(BindBuffer, PFNGLBINDBUFFERPROC)                \
  X(BindBufferRange, PFNGLBINDBUFFERRANGEPROC)      \
  X(BufferStorage, PFNGLBUFFERSTORAGEPROC)          \
  X(CreateProgram, PFNGLCREATEPROGRAMPROC)          \
  X(CreateShader, PFNGLCREATESHADERPROC)            \
  X(DeleteBuffers, PFNGLDELETEBUFFERSPROC)          \
  X(DeleteProgram, PFNGLDELETEPROGRAMPROC)          \
  X(DeleteShader, PFNGLDELETESHADERPROC)            \
  X(DispatchCompute, PFNGLDISPATCHCOMPUTEPROC)      \
  X(Finish, PFNGLFINISHPROC)                        \
  X(GenBuffers, PFNGLGENBUFFERSPROC)                \
  X(GetIntegerv, PFNGLGETINTEGERVPROC)              \
  X(GetProgramiv, PFNGLGETPROGRAMIVPROC)            \
  X(GetString, PFNGLGETSTRINGPROC)                  \
  X(LinkProgram, PFNGLLINKPROGRAMPROC)              \
  X(MapBufferRange, PFNGLMAPBUFFERRANGEPROC)        \
  X(MemoryBarrier, PFNGLMEMORYBARRIERPROC)          \
  X(ShaderBinary, PFNGLSHADERBINARYPROC)            \
  X(SpecializeShader, PFNGLSPECIALIZESHADERARBPROC) \
  X(UseProgram, PFNGLUSEPROGRAMPROC)

struct Egl {
#define MEMBER(name) decltype(&::name) name = nullptr;
  EGL_FUNCTIONS(MEMBER)
#undef MEMBER
};

struct Gl {
#define MEMBER(name, type) type name = nullptr;
  GL_FUNCTIONS(MEMBER)
#undef MEMBER
};

Egl open_egl() {
  void* library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) fail("libEGL does not open: %s.", dlerror());
  Egl egl;
#define LOAD(name)                                                       \
  egl.name = reinterpret_cast<decltype(&::name)>(dlsym(library, #name)); \
  if (!egl.name) fail("libEGL has no " #name ".");
  EGL_FUNCTIONS(LOAD)
#undef LOAD
  return egl;
}

struct Buffer {
  GLuint name = 0;
  GLsizeiptr size_bytes = 0;
  std::byte* data = nullptr;  // null: not for the host
};

struct Program {
  std::string task;
  GLuint name = 0;
};

struct Step {
  GLuint program = 0;
  GLuint groups = 0;
  std::vector<std::pair<GLuint, MemoryId>> arrays;  // binding point and what is bound
  std::optional<GLuint> args_point;
};

struct Launch {
  std::vector<std::byte> args;
  std::vector<uint32_t> offsets;  // of each argument in args
  std::vector<Step> steps;
};

struct LoadedModule {
  ModuleFiles files;
  RawModule contents;
  std::vector<Program> programs;
};

class RawGlSubject final : public Subject {
 public:
  explicit RawGlSubject(const SubjectSpec&) {}

  void create_runtime() override;
  void destroy_runtime() override;
  std::string device_name() override { return reinterpret_cast<const char*>(gl_.GetString(GL_RENDERER)); }
  std::string driver_name() override { return reinterpret_cast<const char*>(gl_.GetString(GL_VERSION)); }

  ModuleId load_module(const std::string& path) override;
  void destroy_module(ModuleId module) override;
  MemoryId allocate(uint64_t size_bytes, bool host_access) override;
  void* map(MemoryId memory) override { return buffers_[memory].data; }
  void unmap(MemoryId) override {}
  LaunchId prepare_kernel(ModuleId module, const std::string& name, std::vector<Argument> arguments) override;
  LaunchId prepare_graph(ModuleId, const std::string&, std::vector<Argument>) override {
    fail("Raw OpenGL has no graphs here.");
  }
  void set_i32(LaunchId launch, uint32_t index, int32_t value) override;
  void launch(LaunchId launch) override;
  void wait() override;

 private:
  Buffer create_buffer(uint64_t size_bytes, bool host_access) const;
  Program create_program(const ModuleFiles& files, const RawTask& task) const;
  GLuint program_of(LoadedModule& module, const RawTask& task) const;
  Step make_step(LoadedModule& module, const RawKernel& kernel, const RawTask& task,
                 const std::vector<Argument>& arguments) const;
  uint64_t reserve_args(uint64_t size_bytes);

  Egl egl_;
  Gl gl_;
  EGLDisplay display_ = nullptr;
  EGLContext context_ = nullptr;
  GLint args_alignment_ = 16;
  Buffer ring_;
  uint64_t ring_used_bytes_ = 0;
  GLuint used_program_ = 0;
  std::vector<Buffer> buffers_;
  std::vector<LoadedModule> modules_;
  std::vector<Launch> launches_;
};

void RawGlSubject::create_runtime() {
  egl_ = open_egl();
  const auto get_display =
      reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(egl_.eglGetProcAddress("eglGetPlatformDisplayEXT"));
  if (get_display) display_ = get_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 4, EGL_CONTEXT_MINOR_VERSION, 5, EGL_NONE};
  if (!display_ || !egl_.eglInitialize(display_, nullptr, nullptr) || !egl_.eglBindAPI(EGL_OPENGL_API))
    fail("EGL has no display without a window system.");
  context_ = egl_.eglCreateContext(display_, nullptr, EGL_NO_CONTEXT, version);
  if (!context_ || !egl_.eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_))
    fail("EGL makes no context of OpenGL 4.5.");
#define LOAD(name, type) gl_.name = reinterpret_cast<type>(egl_.eglGetProcAddress("gl" #name));
  GL_FUNCTIONS(LOAD)
#undef LOAD
  gl_.SpecializeShader =
      reinterpret_cast<PFNGLSPECIALIZESHADERARBPROC>(egl_.eglGetProcAddress("glSpecializeShaderARB"));
  if (!gl_.SpecializeShader) fail("The driver has no GL_ARB_gl_spirv.");
  gl_.GetIntegerv(GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT, &args_alignment_);
  ring_ = create_buffer(kRingBytes, true);
}

void RawGlSubject::destroy_runtime() {
  gl_.Finish();
  for (const Buffer& buffer : buffers_) gl_.DeleteBuffers(1, &buffer.name);
  gl_.DeleteBuffers(1, &ring_.name);
  buffers_.clear();
  egl_.eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  egl_.eglDestroyContext(display_, context_);
}

Buffer RawGlSubject::create_buffer(uint64_t size_bytes, bool host_access) const {
  const GLbitfield map = GL_MAP_READ_BIT | GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT;
  Buffer buffer;
  buffer.size_bytes = static_cast<GLsizeiptr>((size_bytes + 15) & ~uint64_t{15});
  gl_.GenBuffers(1, &buffer.name);
  gl_.BindBuffer(GL_COPY_WRITE_BUFFER, buffer.name);
  gl_.BufferStorage(GL_COPY_WRITE_BUFFER, buffer.size_bytes, nullptr, host_access ? map : 0);
  if (host_access)
    buffer.data = static_cast<std::byte*>(gl_.MapBufferRange(GL_COPY_WRITE_BUFFER, 0, buffer.size_bytes, map));
  return buffer;
}

Program RawGlSubject::create_program(const ModuleFiles& files, const RawTask& task) const {
  const std::vector<uint32_t> words = files.words(task.name + ".spv");
  const GLuint shader = gl_.CreateShader(GL_COMPUTE_SHADER);
  gl_.ShaderBinary(1, &shader, GL_SHADER_BINARY_FORMAT_SPIR_V, words.data(), static_cast<GLsizei>(words.size() * 4));
  gl_.SpecializeShader(shader, "main", 0, nullptr, nullptr);
  const GLuint program = gl_.CreateProgram();
  gl_.AttachShader(program, shader);
  gl_.LinkProgram(program);
  gl_.DeleteShader(shader);
  GLint linked = 0;
  gl_.GetProgramiv(program, GL_LINK_STATUS, &linked);
  if (!linked) fail("The driver does not link task '%s'.", task.name.c_str());
  return {task.name, program};
}

ModuleId RawGlSubject::load_module(const std::string& path) {
  ModuleFiles files(path);
  RawModule contents = read_raw_module(files);
  modules_.push_back({std::move(files), std::move(contents), {}});
  return static_cast<ModuleId>(modules_.size() - 1);
}

// Only of tasks that are launched: drivers may end the process at SPIR-V that they do not know.
GLuint RawGlSubject::program_of(LoadedModule& module, const RawTask& task) const {
  const auto known = std::ranges::find(module.programs, task.name, &Program::task);
  if (known != module.programs.end()) return known->name;
  module.programs.push_back(create_program(module.files, task));
  return module.programs.back().name;
}

void RawGlSubject::destroy_module(ModuleId module) {
  for (const Program& program : modules_[module].programs) gl_.DeleteProgram(program.name);
  modules_[module].programs.clear();
}

MemoryId RawGlSubject::allocate(uint64_t size_bytes, bool host_access) {
  buffers_.push_back(create_buffer(size_bytes, host_access));
  return static_cast<MemoryId>(buffers_.size() - 1);
}

LaunchId RawGlSubject::prepare_kernel(ModuleId id, const std::string& name, std::vector<Argument> arguments) {
  LoadedModule& module = modules_[id];
  const auto kernel = std::ranges::find(module.contents.kernels, name, &RawKernel::name);
  if (kernel == module.contents.kernels.end()) fail("The module has no kernel '%s'.", name.c_str());
  Launch launch;
  launch.args.resize(kernel->args_size_bytes);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const uint32_t offset = kernel->parameters[i].offset_bytes;
    launch.offsets.push_back(offset);
    if (const auto* number = std::get_if<int32_t>(&arguments[i].value)) {
      std::memcpy(launch.args.data() + offset, number, sizeof *number);
    } else {
      const auto& shape = std::get<Array>(arguments[i].value).shape;
      std::memcpy(launch.args.data() + offset, shape.data(), shape.size() * sizeof shape[0]);
    }
  }
  for (const RawTask& task : kernel->tasks) launch.steps.push_back(make_step(module, *kernel, task, arguments));
  launches_.push_back(std::move(launch));
  return static_cast<LaunchId>(launches_.size() - 1);
}

Step RawGlSubject::make_step(LoadedModule& module, const RawKernel& kernel, const RawTask& task,
                             const std::vector<Argument>& arguments) const {
  Step step;
  step.program = program_of(module, task);
  step.groups = group_count(kernel, task, arguments);
  for (const RawBinding& binding : task.bindings) {
    if (binding.argument) {
      step.arrays.emplace_back(binding.binding, std::get<Array>(arguments[*binding.argument].value).memory);
    } else {
      step.args_point = binding.binding;
    }
  }
  return step;
}

void RawGlSubject::set_i32(LaunchId launch, uint32_t index, int32_t value) {
  std::memcpy(launches_[launch].args.data() + launches_[launch].offsets[index], &value, sizeof value);
}

uint64_t RawGlSubject::reserve_args(uint64_t size_bytes) {
  const auto alignment = static_cast<uint64_t>(args_alignment_);
  const uint64_t padded = (size_bytes + alignment - 1) / alignment * alignment;
  if (ring_used_bytes_ + padded > kRingBytes) wait();
  const uint64_t offset = ring_used_bytes_;
  ring_used_bytes_ += padded;
  return offset;
}

void RawGlSubject::launch(LaunchId id) {
  const Launch& launch = launches_[id];
  // Blocks are multiples of 16 bytes.
  const uint64_t args_bytes = (launch.args.size() + 15) & ~uint64_t{15};
  const uint64_t offset = reserve_args(args_bytes);
  std::memcpy(ring_.data + offset, launch.args.data(), launch.args.size());
  for (const Step& step : launch.steps) {
    if (step.groups == 0) continue;
    if (used_program_ != step.program) gl_.UseProgram(used_program_ = step.program);
    for (const auto& [point, memory] : step.arrays)
      gl_.BindBufferRange(GL_SHADER_STORAGE_BUFFER, point, buffers_[memory].name, 0, buffers_[memory].size_bytes);
    if (step.args_point)
      gl_.BindBufferRange(GL_UNIFORM_BUFFER, *step.args_point, ring_.name, static_cast<GLintptr>(offset),
                          static_cast<GLsizeiptr>(args_bytes));
    gl_.DispatchCompute(step.groups, 1, 1);
    gl_.MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);
  }
}

void RawGlSubject::wait() {
  gl_.MemoryBarrier(GL_CLIENT_MAPPED_BUFFER_BARRIER_BIT);
  gl_.Finish();
  ring_used_bytes_ = 0;
}

}  // namespace

std::unique_ptr<Subject> make_raw_gl_subject(const SubjectSpec& spec) { return std::make_unique<RawGlSubject>(spec); }

}  // namespace ist::bench
