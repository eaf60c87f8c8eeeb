// ist_*: points and semaphores.
#include <cinttypes>

#include "share/points.h"
#include "share/semaphores.h"
#include "share/sync_file.h"

using namespace ist;
using namespace ist::capi;
using ist::share::Semaphores;

namespace {

Result<SemaphoreKind> kind_from(IstRung rung) {
  const uint32_t raw = raw_value(rung);
  if (raw == IST_RUNG_TIMELINE) return SemaphoreKind::timeline;
  if (raw == IST_RUNG_BINARY) return SemaphoreKind::binary;
  return fail(Code::invalid_argument, "rung (%u) is neither TIMELINE nor BINARY.", raw);
}

Result<HandleType> handle_type(IstHandleType type) {
  const uint32_t raw = raw_value(type);
  if (raw <= IST_HANDLE_HOST_POINTER) return static_cast<HandleType>(raw);
  return fail(Code::argument_out_of_range, "The handle type (%u) is not one of 0 to 5.", raw);
}

Status check_shared(const Runtime& runtime, SemaphoreKind kind, HandleType type, bool exports) {
  if (type == HandleType::none) return {};
  const ShareSupport& share = runtime.info().share;
  const bool binary = kind == SemaphoreKind::binary;
  const uint32_t there = exports ? (binary ? share.binary_export : share.timeline_export)
                                 : (binary ? share.binary_import : share.timeline_import);
  if (there >> static_cast<uint32_t>(type) & 1) return {};
  return fail(Code::not_supported, "Device '%s' cannot %s %s semaphores by handle type %u; its mask is 0x%x.",
              runtime.info().name.c_str(), exports ? "export" : "import", binary ? "binary" : "timeline",
              static_cast<uint32_t>(type), there);
}

Status check_timeline(const Runtime& runtime, SemaphoreKind kind) {
  if (kind == SemaphoreKind::binary || runtime.info().share.timeline) return {};
  return fail(Code::not_supported, "Device '%s' has no timeline semaphores.", runtime.info().name.c_str());
}

IstSyncPoint point_of(const Semaphores::Known& known) {
  IstSyncPoint point{};
  point.rung = known.kind == SemaphoreKind::binary ? IST_RUNG_BINARY : IST_RUNG_TIMELINE;
  point.fd = -1;
  point.semaphore = known.semaphore->native();
  return point;
}

Result<bool> finish_ticket(Call& call, uint64_t serial, uint64_t timeout_ns) {
  Runtime& runtime = call.runtime;
  if (serial > runtime.timeline().last_serial())
    return fail(Code::invalid_argument, "point->value (%" PRIu64 ") is past the last ticket (%" PRIu64 ").", serial,
                runtime.timeline().last_serial());
  const bool done = runtime.timeline().finished(serial);
  runtime.timeline().count_wait(!done && timeout_ns > 0);
  if (done || timeout_ns == 0) return done;
  call.lock.unlock();
  auto waited = runtime.device().wait(serial, timeout_ns);
  call.lock.lock();
  return waited;
}

Result<bool> finish_timeline(Call& call, const IstSyncPoint& point, uint64_t timeout_ns) {
  call.runtime.timeline().count_wait(timeout_ns > 0);
  ShareOps& shares = *call.runtime.device().share_ops();
  const DevicePoint wanted{SemaphoreKind::timeline, point.semaphore, point.value};
  if (timeout_ns == 0) return shares.wait_point(wanted, 0);
  call.lock.unlock();
  auto waited = shares.wait_point(wanted, timeout_ns);
  call.lock.lock();
  return waited;
}

Result<bool> finish(Call& call, const IstSyncPoint& point, uint64_t timeout_ns) {
  switch (point.rung) {
    case IST_RUNG_TIMELINE:
      return finish_timeline(call, point, timeout_ns);
    case IST_RUNG_SYNC_FD:
      return share::wait_for_sync_file(point.fd, timeout_ns);
    case IST_RUNG_HOST:
      return finish_ticket(call, point.value, timeout_ns);
    default:
      return fail(Code::invalid_argument, "point->rung (%u) has no wait on the CPU.", raw_value(point.rung));
  }
}

}  // namespace

