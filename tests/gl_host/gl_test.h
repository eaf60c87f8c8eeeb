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

namespace gl_host {

// An image as the tests make it.
struct Shape {
  const char* name;
  TiFormat format = TI_FORMAT_RGBA8;
  TiImageDimension dimension = TI_IMAGE_DIMENSION_2D;
  uint32_t width = 67;
  uint32_t height = 45;
  uint32_t depth = 1;
  uint32_t layers = 1;
  uint32_t mips = 1;

  TiImageExtent extent(uint32_t mip) const;  // of all layers
  size_t slice_count(uint32_t mip) const { return size_t{extent(mip).depth} * layers; }
};
std::ostream& operator<<(std::ostream& out, const Shape& shape);

struct TexelFormat {
  GLenum format;  // as texels lie in host memory
  GLenum type;
  uint32_t channels;
  uint32_t channel_bytes;
  enum Kind { unorm, uint, sint, sfloat } kind;
};
const TexelFormat& texel_format(TiFormat format);
uint32_t texel_bytes(TiFormat format);

// Tight texels of a mip level, all layers: a pattern in which every texel, mip, layer and seed differs.
std::vector<uint8_t> pattern(const Shape& shape, uint32_t mip, uint32_t seed);

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

  // What GL has of a texture, through a framebuffer: texels of one mip, all layers, narrowed to the format.
  std::vector<uint8_t> gl_read(const IstGlObject& texture, const Shape& shape, uint32_t mip);
  void expect_gl(const IstGlObject& texture, const Shape& shape, uint32_t seed);
  void gl_write(const IstGlObject& texture, const Shape& shape, uint32_t seed);
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
