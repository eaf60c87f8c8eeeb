// Context, runtime, buffers and textures.
#include "runtime_test.h"

#include <ist/core.h>

#include <numeric>

namespace gl_runtime {
namespace {

GLenum internal_format(TiFormat format) {
  switch (format) {
    case TI_FORMAT_R8:
      return GL_R8;
    case TI_FORMAT_RGBA8:
      return GL_RGBA8;
    case TI_FORMAT_RGBA8SRGB:
      return GL_SRGB8_ALPHA8;
    case TI_FORMAT_R8U:
      return GL_R8UI;
    case TI_FORMAT_RGBA8I:
      return GL_RGBA8I;
    case TI_FORMAT_RG16U:
      return GL_RG16UI;
    case TI_FORMAT_RGBA16F:
      return GL_RGBA16F;
    case TI_FORMAT_R32U:
      return GL_R32UI;
    case TI_FORMAT_RGBA32I:
      return GL_RGBA32I;
    case TI_FORMAT_R32F:
      return GL_R32F;
    case TI_FORMAT_RGBA32F:
      return GL_RGBA32F;
    default:
      ADD_FAILURE() << "no format " << format;
      return 0;
  }
}

GLenum target_of(TiImageDimension dimension) {
  switch (dimension) {
    case TI_IMAGE_DIMENSION_1D:
      return GL_TEXTURE_1D;
    case TI_IMAGE_DIMENSION_1D_ARRAY:
      return GL_TEXTURE_1D_ARRAY;
    case TI_IMAGE_DIMENSION_2D_ARRAY:
      return GL_TEXTURE_2D_ARRAY;
    case TI_IMAGE_DIMENSION_3D:
      return GL_TEXTURE_3D;
    case TI_IMAGE_DIMENSION_CUBE:
      return GL_TEXTURE_CUBE_MAP;
    default:
      return GL_TEXTURE_2D;
  }
}

IstGlObject object_of(const TiOpenglImageInteropInfo& texture) {
  IstGlObject object{};
  object.size = sizeof object;
  object.name = texture.texture;
  object.target = texture.target;
  return object;
}

}  // namespace

TiRuntime import_runtime(Api api, GetProcAddr get_proc_addr) {
  TiOpenglRuntimeInteropInfo info{};
  info.get_proc_addr = reinterpret_cast<void*>(get_proc_addr);
  return ti_import_opengl_runtime(&info, api == Api::gles);
}

Log::Log() { ist_set_log(on_line, this, IST_LOG_INFO); }

Log::~Log() { conformance::listen_to_validation(); }

void Log::on_line(void* user, IstLogLevel, const char* line) {
  Log& log = *static_cast<Log*>(user);
  const std::lock_guard lock(log.mutex_);
  log.text_ += std::string(line) + "\n";
}

bool Log::holds(const std::string& words) const { return text().find(words) != std::string::npos; }

std::string Log::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void RuntimeTest::SetUp() {
  host_ = std::make_unique<GlHost>(GetParam());
  ASSERT_EQ(host_->problem(), "");
  runtime_ = import_runtime(GetParam());
  ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
}

void RuntimeTest::TearDown() {
  destroy_runtime();
  conformance::expect_no_error("at the end of the test");
  if (host_) expect_no_gl_errors();
}

void RuntimeTest::destroy_runtime() {
  if (runtime_) ti_destroy_runtime(runtime_);
  runtime_ = nullptr;
}

void RuntimeTest::expect_no_gl_errors() {
  EXPECT_EQ(gl().GetError(), GLenum{GL_NO_ERROR});
  for (const std::string& message : gl().take_messages()) ADD_FAILURE() << "OpenGL: " << message;
}

GLuint RuntimeTest::make_buffer(const std::vector<int32_t>& values) {
  GLuint buffer = 0;
  gl().GenBuffers(1, &buffer);
  gl().BindBuffer(GL_COPY_WRITE_BUFFER, buffer);
  gl().BufferData(GL_COPY_WRITE_BUFFER, static_cast<GLsizeiptr>(values.size() * sizeof(int32_t)), values.data(),
                  GL_DYNAMIC_COPY);
  gl().BindBuffer(GL_COPY_WRITE_BUFFER, 0);
  return buffer;
}

std::vector<int32_t> RuntimeTest::read_buffer(GlHost& host, GLuint buffer, size_t count) {
  std::vector<int32_t> values(count);
  const auto bytes = static_cast<GLsizeiptr>(count * sizeof(int32_t));
  host.BindBuffer(GL_COPY_READ_BUFFER, buffer);
  const void* mapped = host.MapBufferRange(GL_COPY_READ_BUFFER, 0, bytes, GL_MAP_READ_BIT);
  EXPECT_NE(mapped, nullptr);
  if (mapped) std::memcpy(values.data(), mapped, static_cast<size_t>(bytes));
  host.UnmapBuffer(GL_COPY_READ_BUFFER);
  host.BindBuffer(GL_COPY_READ_BUFFER, 0);
  return values;
}

TiMemory RuntimeTest::import_memory(GLuint buffer, size_t size_bytes) const {
  const TiOpenglMemoryInteropInfo info{buffer, static_cast<GLsizeiptr>(size_bytes)};
  const TiMemory memory = ti_import_opengl_memory(runtime_, &info);
  EXPECT_NE(memory, nullptr) << conformance::take_error().message;
  return memory;
}

TiOpenglImageInteropInfo RuntimeTest::make_texture(GlHost& host, const Shape& shape) {
  TiOpenglImageInteropInfo info{};
  info.target = target_of(shape.dimension);
  info.levels = static_cast<GLsizei>(shape.mips);
  info.format = internal_format(shape.format);
  info.width = static_cast<GLsizei>(shape.width);
  info.height = static_cast<GLsizei>(shape.height);
  info.depth = static_cast<GLsizei>(shape.depth);
  if (info.target == GL_TEXTURE_1D_ARRAY) info.height = static_cast<GLsizei>(shape.layers);
  if (info.target == GL_TEXTURE_2D_ARRAY) info.depth = static_cast<GLsizei>(shape.layers);
  host.GenTextures(1, &info.texture);
  host.BindTexture(info.target, info.texture);
  switch (info.target) {
    case GL_TEXTURE_1D:
      host.TexStorage1D(info.target, info.levels, info.format, info.width);
      break;
    case GL_TEXTURE_2D_ARRAY:
    case GL_TEXTURE_3D:
      host.TexStorage3D(info.target, info.levels, info.format, info.width, info.height, info.depth);
      break;
    default:
      host.TexStorage2D(info.target, info.levels, info.format, info.width, info.height);
  }
  host.BindTexture(info.target, 0);
  return info;
}

TiImage RuntimeTest::import_image(const TiOpenglImageInteropInfo& texture) const {
  const TiImage image = ti_import_opengl_image(runtime_, &texture);
  EXPECT_NE(image, nullptr) << conformance::take_error().message;
  return image;
}

void RuntimeTest::host_writes(const TiOpenglImageInteropInfo& texture, const Shape& shape, uint32_t seed) {
  gl_host::write_texture(gl(), object_of(texture), shape, seed);
}

void RuntimeTest::expect_host_reads(const TiOpenglImageInteropInfo& texture, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip)
    gl_host::expect_same(gl_host::read_texture(gl(), object_of(texture), shape, mip),
                         gl_host::pattern(shape, mip, seed), shape, mip);
}

