// How GL and the runtime wait for each other: fences of GL, and binary semaphores that both sides have.
// Under the runtime's lock.
#pragma once

#include <ist/share.h>

#include <vector>

#include "core/runtime.h"
#include "gl_link.h"

namespace ist::gl_host {

using namespace gl;

// A fence behind what the host has told GL. Seen by whoever has the context current.
class Fence final : public ReturnGate {
 public:
  // With the context current; flushes.
  static Result<std::shared_ptr<Fence>> set(std::shared_ptr<Link> link, Timeline& timeline);
  Fence(std::shared_ptr<Link> link, Timeline& timeline, Sync sync)
      : link_(std::move(link)), timeline_(timeline), sync_(sync) {}

  bool passed() override;
  Status wait() override;
  // GL has finished, or is gone and nobody can look any more.
  void settle(bool context_gone);

 private:
  void pass();

  std::shared_ptr<Link> link_;
  Timeline& timeline_;
  Sync sync_;  // null: passed
};

// A semaphore by the names of both sides.
struct SharedSemaphore {
  IstSyncPoint point{};
  Name name = 0;
};

// Semaphores of both directions. A binary semaphore may be signalled again only when its wait is sure to
// come first: one that GL has waited for, after the runtime waits for something GL signalled later, and the
// other way round.
class SemaphorePool {
 public:
  // Free ones, made when there is none. With the context current.
  Result<SharedSemaphore> take_to_gl(Runtime& runtime, const Link& link);
  Result<SharedSemaphore> take_from_gl(Runtime& runtime, const Link& link) { return take(from_gl_, runtime, link); }
  // GL has been told to wait for it, or the runtime has.
  void waited_by_gl(const SharedSemaphore& semaphore) { pass(to_gl_, from_gl_, semaphore); }
  void waited_by_runtime(const SharedSemaphore& semaphore) { pass(from_gl_, to_gl_, semaphore); }
  // Destroys those of the runtime, and the names when `gl` is not null.
  void clear(Runtime& runtime, const Functions* gl);

 private:
  struct Way {
    std::vector<SharedSemaphore> free;
    std::vector<SharedSemaphore> waited;
  };
  static Result<SharedSemaphore> take(Way& way, Runtime& runtime, const Link& link);
  static void pass(Way& mine, Way& other, const SharedSemaphore& semaphore);

  Way to_gl_;
  Way from_gl_;
};

}  // namespace ist::gl_host
