// ist_vulkan_*_recording: the host's command buffers, numbered, from their opening to what is known of their end.
#include <ist/vulkan.h>

#include <atomic>
#include <cinttypes>
#include <deque>

#include "base/pushed.h"
#include "capi/entry.h"
#include "share/points.h"
#include "share/semaphores.h"

using namespace ist;
using namespace ist::capi;

namespace {

constexpr size_t kMostEnded = 64;
constexpr size_t kMostSubmitted = 1024;

// Numbers are never used twice, in whatever runtime: a stale or foreign one is none of this list.
std::atomic<uint64_t> next_number{1};

// Of one runtime. Under its lock.
class Recordings final : public Extension {
 public:
  static Recordings& of(Runtime& runtime) {
    auto& extension = runtime.extension(ExtensionSlot::recordings);
    if (!extension) extension = std::make_unique<Recordings>(runtime.timeline());
    return static_cast<Recordings&>(*extension);
  }

  explicit Recordings(Timeline& timeline) : timeline_(timeline) {}

  Status begin(RecordingOps& ops, VkCommandBuffer commands);
  Result<uint64_t> end();
  Status submitted(uint64_t number, const DevicePoint& done);
  Status retire(uint64_t number);
  Status drop(uint64_t number);
  // The batch of a live one, for what has to live as long.
  Result<uint64_t> batch_of(uint64_t number);

 private:
  struct One {
    uint64_t number;
    uint64_t batch;
  };

  void forget_finished();
  Status check_room();
  static Status unknown(uint64_t number);

  Timeline& timeline_;
  uint64_t open_ = 0;
  std::deque<One> ended_;      // oldest first
  std::deque<One> submitted_;  // likewise, not known to be finished
};

Status Recordings::unknown(uint64_t number) {
  if (number == 0) return fail(Code::argument_null, "recording is null.");
  if (number >= next_number)
    return fail(Code::invalid_argument, "recording (0x%" PRIx64 ") was never given out.", number);
  return fail(Code::invalid_state, "Recording %" PRIu64 " is finished or dropped, or not of this runtime.", number);
}

void Recordings::forget_finished() {
  while (!submitted_.empty() && timeline_.finished(submitted_.front().batch)) submitted_.pop_front();
}

Status Recordings::check_room() {
  if (timeline_.in_host()) return fail(Code::invalid_state, "Recording %" PRIu64 " is open.", open_);
  if (ended_.size() >= kMostEnded)
    return fail(Code::invalid_state, "%zu recordings are ended; recording %" PRIu64 " was never reported submitted.",
                ended_.size(), ended_.front().number);
  if (submitted_.size() >= kMostSubmitted) forget_finished();
  if (submitted_.size() >= kMostSubmitted)
    return fail(Code::invalid_state,
                "%zu recordings are submitted and not known to be finished; recording %" PRIu64 " was never retired.",
                submitted_.size(), submitted_.front().number);
  return {};
}

Status Recordings::begin(RecordingOps& ops, VkCommandBuffer commands) {
  IST_CHECK(check_room());
  const uint64_t number = next_number++;
  IST_CHECK(timeline_.open_in_host(ops, reinterpret_cast<uint64_t>(commands), number));
  open_ = number;
  return {};
}

Result<uint64_t> Recordings::end() {
  if (!timeline_.in_host()) return fail(Code::invalid_state, "No recording is open.");
  IST_CHECK(timeline_.may_record());
  Pushed<One> one(ended_);  // first what may lack memory
  IST_TRY(const uint64_t batch, timeline_.close_in_host());
  one.keep({open_, batch});
  return open_;
}

Status Recordings::submitted(uint64_t number, const DevicePoint& done) {
  IST_CHECK(batch_of(number).take_status());
  if (ended_.empty() || ended_.front().number > number)
    return fail(Code::invalid_state, "Recording %" PRIu64 " is reported submitted already.", number);
  if (ended_.front().number != number)
    return fail(Code::invalid_state, "Recording %" PRIu64 " was ended before recording %" PRIu64 "; it is first.",
                ended_.front().number, number);
  submitted_.push_back(ended_.front());
  ended_.pop_front();
  return timeline_.submitted_by_host(submitted_.back().batch, done);
}

Status Recordings::retire(uint64_t number) {
  IST_TRY(const uint64_t batch, batch_of(number));
  if (!ended_.empty() && number >= ended_.front().number)
    return fail(Code::invalid_state, "Recording %" PRIu64 " is not reported submitted.", number);
  timeline_.finished_by_host(batch);
  forget_finished();
  return {};
}

Status Recordings::drop(uint64_t number) {
  IST_TRY(const uint64_t batch, batch_of(number));
  if (ended_.empty() || number < ended_.front().number)
    return fail(Code::invalid_state, "Recording %" PRIu64 " is reported submitted; it cannot be dropped.", number);
  if (ended_.back().number != number)
    return fail(Code::invalid_state,
                "Recording %" PRIu64 " was ended after recording %" PRIu64 "; it is dropped first.",
                ended_.back().number, number);
  if (timeline_.device().recording())
    return fail(Code::invalid_state, "Work was recorded behind recording %" PRIu64 "; it can only be submitted.",
                number);
  ended_.pop_back();
  timeline_.dropped_by_host(batch);
  return {};
}

Result<uint64_t> Recordings::batch_of(uint64_t number) {
  for (const One& one : ended_)
    if (one.number == number) return one.batch;
  for (const One& one : submitted_)
    if (one.number == number) return one.batch;
  return unknown(number);
}

uint64_t number_of(IstRecording recording) { return reinterpret_cast<uintptr_t>(recording); }

Result<RecordingOps*> recording_ops(Runtime& runtime) {
  if (RecordingOps* ops = runtime.device().recording_ops()) return ops;
  return fail(Code::invalid_interop, "The runtime on '%s' is not a Vulkan runtime.", runtime.info().name.c_str());
}

Status check_done(Runtime& runtime, const IstSyncPoint& done) {
  if (raw_value(done.rung) != IST_RUNG_TIMELINE)
    return fail(Code::invalid_argument, "done->rung (%u) is not TIMELINE (%u).", raw_value(done.rung),
                static_cast<uint32_t>(IST_RUNG_TIMELINE));
  IST_CHECK(share::check_wait(runtime, done));
  if (done.semaphore != runtime.device().share_ops()->own_point(0).native) return {};
  return fail(Code::invalid_argument, "done->semaphore is the runtime's own timeline, which the host does not signal.");
}

}  // namespace

