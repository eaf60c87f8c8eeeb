// Words for handles that do not resolve.
#include "core/resolve.h"

namespace ist {

Result<Object*> resolve_object(const Runtime& runtime, Kind kind, const void* handle, const char* what) {
  const auto found = HandleTable::instance().find(reinterpret_cast<HandleBits>(handle), kind);
  switch (found.liveness) {
    case Liveness::alive:
      if (found.owner == runtime.handle()) return found.object;
      return fail(Code::invalid_argument, "%s is a %s of another runtime.", what, kind_name(kind));
    case Liveness::null:
      return fail(Code::argument_null, "%s is null.", what);
    case Liveness::destroyed:
      return fail(Code::invalid_argument, "%s is a %s that was destroyed.", what, kind_name(found.kind));
    case Liveness::wrong_kind:
      return fail(Code::invalid_argument, "%s is a %s, not a %s.", what, kind_name(found.kind), kind_name(kind));
    case Liveness::foreign:
      break;
  }
  return fail(Code::invalid_argument, "%s (%p) was not made by this library.", what, handle);
}

}  // namespace ist
