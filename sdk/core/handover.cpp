// Barriers of hand-overs, and the book of who holds what.
#include "core/handover.h"

namespace ist {
namespace {

constexpr Scope kAnyReader{stage::kAllCommands, access::kMemoryRead};

std::string text_of(const Handover& part) { return part.image ? part.image->text() : part.memory->text(); }

bool same_object(const Handover& a, const Handover& b) {
  if (a.image && b.image) return &a.image->tracked() == &b.image->tracked();
  return a.memory && b.memory && &a.memory->tracked() == &b.memory->tracked();
}

bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count) { return a < b + b_count && b < a + a_count; }

bool overlap(const Handover& a, const Handover& b) {
  return same_object(a, b) && overlap(a.range.base_mip, a.range.mip_count, b.range.base_mip, b.range.mip_count) &&
         overlap(a.range.base_layer, a.range.layer_count, b.range.base_layer, b.range.layer_count);
}

Status check_apart(std::span<const Handover> parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    for (size_t j = i + 1; j < parts.size(); ++j) {
      if (overlap(parts[i], parts[j]))
        return fail(Code::invalid_argument, "objects[%zu] and objects[%zu] overlap in %s.", i, j,
                    text_of(parts[i]).c_str());
    }
  }
  return {};
}

std::unique_ptr<Lending>& lending_of(const Handover& part) {
  return part.image ? part.image->tracked().lending : part.memory->tracked().lending;
}

void hold(const Handover& part, const Holding& holding) {
  auto& lending = lending_of(part);
  if (!lending) {
    const bool image = part.image != nullptr;
    lending =
        std::make_unique<Lending>(image ? part.image->desc().mip_count : 1, image ? part.image->desc().layer_count : 1);
  }
  lending->set(part.range, holding);
  if (lending->all_ours()) lending.reset();
}

void note_rung(const Handover& part, uint32_t rung) {
  (part.image ? part.image->tracked().last_rung : part.memory->tracked().last_rung) = rung;
}

bool changes_owner(const Peer& peer) { return peer.kind != Peer::Kind::same_device; }

// For a recording that is dropped.
void remember(Timeline& timeline, const Handover& part) {
  part.image ? timeline.remember(part.image->tracked()) : timeline.remember(part.memory->tracked());
}

// The users of a loan: of a read-only one they write nothing.
Scope users_of(const Handover& part) {
  Scope users = part.memory ? users_of(part.memory->desc()) : users_of(part.layout);
  if (part.read_only) users.access &= ~access::kWrites;
  return users;
}

// The barrier is no write of ours: who wrote last is told as before.
void make_ready(Timeline& timeline, const Handover& part) {
  const auto keep_writer = [](auto& tracked, auto&& use) {
    const char* writer = tracked.last_writer;
    const uint64_t write = tracked.last_write;
    use();
    tracked.last_writer = writer;
    tracked.last_write = write;
  };
  if (part.memory) {
    TrackedBuffer& buffer = part.memory->tracked();
    keep_writer(buffer, [&] { timeline.use(buffer, users_of(part)); });
    return;
  }
  TrackedImage& image = part.image->tracked();
  if (part.discard) image.state.track(part.range, Layout::undefined);
  if (part.layout == Layout::undefined) return;
  keep_writer(image, [&] { timeline.use(image, part.range, {part.layout, users_of(part)}); });
}

void release(Timeline& timeline, const Handover& part) {
  if (part.memory) {
    timeline.transfer(part.memory->tracked(), Transfer::release, part.peer);
  } else if (part.layout != Layout::undefined) {
    timeline.transfer(part.image->tracked(), part.range, part.layout, Transfer::release, part.peer);
  }
}

void acquire(Timeline& timeline, const Handover& part) {
  if (part.memory) {
    timeline.transfer(part.memory->tracked(), Transfer::acquire, part.peer);
  } else {
    timeline.transfer(part.image->tracked(), part.range, part.layout, Transfer::acquire, part.peer);
  }
}

