// Contexts that are not current, other threads, several contexts, contexts that have gone.
#include <functional>
#include <thread>

#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;
using conformance::Module;

constexpr uint32_t kCount = 64;
constexpr const char* kNone = "The runtime uses the host's OpenGL context, but this thread has none current.";
constexpr const char* kAnother = "The runtime uses the host's OpenGL context, but this thread has another current.";

class Threads : public RuntimeTest {
 protected:
  struct Call {
    const char* name;
    std::function<void()> make;
  };

  void SetUp() override {
    RuntimeTest::SetUp();
    if (HasFatalFailure()) return;
    buffer_ = make_buffer(std::vector<int32_t>(kCount));
    texture_ = make_texture(shape_);
    theirs_ = import_memory(buffer_, kCount * 4);
    image_ = import_image(texture_);
    module_ = std::make_unique<Module>(runtime(), "graphs");
    kernel_ = module_->kernel("add_to");
    ours_ = std::make_unique<conformance::Array<int32_t>>(runtime(), std::vector<uint32_t>{kCount});
  }
  void TearDown() override {
    module_.reset();
    ours_.reset();
    RuntimeTest::TearDown();
  }

  void launch(int32_t step) {
    const TiArgument args[] = {array_of(theirs_, kCount), i32(step)};
    ti_launch_kernel(runtime(), kernel_, 2, args);
  }

  // One of each kind that needs the context.
  std::vector<Call> calls() {
    const TiMemorySlice theirs{theirs_, 0, kCount * 4}, ours = ours_->memory().slice(0, kCount * 4);
    const TiImageSlice whole{image_, {}, shape_.extent(0), 0};
    const TiRuntime r = runtime();
    return {
        {"allocate memory",
         [r] {
           TiMemoryAllocateInfo info{};
           info.size = 64;
           info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
           EXPECT_EQ(ti_allocate_memory(r, &info), nullptr);
         }},
        {"allocate image",
         [r] {
           TiImageAllocateInfo info{};
           info.dimension = TI_IMAGE_DIMENSION_2D;
           info.extent = {8, 8, 1, 1};
           info.mip_level_count = 1;
           info.format = TI_FORMAT_RGBA8;
           info.usage = TI_IMAGE_USAGE_SAMPLED_BIT;
           EXPECT_EQ(ti_allocate_image(r, &info), nullptr);
         }},
        {"sampler",
         [r] {
           const TiSamplerCreateInfo info{TI_FILTER_NEAREST, TI_FILTER_NEAREST, TI_ADDRESS_MODE_REPEAT, 0};
           EXPECT_EQ(ti_create_sampler(r, &info), nullptr);
         }},
        {"import memory",
         [this, r] {
           const TiOpenglMemoryInteropInfo info{buffer_, kCount * 4};
           EXPECT_EQ(ti_import_opengl_memory(r, &info), nullptr);
         }},
        {"import image", [this, r] { EXPECT_EQ(ti_import_opengl_image(r, &texture_), nullptr); }},
        {"load", [r] { EXPECT_EQ(ti_load_aot_module(r, conformance::module_path("fields").c_str()), nullptr); }},
        {"graph", [this] { EXPECT_EQ(ti_get_aot_module_compute_graph(module_->handle(), "twice"), nullptr); }},
        {"launch", [this] { launch(1000); }},
        {"copy memory", [=] { ti_copy_memory_device_to_device(r, &theirs, &ours); }},
        {"copy image", [=] { ti_copy_image_device_to_device(r, &whole, &whole); }},
        {"transition", [=] { ti_transition_image(r, whole.image, TI_IMAGE_LAYOUT_SHADER_READ); }},
        {"flush", [r] { ti_flush(r); }},
        {"wait", [r] { ti_wait(r); }},
        {"write memory",
         [=] {
           const std::vector<int32_t> numbers(kCount);
           EXPECT_EQ(ist_write_memory(r, &theirs, numbers.data()), TI_ERROR_INVALID_STATE);
         }},
        {"read memory",
         [=] {
           std::vector<int32_t> numbers(kCount);
           EXPECT_EQ(ist_read_memory(r, &theirs, numbers.data()), TI_ERROR_INVALID_STATE);
         }},
        {"write image",
         [=, this] {
           const auto texels = gl_host::pattern(shape_, 0, 1);
           EXPECT_EQ(ist_write_image(r, &whole, texels.data(), texels.size(), 0), TI_ERROR_INVALID_STATE);
         }},
        {"read image",
         [=, this] {
           auto texels = gl_host::pattern(shape_, 0, 1);
           EXPECT_EQ(ist_read_image(r, &whole, texels.data(), texels.size(), 0), TI_ERROR_INVALID_STATE);
         }},
        {"image to memory", [=] { EXPECT_EQ(ist_copy_image_to_memory(r, &ours, &whole, 0), TI_ERROR_INVALID_STATE); }},
        {"memory to image", [=] { EXPECT_EQ(ist_copy_memory_to_image(r, &whole, &ours, 0), TI_ERROR_INVALID_STATE); }},
        {"mips", [=] { EXPECT_EQ(ist_generate_mips(r, whole.image), TI_ERROR_INVALID_STATE); }},
    };
  }
  void expect_refused(const char* reason) {
    for (const Call& call : calls()) {
      SCOPED_TRACE(call.name);
      call.make();
      conformance::expect_error({TI_ERROR_INVALID_STATE}, {reason});
    }
  }

