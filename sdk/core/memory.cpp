// Mapping, copying, and host reads and writes of memory.
#include "core/memory.h"

#include <cinttypes>
#include <cstring>

namespace ist {
namespace {

Status record_copy(Timeline& timeline, TrackedBuffer& dst, uint64_t dst_offset, TrackedBuffer& src, uint64_t src_offset,
                   uint64_t size_bytes) {
  IST_CHECK(timeline.begin());
  timeline.act_as("copy");
  if (&dst == &src) {
    timeline.use(dst, {stage::kTransfer, access::kTransferRead | access::kTransferWrite});
  } else {
    timeline.use(dst, kCopyWrites);
    timeline.use(src, kCopyReads);
  }
  timeline.settle();
  timeline.device().copy_buffer(*dst.buffer, dst_offset, *src.buffer, src_offset, size_bytes);
  return timeline.copied(1);
}

}  // namespace

Memory::Memory(Runtime& runtime, const BufferDesc& desc, std::unique_ptr<Buffer> buffer)
    : Child(runtime, Kind::memory), desc_(desc), tracked_(std::make_shared<TrackedBuffer>()) {
  tracked_->buffer = std::move(buffer);
}

Memory::Memory(const BufferDesc& desc, const Memory& other)
    : Child(other.runtime(), Kind::memory), desc_(desc), tracked_(other.tracked_) {}

Memory::~Memory() {
  if (tracked_.use_count() > 1) return;
  runtime().timeline().forget(*tracked_);
  runtime().timeline().bury(std::move(tracked_->buffer), tracked_->last_use);
}

std::string Memory::text() const { return "Memory '" + name + "'"; }

Status Memory::require_ours(const std::string& user) const {
  if (!tracked_->lending) return {};
  Timeline& timeline = runtime().timeline();
  IST_CHECK(timeline.may_record());
  timeline.remember(*tracked_);
  std::vector<Lending::Returned> returned;
  IST_CHECK(tracked_->lending->require_ours({}, text(), user, returned));
  tracked_->lending.reset();
  for (const auto& part : returned) {
    if (part.from.peer.kind == Peer::Kind::same_device) continue;
    IST_CHECK(timeline.begin());
    timeline.transfer(*tracked_, Transfer::acquire, part.from.peer);
  }
  return {};
}

Result<void*> Memory::map() {
  IST_CHECK(require_ours("ti_map_memory"));
  const bool asked = desc_.host_read || desc_.host_write;
  if (!asked && !runtime().info().maps_all_memory) {
    return fail(Code::invalid_state,
                "Memory '%s' of %" PRIu64 " bytes was allocated without host_read or host_write and cannot be mapped.",
                name.c_str(), size_bytes());
  }
  if (mapped_) return fail(Code::invalid_state, "Memory '%s' is mapped already; unmap it first.", name.c_str());
  mapped_ = true;
  return static_cast<void*>(tracked_->buffer->host());
}

bool Memory::unmap() { return std::exchange(mapped_, false); }

Result<Memory*> allocate_memory(Runtime& runtime, const BufferDesc& desc) {
  IST_TRY(auto buffer, with_freed_memory(runtime, [&] { return runtime.device().create_buffer(desc); }));
  return runtime.adopt(std::make_unique<Memory>(runtime, desc, std::move(buffer)));
}

Status copy_memory(Runtime& runtime, const MemorySlice& dst, const MemorySlice& src) {
  return record_copy(runtime.timeline(), dst.memory->tracked(), dst.offset_bytes, src.memory->tracked(),
                     src.offset_bytes, src.size_bytes);
}

Status write_memory(Runtime& runtime, const MemorySlice& dst, const void* bytes) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.outside_host());
  TrackedBuffer& target = dst.memory->tracked();
  timeline.count_host_bytes(dst.size_bytes);
  std::byte* host = target.buffer->host();
  if (host && timeline.finished(target.last_use)) {
    std::memmove(host + dst.offset_bytes, bytes, dst.size_bytes);  // the host may own both
    target.last_writer = "host";
    return {};
  }
  IST_TRY(const Staging::Loan staged, runtime.staging().lend(dst.size_bytes, Staging::Direction::to_device));
  std::memcpy(staged.host(), bytes, dst.size_bytes);
  return record_copy(timeline, target, dst.offset_bytes, *staged, 0, dst.size_bytes);
}

Status read_memory(std::unique_lock<std::mutex>& lock, Runtime& runtime, const MemorySlice& src, void* bytes) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.may_submit());
  TrackedBuffer& source = src.memory->tracked();
  timeline.count_host_bytes(src.size_bytes);
  const Pin keep(src.memory->handle(), Kind::memory);  // another thread may free it while we sleep
  if (const std::byte* host = source.buffer->host()) {
    IST_CHECK(wait_unlocked(lock, runtime, source.last_write));
    std::memmove(bytes, host + src.offset_bytes, src.size_bytes);
    return {};
  }
  IST_TRY(const Staging::Loan staged, runtime.staging().lend(src.size_bytes, Staging::Direction::to_host));
  IST_CHECK(record_copy(timeline, *staged, 0, source, src.offset_bytes, src.size_bytes));
  IST_CHECK(wait_unlocked(lock, runtime, staged->last_write));
  std::memcpy(bytes, staged.host(), src.size_bytes);
  return {};
}

}  // namespace ist
