// Contexts: what is read of them, which thread has what bound, and that nothing is left behind.
#include <EGL/egl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include "gl/gl_caps.h"
#include "gl/gl_context.h"
#include "gl_api/gl_current.h"
#include "gl_host/gl_host.h"

extern char** environ;

namespace ist::gl {
namespace {

using gl_host::Api;
using gl_host::GlHost;

void* current_context() { return find_window_systems().egl(); }
EGLenum current_api() { return reinterpret_cast<decltype(&eglQueryAPI)>(find_loaded("eglQueryAPI", kEglLibraries))(); }

std::string message_of(const Status& status) { return std::string(status.message()); }

size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

class ContextTest : public ::testing::TestWithParam<Api> {
 protected:
  bool es() const { return GetParam() == Api::gles; }
  Arch arch() const { return es() ? Arch::gles : Arch::opengl; }
  Api other() const { return es() ? Api::gl : Api::gles; }
};

TEST_P(ContextTest, FactsAreThoseOfTheContext) {
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  auto read = read_context(gl_host::get_proc_addr, arch(), true);
  ASSERT_TRUE(read.ok()) << message_of(read.status());
  const ContextFacts& facts = *read;
  EXPECT_EQ(host.GetError(), GLenum{GL_NO_ERROR});
  EXPECT_EQ(host.take_messages(), std::vector<std::string>());

  const auto integer = [&](GLenum name) {
    GLint value = -1;
    host.GetIntegerv(name, &value);
    return static_cast<uint32_t>(value);
  };
  EXPECT_EQ(facts.info.arch, arch());
  EXPECT_TRUE(facts.info.adopted);
  EXPECT_EQ(facts.info.name, host.renderer());
  EXPECT_EQ(facts.info.api_version, integer(GL_MAJOR_VERSION) * 10 + integer(GL_MINOR_VERSION));
  EXPECT_TRUE(facts.info.api.starts_with(es() ? "OpenGL ES 3." : "OpenGL 4.")) << facts.info.api;
  EXPECT_EQ(facts.target.es, es());
  EXPECT_EQ(facts.target.version, !es() ? 430u : facts.info.api_version >= 32 ? 320u : 310u);
  const DeviceLimits& limits = facts.info.limits;
  EXPECT_LE(limits.max_group_size_x, integer(GL_MAX_COMPUTE_WORK_GROUP_INVOCATIONS));
  EXPECT_GE(limits.max_group_size_x, 128u);
  EXPECT_GE(limits.max_group_count_x, 65535u);
  EXPECT_EQ(limits.max_shared_memory_bytes, integer(GL_MAX_COMPUTE_SHARED_MEMORY_SIZE));
  EXPECT_LE(limits.max_storage_buffers, integer(GL_MAX_COMPUTE_SHADER_STORAGE_BLOCKS));
  EXPECT_GE(limits.max_storage_buffers, 4u);
  EXPECT_LE(limits.max_storage_images, integer(GL_MAX_COMPUTE_IMAGE_UNIFORMS));
  EXPECT_LE(limits.max_sampled_images, integer(GL_MAX_COMPUTE_TEXTURE_IMAGE_UNITS));
  EXPECT_LE(limits.max_uniform_buffers, integer(GL_MAX_COMPUTE_UNIFORM_BLOCKS));
  EXPECT_EQ(limits.max_uniform_range_bytes, integer(GL_MAX_UNIFORM_BLOCK_SIZE));
  EXPECT_GE(limits.max_storage_range_bytes, uint64_t{1} << 27);
  EXPECT_EQ(facts.compute.uniform_alignment, integer(GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT));
  EXPECT_EQ(facts.compute.storage_alignment, integer(GL_SHADER_STORAGE_BUFFER_OFFSET_ALIGNMENT));
  EXPECT_EQ(facts.compute.program_binaries, integer(GL_NUM_PROGRAM_BINARY_FORMATS) > 0);
}

TEST_P(ContextTest, WhatIsOptionalComesWithItsFunctions) {
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  auto read = read_context(gl_host::get_proc_addr, arch(), true);
  ASSERT_TRUE(read.ok()) << message_of(read.status());
  const ComputeCaps& caps = read->compute;
  const Functions& gl = read->gl;
  EXPECT_EQ(caps.buffer_storage, gl.BufferStorage != nullptr);
  EXPECT_EQ(caps.copy_image, gl.CopyImageSubData != nullptr);
  EXPECT_EQ(caps.texture_view, gl.TextureView != nullptr);
  EXPECT_EQ(caps.texture_sub_image, gl.GetTextureSubImage != nullptr);
  EXPECT_EQ(caps.reset_status, gl.GetGraphicsResetStatus != nullptr);
  EXPECT_TRUE(caps.debug);
  EXPECT_TRUE(gl.DebugMessageCallback && gl.ObjectLabel && gl.PushDebugGroup && gl.PopDebugGroup);
  if (es()) {
    EXPECT_EQ(caps.buffer_storage, host.has_extension("GL_EXT_buffer_storage"));
    EXPECT_EQ(caps.linear_float, host.has_extension("GL_OES_texture_float_linear"));
    EXPECT_FALSE(caps.texture_sub_image || caps.clear_buffer || caps.gl_spirv);
  }
}

TEST_P(ContextTest, FeaturesNeedWhatTheySpeakThrough) {
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  auto read = read_context(gl_host::get_proc_addr, arch(), true);
  ASSERT_TRUE(read.ok()) << message_of(read.status());
  using aot::Feature;
  const aot::FeatureSet features = read->info.features;
  EXPECT_TRUE(read->target.features.without(features).empty());
  EXPECT_EQ(features.has(Feature::float64), !es());
  EXPECT_EQ(features.has(Feature::int64), host.has_extension("GL_ARB_gpu_shader_int64"));
  const bool small = read->compute.gl_spirv && host.renderer().find("SwiftShader") == std::string::npos;
  EXPECT_EQ(features.has(Feature::int8), small);
  EXPECT_EQ(features.has(Feature::buffer_float64_atomic_add), small);
  for (const Feature never : {Feature::buffer_device_address, Feature::subgroup_basic, Feature::variable_pointers})
    EXPECT_FALSE(features.has(never)) << aot::feature_name(never);
  const auto& list = read->info.capabilities;
  ASSERT_FALSE(list.empty());
  EXPECT_EQ(list.front(), std::make_pair(1u, 0x10500u));
  EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
}

TEST_P(ContextTest, AContextOfTheOtherApiIsRefused) {
  GlHost host(other());
  ASSERT_EQ(host.problem(), "");
  auto read = read_context(gl_host::get_proc_addr, arch(), true);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), Code::not_supported);
  EXPECT_TRUE(message_of(read.status()).ends_with(es() ? "is to use OpenGL ES." : "is to use OpenGL."))
      << read.status().message();
}