// What the next use of a part comes after.
void restate(const Handover& part, Scope before) {
  if (part.memory) {
    AccessState& state = part.memory->tracked().state;
    if (part.read_only) {
      state.reads |= kAnyReader;
    } else {
      state = {before, {}};
    }
    return;
  }
  ImageState& state = part.image->tracked().state;
  if (part.discard) return state.track(part.range, Layout::undefined);
  if (part.read_only) return state.add_readers(part.range, kAnyReader);
  state.restate(part.range, {part.layout, before, {}});
}

void note_writer(const Handover& part, uint64_t serial) {
  if (part.read_only) return;
  const char* writer = changes_owner(part.peer) ? "peer" : "host";
  if (part.memory) {
    part.memory->tracked().last_writer = writer;
    part.memory->tracked().last_write = serial;
  } else {
    part.image->tracked().last_writer = writer;
    part.image->tracked().last_write = serial;
  }
}

Status check_lent(const Handover& part, const Holding& holding) {
  if (holding.holder == Holder::ours) return fail(Code::invalid_state, "%s is not lent.", text_of(part).c_str());
  if (holding.holder == Holder::returning)
    return fail(Code::invalid_state, "%s is on its way back already.", text_of(part).c_str());
  if (!(holding.peer == part.peer))
    return fail(Code::invalid_state, "%s is lent to %s, not to %s.", text_of(part).c_str(),
                peer_text(holding.peer).c_str(), peer_text(part.peer).c_str());
  if (part.image && part.discard) return {};
  if (part.image && holding.read_only && holding.layout != part.layout)
    return fail(Code::invalid_argument, "%s was lent read-only in layout %s and comes back in layout %s.",
                text_of(part).c_str(), layout_name(holding.layout), layout_name(part.layout));
  if (part.image && part.layout == Layout::undefined)
    return fail(Code::invalid_argument,
                "%s comes back in layout UNDEFINED, which loses its contents; say so (DISCARD).",
                text_of(part).c_str());
  return {};
}

}  // namespace

Scope users_of(Layout layout) {
  constexpr uint32_t kShaders = stage::kCompute | stage::kVertexShader | stage::kFragmentShader;
  switch (layout) {
    case Layout::shader_read:
    case Layout::color_attachment_read:
      return {kShaders, access::kShaderRead};
    case Layout::color_attachment:
      return {stage::kColorAttachment, access::kColorRead | access::kColorWrite};
    case Layout::depth_attachment:
      return {stage::kDepthAttachment, access::kDepthRead | access::kDepthWrite};
    case Layout::depth_attachment_read:
      return {stage::kDepthAttachment | kShaders, access::kDepthRead | access::kShaderRead};
    case Layout::transfer_dst:
      return {stage::kTransfer, access::kTransferWrite};
    case Layout::transfer_src:
      return {stage::kTransfer, access::kTransferRead};
    case Layout::present_src:
      return kAnyReader;
    default:
      return {stage::kAllCommands, access::kMemoryRead | access::kMemoryWrite};
  }
}

Scope users_of(const BufferDesc& desc) {
  Scope users{stage::kCompute | stage::kVertexShader | stage::kFragmentShader | stage::kTransfer,
              access::kShaderRead | access::kShaderWrite | access::kTransferRead | access::kTransferWrite};
  if (desc.usage & memory_usage::kUniform) users |= {stage::kCompute, access::kUniformRead};
  if (desc.usage & memory_usage::kVertex) users |= {stage::kVertexInput, access::kVertexRead};
  if (desc.usage & memory_usage::kIndex) users |= {stage::kVertexInput, access::kIndexRead};
  return users;
}

Status check_lend(std::span<const Handover> parts) {
  for (const Handover& part : parts) {
    Status ours = part.image ? part.image->require_ours(part.range, "ist_lend") : part.memory->require_ours("ist_lend");
    IST_CHECK(std::move(ours));
    if (part.memory && part.memory->mapped())
      return fail(Code::invalid_state, "%s is mapped; unmap it before it is lent.", text_of(part).c_str());
    if (part.image && part.layout == Layout::undefined && !part.discard)
      return fail(Code::invalid_argument, "%s would be lent in layout UNDEFINED; say which layout, or DISCARD.",
                  text_of(part).c_str());
  }
  return check_apart(parts);
}

