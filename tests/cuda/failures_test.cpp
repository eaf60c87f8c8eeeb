// Every call of the driver fails in turn, in a life that uses them all: somebody is told, and nothing stays behind.
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <set>

#include "contract/share_ops.h"
#include "cuda/cuda_test.h"

namespace ist::cuda {
namespace {

// What gives back, and what a host context comes back by: the driver may not fail there for anything to be right.
const std::set<std::string> kGiving{"cuMemFree_v2",
                                    "cuMemFreeHost",
                                    "cuMemHostUnregister",
                                    "cuEventDestroy_v2",
                                    "cuModuleUnload",
                                    "cuLinkDestroy",
                                    "cuDestroyExternalMemory",
                                    "cuDestroyExternalSemaphore",
                                    "cuMemRelease",
                                    "cuMemAddressFree",
                                    "cuMemUnmap",
                                    "cuCtxPopCurrent_v2",
                                    "cuDevicePrimaryCtxRelease_v2",
                                    "cuCtxPushCurrent_v2"};
// Failing here is no failure: the driver knows less, or a device that goes has waited as far as it could.
const std::set<std::string> kUntold{"cuDeviceGetAttribute", "cuEventElapsedTime", "cuPointerGetAttribute",
                                    "cuMemGetAddressRange_v2", "cuEventSynchronize"};

class Failures : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    file = memfd_create("shared", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(file, 65536), 0);
    pages = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  void TearDown() override {
    munmap(pages, 4096);
    close(file);
    start({});
    CudaTest::TearDown();
  }

  void hear(Status status) {
    if (status.ok()) return;
    EXPECT_GT(status.message().size(), 10u);
    told.push_back(std::string(status.message()));
  }
  template <class T>
  T take(Result<T> result) {
    if (result.ok()) return *std::move(result);
    hear(result.take_status());
    return T();
  }

  // As the core does before objects go; where one wait fails, the next tells.
  void finish_all(ist::Device& device) {
    for (int i = 0; i < 3; ++i) {
      hear(device.submit().take_status());
      auto waited = device.wait(device.recording_serial() - 1, UINT64_MAX);
      if (waited.ok()) return;
      hear(waited.take_status());
    }
  }

  void share(ist::Device& device, uint64_t memory);
  void launch(ist::Device& device);
  // Whether what could be done was.
  void live();

  int file = -1;
  void* pages = nullptr;
  std::vector<std::string> told;
  bool asserted = false;  // and was told so
};

void Failures::share(ist::Device& device, uint64_t memory) {
  ist::ShareOps& shares = *device.share_ops();
  SharedAllocation allocation;
  allocation.allocation_bytes = 65536;
  BufferDesc exported = kDeviceOnly(64);
  exported.export_sharing = true;
  const auto leaving = take(device.create_buffer(exported));
  if (leaving) {
    const OsHandle fd = take(shares.export_handle(*leaving, HandleType::opaque_fd));
    if (fd > 0) close(static_cast<int>(fd));
  }
  const auto arriving = take(shares.import_buffer(kDeviceOnly(64), HandleType::opaque_fd, file, allocation));
  const auto pinned = take(shares.import_host_pages(kDeviceOnly(4096), pages));
  const auto hosts = take(device.program_ops()->import_address(kDeviceOnly(64), memory));
  auto semaphore = take(shares.import_semaphore(SemaphoreKind::timeline, HandleType::opaque_fd, file));
  if (!semaphore) return;
  shares.wait_before({SemaphoreKind::timeline, semaphore->native(), 1});
  hear(device.begin());
  if (device.recording()) shares.signal_after({SemaphoreKind::timeline, semaphore->native(), 2});
  finish_all(device);
}

void Failures::launch(ist::Device& device) {
  ProgramOps& programs = *device.program_ops();
  const std::vector<aot::TaskDesc> tasks{task("a", 1, 64), task("b", 8, 128, 64 << 10)};
  const auto state = take(programs.create_state(sparse_trees()));
  const auto program = take(programs.create_program({"kernel", "ir", tasks, 16, 8}));
  const std::vector<aot::TaskDesc> more{task("c", 16, 128)};
  const auto larger = take(programs.create_program({"larger", "ir", more}));
  const auto mapped_buffer = take(device.create_buffer(mapped(64)));
  const auto gpu_buffer = take(device.create_buffer(kDeviceOnly(64)));
  if (!state || !program || !mapped_buffer || !gpu_buffer) return;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(set_stream(i == 1 ? fake_cuda::make_stream(fake_cuda::primary_context(0)) : nullptr).ok());
    hear(device.begin());
    if (!device.recording()) continue;
    const uint32_t from = device.timing_ops()->stamp();
    fake_cuda::on_launch([i](const fake_cuda::Launch& launch) {
      if (i != 1) return;
      std::byte* image = fake_cuda::bytes_at(launch.runtime);
      image[offsetof(llvm_host::LlvmRuntime, error_code)] = std::byte{1};
      std::memcpy(image + offsetof(llvm_host::LlvmRuntime, error_template), "i is %d", 8);
      image[offsetof(llvm_host::LlvmRuntime, error_args)] = std::byte{1};
    });
    device.fill_buffer(*gpu_buffer, 0, 64, 1);
    programs.run(*program, *state, std::vector<std::byte>(16), i == 0 ? mapped_buffer.get() : nullptr);
    if (i == 2) {
      EXPECT_TRUE(set_stream(fake_cuda::make_stream(fake_cuda::primary_context(0))).ok());
    }
    device.copy_buffer(*mapped_buffer, 0, *gpu_buffer, 0, 64);
    const uint32_t to = device.timing_ops()->stamp();
    const uint64_t serial = take(device.submit());
    if (serial == 0) continue;
    hear(device.wait(serial, i == 0 ? 1'000'000 : UINT64_MAX).take_status());
    device.timing_ops()->nanoseconds_between(serial, from, to);
    Status failure = programs.take_failure();
    const bool read = failure.message() == "An assertion of kernel 'kernel' has failed: i is 1";
    asserted |= read;
    if (!read) hear(std::move(failure));
  }
  finish_all(device);
}

