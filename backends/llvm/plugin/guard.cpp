// The handlers are LLVM's only ones for the whole process, so they are installed while some thread is inside, and what
// reaches them from other threads ends as LLVM ends it without a handler.
#include "guard.h"

#include <llvm/Support/ErrorHandling.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace ist::llvm_plugin {
namespace {

struct Frame {
  std::jmp_buf way_out;
  char reason[512];
};

// A plain pointer: other threads of the process read it in the handlers.
thread_local Frame* t_frame = nullptr;

std::mutex g_mutex;
int g_inside = 0;

void leave(const char* reason) {
  Frame* frame = t_frame;
  if (!frame) {
    // LLVM ends the process as soon as this returns, and has not yet said why.
    std::fprintf(stderr, "LLVM ERROR: %s\n", reason ? reason : "");
    return;
  }
  std::snprintf(frame->reason, sizeof frame->reason, "%s", reason ? reason : "no reason given");
  std::longjmp(frame->way_out, 1);
}

void on_fatal_error(void*, const char* reason, bool) { leave(reason); }

void enter_handlers() {
  std::lock_guard lock(g_mutex);
  if (g_inside++) return;
  llvm::install_fatal_error_handler(on_fatal_error);
  llvm::install_bad_alloc_error_handler(on_fatal_error);
}

void leave_handlers() {
  std::lock_guard lock(g_mutex);
  if (--g_inside) return;
  llvm::remove_fatal_error_handler();
  llvm::remove_bad_alloc_error_handler();
}

// Nothing of this function but `frame` is needed behind the second return of setjmp.
[[gnu::noinline]] bool step_in(Frame& frame, GuardedStep step, void* argument) {
  if (setjmp(frame.way_out)) return false;
  if (without_exception(step, argument)) return true;
  std::snprintf(frame.reason, sizeof frame.reason, "memory is short");
  return false;
}

}  // namespace

bool without_exception(GuardedStep step, void* argument) {
  try {
    step(argument);
    return true;
  } catch (...) {
    return false;
  }
}

bool guarded_call(GuardedStep step, void* argument, std::string& reason) {
  Frame frame;
  Frame* const outer = t_frame;
  enter_handlers();
  t_frame = &frame;
  const bool finished = step_in(frame, step, argument);
  t_frame = outer;
  leave_handlers();
  if (!finished) reason = frame.reason;
  return finished;
}

}  // namespace ist::llvm_plugin
