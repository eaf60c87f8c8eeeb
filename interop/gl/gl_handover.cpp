// Objects to GL and back: who waits for whom, and texels where memory is not shared.
#include <algorithm>

#include "gl_context.h"
#include "share/points.h"

namespace ist::gl_host {
namespace {

constexpr Peer kOtherDevice{Peer::Kind::external, kHeldByGl};
constexpr Peer kSameDevice{Peer::Kind::same_device, kHeldByGl};

const Lending* lending_of(const Handover& part) {
  return part.image ? part.image->tracked().lending.get() : part.memory->tracked().lending.get();
}

ImageSlice slice_of(const Handover& part, uint32_t mip) {
  ImageSlice slice;
  slice.image = part.image;
  slice.region = {mip, part.range.base_layer, part.range.layer_count, {}, part.image->mip_extent(mip)};
  return slice;
}

template <class Items, class Keep>
Items select(const Items& items, Keep&& keep) {
  Items kept;
  std::copy_if(items.begin(), items.end(), std::back_inserter(kept), keep);
  return kept;
}

template <class Items>
std::vector<Handover> parts_of(const Items& items) {
  std::vector<Handover> parts;
  for (const auto& item : items) parts.push_back(item.part);
  return parts;
}

void count_copy(Runtime& runtime, uint64_t bytes, bool first) {
  Counters& counters = runtime.timeline().counters();
  counters.share_copies += first ? 1 : 0;
  counters.share_bytes += bytes;
}

// The runtime is not held up by what takes long in GL.
class Unlocked {
 public:
  explicit Unlocked(capi::Call& call) : lock_(call.lock) { lock_.unlock(); }
  ~Unlocked() { lock_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
};

}  // namespace

Result<GlContext::Items> GlContext::items_of(std::vector<Handover> parts) {
  Items items;
  for (Handover& part : parts) {
    const Child& object = part.image ? static_cast<const Child&>(*part.image) : *part.memory;
    const auto found = shared_.find(reinterpret_cast<const void*>(object.handle()));
    if (found == shared_.end())
      return fail(Code::invalid_state, "%s is not shared with this OpenGL context; ist_gl_share_%s does that.",
                  (part.image ? part.image->text() : part.memory->text()).c_str(), part.image ? "image" : "memory");
    part.peer = found->second->copied ? kSameDevice : kOtherDevice;
    items.push_back({part, found->second.get()});
  }
  return items;
}

Status GlContext::check_writable(const Items& items) const {
  for (const Item& item : items) {
    const char* why = item.shared->texture ? item.shared->texture->read_only_reason() : nullptr;
    if (!why || item.part.read_only) continue;
    return fail(Code::not_supported, "OpenGL can only read %s: %s; lend it with IST_HANDOVER_READ_ONLY_BIT.",
                item.shared->text.c_str(), why);
  }
  return {};
}

Status GlContext::check_held(const Items& items) const {
  for (const Item& item : items) {
    bool held = true;
    item.shared->lent.for_each(item.part.range, [&](const SubresourceRange&, uint8_t lent) { held &= lent != 0; });
    if (!held)
      return fail(Code::invalid_state, "%s is lent, but not to this OpenGL context; take it back as it was lent.",
                  item.shared->text.c_str());
  }
  return {};
}

void GlContext::mark(const Items& items, bool lent) {
  for (const Item& item : items)
    item.shared->lent.update(item.part.range, [&](const SubresourceRange&, uint8_t& held) { held = lent; });
}

Status GlContext::lend(capi::Call& call, std::vector<Handover> parts) {
  IST_TRY(const Items items, items_of(std::move(parts)));
  const Items shared = select(items, [](const Item& item) { return !item.shared->copied; });
  const Items copied = select(items, [](const Item& item) { return item.shared->copied; });
  IST_CHECK(check_writable(items));
  Rungs chosen;
  if (!shared.empty()) {
    IST_TRY(chosen, rungs());
  }
  const std::vector<Handover> all = parts_of(items);
  IST_CHECK(check_lend(all));
  IST_TRY(const Copies copies, read(call, copied));
  if (!copies.empty()) IST_CHECK(check_lend(all));  // the reads have let other threads in
  Status lent = record_lend(call.runtime, parts_of(copied), IST_RUNG_HOST);
  if (lent.ok() && !shared.empty()) lent = record_lend(call.runtime, parts_of(shared), chosen.to_gl);
  if (lent.ok() && !shared.empty()) lent = order_to_gl(call, shared, chosen);
  if (!lent.ok()) {
    undo_lend(all);  // GL has been told nothing
    return lent;
  }
  upload(call, copies);
  mark(items, true);
  return {};
}

Status GlContext::order_to_gl(capi::Call& call, const Items& shared, const Rungs& chosen) {
  IstSyncPoint point{};
  point.rung = IST_RUNG_HOST;
  if (chosen.to_gl == IST_RUNG_HOST) {
    IST_CHECK(share::signal(call.runtime, point));
    return wait_unlocked(call.lock, call.runtime, point.value);
  }
  IST_TRY(SharedSemaphore semaphore, semaphores_.take_to_gl(call.runtime, *link_));
  point = semaphore.point;
  IST_CHECK(share::signal(call.runtime, point));
  with_names(shared, [&](uint32_t buffer_count, const Name* buffers, uint32_t texture_count, const Name* textures,
                         const Enum* layouts) {
    link_->gl().WaitSemaphoreEXT(semaphore.name, buffer_count, buffers, texture_count, textures, layouts);
  });
  semaphores_.waited_by_gl(semaphore);
  return {};
}

template <class F>
void GlContext::with_names(const Items& items, F&& f) const {
  std::vector<Name> buffers;
  std::vector<Name> textures;
  std::vector<Enum> layouts;
  for (const Item& item : items) {
    const Name name = item.shared->name();
    auto& names = item.shared->texture ? textures : buffers;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;  // another part of one texture
    names.push_back(name);
    if (item.shared->texture) layouts.push_back(gl_layout(item.part.layout));
  }
  f(static_cast<uint32_t>(buffers.size()), buffers.data(), static_cast<uint32_t>(textures.size()), textures.data(),
    layouts.data());
}

Status GlContext::take_back(capi::Call& call, std::vector<Handover> parts) {
  IST_TRY(Items items, items_of(std::move(parts)));
  IST_CHECK(check_take_back(parts_of(items)));
  IST_CHECK(check_held(items));
  for (Item& item : items)
    item.part.read_only |= lending_of(item.part)->at(item.part.range.base_mip, item.part.range.base_layer).read_only;
  const Items shared = select(items, [](const Item& item) { return !item.shared->copied; });
  const Items copied = select(items, [](const Item& item) { return item.shared->copied; });
  Rungs chosen;
  if (!shared.empty()) {
    IST_TRY(chosen, rungs());
  }
  IST_TRY(const Copies copies, download(call, copied));
  if (!copies.empty()) IST_CHECK(check_take_back(parts_of(items)));  // other threads were let in
  if (!shared.empty()) IST_CHECK(return_to_runtime(call, shared, chosen));
  mark(items, false);
  if (!copied.empty()) IST_CHECK(record_take_back(call.runtime, parts_of(copied), Order::host, IST_RUNG_HOST));
  return write(call, copies);
}

Status GlContext::return_to_runtime(capi::Call& call, const Items& shared, const Rungs& chosen) {
  if (chosen.from_gl == IST_RUNG_BINARY) return signal_semaphore(call, shared);
  if (chosen.from_gl == IST_RUNG_HOST) return finish(call, shared);
  IST_TRY(auto fence, Fence::set(link_, call.runtime.timeline()));
  return_through(call.runtime, parts_of(shared), fence, IST_RUNG_GL_FENCE);
  fences_.push_back(std::move(fence));
  return {};
}

Status GlContext::signal_semaphore(capi::Call& call, const Items& shared) {
  const Functions& gl = link_->gl();
  IST_TRY(SharedSemaphore semaphore, semaphores_.take_from_gl(call.runtime, *link_));
  with_names(shared, [&](uint32_t buffer_count, const Name* buffers, uint32_t texture_count, const Name* textures,
                         const Enum* layouts) {
    gl.SignalSemaphoreEXT(semaphore.name, buffer_count, buffers, texture_count, textures, layouts);
  });
  gl.Flush();
  IST_CHECK(share::wait(call.runtime, semaphore.point));
  semaphores_.waited_by_runtime(semaphore);
  return record_take_back(call.runtime, parts_of(shared), Order::semaphore, IST_RUNG_BINARY);
}

Status GlContext::finish(capi::Call& call, const Items& shared) {
  call.runtime.timeline().count_wait(true);
  {
    const Unlocked unlocked(call);
    link_->gl().Finish();
  }
  const std::vector<Handover> parts = parts_of(shared);
  IST_CHECK(check_take_back(parts));  // other threads were let in
  return record_take_back(call.runtime, parts, Order::host, IST_RUNG_HOST);
}

Result<GlContext::Copies> GlContext::read(capi::Call& call, const Items& copied) {
  Copies copies;
  for (const Item& item : copied) {
    if (item.part.discard) continue;
    if (Memory* memory = item.part.memory) {
      std::vector<std::byte> bytes(memory->size_bytes());
      IST_CHECK(read_memory(call.lock, call.runtime, {memory, 0, memory->size_bytes()}, bytes.data()));
      count_copy(call.runtime, bytes.size(), true);
      copies.push_back({&item, 0, std::move(bytes)});
      continue;
    }
    const SubresourceRange& range = item.part.range;
    for (uint32_t mip = range.base_mip; mip < range.base_mip + range.mip_count; ++mip) {
      const ImageSlice slice = slice_of(item.part, mip);
      IST_TRY(const TexelRows rows, texel_rows(slice, 0));
      std::vector<std::byte> bytes(rows.total_bytes);
      IST_CHECK(read_image(call.lock, call.runtime, slice, bytes.data(), rows));
      count_copy(call.runtime, bytes.size(), mip == range.base_mip);
      copies.push_back({&item, mip, std::move(bytes)});
    }
  }
  return copies;
}

void GlContext::upload(capi::Call& call, const Copies& copies) {
  if (copies.empty()) return;
  const Unlocked unlocked(call);
  for (const Copy& copy : copies) {
    const Item& item = *copy.item;
    if (item.shared->buffer) {
      item.shared->buffer->upload(copy.bytes.data());
    } else {
      item.shared->texture->upload(copy.mip, item.part.range.base_layer, item.part.range.layer_count,
                                   copy.bytes.data());
    }
  }
}

Result<GlContext::Copies> GlContext::download(capi::Call& call, const Items& copied) {
  const auto comes_back = [](const Item& item) { return !item.part.read_only && !item.part.discard; };
  Copies copies;
  if (std::none_of(copied.begin(), copied.end(), comes_back)) return copies;
  call.runtime.timeline().count_wait(true);
  const Unlocked unlocked(call);
  for (const Item& item : copied) {
    if (!comes_back(item)) continue;
    if (item.shared->buffer) {
      std::vector<std::byte> bytes(item.part.memory->size_bytes());
      IST_CHECK(item.shared->buffer->download(bytes.data()));
      copies.push_back({&item, 0, std::move(bytes)});
      continue;
    }
    const SubresourceRange& range = item.part.range;
    for (uint32_t mip = range.base_mip; mip < range.base_mip + range.mip_count; ++mip) {
      std::vector<std::byte> bytes(item.shared->texture->layer_bytes(mip) * range.layer_count);
      item.shared->texture->download(mip, range.base_layer, range.layer_count, bytes.data());
      copies.push_back({&item, mip, std::move(bytes)});
    }
  }
  return copies;
}

Status GlContext::write(capi::Call& call, const Copies& copies) {
  for (const Copy& copy : copies) {
    const Handover& part = copy.item->part;
    count_copy(call.runtime, copy.bytes.size(), part.memory || copy.mip == part.range.base_mip);
    if (part.memory) {
      IST_CHECK(write_memory(call.runtime, {part.memory, 0, copy.bytes.size()}, copy.bytes.data()));
      continue;
    }
    const ImageSlice slice = slice_of(part, copy.mip);
    IST_TRY(const TexelRows rows, texel_rows(slice, 0));
    IST_CHECK(write_image(call.runtime, slice, copy.bytes.data(), rows));
  }
  return {};
}

// What is still lent and alive; a part for each mip of each layer.
std::vector<Handover> GlContext::all_held() {
  std::vector<Handover> parts;
  const HandleTable& table = HandleTable::instance();
  for (const auto& [key, shared] : shared_) {
    if (!shared->lent_at_all()) continue;
    const auto bits = reinterpret_cast<HandleBits>(key);
    const Kind kind = shared->texture ? Kind::image : Kind::memory;
    Object* object = table.find(bits, kind).object;
    if (!object) continue;
    Handover part;
    (kind == Kind::image ? static_cast<void>(part.image = static_cast<ImageResource*>(object))
                         : static_cast<void>(part.memory = static_cast<Memory*>(object)));
    for (uint32_t mip = 0; mip < shared->lent.mips(); ++mip) {
      for (uint32_t layer = 0; layer < shared->lent.layers(); ++layer) {
        if (!shared->lent.at(mip, layer)) continue;
        part.range = {mip, 1, layer, 1};
        part.layout = lending_of(part)->at(mip, layer).layout;
        part.discard = part.image && part.layout == Layout::undefined;
        parts.push_back(part);
      }
    }
  }
  return parts;
}

Status GlContext::detach(capi::Call& call, bool context_gone) {
  Status taken;
  if (context_gone) {
    IST_TRY(Items items, items_of(all_held()));
    for (Item& item : items) item.part.read_only |= item.shared->copied;
    taken = record_take_back(call.runtime, parts_of(items), Order::host, IST_RUNG_HOST);
  } else {
    taken = take_back(call, all_held());
    const Unlocked unlocked(call);
    link_->gl().Finish();
  }
  for (const auto& fence : fences_) fence->settle(context_gone);
  fences_.clear();
  if (context_gone) {
    for (auto& [key, shared] : shared_) {
      if (shared->texture) shared->texture->forget();
      if (shared->buffer) shared->buffer->forget();
    }
  }
  shared_.clear();
  semaphores_.clear(call.runtime, context_gone ? nullptr : &link_->gl());
  link_->close(context_gone);
  detached_ = true;
  return taken;
}

}  // namespace ist::gl_host
