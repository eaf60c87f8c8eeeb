// Contexts of the first versions that compute, without persistent mappings: memory that the host maps is a copy.
#include "runtime_test.h"

namespace gl_runtime {
namespace {

using conformance::i32;

class NoStorage : public RuntimeTest {
 protected:
  void SetUp() override {
    host_ = std::make_unique<GlHost>(GetParam());
    ASSERT_EQ(host_->problem(), "");
    gl_host::hooks().version = es() ? "OpenGL ES 3.1 Old" : "4.3 Old";
    gl_host::hooks().hidden_extension = es() ? "GL_EXT_buffer_storage" : "GL_ARB_buffer_storage";
    runtime_ = import_runtime(GetParam(), gl_host::hooked_get_proc_addr);
    ASSERT_NE(runtime_, nullptr) << conformance::take_error().message;
  }
  void TearDown() override {
    RuntimeTest::TearDown();
    gl_host::hooks() = {};
  }
  TiMemory allocate(bool host_read, bool host_write) {
    TiMemoryAllocateInfo info{};
    info.size = 4 * sizeof(int32_t);
    info.host_read = host_read;
    info.host_write = host_write;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    return ti_allocate_memory(runtime_, &info);
  }
  void store(TiMemory memory, const std::vector<int32_t>& values) {
    void* mapped = ti_map_memory(runtime_, memory);
    ASSERT_NE(mapped, nullptr);
    std::memcpy(mapped, values.data(), values.size() * sizeof(int32_t));
    ti_unmap_memory(runtime_, memory);
  }
  std::vector<int32_t> load(TiMemory memory) {
    std::vector<int32_t> values(4);
    const void* mapped = ti_map_memory(runtime_, memory);
    EXPECT_NE(mapped, nullptr);
    if (mapped) std::memcpy(values.data(), mapped, values.size() * sizeof(int32_t));
    ti_unmap_memory(runtime_, memory);
    return values;
  }
};

TEST_P(NoStorage, KernelsSeeWhatTheHostWritesAndBack) {
  const conformance::Module graphs(runtime_, "graphs");
  const TiMemory memory = allocate(true, true);
  store(memory, {1, 2, 3, 4});
  graphs.launch("add_to", {array_of(memory, 4), i32(10)});
  ti_wait(runtime_);
  EXPECT_EQ(load(memory), (std::vector<int32_t>{11, 12, 13, 14}));
  store(memory, {5, 6, 7, 8});
  graphs.launch("add_to", {array_of(memory, 4), i32(1)});
  graphs.launch("add_to", {array_of(memory, 4), i32(1)});
  ti_wait(runtime_);
  EXPECT_EQ(load(memory), (std::vector<int32_t>{7, 8, 9, 10}));
  ti_free_memory(runtime_, memory);
}

// What a kernel has written in one batch is there in the next, and a write of the host goes over it.
TEST_P(NoStorage, MemoryThatTheHostOnlyWrites) {
  const conformance::Module graphs(runtime_, "graphs");
  const TiMemory memory = allocate(false, true);
  const TiMemory seen = allocate(true, false);
  store(memory, {1, 2, 3, 4});
  for (int batch = 0; batch < 3; ++batch) {
    graphs.launch("add_to", {array_of(memory, 4), i32(1)});
    ti_flush(runtime_);
  }
  const TiMemorySlice from{memory, 0, 16}, to{seen, 0, 16};
  ti_copy_memory_device_to_device(runtime_, &to, &from);
  ti_wait(runtime_);
  EXPECT_EQ(load(seen), (std::vector<int32_t>{4, 5, 6, 7}));
  ti_free_memory(runtime_, memory);
  ti_free_memory(runtime_, seen);
}

TEST_P(NoStorage, ImagesTravel) {
  Shape shape;
  const TiOpenglImageInteropInfo texture = make_texture(shape);
  const TiImage image = import_image(texture);
  runtime_writes(image, shape, 3);
  expect_runtime_reads(image, shape, 3);
  expect_host_reads(texture, shape, 3);
  ti_free_image(runtime_, image);
}

GL_RUNTIME_SUITE(NoStorage);

}  // namespace
}  // namespace gl_runtime