Status record_lend(Runtime& runtime, std::span<const Handover> parts, uint32_t rung) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  for (const Handover& part : parts) {
    remember(timeline, part);
    if (!part.already) make_ready(timeline, part);
  }
  timeline.settle();
  for (const Handover& part : parts) {
    if (changes_owner(part.peer) && !part.already) release(timeline, part);
    hold(part, {Holder::lent, part.layout, part.peer, part.read_only, nullptr});
    note_rung(part, rung);
    ++timeline.counters().lends;
  }
  return {};
}

void undo_lend(std::span<const Handover> parts) {
  for (const Handover& part : parts) hold(part, {});
}

Status check_take_back(std::span<const Handover> parts) {
  for (const Handover& part : parts) {
    if (part.image && !part.image->in_hand)
      return fail(Code::invalid_state, "%s is lent to feed '%s'; ist_feed_begin gives it out.",
                  part.image->text().c_str(), part.image->feed.c_str());
    const auto& lending = lending_of(part);
    if (!lending) IST_CHECK(check_lent(part, {}));
    Status refused;
    if (lending)
      lending->for_each(part.range, [&](const Holding& holding) {
        if (refused.ok()) refused = check_lent(part, holding);
      });
    IST_CHECK(std::move(refused));
  }
  return check_apart(parts);
}

Status record_take_back(Runtime& runtime, std::span<const Handover> parts, Order order, uint32_t rung) {
  Timeline& timeline = runtime.timeline();
  // What the CPU can see needs a batch behind the peer's work that can be waited for.
  const auto seen = [&](const Handover& part) {
    return order != Order::host && part.memory && part.memory->tracked().buffer->seen_by_cpu();
  };
  bool records = false;
  for (const Handover& part : parts) records |= seen(part) || (changes_owner(part.peer) && !part.discard);
  if (records) IST_CHECK(timeline.begin());
  const Scope before = order == Order::semaphore ? kAlreadyOrdered : kUnknownWriter;
  for (const Handover& part : parts) {
    remember(timeline, part);
    restate(part, before);
    if (changes_owner(part.peer) && !part.discard) acquire(timeline, part);
    note_writer(part, timeline.last_serial());
    if (seen(part)) timeline.expect_peer(part.memory->tracked(), !part.read_only);
    hold(part, {});
    note_rung(part, rung);
    ++timeline.counters().takes;
  }
  return {};
}

void return_through(Runtime& runtime, std::span<const Handover> parts, std::shared_ptr<ReturnGate> gate,
                    uint32_t rung) {
  Timeline& timeline = runtime.timeline();
  for (const Handover& part : parts) {
    restate(part, kUnknownWriter);
    note_writer(part, timeline.last_serial());
    hold(part, {Holder::returning, part.layout, part.peer, part.read_only, gate});
    note_rung(part, rung);
    ++timeline.counters().takes;
  }
}

void start_lent(Memory& memory, const Peer& peer) {
  Handover part;
  part.memory = &memory;
  hold(part, {Holder::lent, Layout::undefined, peer, false, nullptr});
}

void start_lent(ImageResource& image, Layout layout, const Peer& peer) {
  Handover part;
  part.image = &image;
  part.range = image.full_range();
  hold(part, {Holder::lent, layout, peer, false, nullptr});
}

Status check_free(const Memory& memory) {
  if (memory.desc().imported) return {};
  return memory.require_ours("ti_free_memory");
}

Status check_free(const ImageResource& image) {
  if (!image.feed.empty())
    return fail(Code::invalid_state, "%s belongs to feed '%s' and goes with it.", image.text().c_str(),
                image.feed.c_str());
  if (image.desc().imported) return {};
  return image.require_ours(image.full_range(), "ti_free_image");
}

}  // namespace ist
