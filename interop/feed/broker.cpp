// The thread of a producer's feed.
#include "feed/broker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace ist::feed {
namespace {

constexpr uint64_t kHelloNs = 2'000'000'000;  // in which who has connected says what it wants
constexpr uint64_t kSliceNs = 1'000'000;      // between looks at the sockets while the device works
constexpr size_t kMostStrangers = 16;         // who have not said it yet

// Handlers of the host's do not run on the library's thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

uint64_t now_ns() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Result<File> make_wake() {
  File file(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!file) return fail(Code::not_supported, "An eventfd cannot be made: %s.", std::strerror(errno));
  return file;
}

void wake(const File& file) {
  const uint64_t one = 1;
  (void)!::write(file.get(), &one, sizeof one);
}

Result<std::unique_ptr<Broker>> Broker::start(const std::string& name, std::vector<File> slots,
                                              std::vector<IstShareRecord> records, Finished finished) {
  IST_TRY(Board board, Board::make("isthmus board"));
  board.seal_for_others();
  IST_TRY(File wake, make_wake());
  IST_TRY(Listener listener, Listener::claim(name));
  std::unique_ptr<Broker> broker(new Broker(name, std::move(listener), std::move(board), std::move(wake),
                                            std::move(slots), std::move(records), std::move(finished)));
  const SignalsBlocked blocked;
  broker->thread_ = std::thread([raw = broker.get()] { raw->run(); });
  return broker;
}

Broker::Broker(std::string name, Listener listener, Board board, File wake, std::vector<File> slots,
               std::vector<IstShareRecord> records, Finished finished)
    : name_(std::move(name)),
      listener_(std::move(listener)),
      board_(std::move(board)),
      wake_(std::move(wake)),
      slots_(std::move(slots)),
      records_(std::move(records)),
      finished_(std::move(finished)),
      ring_(static_cast<uint32_t>(slots_.size())) {}

Broker::~Broker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake(wake_);
  if (thread_.joinable()) thread_.join();
}

Result<uint32_t> Broker::begin() {
  const std::lock_guard lock(mutex_);
  if (ring_.in_hand())
    return fail(Code::invalid_state, "Frame %llu of feed '%s' (slot %u) is in hand; end it first.",
                static_cast<unsigned long long>(ring_.next_sequence()), name_.c_str(), ring_.hand());
  bool changed = false;
  const uint32_t slot = ring_.begin(board_, leases(), &changed);
  if (changed) tell_news();
  if (slot == kNoSlot)
    return fail(Code::invalid_state, "No slot of feed '%s' is free: a consumer does not keep to one.", name_.c_str());
  return slot;
}

uint64_t Broker::next_sequence() {
  const std::lock_guard lock(mutex_);
  return ring_.next_sequence();
}

void Broker::publish_after(uint64_t serial, const FrameNote& note) {
  const std::lock_guard lock(mutex_);
  ring_.publish_after(board_, serial, note);
  wake(wake_);
}

void Broker::drop() {
  const std::lock_guard lock(mutex_);
  ring_.drop();
}

Broker::State Broker::state() {
  const std::lock_guard lock(mutex_);
  const auto held = leases();
  return {ring_.counts(), consumer_count(), ring_.leased(held), ring_.available(held), leases_reclaimed_};
}

void Broker::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint64_t serial = ring_.oldest_serial();
    lock.unlock();
    if (serial) publish(serial);
    lock.lock();
    const bool busy = ring_.oldest_serial() != 0;
    lock.unlock();
    sleep(busy);
    lock.lock();
    for (Connection& connection : connections_) serve(connection);
    forget_closed();
    accept_all();
  }
  connections_.clear();
}

