// Runtime, host and patterns.
#include "gl_test.h"

#include <dirent.h>

#include <cstring>

namespace gl_host {

namespace {

void expect_same(const std::vector<uint8_t>& seen, const std::vector<uint8_t>& expected, const Shape& shape,
                 uint32_t mip) {
  ASSERT_EQ(seen.size(), expected.size());
  size_t wrong = 0;
  size_t first = expected.size();
  for (size_t i = 0; i < expected.size(); ++i) {
    if (seen[i] == expected[i]) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return;
  ADD_FAILURE() << shape.name << ", mip " << mip << ": " << wrong << " of " << expected.size()
                << " bytes are wrong, the first at " << first << ": " << int{seen[first]} << " instead of "
                << int{expected[first]};
}

}  // namespace

TiImageExtent Shape::extent(uint32_t mip) const {
  const auto shrink = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
  return {shrink(width), shrink(height), shrink(depth), layers};
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.name; }

const TexelFormat& texel_format(TiFormat format) {
  static const auto table = [] {
    std::array<TexelFormat, 44> t{};
    t[TI_FORMAT_R8] = {GL_RED, GL_UNSIGNED_BYTE, 1, 1, TexelFormat::unorm};
    t[TI_FORMAT_RG8] = {GL_RG, GL_UNSIGNED_BYTE, 2, 1, TexelFormat::unorm};
    t[TI_FORMAT_RGBA8] = {GL_RGBA, GL_UNSIGNED_BYTE, 4, 1, TexelFormat::unorm};
    t[TI_FORMAT_RGBA8SRGB] = t[TI_FORMAT_RGBA8];
    t[TI_FORMAT_BGRA8] = t[TI_FORMAT_RGBA8];
    t[TI_FORMAT_R8U] = {GL_RED_INTEGER, GL_UNSIGNED_BYTE, 1, 1, TexelFormat::uint};
    t[TI_FORMAT_RGBA8I] = {GL_RGBA_INTEGER, GL_BYTE, 4, 1, TexelFormat::sint};
    t[TI_FORMAT_RGBA16] = {GL_RGBA, GL_UNSIGNED_SHORT, 4, 2, TexelFormat::unorm};
    t[TI_FORMAT_RG16U] = {GL_RG_INTEGER, GL_UNSIGNED_SHORT, 2, 2, TexelFormat::uint};
    t[TI_FORMAT_R16F] = {GL_RED, GL_HALF_FLOAT, 1, 2, TexelFormat::sfloat};
    t[TI_FORMAT_RGBA16F] = {GL_RGBA, GL_HALF_FLOAT, 4, 2, TexelFormat::sfloat};
    t[TI_FORMAT_R32U] = {GL_RED_INTEGER, GL_UNSIGNED_INT, 1, 4, TexelFormat::uint};
    t[TI_FORMAT_RGBA32I] = {GL_RGBA_INTEGER, GL_INT, 4, 4, TexelFormat::sint};
    t[TI_FORMAT_R32F] = {GL_RED, GL_FLOAT, 1, 4, TexelFormat::sfloat};
    t[TI_FORMAT_RGBA32F] = {GL_RGBA, GL_FLOAT, 4, 4, TexelFormat::sfloat};
    t[TI_FORMAT_RGB32F] = {GL_RGB, GL_FLOAT, 3, 4, TexelFormat::sfloat};
    t[TI_FORMAT_DEPTH32F] = {GL_DEPTH_COMPONENT, GL_FLOAT, 1, 4, TexelFormat::sfloat};
    return t;
  }();
  return table[format];
}

uint32_t texel_bytes(TiFormat format) { return texel_format(format).channels * texel_format(format).channel_bytes; }

std::vector<uint8_t> pattern(const Shape& shape, uint32_t mip, uint32_t seed) {
  const TiImageExtent e = shape.extent(mip);
  const TexelFormat& format = texel_format(shape.format);
  const size_t count = size_t{e.width} * e.height * shape.slice_count(mip) * format.channels;
  std::vector<uint8_t> bytes(count * format.channel_bytes);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value = (static_cast<uint32_t>(i) * 2654435761u ^ (seed * 977u + mip * 131u)) >> 7;
    uint8_t* to = bytes.data() + i * format.channel_bytes;
    if (format.kind == TexelFormat::sfloat) {
      const float number = static_cast<float>(value % 2048) / (shape.format == TI_FORMAT_DEPTH32F ? 2048.0f : 1.0f);
      const conformance::Half half(number);
      if (format.channel_bytes == 2) {
        std::memcpy(to, &half, 2);
      } else {
        std::memcpy(to, &number, 4);
      }
    } else {
      std::memcpy(to, &value, format.channel_bytes);
    }
  }
  return bytes;
}

void GlTest::SetUp() {
  host_ = std::make_unique<GlHost>(GetParam());
  if (!host_->problem().empty()) GTEST_SKIP() << host_->problem();
  runtime_ = ti_create_runtime(TI_ARCH_VULKAN, 0);
  ASSERT_NE(runtime_, nullptr) << error();
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = get_proc_addr;
  ASSERT_EQ(ist_gl_attach(runtime_, &info, &joined_), TI_ERROR_SUCCESS) << error();
  const TiMemory probe = make_memory(64);
  const IstGlObject object = share(probe);
  zero_copy_ = object.copied == 0;
  semaphores_ = object.to_gl == IST_RUNG_BINARY;
  EXPECT_EQ(ist_gl_unshare(joined_, probe), TI_ERROR_SUCCESS);
  ti_free_memory(runtime_, probe);
}

void GlTest::TearDown() {
  if (joined_) {
    EXPECT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << error();
  }
  if (runtime_) ti_destroy_runtime(runtime_);
  if (!host_) return;
  for (const std::string& message : host_->take_messages()) ADD_FAILURE() << "OpenGL: " << message;
  host_->destroy();
}

std::string GlTest::error() { return conformance::take_error().message; }

void GlTest::expect_failed(TiError result, TiError code, std::initializer_list<const char*> words) {
  EXPECT_EQ(result, code);
  const conformance::LastError last = conformance::take_error();
  EXPECT_EQ(last.code, code);
  for (const char* word : words) EXPECT_NE(last.message.find(word), std::string::npos) << last.message;
}

TiImage GlTest::make_image(const Shape& shape, bool shared) {
  TiImageAllocateInfo info{};
  info.dimension = shape.dimension;
  info.extent = {shape.width, shape.height, shape.depth, shape.layers};
  info.mip_level_count = shape.mips;
  info.format = shape.format;
  info.export_sharing = shared ? TI_TRUE : TI_FALSE;
  IstFormatInfo there{};
  there.size = sizeof there;
  EXPECT_EQ(ist_format_info(runtime_, shape.format, shape.dimension, &there), TI_ERROR_SUCCESS) << error();
  info.usage = there.usage & (TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT);
  const TiImage image = ti_allocate_image(runtime_, &info);
  EXPECT_NE(image, nullptr) << error();
  return image;
}

TiMemory GlTest::make_memory(uint64_t size_bytes, bool shared) {
  TiMemoryAllocateInfo info{};
  info.size = size_bytes;
  info.export_sharing = shared ? TI_TRUE : TI_FALSE;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT | TI_MEMORY_USAGE_VERTEX_BIT;
  const TiMemory memory = ti_allocate_memory(runtime_, &info);
  EXPECT_NE(memory, nullptr) << error();
  return memory;
}

IstGlObject GlTest::share(TiImage image) {
  IstGlObject object{};
  object.size = sizeof object;
  EXPECT_EQ(ist_gl_share_image(joined_, image, &object), TI_ERROR_SUCCESS) << error();
  return object;
}

IstGlObject GlTest::share(TiMemory memory) {
  IstGlObject object{};
  object.size = sizeof object;
  EXPECT_EQ(ist_gl_share_memory(joined_, memory, &object), TI_ERROR_SUCCESS) << error();
  return object;
}

void GlTest::write_image(TiImage image, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip) {
    const auto texels = pattern(shape, mip, seed);
    const TiImageSlice whole{image, {}, shape.extent(mip), mip};
    EXPECT_EQ(ist_write_image(runtime_, &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS) << error();
  }
}

std::vector<uint8_t> GlTest::read_image(TiImage image, const Shape& shape, uint32_t mip) {
  std::vector<uint8_t> texels(pattern(shape, mip, 0).size());
  const TiImageSlice whole{image, {}, shape.extent(mip), mip};
  EXPECT_EQ(ist_read_image(runtime_, &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS) << error();
  return texels;
}

void GlTest::expect_image(TiImage image, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip)
    expect_same(read_image(image, shape, mip), pattern(shape, mip, seed), shape, mip);
}

IstHandover GlTest::handover(TiImage image, bool read_only, TiImageLayout layout) {
  IstHandover object{};
  object.image = image;
  object.layout = layout;
  object.flags = read_only ? IST_HANDOVER_READ_ONLY_BIT : 0;
  return object;
}

IstHandover GlTest::handover(TiMemory memory, bool read_only) {
  IstHandover object{};
  object.memory = memory;
  object.flags = read_only ? IST_HANDOVER_READ_ONLY_BIT : 0;
  return object;
}

IstHolder GlTest::holder(const IstHandover& object) {
  IstObjectState state{};
  state.size = sizeof state;
  EXPECT_EQ(ist_object_state(runtime_, &object, &state), TI_ERROR_SUCCESS) << error();
  return state.holder;
}

IstCounters GlTest::counters() const {
  IstCounters counters{};
  counters.size = sizeof counters;
  EXPECT_EQ(ist_counters(runtime_, &counters), TI_ERROR_SUCCESS);
  return counters;
}

namespace {

struct Wide {
  GLenum format;
  GLenum type;
  uint32_t channel_bytes;
};

// What every context can read a framebuffer of this kind as.
Wide wide_of(const TexelFormat& format) {
  switch (format.kind) {
    case TexelFormat::uint:
      return {GL_RGBA_INTEGER, GL_UNSIGNED_INT, 4};
    case TexelFormat::sint:
      return {GL_RGBA_INTEGER, GL_INT, 4};
    case TexelFormat::sfloat:
      return {GL_RGBA, GL_FLOAT, 4};
    default:
      return format.channel_bytes == 2 ? Wide{GL_RGBA, GL_UNSIGNED_SHORT, 2} : Wide{GL_RGBA, GL_UNSIGNED_BYTE, 1};
  }
}

void narrow(const TexelFormat& format, uint32_t wide_bytes, const uint8_t* from, uint8_t* to) {
  for (uint32_t c = 0; c < format.channels; ++c) {
    if (format.kind == TexelFormat::sfloat && format.channel_bytes == 2) {
      float value;
      std::memcpy(&value, from + c * wide_bytes, 4);
      const conformance::Half half(value);
      std::memcpy(to + c * 2, &half, 2);
    } else {
      std::memcpy(to + c * format.channel_bytes, from + c * wide_bytes, format.channel_bytes);
    }
  }
}

void attach(GlHost& gl, const IstGlObject& texture, uint32_t mip, uint32_t slice) {
  const auto level = static_cast<GLint>(mip);
  if (texture.target == GL_TEXTURE_1D) {
    gl.FramebufferTexture1D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_1D, texture.name, level);
  } else if (texture.target == GL_TEXTURE_2D) {
    gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture.name, level);
  } else if (texture.target == GL_TEXTURE_CUBE_MAP) {
    gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_CUBE_MAP_POSITIVE_X + slice, texture.name,
                            level);
  } else {
    gl.FramebufferTextureLayer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture.name, level, static_cast<GLint>(slice));
  }
}

}  // namespace

