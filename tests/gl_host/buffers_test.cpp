// Memory that GL draws from, and computes with.
#include <cstring>

#include "gl_test.h"

namespace gl_host {
namespace {

class GlBuffers : public GlTest {
 protected:
  void write(TiMemory memory, const std::vector<uint32_t>& words) {
    const TiMemorySlice all{memory, 0, words.size() * 4};
    EXPECT_EQ(ist_write_memory(runtime(), &all, words.data()), TI_ERROR_SUCCESS) << error();
  }
  std::vector<uint32_t> read(TiMemory memory, size_t count) {
    std::vector<uint32_t> words(count);
    const TiMemorySlice all{memory, 0, count * 4};
    EXPECT_EQ(ist_read_memory(runtime(), &all, words.data()), TI_ERROR_SUCCESS) << error();
    return words;
  }
  static std::vector<uint32_t> words(size_t count, uint32_t seed) {
    std::vector<uint32_t> words(count);
    for (size_t i = 0; i < count; ++i) words[i] = static_cast<uint32_t>(i) * 2654435761u + seed;
    return words;
  }
  template <class T>
  static std::vector<uint8_t> bytes_of(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
};

TEST_P(GlBuffers, CrossInBothDirections) {
  for (const bool shared : {true, false}) {
    for (const size_t count : {size_t{1}, size_t{1023}, size_t{16384}, size_t{100001}}) {
      SCOPED_TRACE(count);
      const IstCounters before = counters();
      const TiMemory memory = make_memory(count * 4, shared);
      const IstGlObject buffer = share(memory);
      EXPECT_EQ(buffer.copied == 0, shared && zero_copy()) << buffer.reason;
      EXPECT_EQ(buffer.target, GLenum{GL_ARRAY_BUFFER});
      EXPECT_EQ(buffer.internal_format, 0u);
      for (uint32_t round = 0; round < 3; ++round) {
        write(memory, words(count, round));
        lend(handover(memory));
        EXPECT_TRUE(gl_read_buffer(buffer.name, count * 4) == bytes_of(words(count, round)));
        take_back(handover(memory));
      }
      lend(handover(memory, false));
      const auto other = words(count, 77);
      gl().BindBuffer(GL_COPY_WRITE_BUFFER, buffer.name);
      gl().BufferSubData(GL_COPY_WRITE_BUFFER, 0, static_cast<GLsizeiptr>(count * 4), other.data());
      gl().BindBuffer(GL_COPY_WRITE_BUFFER, 0);
      take_back(handover(memory, false));
      EXPECT_TRUE(read(memory, count) == other);
      EXPECT_EQ(counters().share_copies - before.share_copies, buffer.copied ? 5u : 0u);
      EXPECT_EQ(ist_gl_unshare(joined(), memory), TI_ERROR_SUCCESS) << error();
      ti_free_memory(runtime(), memory);
    }
  }
}

// Positions of particles as a vertex buffer: each lights one pixel.
TEST_P(GlBuffers, VerticesAreDrawn) {
  constexpr uint32_t kSize = 32;
  const TiMemory memory = make_memory(kSize * 2 * sizeof(float));
  const IstGlObject buffer = share(memory);
  GlHost& g = gl();
  std::string log;
  const GLuint program = g.program(
      "layout(location = 0) in vec2 position; void main() { gl_Position = vec4(position, 0, 1); gl_PointSize = 1.0; }",
      "out vec4 color; void main() { color = vec4(1); }", &log);
  ASSERT_NE(program, 0u) << log;
  GLuint vertices = 0, target = 0, framebuffer = 0;
  g.GenVertexArrays(1, &vertices);
  g.BindVertexArray(vertices);
  g.BindBuffer(GL_ARRAY_BUFFER, buffer.name);
  g.EnableVertexAttribArray(0);
  g.VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
  g.GenTextures(1, &target);
  g.BindTexture(GL_TEXTURE_2D, target);
  g.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, kSize, kSize);
  g.GenFramebuffers(1, &framebuffer);
  g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
  g.Viewport(0, 0, kSize, kSize);
  g.UseProgram(program);
  for (uint32_t frame = 0; frame < 20; ++frame) {
    std::vector<float> positions;
    for (uint32_t i = 0; i < kSize; ++i) {
      positions.push_back((2.0f * static_cast<float>(i) + 1.0f) / kSize - 1.0f);
      positions.push_back((2.0f * static_cast<float>((i * 7 + frame) % kSize) + 1.0f) / kSize - 1.0f);
    }
    const TiMemorySlice all{memory, 0, positions.size() * sizeof(float)};
    ASSERT_EQ(ist_write_memory(runtime(), &all, positions.data()), TI_ERROR_SUCCESS) << error();
    lend(handover(memory));
    g.ClearColor(0, 0, 0, 0);
    g.Clear(GL_COLOR_BUFFER_BIT);
    g.DrawArrays(GL_POINTS, 0, kSize);
    take_back(handover(memory));
    std::vector<uint32_t> pixels(kSize * kSize);
    g.ReadPixels(0, 0, kSize, kSize, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
    for (uint32_t y = 0; y < kSize; ++y)
      for (uint32_t x = 0; x < kSize; ++x)
        ASSERT_EQ(pixels[y * kSize + x], y == (x * 7 + frame) % kSize ? 0xffffffffu : 0u) << frame << ' ' << x;
  }
  g.BindFramebuffer(GL_FRAMEBUFFER, 0);
  g.DeleteFramebuffers(1, &framebuffer);
  g.DeleteTextures(1, &target);
  g.DeleteVertexArrays(1, &vertices);
  g.DeleteProgram(program);
}

// Kernels and compute shaders take turns on the same words.
TEST_P(GlBuffers, ShadersStoreIntoThem) {
  constexpr uint32_t kCount = 1000;
  GlHost& g = gl();
  std::string log;
  const GLuint program = g.compute(
      "layout(local_size_x = 8) in; layout(std430, binding = 0) buffer B { uint words[]; };"
      "void main() { if (gl_GlobalInvocationID.x < 1000u) words[gl_GlobalInvocationID.x] += gl_GlobalInvocationID.x; }",
      &log);
  if (!program) {
    g.take_messages();
    GTEST_SKIP() << "no compute shaders here: " << log;
  }
  for (const bool shared : {true, false}) {
    const TiMemory memory = make_memory(kCount * 4, shared);
    const IstGlObject buffer = share(memory);
    std::vector<uint32_t> expected(kCount, 5);
    write(memory, expected);
    for (uint32_t round = 0; round < 10; ++round) {
      lend(handover(memory, false));
      g.BindBufferBase(GL_SHADER_STORAGE_BUFFER, 0, buffer.name);
      g.UseProgram(program);
      g.DispatchCompute(kCount / 8, 1, 1);
      g.MemoryBarrier(GL_ALL_BARRIER_BITS);
      take_back(handover(memory, false));
      for (uint32_t i = 0; i < kCount; ++i) expected[i] += i;
      ASSERT_EQ(read(memory, kCount), expected) << round;
      for (uint32_t& word : expected) word = word * 3 + round;
      write(memory, expected);
    }
  }
  g.UseProgram(0);
  g.DeleteProgram(program);
}

GL_HOST_SUITE(GlBuffers);

}  // namespace
}  // namespace gl_host