TEST_P(ContextTest, ObjectsAreSharedByBothOwnContexts) {
  auto own = create_own_contexts(es(), 0);
  ASSERT_TRUE(own.ok()) << message_of(own.status());
  Name buffer = 0;
  {
    auto current = Current::enter(*own->work);
    ASSERT_TRUE(current.ok()) << message_of(current.status());
    auto facts = read_context(own->get_proc_addr, arch(), false);
    ASSERT_TRUE(facts.ok()) << message_of(facts.status());
    EXPECT_FALSE(facts->info.adopted);
    facts->gl.GenBuffers(1, &buffer);
    facts->gl.BindBuffer(k::kCopyReadBuffer, buffer);
  }
  EXPECT_EQ(current_context(), nullptr);
  std::thread([&] {
    auto current = Current::enter(*own->waiter);
    ASSERT_TRUE(current.ok()) << message_of(current.status());
    auto facts = read_context(own->get_proc_addr, arch(), false);
    ASSERT_TRUE(facts.ok()) << message_of(facts.status());
    EXPECT_TRUE(facts->gl.IsBuffer(buffer));
    EXPECT_EQ(facts->gl.GetError(), k::kNoError);
  }).join();
}

TEST_P(ContextTest, TheThreadsOwnContextIsBack) {
  auto own = create_own_contexts(es(), 0);
  ASSERT_TRUE(own.ok()) << message_of(own.status());
  for (const Api api : {Api::gl, Api::gles}) {
    GlHost host(api);
    ASSERT_EQ(host.problem(), "");
    void* const before = current_context();
    const EGLenum api_before = current_api();
    auto made = create_own_contexts(es(), 0);
    ASSERT_TRUE(made.ok()) << message_of(made.status());
    EXPECT_EQ(current_api(), api_before);
    for (Context* context : {own->work.get(), made->waiter.get()}) {
      auto current = Current::enter(*context);
      ASSERT_TRUE(current.ok()) << message_of(current.status());
      EXPECT_NE(current_context(), before);
    }
    EXPECT_EQ(current_context(), before);
    EXPECT_EQ(current_api(), api_before);
    host.ClearColor(0, 1, 0, 1);
    EXPECT_EQ(host.GetError(), GLenum{GL_NO_ERROR});
  }
}

