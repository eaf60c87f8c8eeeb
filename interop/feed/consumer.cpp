// The side of a feed that looks at the images.
#include <time.h>

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "feed/feed.h"
#include "share/record.h"

namespace ist::feed {
namespace {

constexpr uint64_t kAnswerNs = 1'000'000'000;  // for a feed that is there to let us in
// Between looks at whether somebody wants the end of a wait.
constexpr uint64_t kSliceNs = 50'000'000;
constexpr uint64_t kReadsSliceNs = 5'000'000;

uint64_t deadline_after(uint64_t timeout_ns) {
  const uint64_t now = now_ns();
  return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

uint64_t left_until(uint64_t deadline_ns) { return deadline_ns - std::min(deadline_ns, now_ns()); }

// A wait keeps the runtime from going; it ends when the host wants it gone.
Status check_alive(const Runtime& runtime) {
  const bool alive = HandleTable::instance().find(runtime.handle(), Kind::runtime).liveness == Liveness::alive;
  return alive ? Status() : fail(Code::invalid_argument, "The runtime was destroyed meanwhile.");
}

// What a consumer is given at the door.
struct Entry {
  File socket;
  pid_t pid = 0;
  Board board;
  Lease lease;
  std::vector<IstShareRecord> records;
  std::vector<File> slots;
};

class Consumer final : public Feed {
 public:
  Consumer(Runtime& runtime, std::string name, Slots slots, Entry entry, File wake)
      : Feed(runtime, std::move(name), std::move(slots), entry.records[0]),
        entry_(std::move(entry)),
        wake_(std::move(wake)) {}
  ~Consumer() override;

  Result<IstFrame> begin(Turn& turn, uint64_t timeout_ns) override;
  Status end(const IstFrame& frame, bool publish) override;
  IstFeedState state() override;
  void stop(Turn& turn) override;

 private:
  // The lease ends when the reads of the last frame have.
  void settle();
  void listen();
  Status check_ready() const;
  Result<IstFrame> hand_out(const Taken& taken);
  // Until there may be something new; a failure is the device's.
  Status sleep(Turn& turn, uint64_t timeout_ns);

  Entry entry_;
  File wake_;
  bool gone_ = false;
  uint64_t reads_ = 0;  // serial of the batch that reads the leased slot last; 0: none does
  uint64_t seen_ = 0;   // sequence
  uint64_t taken_ = 0;
  uint64_t skipped_ = 0;
};

void Consumer::settle() {
  if (hand_ != kNoSlot || reads_ == 0 || !runtime().timeline().finished(reads_)) return;
  reads_ = 0;
  give_back(entry_.lease);
}

// The producer says no more than that the board has changed.
void Consumer::listen() {
  while (!gone_) {
    const Packet packet = receive(entry_.socket);
    if (packet.kind == Packet::Kind::none) return;
    if (packet.kind == Packet::Kind::whole) {
      const Result<Message> message = unpack(packet.bytes, packet.files.size());
      if (message.ok() && std::holds_alternative<News>(*message)) continue;
    }
    if (packet.kind != Packet::Kind::gone)
      log(LogLevel::warn, "The producer of feed '%s' sends what is no news; it is given up on.", name_.c_str());
    gone_ = true;
  }
}

Status Consumer::check_ready() const {
  IST_CHECK(check_alive(runtime()));
  if (closed()) return fail(Code::invalid_state, "Feed '%s' was closed meanwhile.", name_.c_str());
  if (hand_ != kNoSlot)
    return fail(Code::invalid_state, "Frame %llu of feed '%s' (slot %u) is in hand; end it first.",
                static_cast<unsigned long long>(seen_), name_.c_str(), hand_);
  if (gone_)
    return fail(Code::invalid_state, "Producer %d of feed '%s' has gone.", static_cast<int>(entry_.pid), name_.c_str());
  return {};
}

Result<IstFrame> Consumer::hand_out(const Taken& taken) {
  Status ours = slots_.take(runtime(), taken.slot, false);
  if (!ours.ok()) {
    give_back(entry_.lease);
    return ours;
  }
  if (taken_ > 0) skipped_ += taken.note.sequence - seen_ - 1;
  ++taken_;
  seen_ = taken.note.sequence;
  IstFrame frame{};
  frame.sequence = taken.note.sequence;
  frame.time_ns = taken.note.time_ns;
  std::copy(std::begin(taken.note.user), std::end(taken.note.user), frame.user);
  Feed::hand_out(frame, taken.slot);
  return frame;
}

Status Consumer::sleep(Turn& turn, uint64_t timeout_ns) {
  Status status;
  Device& device = runtime().device();
  const uint64_t reads = reads_;
  if (reads) runtime().timeline().count_wait(true);
  turn.call.lock.unlock();
  turn.lock.unlock();
  if (reads) {
    status = device.wait(reads, std::min(timeout_ns, kReadsSliceNs)).take_status();
  } else {
    wait_readable(entry_.socket.get(), wake_.get(), std::min(timeout_ns, kSliceNs));
  }
  turn.lock.lock();
  turn.call.lock.lock();
  return status;
}

Result<IstFrame> Consumer::begin(Turn& turn, uint64_t timeout_ns) {
  const uint64_t deadline_ns = deadline_after(timeout_ns);
  for (;;) {
    listen();
    IST_CHECK(check_ready());
    settle();
    if (reads_ == 0) {
      const auto taken = take_newest(entry_.board, entry_.lease, slots_.count(), seen_);
      if (taken) return hand_out(*taken);
    }
    const uint64_t left_ns = left_until(deadline_ns);
    if (left_ns == 0) return IstFrame{};
    IST_CHECK(sleep(turn, left_ns));
  }
}

Status Consumer::end(const IstFrame&, bool) {
  IST_TRY(reads_, slots_.lend(runtime(), hand_));
  hand_ = kNoSlot;
  settle();
  return {};
}

void Consumer::stop(Turn& turn) {
  wake(wake_);
  if (hand_ != kNoSlot) {
    const auto reads = slots_.lend(runtime(), hand_);
    if (reads.ok()) reads_ = *reads;
    hand_ = kNoSlot;
  }
  if (reads_) (void)wait_unlocked(turn.call.lock, runtime(), reads_);  // a device that is lost reads no more
  reads_ = 0;
  give_back(entry_.lease);
}

// The runtime goes, and with it the socket: the producer takes the slot when it sees that.
Consumer::~Consumer() {
  if (hand_ == kNoSlot && reads_ == 0) return;
  Timeline& timeline = runtime().timeline();
  timeline.abandon_host();
  (void)timeline.submit();
  if (timeline.reach(timeline.last_serial()).ok()) (void)timeline.wait(timeline.last_serial());
  give_back(entry_.lease);
}

IstFeedState Consumer::state() {
  listen();
  settle();
  IstFeedState state = common_state();
  state.consumers = state.connected = gone_ ? 0 : 1;
  state.pid = static_cast<uint32_t>(entry_.pid);
  state.published = taken_;
  state.skipped = skipped_;
  state.leased = hand_ != kNoSlot || reads_ != 0 ? 1 : 0;
  return state;
}

// One try at the door. No socket in the entry: nobody is there.
Result<Entry> knock(const std::string& name) {
  Entry entry;
  IST_TRY(entry.socket, connect(name));
  if (!entry.socket) return entry;
  if (!send(entry.socket, pack(Hello{}))) return Entry{};
  const uint64_t deadline_ns = deadline_after(kAnswerNs);
  Packet packet;
  for (packet = receive(entry.socket); packet.kind == Packet::Kind::none; packet = receive(entry.socket)) {
    const uint64_t left_ns = left_until(deadline_ns);
    if (left_ns == 0) return Entry{};
    wait_readable(entry.socket.get(), -1, left_ns);
  }
  if (packet.kind == Packet::Kind::gone) return Entry{};
  if (packet.kind == Packet::Kind::damaged)
    return fail(Code::corrupted_data, "What answers for feed '%s' sends too much.", name.c_str());
  IST_TRY(Message message, unpack(packet.bytes, packet.files.size()));
  if (const auto* refusal = std::get_if<Refusal>(&message)) return Status(refusal->code, refusal->text);
  auto* welcome = std::get_if<Welcome>(&message);
  if (!welcome) return fail(Code::corrupted_data, "What answers for feed '%s' does not answer.", name.c_str());
  entry.pid = peer_pid(entry.socket);
  IST_TRY(entry.board, Board::map(std::move(packet.files[0]), false));
  IST_TRY(entry.lease, Lease::map(std::move(packet.files[1]), true));
  entry.records = std::move(welcome->slots);
  for (size_t slot = 0; slot < entry.records.size(); ++slot)
    entry.slots.push_back(std::move(packet.files[kPageFiles + slot]));
  return entry;
}

Result<Entry> find(const Runtime& runtime, const std::string& name, uint64_t timeout_ns) {
  constexpr timespec kNap{0, 2'000'000};
  const uint64_t deadline_ns = deadline_after(timeout_ns);
  for (;;) {
    IST_TRY(Entry entry, knock(name));
    if (entry.socket) return entry;
    IST_CHECK(check_alive(runtime));
    if (left_until(deadline_ns) == 0)
      return fail(Code::name_not_found, "There is no feed '%s' to be found within %llu ns.", name.c_str(),
                  static_cast<unsigned long long>(timeout_ns));
    ::nanosleep(&kNap, nullptr);
  }
}

// All slots are alike.
Status check_alike(const ImageDesc& first, const ImageDesc& other) {
  const auto shape = [](const ImageDesc& desc) {
    return std::tuple(desc.dimension, desc.extent.width, desc.extent.height, desc.extent.depth, desc.mip_count,
                      desc.layer_count, desc.format, desc.usage);
  };
  if (shape(first) == shape(other) && (first.usage & image_usage::kSampled)) return {};
  return fail(Code::corrupted_data, "The slots of the feed are not alike, or cannot be sampled.");
}

Status import(Runtime& runtime, const Entry& entry, Slots& slots) {
  ShareOps* shares = runtime.device().share_ops();
  if (!shares) return fail(Code::not_supported, "Device '%s' shares no memory.", runtime.info().name.c_str());
  std::vector<share::ImageRecord> records;
  for (const IstShareRecord& record : entry.records) {
    IST_TRY(share::ImageRecord read, share::read_image_record(runtime.info(), record));
    IST_CHECK(check_image_shape(read.desc));
    if (read.type != HandleType::opaque_fd)
      return fail(Code::corrupted_data, "A slot of the feed comes by handle type %u.",
                  static_cast<uint32_t>(read.type));
    records.push_back(std::move(read));
    IST_CHECK(check_alike(records[0].desc, records.back().desc));
  }
  for (size_t slot = 0; slot < records.size(); ++slot) {
    share::ImageRecord& read = records[slot];
    // What other processes look at, too, is not written here.
    read.desc.usage = image_usage::kSampled;
    read.desc.copy_target = false;
    IST_TRY(auto native, with_freed_memory(runtime, [&] {
              return shares->import_image(read.desc, read.type, entry.slots[slot].get(), read.allocation);
            }));
    slots.add(
        *runtime.adopt(std::make_unique<ImageResource>(runtime, read.desc, std::move(native), Layout::shader_read)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Feed>> make_consumer(capi::Call& call, const std::string& name, uint64_t timeout_ns) {
  IST_CHECK(check_rung(call.runtime));
  call.lock.unlock();
  auto found = find(call.runtime, name, timeout_ns);
  call.lock.lock();
  IST_TRY(Entry entry, std::move(found));
  IST_TRY(File wake, make_wake());
  Slots slots(name);
  SlotsGuard guard(slots);
  IST_CHECK(import(call.runtime, entry, slots));
  entry.slots.clear();
  std::unique_ptr<Feed> feed =
      std::make_unique<Consumer>(call.runtime, name, std::move(slots), std::move(entry), std::move(wake));
  guard.keep();
  return feed;
}

}  // namespace ist::feed
