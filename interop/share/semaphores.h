// The semaphores that a runtime has made or imported for hosts, and the values that timelines have reached
// by signals of ours. Under the runtime's lock.
#pragma once

#include <unordered_map>

#include "contract/share_ops.h"
#include "core/runtime.h"

namespace ist::share {

// Hangs on the runtime and goes with it.
class Semaphores final : public Extension {
 public:
  explicit Semaphores(Runtime& runtime) : runtime_(runtime) {}
  ~Semaphores() override;

  static Semaphores& of(Runtime& runtime);

  struct Known {
    std::unique_ptr<Semaphore> semaphore;  // null: the host's own
    SemaphoreKind kind = SemaphoreKind::timeline;
    uint64_t last_value = 0;  // signalled by us
    uint64_t last_use = 0;    // serial of the newest batch that signals or waits for it
  };

  Known& add(std::unique_ptr<Semaphore> semaphore, SemaphoreKind kind);
  // Null for a semaphore that was not made here.
  Known* find_ours(uint64_t native);
  // A host's semaphore is known from its first use on.
  Known& known(uint64_t native, SemaphoreKind kind);
  // invalid_argument unless it is ours.
  Status destroy(uint64_t native);

 private:
  void bury(Known& known);

  Runtime& runtime_;
  std::unordered_map<uint64_t, Known> known_;
};

}  // namespace ist::share
