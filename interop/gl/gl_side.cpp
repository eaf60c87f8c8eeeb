// Facts of a context, which do not change while it lives.
#include "gl_side.h"

#include <cstring>

#include "core/resolve.h"
#include "gl_held.h"

namespace ist::gl_host {

Result<GlSide> side_of(IstGl gl) {
  const auto handle = reinterpret_cast<HandleBits>(gl);
  auto found = HandleTable::instance().find(handle, Kind::gl_context);
  const Held held(handle, found.owner);
  if (found.liveness == Liveness::alive && !held.get()) found.liveness = Liveness::destroyed;
  if (found.liveness != Liveness::alive) return unresolved(found, Kind::gl_context, gl, "gl");
  const Caps& caps = held.get()->link().caps();
  GlSide side;
  side.renderer = caps.renderer;
  std::memcpy(side.device_uuid, caps.device_uuid, sizeof side.device_uuid);
  std::memcpy(side.driver_uuid, caps.driver_uuid, sizeof side.driver_uuid);
  if (!caps.memory_objects) side.missing_memory = caps.missing_memory;
  if (!caps.semaphores) side.missing_semaphores = caps.missing_semaphore;
  return side;
}

}  // namespace ist::gl_host
