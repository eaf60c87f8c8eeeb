// The host's buffers in the runtime, the runtime's in the host.
#include <thread>

#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;
using conformance::Module;

constexpr uint32_t kCount = 100;

class Buffers : public RuntimeTest {
 protected:
  // A program of the host that doubles the numbers of the buffer at binding 0.
  GLuint doubler() {
    std::string log;
    const GLuint program = gl().compute(
        "layout(local_size_x = 1) in; layout(std430, binding = 0) buffer Numbers { int numbers[]; };"
        "void main() { numbers[gl_GlobalInvocationID.x] *= 2; }",
        &log);
    EXPECT_NE(program, 0u) << log;
    return program;
  }
  void double_by_host(GLuint program, GLuint buffer) {
    gl().UseProgram(program);
    gl().BindBufferBase(GL_SHADER_STORAGE_BUFFER, 0, buffer);
    gl().DispatchCompute(kCount, 1, 1);
  }
  void expect_refused(GLuint buffer, GLsizeiptr size, TiError code, std::initializer_list<const char*> words) {
    const TiOpenglMemoryInteropInfo info{buffer, size};
    EXPECT_EQ(ti_import_opengl_memory(runtime(), &info), nullptr);
    conformance::expect_error({code}, words);
  }
};

TEST_P(Buffers, ShadersOfBothTakeTurns) {
  const GLuint buffer = make_buffer(counted(kCount));
  const TiMemory memory = import_memory(buffer, kCount * 4);
  const Module module(runtime(), "graphs");
  const GLuint program = doubler();
  std::vector<int32_t> expected = counted(kCount);
  for (int round = 0; round < 8; ++round) {
    double_by_host(program, buffer);
    gl().MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);
    module.launch("add_to", {array_of(memory, kCount), i32(3)});
    ti_flush(runtime());
    for (int32_t& value : expected) value = 2 * value + 3;
  }
  EXPECT_EQ(read_buffer(buffer, kCount), expected);
  ti_free_memory(runtime(), memory);
  EXPECT_TRUE(gl().IsBuffer(buffer));
  EXPECT_EQ(read_buffer(buffer, kCount), expected);
}

