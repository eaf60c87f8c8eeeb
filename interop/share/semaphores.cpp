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
  for (auto& [native, known] : known_) runtime_.timeline().bury(std::move(known.semaphore), known.last_use);
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
  runtime_.timeline().bury(std::move(known->semaphore), known->last_use);
  known_.erase(native);
  return {};
}

}  // namespace ist::share