TEST_P(ContextTest, AnyThreadOneAfterAnother) {
  auto own = create_own_contexts(es(), 0);
  ASSERT_TRUE(own.ok()) << message_of(own.status());
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      for (int round = 0; round < 10; ++round) EXPECT_TRUE(Current::enter(*own->work).ok());
      EXPECT_EQ(current_context(), nullptr);
    }).join();
    EXPECT_TRUE(Current::enter(*own->work).ok());
  }
}

TEST_P(ContextTest, BothContextsAtTheSameTime) {
  auto own = create_own_contexts(es(), 0);
  ASSERT_TRUE(own.ok()) << message_of(own.status());
  const auto bind_often = [](Context& context) {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(Current::enter(context).ok());
  };
  std::thread waiter([&] { bind_often(*own->waiter); });
  bind_often(*own->work);
  waiter.join();
}

TEST_P(ContextTest, AContextBoundElsewhereIsRefusedAndNothingChanges) {
  auto own = create_own_contexts(es(), 0);
  ASSERT_TRUE(own.ok()) << message_of(own.status());
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  void* const before = current_context();
  {
    auto current = Current::enter(*own->work);
    ASSERT_TRUE(current.ok());
    std::thread([&] {
      GlHost second(GetParam());
      ASSERT_EQ(second.problem(), "");
      void* const bound = current_context();
      const Status status = own->work->enter();
      EXPECT_EQ(status.code(), Code::invalid_state);
      EXPECT_EQ(message_of(status),
                "The runtime's OpenGL context cannot be bound on this thread: EGL_BAD_ACCESS (0x3002).");
      EXPECT_EQ(current_context(), bound);
    }).join();
  }
  EXPECT_EQ(current_context(), before);
}

TEST_P(ContextTest, TheHostsContextIsRecognised) {
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  auto found = current_host_context(gl_host::get_proc_addr);
  ASSERT_TRUE(found.ok()) << message_of(found.status());
  Context& context = **found;
  EXPECT_TRUE(Current::enter(context).ok());
  EXPECT_TRUE(Current::enter(context).ok());
  const std::string none = "The runtime uses the host's OpenGL context, but this thread has none current.";
  const std::string another = "The runtime uses the host's OpenGL context, but this thread has another current.";
  host.make_none_current();
  Status status = context.enter();
  EXPECT_EQ(status.code(), Code::invalid_state);
  EXPECT_EQ(message_of(status), none);
  {
    GlHost second(other());
    ASSERT_EQ(second.problem(), "");
    EXPECT_EQ(message_of(context.enter()), another);
  }
  host.make_current();
  EXPECT_TRUE(context.enter().ok());
  std::thread([&] { EXPECT_EQ(message_of(context.enter()), none); }).join();
  host.make_none_current();
  std::thread([&] {
    host.make_current();
    EXPECT_TRUE(context.enter().ok());
    host.make_none_current();
  }).join();
}

TEST_P(ContextTest, NoHostsContextWithoutOneCurrent) {
  GlHost host(GetParam());
  ASSERT_EQ(host.problem(), "");
  host.make_none_current();
  auto found = current_host_context(gl_host::get_proc_addr);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), Code::invalid_state);
  EXPECT_EQ(found.status().message(), "No OpenGL context is current on this thread.");
}

TEST_P(ContextTest, DevicesPastTheLastAreRefused) {
  const uint32_t count = own_device_count();
  ASSERT_GE(count, 1u);
  auto own = create_own_contexts(es(), count);
  ASSERT_FALSE(own.ok());
  EXPECT_EQ(own.status().code(), Code::argument_out_of_range);
  EXPECT_EQ(own.status().message(), "Device index " + std::to_string(count) + " is out of range: there are " +
                                        std::to_string(count) + " EGL devices.");
}

