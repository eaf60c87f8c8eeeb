// The book of semaphores.
#include "share/semaphores.h"

#include <cinttypes>

namespace ist::share {

Semaphores& Semaphores::of(Runtime& runtime) {
  auto& extension = runtime.extension(ExtensionSlot::semaphores);
  if (!extension) extension = std::make_unique<Semaphores>(runtime);
  return static_cast<Semaphores&>(*extension);
}

Semaphores::~Semaphores() {
  for (auto& [native, known] : known_) bury(known);
}

// A batch that waited for a semaphore, ours or the host's, may tell that it has finished a moment before the driver
// lets go of the semaphore (lavapipe 22.3 does); a batch behind it tells the rest.
void Semaphores::bury(Known& known) {
  if (!known.semaphore) return;
  Timeline& timeline = runtime_.timeline();
  if (!timeline.may_submit().ok())
    return timeline.bury(std::move(known.semaphore), runtime_.device().recording_serial());
  const bool behind = known.last_use > 0 && timeline.begin().ok() && timeline.submit().ok();
  timeline.bury(std::move(known.semaphore), behind ? timeline.last_serial() : known.last_use);
}

Semaphores::Known& Semaphores::add(std::unique_ptr<Semaphore> semaphore, SemaphoreKind kind) {
  const uint64_t native = semaphore->native();
  Known& known = known_[native];
  known = {std::move(semaphore), kind, 0, 0};
  return known;
}

Semaphores::Known* Semaphores::find_ours(uint64_t native) {
  const auto found = known_.find(native);
  return found != known_.end() && found->second.semaphore ? &found->second : nullptr;
}

Semaphores::Known& Semaphores::known(uint64_t native, SemaphoreKind kind) {
  const auto [entry, fresh] = known_.try_emplace(native);
  if (fresh) entry->second.kind = kind;
  return entry->second;
}

Status Semaphores::destroy(uint64_t native) {
  Known* known = find_ours(native);
  if (!known)
    return fail(Code::invalid_argument, "point->semaphore (0x%" PRIx64 ") was not made by this runtime.", native);
  bury(*known);
  known_.erase(native);
  return {};
}

}  // namespace ist::share
