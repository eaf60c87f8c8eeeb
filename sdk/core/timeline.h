// The recorded order of one runtime's work: which barriers come before a command, which batch it is
// in, and when what it used may be destroyed. Drives the Device; knows no handle and no kernel.
//
// Threads: everything under the runtime's lock, but for wait().
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "contract/device.h"
#include "contract/image_ops.h"
#include "contract/recording_ops.h"
#include "core/image_state.h"
#include "core/lending.h"
#include "core/resource_state.h"

namespace ist {

// Totals since a runtime's creation (IstCounters).
struct Counters {
  uint64_t launches = 0;
  uint64_t dispatches = 0;
  uint64_t barriers = 0;
  uint64_t submits = 0;
  uint64_t host_bytes = 0;
  uint64_t blocking_waits = 0;
  uint64_t polls = 0;
  uint64_t copies = 0;
  uint64_t gpu_waits = 0;
  uint64_t gpu_signals = 0;
  uint64_t lends = 0;
  uint64_t takes = 0;
  uint64_t share_copies = 0;
  uint64_t share_bytes = 0;
};

// What copies do to what they read and write.
inline constexpr Scope kCopyReads{stage::kTransfer, access::kTransferRead};
inline constexpr Scope kCopyWrites{stage::kTransfer, access::kTransferWrite};

// What IST_OPTION_KERNEL_TIMING has measured of one kernel, on the device.
struct KernelTimes {
  uint64_t last_ns = 0;
  uint64_t total_ns = 0;
};

// A buffer with its place on the timeline.
struct TrackedBuffer {
  std::unique_ptr<Buffer> buffer;
  AccessState state;
  uint64_t last_use = 0;             // serial of the newest batch that touches it, 0: none
  uint64_t last_write = 0;           // likewise, that writes it
  bool zero_at_first_use = false;    // its size is then a multiple of 4
  const char* last_writer = "";      // who that was: lives as long as the runtime
  uint32_t last_rung = 0;            // IstRung of its last hand-over
  std::unique_ptr<Lending> lending;  // null: all of it is ours
};

// An image with its place on the timeline.
struct TrackedImage {
  TrackedImage(std::unique_ptr<Image> native, uint32_t mips, uint32_t layers, Layout layout)
      : image(std::move(native)), state(mips, layers, layout) {}
  std::unique_ptr<Image> image;
  ImageState state;
  uint64_t last_use = 0;
  uint64_t last_write = 0;
  const char* last_writer = "";
  uint32_t last_rung = 0;
  std::unique_ptr<Lending> lending;
};

class Timeline {
 public:
  explicit Timeline(Device& device)
      : device_(device), self_ordered_(device.program_ops() != nullptr), immediate_(device.info().immediate) {
    image_barriers_.reserve(16);
  }

  Device& device() { return device_; }

  // Opens a batch if none is open. Call before the uses of a command. Fails as may_record().
  Status begin();

  // While a command buffer of the host is open, commands go there and come from the thread that opened it; nothing
  // is submitted. After it was closed, and until it is known to be handed over, our own batches are held back: they
  // must not overtake it. `batch` is the serial that close_in_host() has returned.
  // `number` is what the host knows the recording by.
  Status open_in_host(RecordingOps& ops, uint64_t native_commands, uint64_t number);
  Result<uint64_t> close_in_host();
  Status submitted_by_host(uint64_t batch, const DevicePoint& done);  // the oldest held
  void finished_by_host(uint64_t batch);                              // and all before it
  void dropped_by_host(uint64_t batch);  // the newest, with nothing recorded behind: all as before it was opened
  bool in_host() const { return in_host_; }
  bool holds_back() const { return !held_.empty(); }
  // The runtime goes: what is open is closed, what is held is given up for submitted, with an error in the log.
  void abandon_host();

  // invalid_state: another thread has the host's command buffer open, or this one cannot drive the device. (The next
  // two fail likewise.)
  Status may_record() const;
  // invalid_state: the host's command buffer is open (by whomever).
  Status outside_host() const;
  // invalid_state: it is, or was not reported submitted.
  Status may_submit() const;

  // Who the next commands are, for the writers' names; the text lives as long as the runtime.
  void act_as(const char* actor) { actor_ = actor; }

  // Announces what the next command touches. All uses of one resource by one command come in one call.
  void use(TrackedBuffer& buffer, Scope scope);
  void use(TrackedImage& image, const SubresourceRange& range, const ImageUse& use);
  // Emits the barriers that the announced uses need, as one batch: before the command itself.
  void settle();

  // The open batch comes after a peer's use of memory that the CPU sees: before the CPU looks at it (or, if the peer
  // only reads, writes it), the batch has finished.
  void expect_peer(TrackedBuffer& buffer, bool writes);

  // Half of an ownership transfer, after the barriers of the uses announced before. The layout of an image is
  // the same on both sides. A buffer or image that is acquired is then ordered before all later uses.
  void transfer(TrackedBuffer& buffer, Transfer transfer, const Peer& peer);
  void transfer(TrackedImage& image, const SubresourceRange& range, Layout layout, Transfer transfer, const Peer& peer);

