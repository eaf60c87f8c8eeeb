// Handles to objects of one runtime. The only place that words what is wrong with a handle.
#pragma once

#include "core/runtime.h"

namespace ist {

// The sentence for a handle that did not resolve (anything but Liveness::alive).
Status unresolved(const HandleTable::Found& found, Kind kind, const void* handle, const char* what);

// The object, or argument_null (null handle), invalid_argument (destroyed, wrong kind, another
// runtime's). `what` names it in the message. Under the lock of `runtime`.
Result<Object*> resolve_object(const Runtime& runtime, Kind kind, const void* handle, const char* what);

template <class T>
Result<T*> resolve(const Runtime& runtime, Kind kind, const void* handle, const char* what) {
  IST_TRY(Object * object, resolve_object(runtime, kind, handle, what));
  return static_cast<T*>(object);
}

}  // namespace ist
