// A runtime as all its children share it: who closes it, when it really goes, and waits that Ctrl-C ends.
// Everything here needs the GIL; what may block gives it up meanwhile.
#pragma once

#include "errors.h"

#include <taichi/taichi_core.h>

#include <atomic>
#include <cstddef>
#include <memory>

namespace ist::python {

// Kept alive by the Python runtime and by every child. The native runtime goes with the last of them, or at close()
// - but not before the last host view of its memory, which would point nowhere.
class RuntimeState {
 public:
  // on_processor: the device is the host's processor, whatever the arch.
  RuntimeState(TiArch arch, TiRuntime handle, bool on_processor)
      : handle_(handle), arch_(arch), on_processor_(on_processor) {}
  ~RuntimeState();
  RuntimeState(const RuntimeState&) = delete;
  RuntimeState& operator=(const RuntimeState&) = delete;

  TiRuntime handle() const { return handle_; }
  TiArch arch() const { return arch_; }
  bool on_processor() const { return on_processor_; }
  bool is_cpu_arch() const { return arch_ == TI_ARCH_X64 || arch_ == TI_ARCH_ARM64; }
  bool closed() const { return closed_; }
  // False once the native runtime is gone: children then have nothing to free.
  bool alive() const { return handle_ != TI_NULL_HANDLE; }

  // From now on every use is an error. Waits for the runtime's work. Idempotent.
  void close();
  // Throws isthmus.Error (INVALID_STATE) when closed.
  void require_open() const;
  // As require_open, but sets the Python exception and returns false when closed.
  bool check_open() const;

  // A host view of memory begins and ends.
  void add_view() { ++views_; }
  void drop_view();

 private:
  void destroy();

  // Read without the GIL while close() may run; a stale handle is refused by the library.
  std::atomic<TiRuntime> handle_;
  TiArch arch_;
  bool on_processor_;
  bool closed_ = false;
  size_t views_ = 0;
};

// Submits what is recorded and waits until it has finished, at most timeout_s seconds (negative: for ever), in slices
// between which signals are looked at. 1: finished, 0: timeout, -1: a Python exception is set.
int wait_for_work(RuntimeState& state, double timeout_s);

void bind_runtime(nb::module_& module);

}  // namespace ist::python
