// The sync ladder: one function a rung and direction.
#include "share/points.h"

#include <cinttypes>

#include "capi/rungs.h"
#include "share/semaphores.h"

namespace ist::share {
namespace {

using capi::rung_name;

Status check_rung(const Runtime& runtime, const IstSyncPoint& point) {
  const uint32_t raw = capi::raw_value(point.rung);
  if (raw > IST_RUNG_HOST) return fail(Code::argument_out_of_range, "point->rung (%u) is not one of 0 to 6.", raw);
  if (raw == IST_RUNG_AUTO) return fail(Code::invalid_argument, "point->rung is AUTO; say which rung to wait for.");
  if (raw == IST_RUNG_GL_FENCE)
    return fail(Code::invalid_argument, "point->rung is GL_FENCE, which only ist_gl_take_back has.");
  const uint32_t there = capi::rungs_of(runtime.info());
  if (there >> raw & 1) return {};
  return fail(Code::not_supported, "Device '%s' has no rung %s; it has %s.", runtime.info().name.c_str(),
              rung_name(raw), capi::rung_names(there).c_str());
}

SemaphoreKind kind_of(IstRung rung) {
  return rung == IST_RUNG_BINARY ? SemaphoreKind::binary : SemaphoreKind::timeline;
}

Status check_kind(Runtime& runtime, const IstSyncPoint& point) {
  const bool used = point.semaphore && (point.rung == IST_RUNG_BINARY || point.rung == IST_RUNG_TIMELINE);
  const Semaphores::Known* known = Semaphores::of(runtime).find_ours(point.semaphore);
  // Only to Vulkan a host can give a semaphore of its own.
  if (used && !known && runtime.info().arch != Arch::vulkan)
    return fail(Code::invalid_argument, "point->semaphore (0x%" PRIx64 ") was not imported by this runtime.",
                point.semaphore);
  if (!known || known->kind == kind_of(point.rung)) return {};
  return fail(Code::invalid_argument, "point->semaphore (0x%" PRIx64 ") is a %s semaphore, not one for rung %s.",
              point.semaphore, known->kind == SemaphoreKind::binary ? "binary" : "timeline",
              rung_name(capi::raw_value(point.rung)));
}

Status check_binary(const IstSyncPoint& point) {
  if (point.semaphore) return {};
  return fail(Code::invalid_argument, "point->semaphore is 0; rung BINARY needs one (ist_create_semaphore).");
}

ShareOps& ops(Runtime& runtime) { return *runtime.device().share_ops(); }

// Hands over the batch that carries the signal.
Status submit(Runtime& runtime) {
  ++runtime.timeline().counters().gpu_signals;
  return runtime.timeline().submit();
}

Status signal_semaphore(Runtime& runtime, const IstSyncPoint& point) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  Semaphores::Known& known = Semaphores::of(runtime).known(point.semaphore, kind_of(point.rung));
  known.last_value = point.value;
  known.last_use = runtime.device().recording_serial();
  ops(runtime).signal_after({kind_of(point.rung), point.semaphore, point.value});
  return submit(runtime);
}

Status signal_own_timeline(Runtime& runtime, IstSyncPoint& point) {
  IST_CHECK(runtime.timeline().begin());
  const uint64_t serial = runtime.device().recording_serial();
  const DevicePoint own = ops(runtime).own_point(serial);
  IST_CHECK(submit(runtime));
  point.semaphore = own.native;
  point.value = own.value;
  return {};
}

Status signal_file(Runtime& runtime, IstSyncPoint& point) {
  Timeline& timeline = runtime.timeline();
  IST_TRY(auto semaphore, ops(runtime).create_semaphore(SemaphoreKind::binary, HandleType::sync_fd));
  IST_CHECK(timeline.begin());
  const uint64_t serial = runtime.device().recording_serial();
  ops(runtime).signal_after({SemaphoreKind::binary, semaphore->native(), 0});
  Status submitted = submit(runtime);
  auto file = submitted.ok() ? ops(runtime).export_handle(*semaphore, HandleType::sync_fd)
                             : Result<OsHandle>(std::move(submitted));
  timeline.bury(std::move(semaphore), serial);
  IST_TRY(const OsHandle fd, std::move(file));
  point.fd = static_cast<int32_t>(fd);
  return {};
}

Status wait_file(Runtime& runtime, const IstSyncPoint& point) {
  if (point.fd < 0) return {};  // has fired
  IST_TRY(auto semaphore, ops(runtime).import_semaphore(SemaphoreKind::binary, HandleType::sync_fd, point.fd));
  ops(runtime).wait_before({SemaphoreKind::binary, semaphore->native(), 0});
  ++runtime.timeline().counters().gpu_waits;
  runtime.timeline().bury(std::move(semaphore), runtime.device().recording_serial());
  return {};
}

}  // namespace

