// A runtime in the host's context: made, told, refused.
#include "runtime_test.h"

namespace gl_runtime {
namespace {

class Import : public RuntimeTest {
 protected:
  void SetUp() override {
    gl_host::hooks() = {};
    host_ = std::make_unique<GlHost>(GetParam());
    ASSERT_EQ(host_->problem(), "");
  }
  void TearDown() override {
    gl_host::hooks() = {};
    RuntimeTest::TearDown();
  }
  void expect_refused(TiRuntime runtime, TiError code, std::initializer_list<const char*> words) {
    EXPECT_EQ(runtime, nullptr);
    conformance::expect_error({code}, words);
  }
  TiRuntime import_hooked() { return import_runtime(GetParam(), gl_host::hooked_get_proc_addr); }
  Api other() const { return es() ? Api::gl : Api::gles; }
};

TEST_P(Import, TellsItsContext) {
  runtime_ = import_runtime(GetParam());
  ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
  TiOpenglRuntimeInteropInfo told{};
  ti_export_opengl_runtime(runtime_, &told);
  EXPECT_EQ(told.get_proc_addr, reinterpret_cast<void*>(gl_host::get_proc_addr));
  IstDeviceInfo device{};
  device.size = sizeof device;
  ASSERT_EQ(ist_runtime_info(runtime_, &device), TI_ERROR_SUCCESS);
  EXPECT_EQ(device.arch, es() ? TI_ARCH_GLES : TI_ARCH_OPENGL);
  EXPECT_EQ(device.name, gl().renderer());
}

TEST_P(Import, AModuleThatTheContextCannotRun) {
  runtime_ = import_runtime(GetParam());
  EXPECT_EQ(ti_load_aot_module(runtime_, conformance::module_path("subgroup").c_str()), nullptr);
  const conformance::LastError error = conformance::take_error();
  EXPECT_EQ(error.code, TI_ERROR_INCOMPATIBLE_MODULE);
  EXPECT_NE(error.message.find("(adopted with OpenGL"), std::string::npos) << error.message;
  EXPECT_TRUE(error.message.ends_with("does not have.")) << error.message;
}

TEST_P(Import, ManyTimesIntoOneContext) {
  runtime_ = import_runtime(GetParam());
  for (int i = 0; i < 5; ++i) {
    const TiRuntime again = import_runtime(GetParam());
    ASSERT_NE(again, nullptr) << conformance::take_error().message;
    EXPECT_NE(again, runtime_);
    ti_destroy_runtime(again);
  }
}

TEST_P(Import, WithoutInfoOrFunction) {
  expect_refused(ti_import_opengl_runtime(nullptr, es()), TI_ERROR_ARGUMENT_NULL, {"interop_info is null"});
  expect_refused(import_runtime(GetParam(), nullptr), TI_ERROR_ARGUMENT_NULL, {"interop_info.get_proc_addr is null"});
}

TEST_P(Import, WithoutAContext) {
  gl().make_none_current();
  expect_refused(import_runtime(GetParam()), TI_ERROR_INVALID_STATE, {"No OpenGL context is current on this thread."});
  gl().make_current();
}

TEST_P(Import, AContextOfTheOtherApi) {
  expect_refused(import_runtime(other()), TI_ERROR_NOT_SUPPORTED,
                 {"The current context has OpenGL", es() ? "ES 3." : "4.", "the runtime is to use OpenGL"});
}

TEST_P(Import, AnOldContext) {
  gl_host::hooks().version = es() ? "OpenGL ES 3.0 Old" : "4.2 Old";
  expect_refused(import_hooked(), TI_ERROR_NOT_SUPPORTED, {es() ? "OpenGL ES 3.0" : "OpenGL 4.2", "compute needs"});
  gl_host::hooks().version = es() ? "OpenGL ES 2.0 Older" : "2.1 Older";
  expect_refused(import_hooked(), TI_ERROR_NOT_SUPPORTED, {es() ? "OpenGL ES 2.0" : "OpenGL 2.1", "is needed"});
  gl_host::hooks().version = "nonsense";
  expect_refused(import_hooked(), TI_ERROR_NOT_SUPPORTED, {"nonsense"});
}

TEST_P(Import, AFunctionIsNotFound) {
  for (const char* name : {"glDispatchCompute", "glGetIntegerv", "glGetString", "glMemoryBarrier", "glFenceSync",
                           "glBindImageTexture", "glGetError"}) {
    gl_host::hooks().hidden_function = name;
    expect_refused(import_hooked(), TI_ERROR_NOT_SUPPORTED, {"get_proc_addr does not find", name});
  }
}

// Without buffer storage, debug output, views, time stamps and binaries, one after another, everything still works.
TEST_P(Import, OptionalFunctionsAreNotFound) {
  for (const char* name :
       {"glBufferStorage", "glBufferStorageEXT", "glObjectLabel", "glTextureView", "glTextureViewOES",
        "glCopyImageSubData", "glQueryCounter", "glSpecializeShader", "glGetTextureSubImage"}) {
    SCOPED_TRACE(name);
    gl_host::hooks().hidden_function = name;
    runtime_ = import_hooked();
    ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
    {
      const conformance::Module module(runtime_, "graphs");
      conformance::Array<int32_t> ours(runtime_, {8});
      module.launch("add_to", {ours.arg(), conformance::i32(5)});
      EXPECT_EQ(ours.read(), std::vector<int32_t>(8, 5));
    }
    destroy_runtime();
  }
}

TEST_P(Import, IntoARuntimeWithAContextOfItsOwn) {
  gl().make_none_current();
  runtime_ = ti_create_runtime(es() ? TI_ARCH_GLES : TI_ARCH_OPENGL, 0);
  ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
  TiOpenglRuntimeInteropInfo told{};
  ti_export_opengl_runtime(runtime_, &told);
  EXPECT_NE(told.get_proc_addr, nullptr);
  const conformance::Memory memory(runtime_, 64);
  TiOpenglMemoryInteropInfo buffer{};
  ti_export_opengl_memory(runtime_, memory.handle(), &buffer);
  EXPECT_NE(buffer.buffer, 0u);
  EXPECT_EQ(buffer.size, 64);
  conformance::Image image(runtime_, TI_IMAGE_DIMENSION_2D, {8, 4, 1}, TI_FORMAT_RGBA8);
  TiOpenglImageInteropInfo texture{};
  ti_export_opengl_image(runtime_, image.handle(), &texture);
  EXPECT_NE(texture.texture, 0u);
  EXPECT_EQ(texture.target, GLenum{GL_TEXTURE_2D});
  EXPECT_EQ(ti_import_opengl_memory(runtime_, &buffer), nullptr);
  conformance::expect_error({TI_ERROR_INVALID_INTEROP}, {"context of its own", "ti_import_opengl_runtime"});
  EXPECT_EQ(ti_import_opengl_image(runtime_, &texture), nullptr);
  conformance::expect_error({TI_ERROR_INVALID_INTEROP}, {"context of its own", "ti_import_opengl_runtime"});
  image.free_now();
  gl().make_current();
}

TEST_P(Import, IntoARuntimeOfAnotherArch) {
  runtime_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
  ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
  const auto expect_invalid = [] {
    conformance::expect_error({TI_ERROR_INVALID_INTEROP}, {"is not an OpenGL runtime"});
  };
  TiOpenglRuntimeInteropInfo told{};
  TiOpenglMemoryInteropInfo buffer{1, 64};
  TiOpenglImageInteropInfo texture{1, GL_TEXTURE_2D, 1, GL_RGBA8, 8, 4, 1};
  ti_export_opengl_runtime(runtime_, &told);
  expect_invalid();
  EXPECT_EQ(ti_import_opengl_memory(runtime_, &buffer), nullptr);
  expect_invalid();
  EXPECT_EQ(ti_import_opengl_image(runtime_, &texture), nullptr);
  expect_invalid();
  const conformance::Memory memory(runtime_, 64);
  ti_export_opengl_memory(runtime_, memory.handle(), &buffer);
  expect_invalid();
  conformance::Image image(runtime_, TI_IMAGE_DIMENSION_2D, {8, 4, 1}, TI_FORMAT_RGBA8);
  ti_export_opengl_image(runtime_, image.handle(), &texture);
  expect_invalid();
  image.free_now();
}

TEST_P(Import, NullPointersAndHandles) {
  runtime_ = import_runtime(GetParam());
  TiOpenglMemoryInteropInfo buffer{};
  TiOpenglImageInteropInfo texture{};
  TiOpenglRuntimeInteropInfo told{};
  ti_export_opengl_runtime(nullptr, &told);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"runtime"});
  ti_export_opengl_runtime(runtime_, nullptr);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info is null"});
  EXPECT_EQ(ti_import_opengl_memory(runtime_, nullptr), nullptr);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info is null"});
  EXPECT_EQ(ti_import_opengl_image(runtime_, nullptr), nullptr);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info is null"});
  ti_export_opengl_memory(runtime_, nullptr, &buffer);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"memory"});
  ti_export_opengl_image(runtime_, nullptr, &texture);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"image"});
  const conformance::Memory memory(runtime_, 64);
  ti_export_opengl_memory(runtime_, memory.handle(), nullptr);
  conformance::expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info is null"});
}

GL_RUNTIME_SUITE(Import);

}  // namespace
}  // namespace gl_runtime
