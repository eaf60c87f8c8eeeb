// Fences looked at and waited for; semaphores made, passed and reused.
#include "gl_sync.h"

#include "gl_memory.h"
#include "share/semaphores.h"

namespace ist::gl_host {

Result<std::shared_ptr<Fence>> Fence::set(std::shared_ptr<Link> link, Timeline& timeline) {
  const Sync sync = link->gl().FenceSync(k::kSyncGpuCommandsComplete, 0);
  if (!sync) return fail(Code::invalid_state, "glFenceSync fails; the OpenGL context may be lost.");
  link->gl().Flush();
  return std::make_shared<Fence>(std::move(link), timeline, sync);
}

bool Fence::passed() {
  if (!sync_) return true;
  if (!link_->current()) return false;
  timeline_.count_wait(false);
  const Enum answer = link_->gl().ClientWaitSync(sync_, 0, 0);
  if (answer != k::kAlreadySignaled && answer != k::kConditionSatisfied) return false;
  pass();
  return true;
}

Status Fence::wait() {
  if (!sync_) return {};
  IST_CHECK(link_->require_current());
  constexpr uint64_t kSecond = 1000000000;
  timeline_.count_wait(true);
  Enum answer = k::kTimeoutExpired;
  while (answer == k::kTimeoutExpired) answer = link_->gl().ClientWaitSync(sync_, k::kSyncFlushCommands, kSecond);
  if (answer == k::kWaitFailed)
    return fail(Code::invalid_state, "glClientWaitSync fails; the OpenGL context may be lost.");
  pass();
  return {};
}

void Fence::settle(bool context_gone) {
  if (!sync_) return;
  if (context_gone) {
    sync_ = nullptr;
  } else {
    pass();
  }
}

void Fence::pass() {
  link_->gl().DeleteSync(sync_);
  sync_ = nullptr;
}

namespace {

// The runtime's semaphore under a new name of GL's.
Result<Name> import_semaphore(Runtime& runtime, const Functions& gl, Semaphore& native) {
  IST_TRY(const OsHandle handle, runtime.device().share_ops()->export_handle(native, HandleType::opaque_fd));
  OwnedFd owned(static_cast<int>(handle));
  Name name = 0;
  gl.GenSemaphoresEXT(1, &name);
  gl.ImportSemaphoreFdEXT(name, k::kHandleTypeOpaqueFd, static_cast<int32_t>(owned.get()));
  if (const Enum error = gl.GetError(); error != k::kNoError) {
    gl.DeleteSemaphoresEXT(1, &name);
    return fail(Code::not_supported, "The OpenGL driver refuses a semaphore of device '%s': %s.",
                runtime.info().name.c_str(), error_text(error).c_str());
  }
  owned.release();
  return name;
}

}  // namespace

Result<SharedSemaphore> SemaphorePool::take_to_gl(Runtime& runtime, const Link& link) {
  const bool used = !to_gl_.free.empty();
  IST_TRY(SharedSemaphore semaphore, take(to_gl_, runtime, link));
  if (!used || !link.caps().waits_spend_semaphores) return semaphore;
  const share::Semaphores::Known* known = share::Semaphores::of(runtime).find_ours(semaphore.point.semaphore);
  IST_TRY(const Name fresh, import_semaphore(runtime, link.gl(), *known->semaphore));
  link.gl().DeleteSemaphoresEXT(1, &semaphore.name);
  semaphore.name = fresh;
  return semaphore;
}

Result<SharedSemaphore> SemaphorePool::take(Way& way, Runtime& runtime, const Link& link) {
  if (!way.free.empty()) {
    const SharedSemaphore semaphore = way.free.back();
    way.free.pop_back();
    return semaphore;
  }
  IST_TRY(auto native, runtime.device().share_ops()->create_semaphore(SemaphoreKind::binary, HandleType::opaque_fd));
  SharedSemaphore semaphore;
  IST_TRY(semaphore.name, import_semaphore(runtime, link.gl(), *native));
  semaphore.point.rung = IST_RUNG_BINARY;
  semaphore.point.fd = -1;
  semaphore.point.semaphore = native->native();
  share::Semaphores::of(runtime).add(std::move(native), SemaphoreKind::binary);
  return semaphore;
}

void SemaphorePool::pass(Way& mine, Way& other, const SharedSemaphore& semaphore) {
  mine.waited.push_back(semaphore);
  other.free.insert(other.free.end(), other.waited.begin(), other.waited.end());
  other.waited.clear();
}

void SemaphorePool::clear(Runtime& runtime, const Functions* gl) {
  for (Way* way : {&to_gl_, &from_gl_}) {
    for (auto* list : {&way->free, &way->waited}) {
      for (const SharedSemaphore& semaphore : *list) {
        if (gl) gl->DeleteSemaphoresEXT(1, &semaphore.name);
        (void)share::Semaphores::of(runtime).destroy(semaphore.point.semaphore);  // ours, so it is there
      }
      list->clear();
    }
  }
}

}  // namespace ist::gl_host