  const Shape shape_{"image", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 4, 16, 1, 1, 2};
  GLuint buffer_ = 0;
  TiOpenglImageInteropInfo texture_{};
  TiMemory theirs_ = nullptr;
  TiImage image_ = nullptr;
  std::unique_ptr<Module> module_;
  TiKernel kernel_ = nullptr;
  std::unique_ptr<conformance::Array<int32_t>> ours_;
};

TEST_P(Threads, WithoutTheContextNothingIsDoneAndNothingIsLost) {
  const auto results = [&] {
    ti_wait(runtime());
    return read_buffer(buffer_, kCount);
  };
  launch(1);
  gl().make_none_current();
  expect_refused(kNone);
  gl().make_current();
  EXPECT_EQ(results(), std::vector<int32_t>(kCount, 1));
  launch(2);
  std::thread([&] { expect_refused(kNone); }).join();
  EXPECT_EQ(results(), std::vector<int32_t>(kCount, 3));
  launch(4);
  {
    GlHost other(es() ? Api::gl : Api::gles), same(GetParam(), &gl());
    for (GlHost* host : {&other, &same}) {
      host->make_current();
      expect_refused(kAnother);
      for (const std::string& message : host->take_messages()) ADD_FAILURE() << message;
    }
  }
  gl().make_current();
  EXPECT_EQ(results(), std::vector<int32_t>(kCount, 7));
  std::thread([&] {
    GlHost other(GetParam());
    launch(1000);
    conformance::expect_error({TI_ERROR_INVALID_STATE}, {kAnother});
  }).join();
  EXPECT_EQ(results(), std::vector<int32_t>(kCount, 7));
}

TEST_P(Threads, WhatNeedsNoContextWorksAnywhere) {
  launch(1);
  std::thread([&] {
    uint32_t count = 0;
    ti_get_runtime_capabilities(runtime(), &count, nullptr);
    EXPECT_GT(count, 0u);
    ours_->write(counted(kCount));
    EXPECT_EQ(ours_->read_now(), counted(kCount));
    EXPECT_EQ(ti_get_aot_module_kernel(module_->handle(), "add_to"), kernel_);
    TiOpenglMemoryInteropInfo buffer{};
    TiOpenglImageInteropInfo texture{};
    ti_export_opengl_memory(runtime(), theirs_, &buffer);
    EXPECT_EQ(buffer.buffer, buffer_);
    ti_export_opengl_image(runtime(), image_, &texture);
    EXPECT_EQ(texture.texture, texture_.texture);
    IstCounters counters{};
    counters.size = sizeof counters;
    EXPECT_EQ(ist_counters(runtime(), &counters), TI_ERROR_SUCCESS);
    // The launch above still uses it.
    ti_free_memory(runtime(), theirs_);
    ti_free_image(runtime(), image_);
    module_.reset();
    ours_.reset();
    conformance::expect_no_error("elsewhere");
  }).join();
  ti_wait(runtime());
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 1));
}

// Made current there, the context serves another thread.
TEST_P(Threads, TheContextMoves) {
  launch(1);
  gl().make_none_current();
  for (int i = 0; i < 4; ++i) {
    std::thread([&] {
      gl().make_current();
      launch(1);
      if (i % 2) ti_wait(runtime());
      conformance::expect_no_error("on a thread");
      gl().make_none_current();
    }).join();
  }
  std::thread([&] { expect_refused(kNone); }).join();
  gl().make_current();
  ti_wait(runtime());
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 5));
}

// Threads that have not the context try all the time, while the one that has it works.
TEST_P(Threads, OthersDoNotDisturb) {
  std::vector<std::thread> others;
  for (int t = 0; t < 3; ++t)
    others.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        launch(1000);
        conformance::expect_error({TI_ERROR_INVALID_STATE}, {kNone});
        ti_wait(runtime());
        conformance::expect_error({TI_ERROR_INVALID_STATE}, {kNone});
      }
    });
  for (int i = 0; i < 200; ++i) {
    launch(1);
    if (i % 10 == 0) ti_wait(runtime());
  }
  for (std::thread& other : others) other.join();
  ti_wait(runtime());
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 200));
}

