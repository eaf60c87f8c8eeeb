// Opening, closing, and what a batch holds on to while it runs.
#include "cuda/cuda_recording.h"

#include <algorithm>

namespace ist::cuda {
namespace {

// Rows of the cache that the blocks of a launch read their arguments through.
constexpr uint64_t kArgsAlignment = 128;

}  // namespace

Recording::Recording(const Gpu& gpu)
    : gpu_(gpu),
      stream_(gpu),
      fences_(gpu),
      args_(kArgsAlignment, [&gpu](const BufferDesc& desc) -> Result<std::unique_ptr<ist::Buffer>> {
        IST_TRY(auto twin, Buffer::create_twin(gpu, desc.size_bytes));
        return std::unique_ptr<ist::Buffer>(std::move(twin));
      }) {}

Status Recording::drain() {
  IST_TRY(const Current current, Current::enter(gpu_));
  return stream_.drain();
}

Status Recording::usable() {
  IST_CHECK(gpu_.health());
  return stream_.usable();
}

Status Recording::begin() {
  if (open_) return {};
  IST_CHECK(usable());
  reclaim();
  open_ = true;
  return {};
}

// Each submit looks at the device, so that what is known is enough.
void Recording::reclaim() {
  const uint64_t completed = fences_.known();
  auto next = args_in_flight_.begin();
  for (; next != args_in_flight_.end() && next->serial <= completed; ++next) {
    args_.give_back(next->chunks);
    spare_lists_.push_back(std::move(next->chunks));
  }
  args_in_flight_.erase(args_in_flight_.begin(), next);
  std::erase_if(buried_, [completed](const Buried& buried) { return buried.serial <= completed; });
}

void Recording::keep_args() {
  if (open_args_.empty()) return;
  args_in_flight_.push_back({serial_, std::move(open_args_)});
  open_args_.clear();
  if (spare_lists_.empty()) return;
  open_args_ = std::move(spare_lists_.back());
  spare_lists_.pop_back();
}

Result<Turn> Recording::enter() {
  IST_TRY(Current current, Current::enter(gpu_));
  IST_TRY(const NativeStream stream, stream_.enter());
  return Turn{std::move(current), stream};
}

Result<Turn> Recording::turn() {
  if (!kept_.ok()) return Status(kept_.code(), std::string(kept_.message()));
  return enter();
}

Result<Turn> Recording::last_turn() {
  IST_TRY(Current current, Current::enter(gpu_));
  IST_TRY(const NativeStream stream, stream_.stay());
  return Turn{std::move(current), stream};
}

Result<Turn> Recording::work() {
  IST_CHECK(gpu_.health());
  return enter();
}

void Recording::keep(Status status) {
  if (kept_.ok()) kept_ = std::move(status);
}

void Recording::wait_before(NativeSemaphore semaphore, uint64_t value) {
  ExternalPoint point;
  point.value = value;
  issue("cuWaitExternalSemaphoresAsync",
        [&](NativeStream stream) { return gpu_.driver().WaitExternalSemaphores(&semaphore, &point, 1, stream); });
}

void Recording::signal_after(NativeSemaphore semaphore, uint64_t value) {
  ExternalPoint point;
  point.value = value;
  signals_.push_back(semaphore);
  signal_points_.push_back(point);
}

Status Recording::close() {
  IST_TRY(const Turn turn, last_turn());
  Status signalled;
  if (!signals_.empty()) {
    signalled = gpu_.check(gpu_.driver().SignalExternalSemaphores(signals_.data(), signal_points_.data(),
                                                                  static_cast<unsigned>(signals_.size()), turn.stream),
                           "cuSignalExternalSemaphoresAsync");
  }
  IST_TRY(const NativeEvent event, fences_.behind(serial(), turn.stream));
  stream_.marked_by(event);
  keep(std::move(signalled));
  return {};
}

// Commands that were issued cannot be taken back: the batch counts as handed over when an event lies behind it, and
// what failed in it is told. Without an event nobody would know when its memory is free, so its end is waited for.
Result<uint64_t> Recording::submit() {
  IST_CHECK(gpu_.health());
  if (!open_) return serial_;
  open_ = false;
  Status closed = close();
  if (!closed.ok()) {
    (void)drain();
    args_.give_back(open_args_);
  }
  signals_.clear();
  signal_points_.clear();
  Status kept = std::exchange(kept_, Status());
  if (!closed.ok()) return kept.ok() ? std::move(closed) : std::move(kept);
  ++serial_;
  keep_args();
  if (!kept.ok()) return kept;
  return serial_;
}

}  // namespace ist::cuda