std::vector<uint8_t> GlTest::gl_read(const IstGlObject& texture, const Shape& shape, uint32_t mip) {
  GlHost& g = gl();
  const TexelFormat& format = texel_format(shape.format);
  const Wide wide = wide_of(format);
  const TiImageExtent e = shape.extent(mip);
  const size_t slice_texels = size_t{e.width} * e.height;
  std::vector<uint8_t> texels;
  std::vector<uint8_t> pixels(slice_texels * 4 * wide.channel_bytes);
  GLuint framebuffer = 0;
  g.GenFramebuffers(1, &framebuffer);
  g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  for (uint32_t slice = 0; slice < shape.slice_count(mip); ++slice) {
    attach(g, texture, mip, slice);
    EXPECT_EQ(g.CheckFramebufferStatus(GL_FRAMEBUFFER), GLenum{GL_FRAMEBUFFER_COMPLETE}) << shape.name;
    g.PixelStorei(GL_PACK_ALIGNMENT, 1);
    g.ReadPixels(0, 0, static_cast<GLsizei>(e.width), static_cast<GLsizei>(e.height), wide.format, wide.type,
                 pixels.data());
    const size_t base = texels.size();
    texels.resize(base + slice_texels * texel_bytes(shape.format));
    for (size_t i = 0; i < slice_texels; ++i)
      narrow(format, wide.channel_bytes, pixels.data() + i * 4 * wide.channel_bytes,
             texels.data() + base + i * texel_bytes(shape.format));
  }
  g.BindFramebuffer(GL_FRAMEBUFFER, 0);
  g.DeleteFramebuffers(1, &framebuffer);
  return texels;
}

