// Runtime, host and patterns.
#include "gl_test.h"

#include <dirent.h>

#include <cstring>

namespace gl_host {

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

void GlTest::expect_gl(const IstGlObject& texture, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip)
    expect_same(gl_read(texture, shape, mip), pattern(shape, mip, seed), shape, mip);
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