TEST_P(Buffers, AreReadAndWrittenByTheCpuThroughTheRuntime) {
  const GLuint buffer = make_buffer(counted(kCount));
  const TiMemory memory = import_memory(buffer, kCount * 4);
  const TiMemorySlice all{memory, 0, kCount * 4};
  std::vector<int32_t> seen(kCount);
  EXPECT_EQ(ist_read_memory(runtime(), &all, seen.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(seen, counted(kCount));
  const TiMemorySlice half{memory, kCount * 2, kCount * 2};
  const auto values = counted(kCount / 2, 1000);
  EXPECT_EQ(ist_write_memory(runtime(), &half, values.data()), TI_ERROR_SUCCESS);
  ti_flush(runtime());
  auto expected = counted(kCount);
  std::copy(values.begin(), values.end(), expected.begin() + kCount / 2);
  EXPECT_EQ(read_buffer(buffer, kCount), expected);
  EXPECT_EQ(ti_map_memory(runtime(), memory), nullptr);
  conformance::expect_error({TI_ERROR_INVALID_STATE}, {"cannot be mapped"});
}

TEST_P(Buffers, CopiesGoBothWays) {
  const GLuint buffer = make_buffer(counted(kCount));
  const TiMemory memory = import_memory(buffer, kCount * 4);
  conformance::Array<int32_t> ours(runtime(), {kCount});
  const TiMemorySlice theirs{memory, 0, kCount * 4}, all = ours.memory().slice(0, kCount * 4);
  ti_copy_memory_device_to_device(runtime(), &all, &theirs);
  EXPECT_EQ(ours.read(), counted(kCount));
  ours.write(counted(kCount, -50));
  ti_copy_memory_device_to_device(runtime(), &theirs, &all);
  ti_flush(runtime());
  EXPECT_EQ(read_buffer(buffer, kCount), counted(kCount, -50));
}

// Both names are one place on the timeline, whichever of them saw more of the buffer.
TEST_P(Buffers, ImportedTwiceAreOne) {
  const GLuint buffer = make_buffer(std::vector<int32_t>(kCount));
  const TiMemory small = import_memory(buffer, 40), large = import_memory(buffer, kCount * 4);
  EXPECT_NE(small, large);
  const Module module(runtime(), "graphs");
  std::vector<int32_t> expected(kCount);
  for (int32_t round = 0; round < 20; ++round) {
    module.launch("add_to", {array_of(large, kCount), i32(round)});
    module.launch("add_to", {array_of(small, 10), i32(1)});
    for (uint32_t i = 0; i < kCount; ++i) expected[i] += round + (i < 10 ? 1 : 0);
  }
  ti_free_memory(runtime(), small);
  const TiMemorySlice all{large, 0, kCount * 4};
  std::vector<int32_t> seen(kCount);
  EXPECT_EQ(ist_read_memory(runtime(), &all, seen.data()), TI_ERROR_SUCCESS);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(read_buffer(buffer, kCount), expected);
}

// A name that was exported comes back: another name of the runtime's own memory.
TEST_P(Buffers, OfTheRuntimeImportedAgain) {
  conformance::Array<int32_t> ours(runtime(), {5});
  TiOpenglMemoryInteropInfo told{};
  ti_export_opengl_memory(runtime(), ours.memory().handle(), &told);
  const TiMemory again = import_memory(told.buffer, 20);
  const Module module(runtime(), "graphs");
  module.launch("add_to", {array_of(again, 5), i32(2)});
  module.launch("add_to", {ours.arg(), i32(3)});
  ti_free_memory(runtime(), again);
  EXPECT_EQ(ours.read(), std::vector<int32_t>(5, 5));
}

TEST_P(Buffers, KeepTheirSizeBetweenTwoImports) {
  const GLuint buffer = make_buffer(counted(kCount));
  const TiMemory first = import_memory(buffer, kCount * 4);
  ASSERT_EQ(ist_set_name(runtime(), first, "numbers"), TI_ERROR_SUCCESS);
  gl().BindBuffer(GL_COPY_WRITE_BUFFER, buffer);
  gl().BufferData(GL_COPY_WRITE_BUFFER, kCount * 8, counted(kCount * 2).data(), GL_DYNAMIC_COPY);
  expect_refused(buffer, kCount * 8, TI_ERROR_INVALID_ARGUMENT, {"800 bytes", "400", "'numbers'", "free"});
  ti_free_memory(runtime(), first);
  const TiMemory again = import_memory(buffer, kCount * 8);
  const Module module(runtime(), "graphs");
  module.launch("add_to", {array_of(again, kCount * 2), i32(1)});
  ti_flush(runtime());
  EXPECT_EQ(read_buffer(buffer, kCount * 2), counted(kCount * 2, 1));
}

TEST_P(Buffers, OfOddSizes) {
  const Module module(runtime(), "graphs");
  for (const uint32_t count : {1u, 3u, 5u, 17u}) {
    const GLuint buffer = make_buffer(counted(count));
    const TiMemory memory = import_memory(buffer, count * 4);
    module.launch("add_to", {array_of(memory, count), i32(7)});
    ti_flush(runtime());
    EXPECT_EQ(read_buffer(buffer, count), counted(count, 7));
  }
}

TEST_P(Buffers, AreRefusedByWhatIsWrong) {
  const GLuint buffer = make_buffer(counted(kCount));
  GLuint unborn = 0, deleted = make_buffer(counted(4));
  gl().GenBuffers(1, &unborn);
  gl().DeleteBuffers(1, &deleted);
  expect_refused(0, 64, TI_ERROR_ARGUMENT_NULL, {"interop_info.buffer is 0"});
  expect_refused(buffer, 0, TI_ERROR_INVALID_ARGUMENT, {"interop_info.size is 0"});
  expect_refused(buffer, -4, TI_ERROR_INVALID_ARGUMENT, {"interop_info.size (-4) is negative"});
  expect_refused(buffer, kCount * 4 + 1, TI_ERROR_INVALID_ARGUMENT, {"interop_info.size (401)", "400 bytes"});
  for (const GLuint name : {unborn, deleted, 987654u})
    expect_refused(name, 64, TI_ERROR_INVALID_ARGUMENT,
                   {("interop_info.buffer (" + std::to_string(name) + ")").c_str(), "no buffer of the context"});
}

// The runtime's memory, exported: the host's shader writes it, then draws with it as vertices.
TEST_P(Buffers, OfTheRuntimeAreTheHosts) {
  GlHost& g = gl();
  conformance::Array<int32_t> ours(runtime(), {kCount});
  ours.write(counted(kCount));
  TiOpenglMemoryInteropInfo told{};
  ti_export_opengl_memory(runtime(), ours.memory().handle(), &told);
  ASSERT_TRUE(g.IsBuffer(told.buffer));
  EXPECT_EQ(told.size, kCount * 4);
  const Module module(runtime(), "graphs");
  module.launch("add_to", {ours.arg(), i32(1)});
  ti_flush(runtime());
  double_by_host(doubler(), told.buffer);
  g.MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_VERTEX_ATTRIB_ARRAY_BARRIER_BIT);
  module.launch("add_to", {ours.arg(), i32(5)});
  std::vector<int32_t> expected(kCount);
  for (uint32_t i = 0; i < kCount; ++i) expected[i] = 2 * (static_cast<int32_t>(i) + 1) + 5;
  EXPECT_EQ(ours.read(), expected);

  // One pixel each, at the place and of the colour that the number tells.
  std::string log;
  const GLuint program = g.program(
      "layout(location = 0) in int number; flat out int seen;"
      "void main() { seen = number; gl_PointSize = 1.0;"
      "gl_Position = vec4((float(gl_VertexID) + 0.5) / 50.0 - 1.0, 0.0, 0.0, 1.0); }",
      "flat in int seen; out vec4 color; void main() { color = vec4(float(seen) / 255.0, 0.0, 0.0, 1.0); }", &log);
  ASSERT_NE(program, 0u) << log;
  const Shape line{"line", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, kCount, 1};
  const TiOpenglImageInteropInfo target = make_texture(line);
  GLuint framebuffer = 0, vertices = 0;
  g.GenFramebuffers(1, &framebuffer);
  g.GenVertexArrays(1, &vertices);
  g.BindVertexArray(vertices);
  g.BindBuffer(GL_ARRAY_BUFFER, told.buffer);
  g.EnableVertexAttribArray(0);
  g.VertexAttribIPointer(0, 1, GL_INT, 0, nullptr);
  g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target.texture, 0);
  g.Viewport(0, 0, kCount, 1);
  g.UseProgram(program);
  g.DrawArrays(GL_POINTS, 0, kCount);
  std::vector<uint8_t> pixels(kCount * 4);
  g.ReadPixels(0, 0, kCount, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
  for (uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(pixels[4 * i], expected[i]) << i;
}

// What the runtime has freed is deleted, and not before the work that uses it.
TEST_P(Buffers, AreFreedWhereTheContextIs) {
  const Module module(runtime(), "graphs");
  const GLuint buffer = make_buffer(std::vector<int32_t>(kCount));
  const TiMemory theirs = import_memory(buffer, kCount * 4);
  auto ours = std::make_unique<conformance::Array<int32_t>>(runtime(), std::vector<uint32_t>{kCount});
  TiOpenglMemoryInteropInfo told{};
  ti_export_opengl_memory(runtime(), ours->memory().handle(), &told);
  module.launch("add_to", {ours->arg(), i32(6)});
  const TiMemorySlice to{theirs, 0, kCount * 4}, from = ours->memory().slice(0, kCount * 4);
  ti_copy_memory_device_to_device(runtime(), &to, &from);
  std::thread([&] { ours.reset(); }).join();
  conformance::expect_no_error("after a free elsewhere");
  EXPECT_TRUE(gl().IsBuffer(told.buffer));
  ti_wait(runtime());
  EXPECT_EQ(read_buffer(buffer, kCount), std::vector<int32_t>(kCount, 6));
  module.launch("add_to", {array_of(theirs, kCount), i32(1)});
  ti_wait(runtime());
  // The name may be another buffer's by now.
  GLint size_bytes = 0;
  if (gl().IsBuffer(told.buffer)) {
    gl().BindBuffer(GL_COPY_READ_BUFFER, told.buffer);
    gl().GetBufferParameteriv(GL_COPY_READ_BUFFER, GL_BUFFER_SIZE, &size_bytes);
    gl().BindBuffer(GL_COPY_READ_BUFFER, 0);
  }
  EXPECT_NE(size_bytes, kCount * 4);
  EXPECT_EQ(read_buffer(buffer, kCount), std::vector<int32_t>(kCount, 7));
}

// An error that the host has left behind is told, and nobody is blamed for it.
TEST_P(Buffers, AreMadeBehindAnErrorOfTheHost) {
  const Log log;
  gl().BindBuffer(0x1234, 0);
  const conformance::Memory memory(runtime(), 64);
  EXPECT_NE(memory.handle(), nullptr);
  EXPECT_TRUE(log.holds("left an error behind: GL_INVALID_ENUM")) << log.text();
  EXPECT_EQ(gl().GetError(), GLenum{GL_NO_ERROR});
  EXPECT_EQ(gl().take_messages().size(), 1u);
}

// Allocations alone carry deletions out, too.
TEST_P(Buffers, DoNotPileUpWithoutWork) {
  std::vector<GLuint> names;
  for (int i = 0; i < 20; ++i) {
    conformance::Memory memory(runtime(), 1 << 16);
    TiOpenglMemoryInteropInfo told{};
    ti_export_opengl_memory(runtime(), memory.handle(), &told);
    names.push_back(told.buffer);
  }
  const conformance::Memory last(runtime(), 64);
  size_t alive = 0;
  for (const GLuint name : names) alive += gl().IsBuffer(name);
  EXPECT_LE(alive, 1u);
}

GL_RUNTIME_SUITE(Buffers);

}  // namespace
}  // namespace gl_runtime
