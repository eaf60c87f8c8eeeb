// ist_lend, ist_take_back, ist_object_state.
#include "share/lend.h"

#include <cstring>

#include "capi/translate.h"
#include "capi/versioned.h"
#include "share/points.h"

using namespace ist;
using namespace ist::capi;

namespace ist::share {
namespace {

constexpr uint32_t kFlags = IST_HANDOVER_READ_ONLY_BIT | IST_HANDOVER_DISCARD_BIT | IST_HANDOVER_ALREADY_BIT;

// A count of 0 means all that follow.
Status resolve_range(uint32_t base, uint32_t count, uint32_t there, const char* what, const std::string& image,
                     uint32_t& resolved) {
  if (base < there && count <= there - base) {
    resolved = count ? count : there - base;
    return {};
  }
  return fail(Code::argument_out_of_range, "%u %s from %u on are past the %u of %s.", count, what, base, there,
              image.c_str());
}

Result<Peer> peer_of(const IstHandover& object) {
  const uint32_t raw = raw_value(object.peer);
  if (raw > IST_PEER_FOREIGN) return fail(Code::argument_out_of_range, "peer (%u) is not one of 0 to 3.", raw);
  Peer peer;
  peer.kind = static_cast<Peer::Kind>(raw);
  if (peer.kind == Peer::Kind::queue_family) peer.family = object.queue_family;
  return peer;
}

Status translate_image(const Call& call, const IstHandover& object, Handover& part) {
  IST_TRY(part.image, call.find<ImageResource>(Kind::image, object.image, "image"));
  const ImageDesc& desc = part.image->desc();
  part.range.base_mip = object.base_mip;
  part.range.base_layer = object.base_layer;
  const std::string text = part.image->text();
  IST_CHECK(resolve_range(object.base_mip, object.mip_count, desc.mip_count, "mips", text, part.range.mip_count));
  IST_CHECK(
      resolve_range(object.base_layer, object.layer_count, desc.layer_count, "layers", text, part.range.layer_count));
  IST_TRY(part.layout, capi::translate(object.layout));
  return check_layout(*part.image, part.layout);
}

Result<Handover> translate_one(const Call& call, const IstHandover& object) {
  Handover part;
  if ((object.image == nullptr) == (object.memory == nullptr))
    return fail(Code::invalid_argument, "image and memory are %s; exactly one is given.",
                object.image ? "both set" : "both null");
  if (object.flags & ~kFlags)
    return fail(Code::argument_out_of_range, "flags (0x%x) has bits beyond 0x%x.", object.flags, kFlags);
  part.read_only = object.flags & IST_HANDOVER_READ_ONLY_BIT;
  part.discard = object.flags & IST_HANDOVER_DISCARD_BIT;
  part.already = object.flags & IST_HANDOVER_ALREADY_BIT;
  IST_TRY(part.peer, peer_of(object));
  if (object.image) {
    IST_CHECK(translate_image(call, object, part));
    return part;
  }
  IST_TRY(part.memory, call.find<Memory>(Kind::memory, object.memory, "memory"));
  if (raw_value(object.layout) != TI_IMAGE_LAYOUT_UNDEFINED)
    return fail(Code::invalid_argument, "layout (%u) is set, but the object is a memory.", raw_value(object.layout));
  return part;
}

Order order_of(const IstSyncPoint* done) {
  if (!done || done->rung == IST_RUNG_HOST) return Order::host;
  return done->rung == IST_RUNG_QUEUE ? Order::queue : Order::semaphore;
}

// Within a command buffer of the host, whose submission is the order.
Status lend_in_host(Runtime& runtime, const std::vector<Handover>& parts, IstSyncPoint* ready) {
  const uint32_t rung = ready ? raw_value(ready->rung) : uint32_t{IST_RUNG_HOST};
  if (rung != IST_RUNG_QUEUE && rung != IST_RUNG_AUTO) return runtime.timeline().outside_host();
  IST_CHECK(record_lend(runtime, parts, IST_RUNG_QUEUE));
  *ready = {};
  ready->rung = IST_RUNG_QUEUE;
  return {};
}

bool on_this_device(const std::vector<Handover>& parts) {
  for (const Handover& part : parts) {
    if (part.peer.kind != Peer::Kind::same_device && part.peer.kind != Peer::Kind::queue_family) return false;
  }
  return true;
}

}  // namespace

Result<std::vector<Handover>> translate(const Call& call, uint32_t count, const IstHandover* objects,
                                        const char* which) {
  if (count > 0) IST_CHECK(require_pointer(objects, which));
  std::vector<Handover> parts;
  for (uint32_t i = 0; i < count; ++i) {
    auto part = translate_one(call, objects[i]);
    if (!part.ok())
      return fail(part.status().code(), "%s[%u] is refused: %s", which, i,
                  std::string(part.status().message()).c_str());
    parts.push_back(std::move(*part));
  }
  return parts;
}

}  // namespace ist::share

