// A stream that the host has replaced may be gone by the next call: it is only named again while work of an open batch
// is on it, which the host has to outlive.
#include "cuda/cuda_stream.h"

#include <atomic>

namespace ist::cuda {
namespace {

std::atomic<NativeStream> process_stream{nullptr};

// Handles that stand for the default streams of whatever context is current.
bool is_default(NativeStream stream) { return reinterpret_cast<uintptr_t>(stream) <= 2; }

}  // namespace

void choose_stream(NativeStream stream) { process_stream.store(stream, std::memory_order_release); }
NativeStream chosen_stream() { return process_stream.load(std::memory_order_acquire); }

Stream::~Stream() {
  if (!mark_) return;
  const auto current = Current::enter(gpu_);
  if (current.ok()) gpu_.driver().EventDestroy(mark_);
}

Status Stream::usable() {
  const NativeStream wanted = chosen_stream();
  if (wanted == checked_ || is_default(wanted)) return {};
  IST_TRY(const Current current, Current::enter(gpu_));
  return check_owner(wanted);
}

Status Stream::check_owner(NativeStream wanted) {
  if (wanted == checked_ || is_default(wanted)) return {};
  NativeContext owner = nullptr;
  IST_CHECK(gpu_.check(gpu_.driver().StreamGetCtx(wanted, &owner), "cuStreamGetCtx"));
  if (owner != gpu_.context()) {
    return fail(Code::invalid_state,
                "The stream that ti_set_cuda_stream has set (%p) is of another context than the primary one of '%s', "
                "which the runtime works in.",
                static_cast<void*>(wanted), gpu_.info().name.c_str());
  }
  checked_ = wanted;
  return {};
}

Status Stream::move_to(NativeStream wanted) {
  IST_CHECK(check_owner(wanted));
  if (unmarked_) IST_CHECK(mark());
  if (newest_) IST_CHECK(gpu_.check(gpu_.driver().StreamWaitEvent(wanted, newest_, 0), "cuStreamWaitEvent"));
  entered_ = wanted;
  return {};
}

Result<NativeStream> Stream::enter() {
  const NativeStream wanted = chosen_stream();
  if (wanted != entered_) IST_CHECK(move_to(wanted));
  unmarked_ = true;
  return entered_;
}

Result<NativeStream> Stream::stay() {
  if (unmarked_) return entered_;
  return enter();
}

void Stream::marked_by(NativeEvent event) {
  newest_ = event;
  unmarked_ = false;
}

Status Stream::mark() {
  const Driver& driver = gpu_.driver();
  if (!mark_)
    IST_CHECK(gpu_.check(driver.EventCreate(&mark_, k::kEventBlockingSync | k::kEventDisableTiming), "cuEventCreate"));
  IST_CHECK(gpu_.check(driver.EventRecord(mark_, entered_), "cuEventRecord"));
  marked_by(mark_);
  return {};
}

Status Stream::drain() {
  if (unmarked_) return gpu_.check(gpu_.driver().StreamSynchronize(entered_), "cuStreamSynchronize");
  if (!newest_) return {};
  return gpu_.check(gpu_.driver().EventSynchronize(newest_), "cuEventSynchronize");
}

}  // namespace ist::cuda