void GlTest::expect_gl(const IstGlObject& texture, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip)
    expect_same(gl_read(texture, shape, mip), pattern(shape, mip, seed), shape, mip);
}

void GlTest::gl_write(const IstGlObject& texture, const Shape& shape, uint32_t seed) {
  GlHost& g = gl();
  const TexelFormat& format = texel_format(shape.format);
  g.BindTexture(texture.target, texture.name);
  g.PixelStorei(GL_UNPACK_ALIGNMENT, 1);
  for (uint32_t mip = 0; mip < shape.mips; ++mip) {
    const auto level = static_cast<GLint>(mip);
    const TiImageExtent e = shape.extent(mip);
    const auto width = static_cast<GLsizei>(e.width);
    const auto height = static_cast<GLsizei>(e.height);
    const auto slices = static_cast<GLsizei>(shape.slice_count(mip));
    const auto texels = pattern(shape, mip, seed);
    switch (texture.target) {
      case GL_TEXTURE_1D:
        g.TexSubImage1D(texture.target, level, 0, width, format.format, format.type, texels.data());
        break;
      case GL_TEXTURE_1D_ARRAY:
        g.TexSubImage2D(texture.target, level, 0, 0, width, slices, format.format, format.type, texels.data());
        break;
      case GL_TEXTURE_2D:
        g.TexSubImage2D(texture.target, level, 0, 0, width, height, format.format, format.type, texels.data());
        break;
      case GL_TEXTURE_CUBE_MAP:
        for (uint32_t face = 0; face < 6; ++face)
          g.TexSubImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, level, 0, 0, width, height, format.format, format.type,
                          texels.data() + face * texels.size() / 6);
        break;
      default:
        g.TexSubImage3D(texture.target, level, 0, 0, 0, width, height, slices, format.format, format.type,
                        texels.data());
    }
  }
  g.BindTexture(texture.target, 0);
}

