// Gives a new runtime its handle.
#pragma once

#include <taichi/taichi_core.h>

#include <memory>

#include "core/runtime.h"

namespace ist::capi {

inline TiRuntime publish(std::unique_ptr<Runtime> runtime) {
  Runtime* raw = runtime.get();
  const std::lock_guard lock(raw->mutex());
  raw->set_handle(HandleTable::instance().add(Kind::runtime, raw, 0));
  runtime.release();
  return reinterpret_cast<TiRuntime>(raw->handle());
}

}  // namespace ist::capi
