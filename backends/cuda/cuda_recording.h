// Batches on the stream. Commands go to the driver as they are recorded, which starts them at once: the host need not
// hand them over for that, and a list of commands would only be walked again. A batch is what an event lies behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contract/args_pool.h"
#include "contract/share_ops.h"
#include "cuda/cuda_buffer.h"
#include "cuda/cuda_memory.h"
#include "cuda/cuda_stream.h"
#include "cuda/cuda_sync.h"

namespace ist::cuda {

// What a command needs: the context on this thread, and the stream.
struct Turn {
  Current current;
  NativeStream stream;
};

// Memory that goes when the batches that use it have finished.
template <class Memory>
class Kept final : public DeviceObject {
 public:
  explicit Kept(Memory memory) : memory_(std::move(memory)) {}

 private:
  const Memory memory_;
};

// Thread-safety: serialised by the runtime, but for fences().
class Recording {
 public:
  explicit Recording(const Gpu& gpu);
  ~Recording() { (void)drain(); }

  Status usable();
  Status begin();
  bool open() const { return open_; }
  uint64_t serial() const { return serial_ + 1; }  // of the open batch, or of the next
  Result<uint64_t> submit();
  Fences& fences() { return fences_; }

  // A turn for a command of the open batch, unless one has failed already: then the others are left out.
  Result<Turn> turn();
  // A turn for what ends the open batch: where its work is, whatever stream has been chosen meanwhile.
  Result<Turn> last_turn();
  // What goes wrong with a command; the first failure is returned by submit().
  void keep(Status status);
  // For a command that is one call.
  template <class Issue>
  void issue(const char* call, Issue issue) {
    auto turn = this->turn();
    keep(turn.ok() ? gpu_.check(issue(turn->stream), call) : turn.take_status());
  }

  // For work outside of batches; call finish_work() behind it, in the same turn.
  Result<Turn> work();
  Status finish_work() { return stream_.mark(); }
  // Blocks until all work has finished, that of the open batch too.
  Status drain();

  // Memory of the open batch: host() is written now, and copied by whoever asks for it to device_address().
  Result<ArgsBlock> args(uint32_t size_bytes) { return args_.allocate(open_args_, size_bytes); }
  // Frees it when the open batch has finished.
  void bury(std::unique_ptr<DeviceObject> object) { buried_.push_back({serial(), std::move(object)}); }

  // Of the open batch, or the next: issued at once, so that what is recorded from now on waits.
  void wait_before(NativeSemaphore semaphore, uint64_t value);
  // Behind the open batch.
  void signal_after(NativeSemaphore semaphore, uint64_t value);

 private:
  struct ArgsInFlight {
    uint64_t serial = 0;
    std::vector<ArgsChunk*> chunks;
  };
  struct Buried {
    uint64_t serial = 0;
    std::unique_ptr<DeviceObject> object;
  };

  Result<Turn> enter();
  void reclaim();
  void keep_args();
  Status close();

  const Gpu& gpu_;
  Stream stream_;
  Fences fences_;
  ArgsPool args_;
  std::vector<ArgsChunk*> open_args_;
  std::vector<ArgsInFlight> args_in_flight_;  // in order; few
  std::vector<std::vector<ArgsChunk*>> spare_lists_;
  std::vector<Buried> buried_;
  std::vector<NativeSemaphore> signals_;
  std::vector<ExternalPoint> signal_points_;
  Status kept_;
  uint64_t serial_ = 0;  // of the newest batch handed over
  bool open_ = false;
};

}  // namespace ist::cuda