void Failures::live() {
  told.clear();
  uint64_t memory = 0;
  {
    const auto device = take(create_device(0, {fake_compiler(), ""}));
    if (device) {
      launch(*device);
      memory = fake_cuda::make_memory(fake_cuda::primary_context(0), 64);
      share(*device, memory);
    }
  }
  EXPECT_TRUE(set_stream(nullptr).ok());
  if (memory) fake_cuda::free_memory(memory);
}

TEST_F(Failures, NoneWithoutOne) {
  live();
  EXPECT_TRUE(told.empty()) << told[0];
  EXPECT_TRUE(asserted);
  EXPECT_EQ(fake_cuda::live().sum(), 0);
}

TEST_F(Failures, OfEachCallAreToldAndLeaveNothingBehind) {
  live();  // what a process does but once
  start({});
  live();
  std::map<std::string, unsigned> counts;
  for (const std::string& call : fake_cuda::calls()) ++counts[call];
  EXPECT_GT(counts.size(), 45u);
  for (const auto& [symbol, count] : counts) {
    for (const int answer : {int{k::kOutOfMemory}, int{k::kInvalidValue}, int{k::kLaunchFailed}}) {
      for (unsigned nth = 1; nth <= std::min(count, 24u); ++nth) {
        start({});
        const int files = open_files();
        fake_cuda::fail(symbol, nth, answer);
        live();
        const std::string what = symbol + " " + std::to_string(nth) + " with " + std::to_string(answer);
        if (!kGiving.count(symbol)) {
          EXPECT_EQ(fake_cuda::live().sum(), 0) << what;
          EXPECT_EQ(open_files(), files) << what;
        }
        const bool less_heap = symbol == "cuMemAlloc_v2" && answer == k::kOutOfMemory && nth == 3;
        if (!kGiving.count(symbol) && !kUntold.count(symbol) && !less_heap) {
          EXPECT_FALSE(told.empty()) << what;
        }
        EXPECT_EQ(fake_cuda::misuse(), "") << what;
        if (symbol != "cuCtxPopCurrent_v2") {
          EXPECT_EQ(fake_cuda::contexts_of_thread(), contexts_before) << what;
        }
      }
    }
  }
  start({});
}

TEST_F(Failures, OfEachCallWhileWorkIsHeldBackTouchNothingThatHasGone) {
  live();
  std::map<std::string, unsigned> counts;
  for (const std::string& call : fake_cuda::calls()) ++counts[call];
  for (const auto& [symbol, count] : counts) {
    // A device that goes has no other way to wait.
    if (kGiving.count(symbol) || symbol == "cuEventSynchronize" || symbol == "cuStreamSynchronize") continue;
    for (unsigned nth = 1; nth <= std::min(count, 24u); ++nth) {
      start({});
      fake_cuda::hold(true);
      fake_cuda::fail(symbol, nth, k::kInvalidValue);
      live();
      fake_cuda::run_all();
      EXPECT_EQ(fake_cuda::misuse(), "") << symbol << " " << nth;
      EXPECT_EQ(fake_cuda::live().sum(), 0) << symbol << " " << nth;
    }
  }
  start({});
}

TEST(FailuresOfAll, AreEveryFunctionThatTheBackendKnows) {
  int known = 0;
#define IST_COUNT(name, symbol, parameters) ++known;
  IST_CUDA_FUNCTIONS(IST_COUNT)
#undef IST_COUNT
  EXPECT_EQ(known, 62);
}

}  // namespace
}  // namespace ist::cuda