extern "C" {

TiError ist_vulkan_begin_recording(TiRuntime runtime, VkCommandBuffer commands) {
  return on_runtime("ist_vulkan_begin_recording", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(commands, "commands"));
    IST_TRY(RecordingOps * ops, recording_ops(call.runtime));
    return Recordings::of(call.runtime).begin(*ops, commands);
  });
}

TiError ist_vulkan_end_recording(TiRuntime runtime, IstRecording* recording) {
  if (recording) *recording = nullptr;
  return on_runtime("ist_vulkan_end_recording", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(recording, "recording"));
    IST_TRY(const uint64_t number, Recordings::of(call.runtime).end());
    *recording = reinterpret_cast<IstRecording>(static_cast<uintptr_t>(number));
    return {};
  });
}

TiError ist_vulkan_submitted(TiRuntime runtime, IstRecording recording, const IstSyncPoint* done) {
  return on_runtime("ist_vulkan_submitted", runtime, [&](Call& call) -> Status {
    Recordings& recordings = Recordings::of(call.runtime);
    const uint64_t number = number_of(recording);
    if (!done) return recordings.submitted(number, {});
    IST_CHECK(check_done(call.runtime, *done));
    IST_TRY(const uint64_t batch, recordings.batch_of(number));
    if (auto* ours = share::Semaphores::of(call.runtime).find_ours(done->semaphore)) ours->last_use = batch;
    return recordings.submitted(number, {SemaphoreKind::timeline, done->semaphore, done->value});
  });
}

TiError ist_vulkan_retire(TiRuntime runtime, IstRecording recording) {
  return on_runtime("ist_vulkan_retire", runtime,
                    [&](Call& call) { return Recordings::of(call.runtime).retire(number_of(recording)); });
}

TiError ist_vulkan_drop(TiRuntime runtime, IstRecording recording) {
  return on_runtime("ist_vulkan_drop", runtime,
                    [&](Call& call) { return Recordings::of(call.runtime).drop(number_of(recording)); });
}

}  // extern "C"
