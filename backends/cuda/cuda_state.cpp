// One allocation for the image and the fields; everything is written in the order of the stream.
#include "cuda/cuda_state.h"

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstring>
#include <new>

#include "base/log.h"
#include "llvm/failure_text.h"
#include "llvm/field_image.h"

namespace ist::cuda {
namespace {

using llvm_host::Address;
using llvm_host::LlvmRuntime;

// As much as Taichi gives to sparse fields, or what there is: kernels trap when it is used up.
constexpr uint64_t kHeapBytes = uint64_t{1} << 30;
constexpr uint64_t kLeastHeapBytes = uint64_t{16} << 20;
constexpr size_t kMostSuspects = 8;

constexpr uint64_t kImageBytes = (sizeof(LlvmRuntime) + llvm_host::kPageBytes - 1) & ~(llvm_host::kPageBytes - 1);

// Pieces one behind the other, as bytes_of_fields() has counted them. What is written goes to the GPU at the end, from
// pinned memory that stays: the driver may read it late.
class Pieces final : public llvm_host::FieldMemory {
 public:
  Pieces(Address begin, uint64_t size_bytes) : next_(begin), end_(begin + size_bytes) {}

  Result<Address> allocate(uint64_t size_bytes, uint64_t alignment) override {
    const Address at = (next_ + alignment - 1) & ~(alignment - 1);
    if (at > end_ || size_bytes > end_ - at)
      return fail(Code::out_of_memory, "The fields take %" PRIu64 " bytes more than was counted.", size_bytes);
    next_ = at + size_bytes;
    return at;
  }

  Status write(Address to, std::span<const std::byte> bytes) override {
    writes_.push_back({to, bytes_.size(), bytes.size()});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }

  Status copy(const Gpu& gpu, Recording& recording, NativeStream stream) const {
    IST_TRY(auto staging, PinnedMemory::allocate(gpu, bytes_.size()));
    std::byte* const staged = staging.host();
    std::memcpy(staged, bytes_.data(), bytes_.size());
    recording.bury(std::make_unique<Kept<PinnedMemory>>(std::move(staging)));
    for (const Write& write : writes_) {
      IST_CHECK(gpu.check(gpu.driver().MemcpyHtoDAsync(write.to, staged + write.from, write.size_bytes, stream),
                          "cuMemcpyHtoDAsync"));
    }
    return {};
  }

 private:
  struct Write {
    Address to;
    size_t from;  // in bytes_
    size_t size_bytes;
  };

