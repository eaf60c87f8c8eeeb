// What the tests of GL hosts stand on: a runtime, a GL host of each API, images and memory with patterns, and
// what GL reads of them.
#pragma once

#include <gtest/gtest.h>
#include <ist/gl.h>

#include <array>
#include <memory>
#include <vector>

#include "conformance/support.h"
#include "gl_host.h"
#include "shapes.h"
#include "texels.h"

namespace gl_host {

class GlTest : public testing::TestWithParam<Api> {
 protected:
  void SetUp() override;
  void TearDown() override;

  GlHost& gl() { return *host_; }
  TiRuntime runtime() const { return runtime_; }
  IstGl joined() const { return joined_; }
  bool es() const { return GetParam() == Api::gles; }
  // Objects can be shared without a copy, and with semaphores.
  bool zero_copy() const { return zero_copy_; }
  bool semaphores() const { return semaphores_; }

  TiImage make_image(const Shape& shape, bool shared = true);
  TiMemory make_memory(uint64_t size_bytes, bool shared = true);
  IstGlObject share(TiImage image);
  IstGlObject share(TiMemory memory);
  void write_image(TiImage image, const Shape& shape, uint32_t seed);
  void expect_image(TiImage image, const Shape& shape, uint32_t seed);
  std::vector<uint8_t> read_image(TiImage image, const Shape& shape, uint32_t mip);
  static IstHandover handover(TiImage image, bool read_only = true, TiImageLayout layout = TI_IMAGE_LAYOUT_SHADER_READ);
  static IstHandover handover(TiMemory memory, bool read_only = true);
  void lend(const IstHandover& object) { EXPECT_EQ(ist_gl_lend(joined_, 1, &object), TI_ERROR_SUCCESS) << error(); }
  void take_back(const IstHandover& object) {
    EXPECT_EQ(ist_gl_take_back(joined_, 1, &object), TI_ERROR_SUCCESS) << error();
  }
  IstHolder holder(const IstHandover& object);
  IstCounters counters() const;
  static std::string error();
  // The call has failed with `code`, and its sentence holds `words`.
  static void expect_failed(TiError result, TiError code, std::initializer_list<const char*> words);

  std::vector<uint8_t> gl_read(const IstGlObject& texture, const Shape& shape, uint32_t mip) {
    return read_texture(gl(), texture, shape, mip);
  }
  void expect_gl(const IstGlObject& texture, const Shape& shape, uint32_t seed);
  void gl_write(const IstGlObject& texture, const Shape& shape, uint32_t seed) {
    write_texture(gl(), texture, shape, seed);
  }
  std::vector<uint8_t> gl_read_buffer(GLuint buffer, size_t size_bytes);

  static size_t open_files();

  std::unique_ptr<GlHost> host_;
  TiRuntime runtime_ = nullptr;
  IstGl joined_ = nullptr;

 private:
  bool zero_copy_ = false;
  bool semaphores_ = false;
};

inline std::string name_of(const testing::TestParamInfo<Api>& info) { return info.param == Api::gl ? "GL" : "GLES"; }

}  // namespace gl_host

#define GL_HOST_SUITE(suite) \
  INSTANTIATE_TEST_SUITE_P(on, suite, testing::Values(gl_host::Api::gl, gl_host::Api::gles), gl_host::name_of)
