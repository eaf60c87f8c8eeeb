// The host's state is what it was, whatever the runtime does; and none of it keeps the runtime from doing it right.
#include <functional>

#include "host_state.h"
#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;
using conformance::Module;

const Shape kShapes[] = {
    {"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 20, 12, 1, 1, 3},
    {"bytes", TI_FORMAT_R8, TI_IMAGE_DIMENSION_2D, 19, 7},
    {"halves", TI_FORMAT_RGBA16F, TI_IMAGE_DIMENSION_2D, 20, 12, 1, 1, 2},
    {"floats", TI_FORMAT_R32F, TI_IMAGE_DIMENSION_2D, 20, 12},
    {"srgb", TI_FORMAT_RGBA8SRGB, TI_IMAGE_DIMENSION_2D, 20, 12, 1, 1, 2},
    {"blue first", TI_FORMAT_BGRA8, TI_IMAGE_DIMENSION_2D, 20, 12},
    {"integers", TI_FORMAT_RG16U, TI_IMAGE_DIMENSION_2D, 20, 12},
    {"three floats", TI_FORMAT_RGB32F, TI_IMAGE_DIMENSION_2D, 20, 12},
    {"depth", TI_FORMAT_DEPTH32F, TI_IMAGE_DIMENSION_2D, 20, 12},
    {"array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D_ARRAY, 20, 12, 1, 3, 2},
    {"cube", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_CUBE, 8, 8, 1, 6, 2},
    {"3d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_3D, 8, 6, 4, 1, 2},
    {"1d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D, 20, 1, 1, 1, 2},
    {"1d array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_1D_ARRAY, 20, 1, 1, 3},
};

class State : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    state_ = std::make_unique<HostState>(gl());
    buffer_ = make_buffer(counted(64));
    texture_ = make_texture({"host", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 16, 8, 1, 1, 2});
    state_->disturb();
    expect_no_gl_errors();
    before_ = state_->read();
  }
  // Afterwards nothing has changed, and nobody has complained.
  void step(const std::string& name, const std::function<void()>& action) {
    SCOPED_TRACE(name);
    action();
    conformance::expect_no_error(name.c_str());
    EXPECT_EQ(HostState::difference(before_, state_->read()), "");
    expect_no_gl_errors();
  }
  void flush_and_wait() {
    step("flush", [&] { ti_flush(runtime()); });
    step("wait", [&] { ti_wait(runtime()); });
  }
  TiImage allocate(const Shape& shape, TiImageUsageFlags usage) {
    TiImageAllocateInfo info{};
    info.dimension = shape.dimension;
    info.extent = {shape.width, shape.height, shape.depth, shape.layers};
    info.mip_level_count = shape.mips;
    info.format = shape.format;
    info.usage = usage;
    return ti_allocate_image(runtime(), &info);
  }
  // What the format offers here; 0: nothing.
  TiImageUsageFlags usage_of(const Shape& shape) {
    IstFormatInfo info{};
    info.size = sizeof info;
    EXPECT_EQ(ist_format_info(runtime(), shape.format, shape.dimension, &info), TI_ERROR_SUCCESS);
    return info.usage;
  }

  std::unique_ptr<HostState> state_;
  HostState::Values before_;
  GLuint buffer_ = 0;
  TiOpenglImageInteropInfo texture_{};
};

TEST_P(State, OfLaunches) {
  std::unique_ptr<Module> graphs, fields;
  std::unique_ptr<conformance::Array<int32_t>> a, b, out;
  step("load", [&] { graphs = std::make_unique<Module>(runtime(), "graphs"); });
  step("allocate", [&] {
    a = std::make_unique<conformance::Array<int32_t>>(runtime(), std::vector<uint32_t>{32});
    b = std::make_unique<conformance::Array<int32_t>>(runtime(), std::vector<uint32_t>{32});
    out = std::make_unique<conformance::Array<int32_t>>(runtime(), std::vector<uint32_t>{32});
  });
  step("launch", [&] { graphs->launch("add_to", {a->arg(), i32(4)}); });
  flush_and_wait();
  step("graph", [&] {
    graphs->run_graph("chain",
                      {{"a", a->arg()}, {"b", b->arg()}, {"out", out->arg()}, {"step", i32(1)}, {"factor", i32(2)}});
  });
  flush_and_wait();
  EXPECT_EQ(out->read(), std::vector<int32_t>(32, (4 + 1) * 2 + 3));
  step("timing", [&] {
    if (ist_set_option(runtime(), IST_OPTION_KERNEL_TIMING, 1) != TI_ERROR_SUCCESS) conformance::take_error();
  });
  step("timed launch", [&] { graphs->launch("add_to", {a->arg(), i32(4)}); });
  flush_and_wait();
  step("figures", [&] {
    IstKernelInfo info{};
    info.size = sizeof info;
    EXPECT_EQ(ist_kernel_info(graphs->kernel("add_to"), &info), TI_ERROR_SUCCESS);
  });
  // The root buffer is filled with zeros before its first use.
  step("load with fields", [&] { fields = std::make_unique<Module>(runtime(), "fields"); });
  step("fill", [&] { fields->launch("fill", {i32(3)}); });
  flush_and_wait();
  step("name", [&] { EXPECT_EQ(ist_set_name(runtime(), a->memory().handle(), "a"), TI_ERROR_SUCCESS); });
  step("free", [&] {
    graphs.reset();
    fields.reset();
    a.reset();
  });
  flush_and_wait();
}

TEST_P(State, OfKernelsWithImages) {
  std::unique_ptr<Module> graphs, textures;
  std::unique_ptr<conformance::Image> image;
  std::unique_ptr<conformance::Array<float>> out;
  TiSampler sampler = nullptr;
  step("load", [&] {
    graphs = std::make_unique<Module>(runtime(), "graphs");
    textures = std::make_unique<Module>(runtime(), "textures");
  });
  step("allocate", [&] {
    image = std::make_unique<conformance::Image>(runtime(), TI_IMAGE_DIMENSION_2D, conformance::Image::Size{16, 16, 1},
                                                 TI_FORMAT_R32F);
    out = std::make_unique<conformance::Array<float>>(runtime(), std::vector<uint32_t>{16, 16});
  });
  step("sampler", [&] {
    const TiSamplerCreateInfo info{TI_FILTER_NEAREST, TI_FILTER_NEAREST, TI_ADDRESS_MODE_CLAMP_TO_EDGE, 0};
    sampler = ti_create_sampler(runtime(), &info);
  });
  for (int round = 0; round < 2; ++round) {
    step("paint and unpaint", [&] {
      graphs->run_graph("images", {{"image", image->arg()},
                                   {"n", i32(16)},
                                   {"picture", texture_of(image->handle(), 16, 16, TI_FORMAT_R32F, sampler)},
                                   {"out", out->arg()}});
    });
    flush_and_wait();
  }
  step("the host's texture", [&] {
    const TiImage theirs = import_image(texture_);
    const TiTexture whole = texture_of(theirs, 16, 8, TI_FORMAT_RGBA8).value.texture;
    textures->launch("store_2d_rgba8", {texture_of(whole.image, 16, 8, TI_FORMAT_RGBA8), i32(16), i32(8), i32(1)});
    EXPECT_EQ(ist_generate_mips(runtime(), theirs), TI_ERROR_SUCCESS);
    ti_flush(runtime());
    ti_free_image(runtime(), theirs);
  });
  flush_and_wait();
  step("free", [&] {
    ti_destroy_sampler(runtime(), sampler);
    image.reset();
  });
  flush_and_wait();
}

TEST_P(State, OfImagesAndCopies) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    const TiImageUsageFlags usage = usage_of(shape);
    if (!usage) continue;
    const auto bytes = gl_host::pattern(shape, 0, 3);
    TiImage image = nullptr, other = nullptr;
    step("allocate", [&] {
      image = allocate(shape, usage);
      other = allocate(shape, usage);
    });
    step("write", [&] { runtime_writes(image, shape, 3); });
    step("flush", [&] { ti_flush(runtime()); });
    step("read", [&] { expect_runtime_reads(image, shape, 3); });
    const TiImageSlice from{image, {}, shape.extent(0), 0}, to{other, {}, shape.extent(0), 0};
    step("copy to image", [&] { ti_copy_image_device_to_device(runtime(), &to, &from); });
    flush_and_wait();
    Shape first = shape;
    first.mips = 1;
    step("read copy", [&] { expect_runtime_reads(other, first, 3); });
    step("copy to memory and back", [&] {
      const conformance::Memory memory(runtime(), bytes.size());
      const TiMemorySlice all = memory.slice(0, bytes.size());
      EXPECT_EQ(ist_copy_image_to_memory(runtime(), &all, &from, 0), TI_ERROR_SUCCESS);
      EXPECT_EQ(ist_copy_memory_to_image(runtime(), &to, &all, 0), TI_ERROR_SUCCESS);
      ti_flush(runtime());
    });
    if (shape.mips > 1) {
      step("mips", [&] {
        const TiError made = ist_generate_mips(runtime(), image);
        EXPECT_TRUE(made == TI_ERROR_SUCCESS || made == TI_ERROR_NOT_SUPPORTED);
        if (made != TI_ERROR_SUCCESS) conformance::take_error();
        ti_flush(runtime());
      });
      step("read after mips", [&] { expect_runtime_reads(image, first, 3); });
    }
    step("transition", [&] {
      ti_transition_image(runtime(), image, TI_IMAGE_LAYOUT_SHADER_READ);
      ti_track_image_ext(runtime(), image, TI_IMAGE_LAYOUT_SHADER_READ);
    });
    step("free", [&] {
      ti_free_image(runtime(), image);
      ti_free_image(runtime(), other);
    });
    flush_and_wait();
  }
}

// A scissor, a mask or a conversion of the host's would show.
TEST_P(State, DoesNotReachIntoMips) {
  const Shape shapes[] = {{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 32, 32, 1, 1, 6},
                          {"srgb", TI_FORMAT_RGBA8SRGB, TI_IMAGE_DIMENSION_2D, 32, 32, 1, 1, 6},
                          {"3d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_3D, 8, 8, 8, 1, 4},
                          {"array", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D_ARRAY, 16, 16, 1, 3, 4}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.name);
    const TiImage image = allocate(shape, TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT);
    ASSERT_NE(image, nullptr) << conformance::take_error().message;
    std::vector<uint8_t> texels(gl_host::pattern(shape, 0, 0).size());
    for (size_t i = 0; i < texels.size(); ++i) texels[i] = static_cast<uint8_t>(60 + 40 * (i % 4));
    const TiImageSlice whole{image, {}, shape.extent(0), 0};
    ASSERT_EQ(ist_write_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
    ASSERT_EQ(ist_generate_mips(runtime(), image), TI_ERROR_SUCCESS) << conformance::take_error().message;
    for (uint32_t mip = 1; mip < shape.mips; ++mip) {
      std::vector<uint8_t> seen(gl_host::pattern(shape, mip, 0).size());
      const TiImageSlice level{image, {}, shape.extent(mip), mip};
      ASSERT_EQ(ist_read_image(runtime(), &level, seen.data(), seen.size(), 0), TI_ERROR_SUCCESS);
      for (size_t i = 0; i < seen.size(); ++i) ASSERT_NEAR(seen[i], 60 + 40 * (i % 4), 1) << "mip " << mip << ", " << i;
    }
    ti_free_image(runtime(), image);
  }
  step("all", [] {});
}

TEST_P(State, OfMemoryAndImports) {
  TiMemory theirs = nullptr;
  TiImage image = nullptr;
  step("import", [&] {
    theirs = import_memory(buffer_, 256);
    image = import_image(texture_);
  });
  step("export", [&] {
    TiOpenglMemoryInteropInfo buffer{};
    TiOpenglImageInteropInfo texture{};
    TiOpenglRuntimeInteropInfo context{};
    ti_export_opengl_memory(runtime(), theirs, &buffer);
    ti_export_opengl_image(runtime(), image, &texture);
    ti_export_opengl_runtime(runtime(), &context);
  });
  for (const bool host_access : {true, false}) {
    std::unique_ptr<conformance::Memory> memory;
    step("allocate", [&] {
      memory = std::make_unique<conformance::Memory>(runtime(), 256, TI_MEMORY_USAGE_STORAGE_BIT, host_access);
    });
    const TiMemorySlice ours = memory->slice(0, 256), all{theirs, 0, 256};
    if (host_access) {
      const auto numbers = counted(64, 7);
      step("map", [&] { memory->store(numbers.data(), 256); });
    }
    step("copy", [&] { ti_copy_memory_device_to_device(runtime(), &ours, &all); });
    flush_and_wait();
    step("write", [&] {
      const auto numbers = counted(64, 9);
      EXPECT_EQ(ist_write_memory(runtime(), &all, numbers.data()), TI_ERROR_SUCCESS);
    });
    step("read", [&] {
      std::vector<int32_t> numbers(64);
      EXPECT_EQ(ist_read_memory(runtime(), &all, numbers.data()), TI_ERROR_SUCCESS);
      EXPECT_EQ(numbers, counted(64, 9));
    });
    step("free", [&] { memory.reset(); });
    flush_and_wait();
  }
  step("refused imports", [&] {
    TiOpenglImageInteropInfo wrong = texture_;
    wrong.levels = 9;
    EXPECT_EQ(ti_import_opengl_image(runtime(), &wrong), nullptr);
    const TiOpenglMemoryInteropInfo large{buffer_, 1 << 20};
    EXPECT_EQ(ti_import_opengl_memory(runtime(), &large), nullptr);
    conformance::take_error();
  });
  step("another runtime", [&] {
    const TiRuntime another = import_runtime(GetParam());
    ASSERT_NE(another, nullptr);
    {
      const Module module(another, "graphs");
      conformance::Array<int32_t> array(another, {4});
      module.launch("add_to", {array.arg(), i32(1)});
    }
    ti_destroy_runtime(another);
  });
  step("end", [&] { destroy_runtime(); });
}

// While it goes on, no program can be changed.
TEST_P(State, OfTransformFeedback) {
  if (!state_->has_transform_feedback()) GTEST_SKIP() << gl().renderer() << " has no transform feedback";
  GlHost& g = gl();
  const GLuint vertex = g.CreateShader(GL_VERTEX_SHADER), fragment = g.CreateShader(GL_FRAGMENT_SHADER);
  const std::string version = es() ? "#version 320 es\n" : "#version 330 core\n";
  const std::string vertex_text = version + "out float seen; void main() { seen = float(gl_VertexID) + 1.0; }";
  const std::string fragment_text = version + "void main() {}";
  const char *vertex_line = vertex_text.c_str(), *fragment_line = fragment_text.c_str(), *varying = "seen";
  g.ShaderSource(vertex, 1, &vertex_line, nullptr);
  g.ShaderSource(fragment, 1, &fragment_line, nullptr);
  g.CompileShader(vertex);
  g.CompileShader(fragment);
  const GLuint program = g.CreateProgram();
  g.AttachShader(program, vertex);
  g.AttachShader(program, fragment);
  g.TransformFeedbackVaryings(program, 1, &varying, GL_INTERLEAVED_ATTRIBS);
  g.LinkProgram(program);
  g.UseProgram(program);
  const GLuint caught = make_buffer(std::vector<int32_t>(8));
  g.BindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, caught);
  GLuint vertices = 0;
  g.GenVertexArrays(1, &vertices);
  g.BindVertexArray(vertices);
  GLuint framebuffer = 0;
  g.GenFramebuffers(1, &framebuffer);
  g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  g.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_.texture, 0);
  const Module module(runtime(), "graphs");
  conformance::Array<int32_t> ours(runtime(), {32});

  g.BeginTransformFeedback(GL_POINTS);
  g.DrawArrays(GL_POINTS, 0, 4);
  before_ = state_->read();
  step("launch", [&] { module.launch("add_to", {ours.arg(), i32(4)}); });
  flush_and_wait();
  step("images", [&] {
    const Shape& shape = kShapes[0];
    const TiImage image = allocate(shape, usage_of(shape));
    runtime_writes(image, shape, 3);
    expect_runtime_reads(image, shape, 3);
    ti_free_image(runtime(), image);
  });
  g.DrawArrays(GL_POINTS, 0, 4);
  g.EndTransformFeedback();
  EXPECT_EQ(ours.read(), std::vector<int32_t>(32, 4));
  const std::vector<int32_t> bits = read_buffer(caught, 8);
  std::vector<float> seen(8);
  std::memcpy(seen.data(), bits.data(), 32);
  EXPECT_EQ(seen, (std::vector<float>{1, 2, 3, 4, 1, 2, 3, 4}));
}

GL_RUNTIME_SUITE(State);

}  // namespace
}  // namespace gl_runtime
