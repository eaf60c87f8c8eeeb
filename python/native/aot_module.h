// A loaded module as its kernels and graphs share it. Everything here needs the GIL.
#pragma once

#include "runtime.h"

#include <taichi/taichi_core.h>

#include <cstddef>
#include <memory>
#include <optional>

namespace ist::python {

// Owns one TiAotModule; destroys it without the GIL.
class ModuleState {
 public:
  ModuleState(std::shared_ptr<RuntimeState> owner, TiAotModule module) : runtime(std::move(owner)), handle_(module) {}
  ~ModuleState() { destroy(); }
  ModuleState(const ModuleState&) = delete;
  ModuleState& operator=(const ModuleState&) = delete;

  const std::shared_ptr<RuntimeState> runtime;

  // Kernels and graphs are unusable from now on; the native module goes with the last ModuleHold. Idempotent.
  void free();
  bool freed() const { return freed_; }
  // Sets isthmus.Error and returns false when freed or when the runtime is closed.
  bool check_usable() const;

 private:
  friend class ModuleHold;
  void destroy();

  TiAotModule handle_;
  bool freed_ = false;
  size_t holds_ = 0;
};

// While this lives the native module stays, whatever other threads do: its infos point into it. Owns calls on it.
class ModuleHold {
 public:
  // Throws isthmus.Error when the module has been freed or the runtime is closed.
  explicit ModuleHold(std::shared_ptr<ModuleState> state);
  ~ModuleHold();
  ModuleHold(const ModuleHold&) = delete;
  ModuleHold& operator=(const ModuleHold&) = delete;

  const std::shared_ptr<ModuleState>& state() const { return state_; }
  TiAotModule handle() const { return state_->handle_; }
  void set_call_error() const {
    if (state_->check_usable()) set_last_error();
  }

 private:
  std::shared_ptr<ModuleState> state_;
  std::optional<RuntimeHold> runtime_;
};

void bind_module(nb::module_& module);

}  // namespace ist::python
