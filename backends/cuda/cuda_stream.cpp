// A stream that the host has replaced may be gone by the next call: it is only named again while work of an open batch
// is on it, which the host has to outlive.
#include "cuda/cuda_stream.h"

#include <atomic>
#include <mutex>

namespace ist::cuda {
namespace {

std::mutex choice_mutex;
Choice choice;
std::atomic<uint64_t> choice_number{0};  // of `choice`: work on the stream of before needs no lock to find out

// Handles that stand for streams of whatever context is current; the last one for another stream in each thread.
constexpr uintptr_t kLegacyDefault = 1;
constexpr uintptr_t kPerThreadDefault = 2;

bool is_default(NativeStream stream) { return reinterpret_cast<uintptr_t>(stream) <= kLegacyDefault; }

}  // namespace

Status choose_stream(NativeStream stream) {
  if (reinterpret_cast<uintptr_t>(stream) == kPerThreadDefault) {
    return fail(Code::invalid_argument,
                "Stream (%p) is the per-thread default stream, which is another one in each thread.",
                static_cast<void*>(stream));
  }
  const std::lock_guard lock(choice_mutex);
  choice = {stream, choice.number + 1};
  choice_number.store(choice.number, std::memory_order_release);
  return {};
}

Choice chosen_stream() {
  const std::lock_guard lock(choice_mutex);
  return choice;
}

Stream::~Stream() {
  if (!mark_) return;
  const auto current = Current::enter(gpu_);
  if (current.ok()) gpu_.driver().EventDestroy(mark_);
}

Status Stream::usable() {
  if (choice_number.load(std::memory_order_acquire) == checked_) return {};
  const Choice wanted = chosen_stream();
  if (is_default(wanted.stream)) return {};
  IST_TRY(const Current current, Current::enter(gpu_));
  return check_owner(wanted);
}

Status Stream::check_owner(const Choice& wanted) {
  if (wanted.number == checked_ || is_default(wanted.stream)) return {};
  NativeContext owner = nullptr;
  IST_CHECK(gpu_.check(gpu_.driver().StreamGetCtx(wanted.stream, &owner), "cuStreamGetCtx"));
  if (owner != gpu_.context()) {
    return fail(Code::invalid_state,
                "The stream that ti_set_cuda_stream has set (%p) is of another context than the primary one of '%s', "
                "which the runtime works in.",
                static_cast<void*>(wanted.stream), gpu_.info().name.c_str());
  }
  checked_ = wanted.number;
  return {};
}

// A default stream is never destroyed, so that one which is set again is still the same.
Status Stream::move_to(const Choice& wanted) {
  const bool stays = wanted.stream == entered_.stream && is_default(wanted.stream);
  if (!stays) {
    IST_CHECK(check_owner(wanted));
    if (unmarked_) IST_CHECK(mark());
    if (newest_) IST_CHECK(gpu_.check(gpu_.driver().StreamWaitEvent(wanted.stream, newest_, 0), "cuStreamWaitEvent"));
  }
  entered_ = wanted;
  return {};
}

Result<NativeStream> Stream::enter() {
  if (choice_number.load(std::memory_order_acquire) != entered_.number) IST_CHECK(move_to(chosen_stream()));
  unmarked_ = true;
  return entered_.stream;
}

Result<NativeStream> Stream::stay() {
  if (unmarked_) return entered_.stream;
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
  IST_CHECK(gpu_.check(driver.EventRecord(mark_, entered_.stream), "cuEventRecord"));
  marked_by(mark_);
  return {};
}

Status Stream::drain() {
  if (unmarked_) {
    IST_CHECK(gpu_.check(gpu_.driver().StreamSynchronize(entered_.stream), "cuStreamSynchronize"));
    unmarked_ = false;
    newest_ = nullptr;
    return {};
  }
  if (!newest_) return {};
  return gpu_.check(gpu_.driver().EventSynchronize(newest_), "cuEventSynchronize");
}

}  // namespace ist::cuda