// Only this thread changes connections_, so it may look at them unlocked.
void Broker::sleep(bool busy) {
  std::vector<pollfd> wanted{{wake_.get(), POLLIN, 0}, {listener_.socket(), POLLIN, 0}};
  uint64_t until_ns = UINT64_MAX;
  for (const Connection& connection : connections_) {
    wanted.push_back({connection.socket.get(), POLLIN, 0});
    if (!connection.lease) until_ns = std::min(until_ns, connection.give_up_ns);
  }
  int timeout_ms = -1;
  if (until_ns != UINT64_MAX) timeout_ms = static_cast<int>((until_ns - std::min(until_ns, now_ns())) / 1'000'000 + 1);
  if (busy) timeout_ms = 0;
  ::poll(wanted.data(), wanted.size(), timeout_ms);
  uint64_t woken;
  if (wanted[0].revents) (void)!::read(wake_.get(), &woken, sizeof woken);
}

void Broker::publish(uint64_t serial) {
  const Result<bool> finished = finished_(serial, kSliceNs);
  const std::lock_guard lock(mutex_);
  if (!finished.ok()) {
    log(LogLevel::error, "Frames of feed '%s' are lost: %s", name_.c_str(),
        std::string(finished.status().message()).c_str());
    return ring_.drop_pending();
  }
  if (*finished && ring_.publish_up_to(board_, leases(), serial)) tell_news();
}

void Broker::accept_all() {
  errno = 0;
  while (File socket = listener_.accept()) {
    const size_t strangers = connections_.size() - consumer_count();
    if (strangers < kMostStrangers) connections_.push_back({std::move(socket), now_ns() + kHelloNs, nullptr});
  }
  // They stay at the door, and poll() keeps saying so.
  constexpr timespec kNap{0, 5'000'000};
  if (errno == EMFILE || errno == ENFILE) ::nanosleep(&kNap, nullptr);
}

void Broker::serve(Connection& connection) {
  for (;;) {
    const Packet packet = receive(connection.socket);
    if (packet.kind == Packet::Kind::none) {
      if (!connection.lease && now_ns() >= connection.give_up_ns) close(connection);
      return;
    }
    if (packet.kind != Packet::Kind::whole) return close(connection);
    const Result<Message> message = unpack(packet.bytes, packet.files.size());
    if (!message.ok()) return refuse(connection, message.status());
    if (connection.lease || !std::holds_alternative<Hello>(*message))
      return refuse(connection, fail(Code::corrupted_data, "A consumer says hello, once, and nothing else."));
    admit(connection);
    if (!connection.socket) return;
  }
}

void Broker::admit(Connection& connection) {
  if (consumer_count() >= most_consumers())
    return refuse(connection, fail(Code::argument_out_of_range,
                                   "Feed '%s' has %u consumers, and its %u slots are enough for no more.",
                                   name_.c_str(), consumer_count(), ring_.slot_count()));
  auto lease = Lease::make("isthmus lease");
  if (!lease.ok()) return refuse(connection, lease.status());
  std::vector<int> files{board_.file(), lease->file()};
  for (const File& slot : slots_) files.push_back(slot.get());
  if (!send(connection.socket, pack(Welcome{records_}), files)) return close(connection);
  connection.lease = std::make_unique<Lease>(*std::move(lease));
}

void Broker::refuse(Connection& connection, const Status& why) {
  log(LogLevel::info, "Feed '%s' refuses a consumer: %s", name_.c_str(), std::string(why.message()).c_str());
  send(connection.socket, pack(Refusal{why.code(), std::string(why.message())}));
  close(connection);
}

void Broker::close(Connection& connection) {
  if (connection.lease && slot_of(*connection.lease, ring_.slot_count()) != kNoSlot) ++leases_reclaimed_;
  connection.lease.reset();
  connection.socket = File();
}

void Broker::forget_closed() {
  std::erase_if(connections_, [](const Connection& connection) { return !connection.socket; });
}

void Broker::tell_news() {
  for (const Connection& connection : connections_) {
    if (connection.lease && wants_news(*connection.lease)) send(connection.socket, pack(News{}));
  }
}

uint32_t Broker::consumer_count() const {
  return static_cast<uint32_t>(std::count_if(connections_.begin(), connections_.end(),
                                             [](const Connection& connection) { return connection.lease != nullptr; }));
}

std::vector<const Lease*> Broker::leases() const {
  std::vector<const Lease*> leases;
  for (const Connection& connection : connections_) {
    if (connection.lease) leases.push_back(connection.lease.get());
  }
  return leases;
}

}  // namespace ist::feed
