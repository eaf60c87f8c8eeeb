// What the tests of runtimes in a host's context stand on: the context, a runtime in it, and buffers and textures of
// the host. A test must leave neither a message of OpenGL nor a last error behind that it did not expect.
#pragma once

#include <gtest/gtest.h>
#include <taichi/taichi_opengl.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "conformance/support.h"
#include "gl_host/gl_hooks.h"
#include "gl_host/gl_host.h"
#include "gl_host/shapes.h"
#include "gl_host/texels.h"

namespace gl_runtime {

using gl_host::Api;
using gl_host::GlHost;
using gl_host::Shape;

using GetProcAddr = void (*(*)(const char*))();
TiRuntime import_runtime(Api api, GetProcAddr get_proc_addr = gl_host::get_proc_addr);

// Takes the library's log until it goes.
class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  bool holds(const std::string& words) const;
  std::string text() const;

 private:
  static void TI_API_CALL on_line(void* user, IstLogLevel level, const char* line);
  mutable std::mutex mutex_;
  std::string text_;
};

class RuntimeTest : public testing::TestWithParam<Api> {
 protected:
  void SetUp() override;
  void TearDown() override;

  bool es() const { return GetParam() == Api::gles; }
  GlHost& gl() { return *host_; }
  TiRuntime runtime() const { return runtime_; }
  // While the context is current.
  void destroy_runtime();

  // A buffer of the host with these numbers, deleted with the test.
  GLuint make_buffer(const std::vector<int32_t>& values);
  std::vector<int32_t> read_buffer(GLuint buffer, size_t count) { return read_buffer(gl(), buffer, count); }
  static std::vector<int32_t> read_buffer(GlHost& host, GLuint buffer, size_t count);
  TiMemory import_memory(GLuint buffer, size_t size_bytes) const;
  TiMemory import_memory(GLuint buffer, const std::vector<int32_t>& values) const {
    return import_memory(buffer, values.size() * sizeof(int32_t));
  }

  // A texture of the host with immutable storage.
  TiOpenglImageInteropInfo make_texture(const Shape& shape) { return make_texture(gl(), shape); }
  static TiOpenglImageInteropInfo make_texture(GlHost& host, const Shape& shape);
  TiImage import_image(const TiOpenglImageInteropInfo& texture) const;
  void host_writes(const TiOpenglImageInteropInfo& texture, const Shape& shape, uint32_t seed);
  void expect_host_reads(const TiOpenglImageInteropInfo& texture, const Shape& shape, uint32_t seed);
  void runtime_writes(TiImage image, const Shape& shape, uint32_t seed) const;
  void expect_runtime_reads(TiImage image, const Shape& shape, uint32_t seed) const;

  void expect_no_gl_errors();

  std::unique_ptr<GlHost> host_;
  TiRuntime runtime_ = nullptr;
};

// Arguments of kernels.
TiArgument array_of(TiMemory memory, uint32_t count);
TiArgument texture_of(TiImage image, uint32_t width, uint32_t height, TiFormat format, TiSampler sampler = nullptr);

std::vector<int32_t> counted(size_t count, int32_t first = 0);

}  // namespace gl_runtime

#define GL_RUNTIME_SUITE(suite)                                                                                     \
  INSTANTIATE_TEST_SUITE_P(on, suite, testing::Values(gl_host::Api::gl, gl_host::Api::gles), [](const auto& info) { \
    return std::string(info.param == gl_host::Api::gl ? "GL" : "GLES");                                             \
  })
