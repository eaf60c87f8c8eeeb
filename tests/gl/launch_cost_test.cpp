// What launches cost, in calls and allocations: counted, not timed.
#include <cstdlib>
#include <cstring>
#include <new>

#include "driver.h"
#include "gl/gl_device.h"
#include "modules.h"
#include "spy.h"

namespace {

// The driver's own threads are not counted.
thread_local bool watched = false;
thread_local size_t allocated = 0;

[[maybe_unused]] void* take(size_t bytes) {
  if (watched) ++allocated;
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// A sanitizer's own stay: libraries whose memory it knows would free it here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(size_t bytes) { return take(bytes); }
void* operator new[](size_t bytes) { return take(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace gl_test {
namespace {

using namespace ist;

class CountedContext final : public gl::Context {
 public:
  CountedContext(std::unique_ptr<gl::Context> context, size_t& entered)
      : context_(std::move(context)), entered_(entered) {}
  Status enter() override {
    ++entered_;
    return context_->enter();
  }
  void leave() override { context_->leave(); }

 private:
  std::unique_ptr<gl::Context> context_;
  size_t& entered_;
};

constexpr uint32_t kElements = 16;
constexpr uint32_t kArgsBytes = 48, kValueOffset = 32;  // the array's shape lies in front

// While set, the look right behind a fence finds nothing finished, as on a device that works for itself.
bool finishes_late = false;
decltype(gl::Functions::ClientWaitSync) wait_for_real = nullptr;
gl::Enum wait_later(gl::Sync sync, gl::Enum flags, uint64_t timeout_ns) {
  if (finishes_late && timeout_ns == 0) return gl::k::kTimeoutExpired;
  return wait_for_real(sync, flags, timeout_ns);
}

// A device in contexts of its own, every call of which is counted, and the kernel add_to(a, value).
class GlLaunchCost : public BothApis {
 protected:
  void SetUp() override {
    const Arch arch = GetParam() == gl_host::Api::gl ? Arch::opengl : Arch::gles;
    auto contexts = gl::create_own_contexts(arch == Arch::gles, 0);
    ASSERT_TRUE(contexts.ok()) << contexts.status().message();
    auto gpu = std::make_unique<gl::Gpu>();
    gpu->get_proc_addr = contexts->get_proc_addr;
    {
      const auto current = gl::Current::enter(*contexts->work);
      auto facts = gl::read_context(gpu->get_proc_addr, arch, false);
      ASSERT_TRUE(facts.ok()) << facts.status().message();
      gpu->facts = *std::move(facts);
    }
    gpu->facts.gl = spy_on(gpu->facts.gl);
    finishes_late = false;
    wait_for_real = std::exchange(gpu->facts.gl.ClientWaitSync, wait_later);
    gpu->work = std::make_unique<CountedContext>(std::move(contexts->work), entered_);
    gpu->waiter = std::make_unique<CountedContext>(std::move(contexts->waiter), waited_);
    auto device = gl::Device::create(std::move(gpu));
    ASSERT_TRUE(device.ok()) << device.status().message();
    device_ = *std::move(device);
    const Task& add = task("graphs", "add_to");
    bindings_ = add.bindings;
    auto pipeline = device_->create_pipeline(add.desc());
    ASSERT_TRUE(pipeline.ok()) << pipeline.status().message();
    pipeline_ = *std::move(pipeline);
    array_ = make_array();
    other_ = make_array();
    forget_calls();
  }

  std::unique_ptr<Buffer> make_array() {
    BufferDesc desc;
    desc.size_bytes = kElements * sizeof(uint32_t);
    desc.host_read = desc.host_write = true;
    auto buffer = device_->create_buffer(desc);
    EXPECT_TRUE(buffer.ok());
    std::memset((*buffer)->host(), 0, desc.size_bytes);
    return *std::move(buffer);
  }

  // As the core launches: arguments, a barrier, a dispatch.
  void launch(Buffer& array, int32_t value) {
    ASSERT_TRUE(device_->begin().ok());
    const auto args = device_->allocate_args(kArgsBytes);
    ASSERT_TRUE(args.ok());
    std::memcpy(args->host, &kElements, sizeof(kElements));
    std::memcpy(args->host + kValueOffset, &value, sizeof(value));
    Bound bound[2];
    for (size_t i = 0; i < bindings_.size(); ++i) {
      const bool is_args = bindings_[i].kind == DescriptorKind::uniform_buffer;
      bound[i].buffer = is_args ? args->buffer : &array;
      bound[i].offset_bytes = is_args ? args->offset_bytes : 0;
      bound[i].size_bytes = is_args ? kArgsBytes : kElements * sizeof(uint32_t);
    }
    const Scope shader{stage::kCompute, access::kShaderRead | access::kShaderWrite};
    device_->barrier({shader, shader, {}});
    device_->dispatch(*pipeline_, {bound, bindings_.size()}, 1);
  }
  void finish() {
    const auto serial = device_->submit();
    ASSERT_TRUE(serial.ok()) << serial.status().message();
    const auto over = device_->wait(*serial, UINT64_MAX);
    ASSERT_TRUE(over.ok() && *over);
  }
  uint32_t first(const Buffer& array) const {
    uint32_t value = 0;
    std::memcpy(&value, array.host(), sizeof(value));
    return value;
  }

  size_t entered_ = 0, waited_ = 0;
  std::unique_ptr<gl::Device> device_;
  std::vector<PipelineBinding> bindings_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Buffer> array_, other_;
};
INSTANTIATE_TEST_SUITE_P(gl, GlLaunchCost, testing::Values(gl_host::Api::gl, gl_host::Api::gles), api_name);

TEST_P(GlLaunchCost, RecordingCallsNoGl) {
  launch(*array_, 1);
  finish();
  forget_calls();
  entered_ = waited_ = 0;
  for (int i = 0; i < 20; ++i) launch(*array_, 1);
  EXPECT_EQ(all_calls(), 0u);
  EXPECT_EQ(entered_ + waited_, 0u);
  finish();
  EXPECT_EQ(first(*array_), 21u);
}

TEST_P(GlLaunchCost, EachSubmitBindsItsContextOnce) {
  launch(*array_, 1);
  finish();
  entered_ = 0;
  for (int batch = 0; batch < 5; ++batch) {
    launch(*array_, 1);
    launch(*array_, 1);
    const auto serial = device_->submit();
    ASSERT_TRUE(serial.ok());
    EXPECT_EQ(entered_, static_cast<size_t>(batch + 1));
    ASSERT_TRUE(device_->wait(*serial, UINT64_MAX).ok());
    EXPECT_EQ(entered_, static_cast<size_t>(batch + 1));
  }
  EXPECT_EQ(device_->completed_serial(), device_->recording_serial() - 1);
}

// What is known to be over is not asked about again.
TEST_P(GlLaunchCost, WaitsForFinishedWorkCallNoGl) {
  launch(*array_, 1);
  finish();
  forget_calls();
  entered_ = waited_ = 0;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(device_->wait(device_->recording_serial() - 1, 0).ok());
    device_->completed_serial();
    ASSERT_TRUE(device_->submit().ok());
  }
  EXPECT_EQ(all_calls(), 0u);
  EXPECT_EQ(entered_ + waited_, 0u);
}

TEST_P(GlLaunchCost, EqualBindsAreMadeOnce) {
  launch(*array_, 1);
  finish();
  forget_calls();
  for (int i = 0; i < 10; ++i) launch(*array_, 1);
  finish();
  EXPECT_EQ(IST_CALLS(UseProgram), 1u);
  EXPECT_EQ(IST_CALLS(DispatchCompute), 10u);
  EXPECT_EQ(IST_CALLS(BindBufferRange), 1u + 10u) << "the array once, arguments each time";
  EXPECT_EQ(IST_CALLS(FenceSync), 1u);
  EXPECT_EQ(IST_CALLS(Flush), 1u);
  EXPECT_EQ(IST_CALLS(Finish), 0u);
  forget_calls();
  for (int i = 0; i < 10; ++i) launch(i % 2 ? *other_ : *array_, 1);
  finish();
  EXPECT_EQ(IST_CALLS(BindBufferRange), 20u);
  EXPECT_EQ(first(*array_), 16u);
  EXPECT_EQ(first(*other_), 5u);
}

// Barriers one after another are one, and where nothing was written there is none.
TEST_P(GlLaunchCost, BarriersAreMerged) {
  launch(*array_, 1);
  finish();
  forget_calls();
  const Scope written{stage::kCompute, access::kShaderWrite}, read{stage::kCompute, access::kShaderRead};
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(device_->begin().ok());
    device_->barrier({written, read, {}});
    device_->barrier({written, written, {}});
    launch(*array_, 1);
  }
  finish();
  EXPECT_EQ(IST_CALLS(MemoryBarrier), 5u);
  EXPECT_EQ(first(*array_), 6u);
}

TEST_P(GlLaunchCost, AfterAWhileNothingIsAllocated) {
  const auto thousand = [this] {
    for (int i = 1; i <= 1000; ++i) {
      launch(*array_, 1);
      if (i % 10 == 0) finish();
    }
  };
  thousand();
  allocated = 0;
  watched = true;
  thousand();
  watched = false;
  EXPECT_EQ(allocated, 0u);
  EXPECT_EQ(first(*array_), 2000u);

  finishes_late = true;
  thousand();
  allocated = 0;
  watched = true;
  thousand();
  watched = false;
  EXPECT_EQ(allocated, 0u) << "with fences that are waited for";
  EXPECT_EQ(first(*array_), 4000u);
  EXPECT_EQ(IST_CALLS(FenceSync), 400u);
  EXPECT_GE(IST_CALLS(DeleteSync), 399u);
}

}  // namespace
}  // namespace gl_test