void RuntimeTest::runtime_writes(TiImage image, const Shape& shape, uint32_t seed) const {
  for (uint32_t mip = 0; mip < shape.mips; ++mip) {
    const auto texels = gl_host::pattern(shape, mip, seed);
    const TiImageSlice whole{image, {}, shape.extent(mip), mip};
    EXPECT_EQ(ist_write_image(runtime_, &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS)
        << shape.name << ": " << conformance::take_error().message;
  }
}

void RuntimeTest::expect_runtime_reads(TiImage image, const Shape& shape, uint32_t seed) const {
  for (uint32_t mip = 0; mip < shape.mips; ++mip) {
    const auto expected = gl_host::pattern(shape, mip, seed);
    std::vector<uint8_t> texels(expected.size());
    const TiImageSlice whole{image, {}, shape.extent(mip), mip};
    EXPECT_EQ(ist_read_image(runtime_, &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS)
        << shape.name << ": " << conformance::take_error().message;
    gl_host::expect_same(texels, expected, shape, mip);
  }
}

TiArgument array_of(TiMemory memory, uint32_t count) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_NDARRAY;
  argument.value.ndarray.memory = memory;
  argument.value.ndarray.elem_type = TI_DATA_TYPE_I32;
  argument.value.ndarray.shape.dim_count = 1;
  argument.value.ndarray.shape.dims[0] = count;
  return argument;
}

TiArgument texture_of(TiImage image, uint32_t width, uint32_t height, TiFormat format, TiSampler sampler) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TEXTURE;
  TiTexture& texture = argument.value.texture;
  texture.image = image;
  texture.sampler = sampler;
  texture.dimension = TI_IMAGE_DIMENSION_2D;
  texture.extent = {width, height, 1, 1};
  texture.format = format;
  return argument;
}

std::vector<int32_t> counted(size_t count, int32_t first) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

}  // namespace gl_runtime
