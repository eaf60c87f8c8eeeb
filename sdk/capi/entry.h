// The boundary: every exported function is one call of these. They resolve the runtime, take its
// lock, catch what may be thrown, and are the only writers of the thread's last error.
//
//   TiX ti_foo(TiRuntime runtime, ...) {
//     return on_runtime<TiX>("ti_foo", runtime, [&](Call& call) -> Result<TiX> { check, translate, call });
//   }
#pragma once

#include <ist/core.h>
#include <taichi/taichi_core.h>

#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/handle_table.h"
#include "core/resolve.h"
#include "core/runtime.h"

namespace ist::capi {

// Makes `status` the thread's last error, with the name of the call before the sentence.
void record_failure(const char* call, Code code, std::string_view sentence) noexcept;

// A runtime for the length of a call: pinned, so that a destroy in another thread cannot pull it
// away, and locked.
struct Call {
  Pin pin;
  std::unique_lock<std::mutex> lock;
  Runtime& runtime;

  template <class T>
  Result<T*> find(Kind kind, const void* handle, const char* what) const {
    return resolve<T>(runtime, kind, handle, what);
  }
};

Result<Call> open(TiRuntime runtime);
// The runtime that a module, kernel or graph lives under.
Result<Call> open_owner(Kind kind, const void* handle, const char* what);

// Runs a body that returns Status and needs no runtime.
template <class Body>
TiError run(const char* name, Body&& body) noexcept {
  try {
    const Status status = body();
    if (status.ok()) return TI_ERROR_SUCCESS;
    record_failure(name, status.code(), status.message());
    return static_cast<TiError>(static_cast<int>(status.code()));
  } catch (const std::bad_alloc&) {
    record_failure(name, Code::out_of_memory, "Host memory is exhausted.");
    return TI_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    record_failure(name, Code::invalid_state, error.what());
    return TI_ERROR_INVALID_STATE;
  }
}

// Runs a body within an opened call, and counts its failure on the runtime.
template <class Body>
Status within(Result<Call> opened, Body&& body) {
  if (!opened.ok()) return opened.take_status();
  struct Refusal {
    Call& call;
    bool stands = true;
    ~Refusal() {
      if (!stands) return;
      if (!call.lock.owns_lock()) call.lock.lock();
      ++call.runtime.refused;
    }
  } refusal{*opened};
  Status status = body(*opened);
  refusal.stands = !status.ok();
  return status;
}

template <class Body>
TiError on_runtime(const char* name, TiRuntime runtime, Body&& body) noexcept {
  return run(name, [&] { return within(open(runtime), body); });
}

// For bodies that make a handle or a pointer: Result<Out>, or null on failure.
template <class Out, class Body>
requires std::is_pointer_v<Out> Out on_runtime(const char* name, TiRuntime runtime, Body&& body)
noexcept {
  Out out = nullptr;
  on_runtime(name, runtime, [&](Call& call) -> Status {
    IST_TRY(out, body(call));
    return {};
  });
  return out;
}

// For calls on a module, kernel or graph, which bring their runtime along.
template <class Body>
TiError on_owner(const char* name, Kind kind, const void* handle, const char* what, Body&& body) noexcept {
  return run(name, [&] { return within(open_owner(kind, handle, what), body); });
}

template <class Handle, class T>
Handle handle_of(const T* object) {
  return reinterpret_cast<Handle>(object->handle());
}

// The bits of an enum from the host, which may be no value of it: reading those as the enum is undefined.
template <class E>
uint32_t raw_value(const E& value) {
  static_assert(sizeof(E) == sizeof(uint32_t));
  uint32_t raw;
  std::memcpy(&raw, &value, sizeof raw);
  return raw;
}

inline Status require_pointer(const void* pointer, const char* what) {
  return pointer ? Status() : fail(Code::argument_null, "%s is null.", what);
}

}  // namespace ist::capi
