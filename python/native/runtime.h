// A runtime as all its children share it: who closes it, when it really goes, and waits that Ctrl-C ends.
// Everything here needs the GIL; what may block gives it up meanwhile.
#pragma once

#include "errors.h"

#include <taichi/taichi_core.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ist::python {

// Kept alive by the Python runtime and by every child. The native runtime goes with the last of them, or at close()
// - but not before the last RuntimeHold. A process that fork() made has none of it: it neither uses nor frees anything.
class RuntimeState {
 public:
  // on_processor: the device is the host's processor, whatever the arch.
  RuntimeState(TiArch arch, TiRuntime handle, bool on_processor)
      : handle_(handle), arch_(arch), on_processor_(on_processor), forks_(forks_so_far) {}
  ~RuntimeState();
  RuntimeState(const RuntimeState&) = delete;
  RuntimeState& operator=(const RuntimeState&) = delete;

  TiRuntime handle() const { return handle_; }
  TiArch arch() const { return arch_; }
  bool on_processor() const { return on_processor_; }
  bool is_cpu_arch() const { return arch_ == TI_ARCH_X64 || arch_ == TI_ARCH_ARM64; }
  bool closed() const { return closed_; }
  // False once the native runtime is gone, and in another process: children then have nothing to free.
  bool alive() const { return handle_ != TI_NULL_HANDLE && !forked(); }

  // From now on every use is an error. Waits for the runtime's work. Idempotent.
  void close();
  // Throws isthmus.Error (INVALID_STATE) when closed, or when made before a fork().
  void require_open() const;
  // As require_open, but sets the Python exception and returns false.
  bool check_open() const;
  // Sets the exception of a call that has failed.
  void set_call_error() const;

 private:
  friend class RuntimeHold;
  bool forked() const { return forks_ != forks_so_far; }
  void destroy();
  void drop_hold();

  // fork() calls between this process and the first one; counted in the child.
  static inline uint32_t forks_so_far = 0;
  friend void bind_runtime(nb::module_& module);

  // Read without the GIL while close() may run; a stale handle is refused by the library.
  std::atomic<TiRuntime> handle_;
  TiArch arch_;
  bool on_processor_;
  bool closed_ = false;
  uint32_t forks_;
  size_t holds_ = 0;
};

// While this lives close() leaves the native runtime in place. For what points into it: host views of memory, and
// calls that read what the library owns.
class RuntimeHold {
 public:
  explicit RuntimeHold(std::shared_ptr<RuntimeState> runtime) : runtime_(std::move(runtime)) { ++runtime_->holds_; }
  ~RuntimeHold() { runtime_->drop_hold(); }
  RuntimeHold(const RuntimeHold&) = delete;
  RuntimeHold& operator=(const RuntimeHold&) = delete;

 private:
  std::shared_ptr<RuntimeState> runtime_;
};

// Submits what is recorded and waits until it has finished, at most timeout_s seconds (negative: for ever), in slices
// between which signals are looked at. 1: finished, 0: timeout, -1: a Python exception is set.
int wait_for_work(RuntimeState& state, double timeout_s);

void bind_runtime(nb::module_& module);

}  // namespace ist::python
