// Words for handles that do not resolve.
#include "core/resolve.h"

namespace ist {

Status unresolved(const HandleTable::Found& found, Kind kind, const void* handle, const char* what) {
  switch (found.liveness) {
    case Liveness::null:
      return fail(Code::argument_null, "%s is null.", what);
    case Liveness::destroyed:
      return fail(Code::invalid_argument, "%s is a %s that was destroyed.", what, kind_name(found.kind));
    case Liveness::wrong_kind:
      return fail(Code::invalid_argument, "%s is a %s, not a %s.", what, kind_name(found.kind), kind_name(kind));
    default:
      return fail(Code::invalid_argument, "%s (%p) was not made by this library.", what, handle);
  }
}

Result<Object*> resolve_object(const Runtime& runtime, Kind kind, const void* handle, const char* what) {
  const auto found = HandleTable::instance().find(reinterpret_cast<HandleBits>(handle), kind);
  if (found.liveness != Liveness::alive) return unresolved(found, kind, handle, what);
  if (found.owner == runtime.handle()) return found.object;
  return fail(Code::invalid_argument, "%s is a %s of another runtime.", what, kind_name(kind));
}

}  // namespace ist