TEST_P(ContextTest, NothingStaysOpen) {
  const auto round = [&] {
    auto own = create_own_contexts(es(), 0);
    ASSERT_TRUE(own.ok()) << message_of(own.status());
    EXPECT_TRUE(Current::enter(*own->work).ok());
  };
  for (int i = 0; i < 3; ++i) round();
  const size_t before = open_files();
  for (int i = 0; i < 200; ++i) round();
  EXPECT_LE(open_files(), before);
}

INSTANTIATE_TEST_SUITE_P(Apis, ContextTest, ::testing::Values(Api::gl, Api::gles),
                         [](const auto& api) { return api.param == Api::gl ? "GL" : "ES"; });

// The test below runs this one in processes whose environments are hostile: an answer, whichever, is enough.
TEST(ContextChild, Answers) {
  for (const bool es : {false, true}) {
    auto own = create_own_contexts(es, 0);
    if (own.ok()) {
      EXPECT_TRUE(Current::enter(*own->work).ok());
    } else {
      EXPECT_EQ(own.status().code(), Code::not_supported) << own.status().message();
      EXPECT_FALSE(own.status().message().empty());
    }
  }
}

// The child's exit status; 0: it has answered.
int answer_with(const std::vector<std::string>& variables) {
  std::vector<std::string> words;
  for (char** variable = environ; *variable; ++variable) {
    const std::string word = *variable;
    const bool replaced = std::any_of(variables.begin(), variables.end(), [&](const std::string& ours) {
      return word.starts_with(ours.substr(0, ours.find('=') + 1));
    });
    if (!replaced) words.push_back(word);
  }
  words.insert(words.end(), variables.begin(), variables.end());
  std::vector<char*> environment;
  for (std::string& word : words) environment.push_back(word.data());
  environment.push_back(nullptr);
  std::string path = std::filesystem::read_symlink("/proc/self/exe").string();
  std::string only = "--gtest_filter=ContextChild.*", brief = "--gtest_brief=1";
  char* arguments[] = {path.data(), only.data(), brief.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, path.c_str(), nullptr, nullptr, arguments, environment.data())) return -1;
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(ContextSurroundings, NoDriverNoDisplayAndNonsenseAreAnswered) {
  const std::string nowhere = "/nonexistent/folder";
  EXPECT_EQ(answer_with({"LIBGL_DRIVERS_PATH=" + nowhere}), 0);
  EXPECT_EQ(answer_with({"__EGL_VENDOR_LIBRARY_DIRS=" + nowhere}), 0);
  EXPECT_EQ(answer_with({"__EGL_VENDOR_LIBRARY_FILENAMES=" + nowhere + "/none.json"}), 0);
  EXPECT_EQ(answer_with({"DISPLAY=nonsense:77", "WAYLAND_DISPLAY=nonsense"}), 0);
  EXPECT_EQ(answer_with({"EGL_PLATFORM=x11", "DISPLAY=nonsense:77"}), 0);
  EXPECT_EQ(answer_with({"EGL_PLATFORM=nonsense"}), 0);
  EXPECT_EQ(answer_with({"MESA_LOADER_DRIVER_OVERRIDE=nonsense"}), 0);
  EXPECT_EQ(answer_with({"GALLIUM_DRIVER=nonsense"}), 0);
  EXPECT_EQ(answer_with({"GALLIUM_DRIVER=softpipe", "LIBGL_ALWAYS_SOFTWARE=1"}), 0);
  EXPECT_EQ(answer_with({"MESA_LOADER_DRIVER_OVERRIDE=zink", "LIBGL_ALWAYS_SOFTWARE=1",
                         "VK_ICD_FILENAMES=" + nowhere + "/none.json"}),
            0);
  EXPECT_EQ(answer_with({"MESA_GL_VERSION_OVERRIDE=2.1", "MESA_GLES_VERSION_OVERRIDE=2.0"}), 0);
}

TEST(ContextSurroundings, AMissingGlIsNoContext) {
  const auto nothing = +[](const char*) -> void (*)() { return nullptr; };
  auto found = current_host_context(nothing);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), Code::invalid_state);
}

}  // namespace
}  // namespace ist::gl