  Address next_;
  const Address end_;
  std::vector<Write> writes_;
  std::vector<std::byte> bytes_;
};

}  // namespace

Result<std::unique_ptr<State>> State::make(const Gpu& gpu, Recording& recording, std::span<const aot::FieldTree> trees,
                                           const Common& common) {
  IST_TRY(const Turn turn, recording.work());
  std::unique_ptr<State> state(new State(gpu));
  Status status = state->lay_out(recording, trees, common, turn.stream);
  Status finished = recording.finish_work();
  if (status.ok()) status = std::move(finished);
  if (status.ok()) return state;
  (void)recording.drain();  // before what is being written goes
  return status;
}

Status State::lay_out(Recording& recording, std::span<const aot::FieldTree> trees, const Common& common,
                      NativeStream stream) {
  const Driver& driver = gpu_.driver();
  IST_TRY(const uint64_t field_bytes, llvm_host::bytes_of_fields(trees));
  IST_TRY(error_code_, PinnedMemory::allocate(gpu_, sizeof(int64_t)));
  *reinterpret_cast<int64_t*>(error_code_.host()) = 0;
  IST_TRY(memory_, DeviceMemory::allocate_pages(gpu_, kImageBytes + field_bytes));
  IST_CHECK(
      gpu_.check(driver.MemsetD8Async(memory_.address(), 0, kImageBytes + field_bytes, stream), "cuMemsetD8Async"));
  auto image = std::make_unique<LlvmRuntime>();
  image->temporaries = common.temporaries.address();
  image->rand_states = rand_states_ = common.rand_states;
  image->rand_state_count = common.rand_state_count;
  Pieces pieces(runtime() + kImageBytes, field_bytes);
  IST_CHECK(lay_out_fields(trees, runtime(), pieces, *image));
  if (llvm_host::fields_grow(trees)) IST_CHECK(add_heap(stream, *image));
  IST_CHECK(pieces.write(runtime(), std::as_bytes(std::span(image.get(), 1))));
  return pieces.copy(gpu_, recording, stream);
}

Status State::add_heap(NativeStream stream, LlvmRuntime& image) {
  uint64_t bytes = kHeapBytes;
  for (;; bytes /= 2) {
    auto memory = DeviceMemory::allocate(gpu_, bytes);
    if (memory.ok()) {
      heap_ = *std::move(memory);
      break;
    }
    if (memory.status().code() != Code::out_of_memory || bytes / 2 < kLeastHeapBytes) return memory.take_status();
  }
  if (bytes < kHeapBytes)
    log(LogLevel::warn, "Device '%s' has %" PRIu64 " MiB left for sparse fields to grow in, not %" PRIu64 ".",
        gpu_.info().name.c_str(), bytes >> 20, kHeapBytes >> 20);
  image.memory = {heap_.address(), heap_.address() + bytes, bytes};
  return gpu_.check(gpu_.driver().MemsetD8Async(heap_.address(), 0, bytes, stream), "cuMemsetD8Async");
}

Status State::follow(const Common& common, Recording& recording, NativeStream stream) {
  if (rand_states_ == common.rand_states) return {};
  struct Generators {
    DeviceAddress states;
    uint32_t count;
  };
  IST_TRY(const ArgsBlock block, recording.args(sizeof(Generators)));
  const auto* staged = new (block.host) Generators{common.rand_states, common.rand_state_count};
  const Driver& driver = gpu_.driver();
  IST_CHECK(gpu_.check(driver.MemcpyHtoDAsync(runtime() + offsetof(LlvmRuntime, rand_states), &staged->states,
                                              sizeof staged->states, stream),
                       "cuMemcpyHtoDAsync"));
  IST_CHECK(gpu_.check(driver.MemcpyHtoDAsync(runtime() + offsetof(LlvmRuntime, rand_state_count), &staged->count,
                                              sizeof staged->count, stream),
                       "cuMemcpyHtoDAsync"));
  rand_states_ = common.rand_states;
  return {};
}

Status State::watch(NativeStream stream) {
  return gpu_.check(gpu_.driver().MemcpyDtoHAsync(error_code_.host(), runtime() + offsetof(LlvmRuntime, error_code),
                                                  sizeof(int64_t), stream),
                    "cuMemcpyDtoHAsync");
}

bool State::failed() const {
  return std::atomic_ref(*reinterpret_cast<int64_t*>(error_code_.host())).load(std::memory_order_acquire) != 0;
}

// Other launches may be on their way, and copies of the code among them; so everything is waited for, which is no loss:
// the program is wrong.
Result<std::string> State::take_failure(Recording& recording) {
  IST_TRY(const Turn turn, recording.work());
  const Driver& driver = gpu_.driver();
  auto image = std::make_unique<LlvmRuntime>();
  constexpr size_t kBegin = offsetof(LlvmRuntime, error_template);
  constexpr size_t kBytes = offsetof(LlvmRuntime, error_code) + sizeof(int64_t) - kBegin;
  auto* bytes = reinterpret_cast<std::byte*>(image.get());
  const int copied = driver.MemcpyDtoHAsync(bytes + kBegin, runtime() + kBegin, kBytes, turn.stream);
  const int cleared =
      driver.MemsetD8Async(runtime() + offsetof(LlvmRuntime, error_code), 0, sizeof(int64_t), turn.stream);
  Status drained = recording.drain();  // before the image goes, whatever was refused
  IST_CHECK(gpu_.check(copied, "cuMemcpyDtoHAsync"));
  IST_CHECK(gpu_.check(cleared, "cuMemsetD8Async"));
  IST_CHECK(std::move(drained));
  *reinterpret_cast<int64_t*>(error_code_.host()) = 0;
  return llvm_host::failure_text({image->error_template, sizeof image->error_template}, image->error_args);
}

void State::launched(const std::shared_ptr<const std::string>& kernel, uint64_t serial, uint64_t completed) {
  if (last_launch_ <= completed && !failed()) kernels_.clear();
  last_launch_ = serial;
  const bool known = std::find(kernels_.begin(), kernels_.end(), kernel) != kernels_.end();
  if (!known && kernels_.size() <= kMostSuspects) kernels_.push_back(kernel);
}

std::string State::suspects() const {
  if (kernels_.empty()) return "a kernel";
  std::string text = kernels_.size() == 1 ? "kernel " : "one of the kernels ";
  for (size_t i = 0; i < std::min(kernels_.size(), kMostSuspects); ++i)
    text.append(i > 0 ? ", '" : "'").append(*kernels_[i]).append("'");
  if (kernels_.size() > kMostSuspects) text += " and others";
  return text;
}

}  // namespace ist::cuda
