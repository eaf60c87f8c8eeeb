// ist_gl_*: checks, and calls on a GlContext.
#include <ist/gl.h>

#include "capi/translate.h"
#include "capi/versioned.h"
#include "gl_held.h"
#include "share/lend.h"

using namespace ist;
using namespace ist::capi;
using gl_host::GlContext;
using gl_host::Held;
using gl_host::Link;

namespace {

// Whether GL may be called, and must be current.
enum class Needs { current_context, no_context };

// Runs a body on a context: pinned, locked, and current where it has to be.
template <class Body>
TiError on_gl(const char* name, IstGl gl, Needs needs, Body&& body) noexcept {
  return run(name, [&]() -> Status {
    const auto handle = reinterpret_cast<HandleBits>(gl);
    auto found = HandleTable::instance().find(handle, Kind::gl_context);
    const Held held(handle, found.owner);
    if (found.liveness == Liveness::alive && !held.get()) found.liveness = Liveness::destroyed;  // it was, just now
    if (found.liveness != Liveness::alive) return unresolved(found, Kind::gl_context, gl, "gl");
    const std::lock_guard context_lock(held.get()->mutex());
    return within(open(reinterpret_cast<TiRuntime>(found.owner)), [&](Call& call) -> Status {
      if (held.get()->detached()) return fail(Code::invalid_argument, "gl is an IstGl that was detached.");
      if (needs == Needs::current_context) {
        IST_CHECK(held.get()->link().require_current());
        held.get()->look_at_fences();
      }
      return body(call, *held.get());
    });
  });
}

// Keeps the objects of a call alive while the runtime's lock is given up.
std::vector<Pin> pin_all(const std::vector<Handover>& parts) {
  std::vector<Pin> pins;
  for (const Handover& part : parts) {
    const Child& object = part.image ? static_cast<const Child&>(*part.image) : *part.memory;
    pins.emplace_back(object.handle(), object.kind());
  }
  return pins;
}

// The peer of a hand-over to GL is known.
Result<std::vector<Handover>> translate_parts(const Call& call, uint32_t count, const IstHandover* objects) {
  if (count > 0) IST_CHECK(require_pointer(objects, "objects"));
  std::vector<IstHandover> known(objects, objects + count);
  for (IstHandover& object : known) object.peer = IST_PEER_SAME_DEVICE;
  return share::translate(call, count, known.data(), "objects");
}

}  // namespace

extern "C" {

TiError ist_gl_attach(TiRuntime runtime, const IstGlInfo* info, IstGl* gl) {
  if (gl) *gl = nullptr;
  return on_runtime("ist_gl_attach", runtime, [&](Call& call) -> Status {
    IST_TRY(const IstGlInfo known, read_in(info, "info"));
    IST_CHECK(require_pointer(gl, "gl"));
    IST_CHECK(require_pointer(reinterpret_cast<const void*>(known.get_proc_addr), "info->get_proc_addr"));
    if (known.reserved != 0) return fail(Code::invalid_argument, "info->reserved is %u, not 0.", known.reserved);
    IST_TRY(auto link, Link::open(known.get_proc_addr, known.current_context));
    *gl = handle_of<IstGl>(call.runtime.adopt(std::make_unique<GlContext>(call.runtime, std::move(link))));
    return {};
  });
}

TiError ist_gl_detach(IstGl gl, TiBool context_gone) {
  const Needs needs = context_gone ? Needs::no_context : Needs::current_context;
  return on_gl("ist_gl_detach", gl, needs, [&](Call& call, GlContext& context) -> Status {
    IST_CHECK(call.runtime.timeline().may_submit());
    Status detached = context.detach(call, context_gone != TI_FALSE);
    HandleTable::instance().retire(context.handle(), Kind::gl_context);
    return detached;
  });
}

TiError ist_gl_share_image(IstGl gl, TiImage image, IstGlObject* object) {
  return on_gl("ist_gl_share_image", gl, Needs::current_context, [&](Call& call, GlContext& context) -> Status {
    IST_TRY(ImageResource * target, call.find<ImageResource>(Kind::image, image, "image"));
    IST_CHECK(require_pointer(object, "object"));
    IST_CHECK(check_struct_size(object->size, sizeof *object, "object"));
    IST_TRY(const gl_host::Shared* shared, context.share(*target));
    IST_TRY(const IstGlObject told, context.describe(*shared));
    return write_out(object, told, "object");
  });
}

TiError ist_gl_share_memory(IstGl gl, TiMemory memory, IstGlObject* object) {
  return on_gl("ist_gl_share_memory", gl, Needs::current_context, [&](Call& call, GlContext& context) -> Status {
    IST_TRY(Memory * target, call.find<Memory>(Kind::memory, memory, "memory"));
    IST_CHECK(require_pointer(object, "object"));
    IST_CHECK(check_struct_size(object->size, sizeof *object, "object"));
    IST_TRY(const gl_host::Shared* shared, context.share(*target));
    IST_TRY(const IstGlObject told, context.describe(*shared));
    return write_out(object, told, "object");
  });
}

TiError ist_gl_unshare(IstGl gl, const void* object) {
  return on_gl("ist_gl_unshare", gl, Needs::current_context,
               [&](Call&, GlContext& context) { return context.unshare(object); });
}

TiError ist_gl_lend(IstGl gl, uint32_t count, const IstHandover* objects) {
  return on_gl("ist_gl_lend", gl, Needs::current_context, [&](Call& call, GlContext& context) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_CHECK(call.runtime.timeline().may_submit());
    IST_TRY(const auto parts, translate_parts(call, count, objects));
    const std::vector<Pin> pins = pin_all(parts);
    return parts.empty() ? Status() : context.lend(call, parts);
  });
}

TiError ist_gl_take_back(IstGl gl, uint32_t count, const IstHandover* objects) {
  return on_gl("ist_gl_take_back", gl, Needs::current_context, [&](Call& call, GlContext& context) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_CHECK(call.runtime.timeline().may_submit());
    IST_TRY(const auto parts, translate_parts(call, count, objects));
    const std::vector<Pin> pins = pin_all(parts);
    return parts.empty() ? Status() : context.take_back(call, parts);
  });
}

}  // extern "C"