extern "C" {

TiError ist_signal_point(TiRuntime runtime, IstSyncPoint* point) {
  return on_runtime("ist_signal_point", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_CHECK(make_room(call.lock, call.runtime));
    IstSyncPoint wanted = *point;
    if (raw_value(wanted.rung) == IST_RUNG_AUTO) wanted.rung = share::choose_rung(call.runtime, true);
    IST_CHECK(share::check_signal(call.runtime, wanted));
    IST_CHECK(share::signal(call.runtime, wanted));
    *point = wanted;
    return {};
  });
}

TiError ist_wait_point(TiRuntime runtime, const IstSyncPoint* point) {
  return on_runtime("ist_wait_point", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_CHECK(share::check_wait(call.runtime, *point));
    return share::wait(call.runtime, *point);
  });
}

TiError ist_finish_point(TiRuntime runtime, const IstSyncPoint* point, uint64_t timeout_ns, TiBool* done) {
  return on_runtime("ist_finish_point", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_CHECK(require_pointer(done, "done"));
    *done = TI_FALSE;
    IST_CHECK(share::check_wait(call.runtime, *point));
    if (timeout_ns > 0) IST_CHECK(call.runtime.timeline().outside_host());
    IST_TRY(const bool fired, finish(call, *point, timeout_ns));
    *done = fired ? TI_TRUE : TI_FALSE;
    return {};
  });
}

TiError ist_create_semaphore(TiRuntime runtime, IstRung rung, IstHandleType exportable, IstSyncPoint* point) {
  if (point) *point = {};
  return on_runtime("ist_create_semaphore", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_TRY(const SemaphoreKind kind, kind_from(rung));
    IST_TRY(const HandleType type, handle_type(exportable));
    IST_CHECK(check_timeline(call.runtime, kind));
    IST_CHECK(check_shared(call.runtime, kind, type, true));
    IST_TRY(auto semaphore, shares->create_semaphore(kind, type));
    *point = point_of(Semaphores::of(call.runtime).add(std::move(semaphore), kind));
    return {};
  });
}

TiError ist_import_semaphore(TiRuntime runtime, IstRung rung, IstHandleType type, IstOsHandle handle,
                             IstSyncPoint* point) {
  if (point) *point = {};
  return on_runtime("ist_import_semaphore", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_TRY(ShareOps * shares, share::share_ops(call.runtime));
    IST_TRY(const SemaphoreKind kind, kind_from(rung));
    IST_TRY(const HandleType known, handle_type(type));
    if (known == HandleType::none) return fail(Code::invalid_argument, "type is NONE.");
    IST_CHECK(check_timeline(call.runtime, kind));
    IST_CHECK(check_shared(call.runtime, kind, known, false));
    IST_TRY(auto semaphore, shares->import_semaphore(kind, known, handle));
    *point = point_of(Semaphores::of(call.runtime).add(std::move(semaphore), kind));
    return {};
  });
}

TiError ist_export_semaphore(TiRuntime runtime, const IstSyncPoint* point, IstHandleType type, IstOsHandle* handle) {
  if (handle) *handle = -1;
  return on_runtime("ist_export_semaphore", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    IST_CHECK(require_pointer(handle, "handle"));
    IST_TRY(const HandleType known, handle_type(type));
    Semaphores::Known* semaphore = Semaphores::of(call.runtime).find_ours(point->semaphore);
    if (!semaphore)
      return fail(Code::invalid_argument, "point->semaphore (0x%" PRIx64 ") was not made by this runtime.",
                  point->semaphore);
    if (known == HandleType::none) return fail(Code::invalid_argument, "type is NONE.");
    IST_CHECK(check_shared(call.runtime, semaphore->kind, known, true));
    IST_TRY(*handle, call.runtime.device().share_ops()->export_handle(*semaphore->semaphore, known));
    return {};
  });
}

TiError ist_destroy_semaphore(TiRuntime runtime, const IstSyncPoint* point) {
  return on_runtime("ist_destroy_semaphore", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(point, "point"));
    return Semaphores::of(call.runtime).destroy(point->semaphore);
  });
}

}  // extern "C"
