// A loaded module as its kernels and graphs share it. Everything here needs the GIL.
#pragma once

#include "runtime.h"

#include <taichi/taichi_core.h>

#include <memory>

namespace ist::python {

// Owns one TiAotModule; destroys it without the GIL.
struct ModuleState {
  std::shared_ptr<RuntimeState> runtime;
  // Null after free().
  TiAotModule handle;

  ModuleState(std::shared_ptr<RuntimeState> owner, TiAotModule module) : runtime(std::move(owner)), handle(module) {}
  ~ModuleState() { free(); }
  ModuleState(const ModuleState&) = delete;
  ModuleState& operator=(const ModuleState&) = delete;

  // Idempotent. Kernels and graphs are unusable afterwards.
  void free();
  // Sets isthmus.Error and returns false when freed or when the runtime is closed.
  bool check_usable() const;
};

void bind_module(nb::module_& module);

}  // namespace ist::python