std::vector<uint8_t> GlTest::gl_read_buffer(GLuint buffer, size_t size_bytes) {
  GlHost& g = gl();
  GLuint copy = 0;
  g.GenBuffers(1, &copy);
  g.BindBuffer(GL_COPY_READ_BUFFER, buffer);
  g.BindBuffer(GL_COPY_WRITE_BUFFER, copy);
  g.BufferData(GL_COPY_WRITE_BUFFER, static_cast<GLsizeiptr>(size_bytes), nullptr, GL_STREAM_READ);
  g.CopyBufferSubData(GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, 0, 0, static_cast<GLsizeiptr>(size_bytes));
  std::vector<uint8_t> bytes(size_bytes);
  const void* mapped = g.MapBufferRange(GL_COPY_WRITE_BUFFER, 0, static_cast<GLsizeiptr>(size_bytes), GL_MAP_READ_BIT);
  EXPECT_NE(mapped, nullptr);
  if (mapped) std::memcpy(bytes.data(), mapped, size_bytes);
  g.UnmapBuffer(GL_COPY_WRITE_BUFFER);
  g.BindBuffer(GL_COPY_READ_BUFFER, 0);
  g.BindBuffer(GL_COPY_WRITE_BUFFER, 0);
  g.DeleteBuffers(1, &copy);
  return bytes;
}

size_t GlTest::open_files() {
  size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count;
}

}  // namespace gl_host
