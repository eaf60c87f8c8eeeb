// The producer's side of a feed apart from its images: the ring, the consumers, and the thread that lets them in,
// notices that they have gone, and publishes frames whose work has finished. Takes no lock but its own, and
// records nothing.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "feed/ring.h"
#include "feed/wire.h"

namespace ist::feed {

class Broker {
 public:
  // Waits until a batch has finished, or so long; false: it has not. Called on the broker's thread.
  using Finished = std::function<Result<bool>(uint64_t serial, uint64_t timeout_ns)>;

  // Takes the name (Listener::claim). `slots` and `records` are what a consumer gets. `finished` works until this
  // is destroyed.
  static Result<std::unique_ptr<Broker>> start(const std::string& name, std::vector<File> slots,
                                               std::vector<IstShareRecord> records, Finished finished);
  // Lets the name go, and all consumers; frames on their way are not published.
  ~Broker();

  // Any thread. As in Ring.
  Result<uint32_t> begin();
  uint64_t next_sequence();
  void publish_after(uint64_t serial, const FrameNote& note);
  void drop();

  struct State {
    Ring::Counts counts;
    uint32_t consumers = 0;
    uint32_t leased = 0;
    uint32_t available = 0;
    uint64_t leases_reclaimed = 0;
  };
  State state();

 private:
  struct Connection {
    File socket;
    uint64_t give_up_ns = 0;       // unless it has been let in by then
    std::unique_ptr<Lease> lease;  // once let in
  };

  Broker(std::string name, Listener listener, Board board, File wake, std::vector<File> slots,
         std::vector<IstShareRecord> records, Finished finished);
  void run();
  void sleep(bool busy);
  void publish(uint64_t serial);
  void accept_all();
  void serve(Connection& connection);
  void admit(Connection& connection);
  void refuse(Connection& connection, const Status& why);
  void close(Connection& connection);
  void forget_closed();
  void tell_news();
  uint32_t consumer_count() const;
  uint32_t most_consumers() const { return ring_.slot_count() - 2; }
  std::vector<const Lease*> leases() const;

  const std::string name_;
  Listener listener_;
  const Board board_;
  const File wake_;
  const std::vector<File> slots_;
  const std::vector<IstShareRecord> records_;
  const Finished finished_;

  std::mutex mutex_;  // of all below
  Ring ring_;
  std::vector<Connection> connections_;
  uint64_t leases_reclaimed_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

// CLOCK_MONOTONIC.
uint64_t now_ns();
// An eventfd: written to wake who polls it.
Result<File> make_wake();
void wake(const File& file);

}  // namespace ist::feed