  // Counts one recorded command, and submits when the batch has grown large or old, so that the
  // device starts while the host still records.
  Status recorded(uint32_t dispatches);
  // As above, for a command that is `copies` copies or blits.
  Status copied(uint32_t copies) {
    counters_.copies += copies;
    return recorded(0);
  }

  // The object goes; call it for everything that was announced.
  void forget(const TrackedBuffer& buffer);
  void forget(const TrackedImage& image);

  // Remembers the state that a hand-over is about to change, for a host's command buffer that is dropped.
  void remember(TrackedBuffer& buffer);
  void remember(TrackedImage& image);

  // Hands over what is recorded, or does so as soon as it is no longer held back. When that fails, what is known of
  // objects is as before the batch. A failure tells of something that was recorded, or of a lost device; what could
  // be handed over has been, so last_serial() is worth waiting for all the same. Fails as outside_host().
  Status submit();
  // Makes sure that a wait for `serial`, not newer than last_serial(), ends: behind a command buffer of the host an
  // empty batch is handed over. Call may_submit() before.
  Status reach(uint64_t serial);
  // The newest batch ended; 0: none ever.
  uint64_t last_serial() const { return device_.recording_serial() - 1; }
  // True when so many batches are unfinished that the next would have to wait for a free one.
  bool crowded();
  // The newest batch known to have finished, after a look at the device.
  uint64_t completed();
  // Blocks until the serial has finished. Any thread, without the lock.
  Status wait(uint64_t serial);
  bool finished(uint64_t serial);

  // Destroys the object now, or when the batch `last_use` has finished.
  void bury(std::unique_ptr<DeviceObject> object, uint64_t last_use);
  bool buries() const { return !graveyard_.empty(); }
  // Destroys what has become free to go.
  void collect();

  // Time stamps of kernels: off until asked for; not_supported where the device has none.
  Status set_timing(bool on);
  bool timing() const { return timing_; }
  uint32_t stamp();
  // Adds the time from stamp `first` until now to `times`, once the batch has finished. Call it in
  // the batch of `first`, before recorded().
  void time_since(uint32_t first, std::shared_ptr<KernelTimes> times);

  const Counters& counters() const { return counters_; }
  Counters& counters() { return counters_; }
  void count_launch() { ++counters_.launches; }
  void count_host_bytes(uint64_t bytes) { counters_.host_bytes += bytes; }
  void count_wait(bool blocked) { ++(blocked ? counters_.blocking_waits : counters_.polls); }

 private:
  struct Buried {
    uint64_t serial;
    std::unique_ptr<DeviceObject> object;
  };

  struct Timed {
    uint64_t serial;
    uint32_t first;
    uint32_t last;
    std::shared_ptr<KernelTimes> times;
  };

  // What a batch that never ran must not have changed, as it was.
  struct BufferBefore {
    TrackedBuffer* buffer;
    AccessState state;
    uint64_t last_use;
    uint64_t last_write;
    const char* last_writer;
    bool zero_at_first_use;
  };
  struct ImageBefore {
    TrackedImage* image;
    ImageState state;
    uint64_t last_use;
    uint64_t last_write;
    const char* last_writer;
  };
  // Of hand-overs within a command buffer of the host; exactly one of the two.
  struct LendingBefore {
    TrackedBuffer* buffer;
    TrackedImage* image;
    std::unique_ptr<Lending> lending;
    uint32_t last_rung;
  };
  struct Before {
    std::vector<BufferBefore> buffers;
    std::vector<ImageBefore> images;
    std::vector<LendingBefore> lendings;
    void clear();
    void restore();  // the earliest of each object wins
    void forget(const TrackedBuffer& buffer);
    void forget(const TrackedImage& image);
  };
  struct Held {
    uint64_t serial = 0;
    uint64_t number = 0;
    Before before;
  };

  void zero(TrackedBuffer& buffer);
  void save(TrackedBuffer& buffer) {
    before_.buffers.push_back(
        {&buffer, buffer.state, buffer.last_use, buffer.last_write, buffer.last_writer, buffer.zero_at_first_use});
  }
  void save(TrackedImage& image) {
    before_.images.push_back({&image, image.state, image.last_use, image.last_write, image.last_writer});
  }
  void start_batch();
  void show_host();
  void read_times();
  void forget_times(uint64_t serial);

  Device& device_;
  const bool self_ordered_;  // the device orders its commands by itself
  const bool immediate_;     // batches neither fail nor age (DeviceInfo)
  Counters counters_;
  Scope memory_src_;
  Scope memory_dst_;
  std::vector<ImageBarrierCommand> image_barriers_;
  std::vector<Buried> graveyard_;
  std::vector<Timed> timed_;
  Before before_;                     // what the open batch has touched
  std::deque<Held> held_;             // closed command buffers of the host that are not known to be submitted
  RecordingOps* host_ops_ = nullptr;  // since the first of them was opened
  std::thread::id host_thread_;       // that has one open
  uint64_t host_number_ = 0;          // of the open one
  bool in_host_ = false;
  bool submit_asked_ = false;  // while held back
  bool timing_ = false;
  uint64_t completed_ = 0;  // newest serial known to have finished
  uint32_t batch_dispatches_ = 0;
  int64_t batch_opened_ns_ = 0;
  const char* actor_ = "";
  bool host_must_see_ = false;  // the open batch writes memory that the host can map
};

}  // namespace ist