// A runtime in each of two contexts, in turns; where the contexts share, on one buffer.
TEST_P(Threads, TwoContexts) {
  for (const bool shared : {false, true}) {
    SCOPED_TRACE(shared);
    GlHost second(GetParam(), shared ? &gl() : nullptr);
    ASSERT_EQ(second.problem(), "");
    const TiRuntime other = import_runtime(GetParam());
    ASSERT_NE(other, nullptr) << conformance::take_error().message;
    GLuint name = buffer_;
    if (!shared) {
      // So that the name means something here, too.
      do second.GenBuffers(1, &name);
      while (name < buffer_);
    }
    second.BindBuffer(GL_COPY_WRITE_BUFFER, name);
    if (!shared)
      second.BufferData(GL_COPY_WRITE_BUFFER, kCount * 4, std::vector<int32_t>(kCount).data(), GL_DYNAMIC_COPY);
    {
      const Module module(other, "graphs");
      const TiOpenglMemoryInteropInfo info{name, kCount * 4};
      const TiMemory memory = ti_import_opengl_memory(other, &info);
      ASSERT_NE(memory, nullptr) << conformance::take_error().message;
      for (int i = 0; i < 10; ++i) {
        second.make_current();
        module.launch("add_to", {array_of(memory, kCount), i32(100)});
        ti_wait(other);
        gl().make_current();
        launch(1);
        conformance::expect_no_error("in the first");
        ti_wait(runtime());
      }
      second.make_current();
      if (!shared) {
        EXPECT_EQ(read_buffer(second, name, kCount), std::vector<int32_t>(kCount, 1000));
      }
    }
    ti_destroy_runtime(other);
    EXPECT_EQ(second.take_messages(), std::vector<std::string>());
    second.destroy();
    gl().make_current();
  }
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 1020));
}

TEST_P(Threads, DestroyedWhereTheContextIsNotCurrent) {
  const Log log;
  launch(1);
  ti_flush(runtime());
  TiOpenglMemoryInteropInfo told{};
  ti_export_opengl_memory(runtime(), ours_->memory().handle(), &told);
  ours_.reset();
  module_.reset();
  gl().make_none_current();
  destroy_runtime();
  conformance::expect_no_error("at the end of the runtime");
  EXPECT_TRUE(log.holds("stay in the host's OpenGL context")) << log.text();
  EXPECT_TRUE(log.holds(kNone)) << log.text();
  gl().make_current();
  EXPECT_TRUE(gl().IsBuffer(told.buffer));
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 1));
}

TEST_P(Threads, DestroyedWithWorkThatWasNeverSubmitted) {
  const Log log;
  launch(1);
  module_.reset();
  ours_.reset();
  gl().make_none_current();
  destroy_runtime();
  conformance::expect_no_error("at the end of the runtime");
  EXPECT_TRUE(log.holds(kNone)) << log.text();
  gl().make_current();
  EXPECT_EQ(read_buffer(buffer_, kCount), std::vector<int32_t>(kCount, 0));
}

TEST_P(Threads, DestroyedAfterTheContext) {
  const Log log;
  launch(1);
  ti_flush(runtime());
  launch(1);
  gl().destroy();
  launch(1);
  conformance::expect_error({TI_ERROR_INVALID_STATE}, {kNone});
  module_.reset();
  ours_.reset();
  destroy_runtime();
  conformance::expect_no_error("at the end of the runtime");
  EXPECT_TRUE(log.holds("stay in the host's OpenGL context")) << log.text();
  host_ = nullptr;
}

// Every context has this address.
void* same_context() {
  static char address;
  return &address;
}

void (*aliasing_get_proc_addr(const char* name))() {
  if (std::string(name) == "eglGetCurrentContext") return reinterpret_cast<void (*)()>(same_context);
  return gl_host::get_proc_addr(name);
}

// A new context may lie where the old one lay, with names like its names.
TEST_P(Threads, DestroyedInAContextThatIsNotItsOwn) {
  const Log log;
  module_.reset();
  ours_.reset();
  destroy_runtime();
  runtime_ = import_runtime(GetParam(), aliasing_get_proc_addr);
  ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
  {
    const Module module(runtime(), "graphs");
    conformance::Array<int32_t> ours(runtime(), {kCount});
    module.launch("add_to", {ours.arg(), i32(1)});
    ti_flush(runtime());
    module.launch("add_to", {ours.arg(), i32(1)});
    gl().destroy();
    host_ = std::make_unique<GlHost>(GetParam());
    ASSERT_EQ(host_->problem(), "");
  }
  std::vector<GLuint> buffers(200), textures(200);
  gl().GenBuffers(200, buffers.data());
  gl().GenTextures(200, textures.data());
  for (const GLuint buffer : buffers) gl().BindBuffer(GL_COPY_READ_BUFFER, buffer);
  for (const GLuint texture : textures) gl().BindTexture(GL_TEXTURE_2D, texture);
  destroy_runtime();
  conformance::expect_no_error("at the end of the runtime");
  for (const GLuint buffer : buffers) EXPECT_TRUE(gl().IsBuffer(buffer)) << buffer;
  for (const GLuint texture : textures) EXPECT_TRUE(gl().IsTexture(texture)) << texture;
  EXPECT_TRUE(log.holds("the one that is current is another")) << log.text();
}

GL_RUNTIME_SUITE(Threads);

}  // namespace
}  // namespace gl_runtime