Result<ShareOps*> share_ops(Runtime& runtime) {
  ShareOps* shares = runtime.device().share_ops();
  if (shares) return shares;
  return fail(Code::not_supported, "Device '%s' shares nothing with others.", runtime.info().name.c_str());
}

IstRung choose_rung(Runtime& runtime, bool same_device) {
  if (runtime.forced_rung) return static_cast<IstRung>(runtime.forced_rung);
  ShareOps* shares = runtime.device().share_ops();
  return same_device && shares && shares->own_point(0).native ? IST_RUNG_TIMELINE : IST_RUNG_HOST;
}

Status check_signal(Runtime& runtime, const IstSyncPoint& point) {
  IST_CHECK(runtime.timeline().may_submit());
  IST_CHECK(check_rung(runtime, point));
  IST_CHECK(check_kind(runtime, point));
  if (point.rung == IST_RUNG_BINARY) return check_binary(point);
  if (point.rung != IST_RUNG_TIMELINE) return {};
  if (!point.semaphore) {
    if (ops(runtime).own_point(0).native) return {};
    return fail(Code::not_supported, "Device '%s' runs without a timeline of the runtime's own; give a semaphore.",
                runtime.info().name.c_str());
  }
  if (point.semaphore == ops(runtime).own_point(0).native)
    return fail(Code::invalid_argument,
                "point->semaphore is the runtime's own timeline, which only it signals; give 0.");
  const uint64_t last = Semaphores::of(runtime).known(point.semaphore, SemaphoreKind::timeline).last_value;
  if (point.value > last) return {};
  return fail(Code::invalid_argument, "point->value (%" PRIu64 ") is not above the value last signalled (%" PRIu64 ").",
              point.value, last);
}

Status signal(Runtime& runtime, IstSyncPoint& point) {
  IST_CHECK(runtime.timeline().may_submit());
  switch (point.rung) {
    case IST_RUNG_TIMELINE:
      return point.semaphore ? signal_semaphore(runtime, point) : signal_own_timeline(runtime, point);
    case IST_RUNG_BINARY:
      return signal_semaphore(runtime, point);
    case IST_RUNG_SYNC_FD:
      return signal_file(runtime, point);
    default:
      IST_CHECK(runtime.timeline().submit());
      if (point.rung != IST_RUNG_HOST) return {};
      IST_CHECK(runtime.timeline().reach(runtime.timeline().last_serial()));
      point.value = runtime.timeline().last_serial();
      return {};
  }
}

Status check_wait(Runtime& runtime, const IstSyncPoint& point) {
  IST_CHECK(check_rung(runtime, point));
  IST_CHECK(check_kind(runtime, point));
  if (point.rung == IST_RUNG_BINARY) return check_binary(point);
  if (point.rung == IST_RUNG_TIMELINE && !point.semaphore)
    return fail(Code::invalid_argument, "point->semaphore is 0; say which timeline to wait for.");
  return {};
}

Status wait(Runtime& runtime, const IstSyncPoint& point) {
  if (point.rung == IST_RUNG_QUEUE || point.rung == IST_RUNG_HOST) return {};
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.outside_host());
  // The wait belongs to work of ours behind the recording that is held; by itself it would be handed over too early.
  if (timeline.holds_back()) IST_CHECK(timeline.begin());
  if (point.rung == IST_RUNG_SYNC_FD) return wait_file(runtime, point);
  Semaphores::Known& known = Semaphores::of(runtime).known(point.semaphore, kind_of(point.rung));
  known.last_use = runtime.device().recording_serial();
  ops(runtime).wait_before({kind_of(point.rung), point.semaphore, point.value});
  ++runtime.timeline().counters().gpu_waits;
  return {};
}

}  // namespace ist::share