extern "C" {

TiError ist_lend(TiRuntime runtime, uint32_t count, const IstHandover* objects, IstSyncPoint* ready) {
  return on_runtime("ist_lend", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const std::vector<Handover> parts, share::translate(call, count, objects, "objects"));
    IST_CHECK(check_lend(parts));
    if (call.runtime.timeline().in_host()) return share::lend_in_host(call.runtime, parts, ready);
    IST_CHECK(call.runtime.timeline().may_submit());
    IstSyncPoint point{};
    point.rung = IST_RUNG_HOST;
    if (ready) {
      point = *ready;
      if (raw_value(point.rung) == IST_RUNG_AUTO)
        point.rung = share::choose_rung(call.runtime, share::on_this_device(parts));
      IST_CHECK(share::check_signal(call.runtime, point));
    }
    IST_CHECK(record_lend(call.runtime, parts, point.rung));
    Status signalled = share::signal(call.runtime, point);
    if (!signalled.ok()) {
      undo_lend(parts);
      return signalled;
    }
    if (!ready) return wait_unlocked(call.lock, call.runtime, point.value);
    *ready = point;
    return {};
  });
}

TiError ist_take_back(TiRuntime runtime, uint32_t count, const IstHandover* objects, const IstSyncPoint* done) {
  return on_runtime("ist_take_back", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(const std::vector<Handover> parts, share::translate(call, count, objects, "objects"));
    IST_CHECK(check_take_back(parts));
    if (done) {
      IST_CHECK(share::check_wait(call.runtime, *done));
      IST_CHECK(share::wait(call.runtime, *done));
    }
    return record_take_back(call.runtime, parts, share::order_of(done), done ? done->rung : IST_RUNG_HOST);
  });
}

TiError ist_object_state(TiRuntime runtime, const IstHandover* which, IstObjectState* state) {
  return on_runtime("ist_object_state", runtime, [&](Call& call) -> Status {
    IST_CHECK(require_pointer(which, "which"));
    IstHandover one = *which;
    one.layout = TI_IMAGE_LAYOUT_UNDEFINED;
    one.flags = 0;
    one.mip_count = one.layer_count = one.image ? 1 : 0;
    IST_TRY(const std::vector<Handover> parts, share::translate(call, 1, &one, "which"));
    const Handover& part = parts[0];
    IstObjectState result{};
    const auto tell = [&](const auto& tracked, bool owned) {
      const Holding held =
          tracked.lending ? tracked.lending->at(part.range.base_mip, part.range.base_layer) : Holding{};
      result.holder = static_cast<IstHolder>(held.holder);
      result.layout = static_cast<TiImageLayout>(held.layout);
      result.peer = static_cast<IstPeer>(held.peer.kind);
      if (held.peer.kind == Peer::Kind::queue_family) result.queue_family = held.peer.family;
      result.rung = static_cast<IstRung>(tracked.last_rung);
      result.owned = owned ? 1 : 0;
      result.in_flight = call.runtime.timeline().finished(tracked.last_use) ? 0 : 1;
      result.last_write = tracked.last_write;
      std::strncpy(result.last_writer, tracked.last_writer, sizeof result.last_writer - 1);
    };
    if (part.image) {
      tell(part.image->tracked(), part.image->desc().owned);
      const auto& image = part.image->tracked();
      if (result.holder == IST_HOLDER_OURS)
        result.layout = static_cast<TiImageLayout>(*image.state.layout_of(part.range));
    } else {
      tell(part.memory->tracked(), part.memory->desc().owned);
    }
    return write_out(state, result, "state");
  });
}

}  // extern "C"
