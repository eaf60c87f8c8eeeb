// What a device that can record into a command buffer of the host does beside Device. Such a batch has a
// serial like any other; the host hands it over to the same queue, and only then may a later batch be
// handed over. Same rules of threads and lifetime as Device.
#pragma once

#include <cstdint>

#include "contract/share_ops.h"

namespace ist {

class RecordingOps {
 public:
  virtual ~RecordingOps() = default;

  // Opens a batch whose commands go into the host's command buffer: one in the recording state, outside a
  // render pass, for the queue of the device. No batch is open. What was asked to wait or signal meanwhile is
  // handed over first. It never waits for earlier batches.
  virtual Status begin_in(uint64_t native_commands) = 0;
  // The end of our commands. Returns the serial; fails with the first failure of a command, and the batch and its
  // serial are then gone.
  virtual Result<uint64_t> end_in() = 0;
  // The host has submitted it. `done`: a timeline point that fires after it; native 0: nobody tells.
  virtual void submitted_in(uint64_t serial, const DevicePoint& done) = 0;
  // It, and all before it, has finished.
  virtual void finished_in(uint64_t serial) = 0;
  // The newest batch will never run; its serial goes to the next.
  virtual void dropped_in(uint64_t serial) = 0;
  // Whether wait(serial) would end by itself: a batch of the device's own has been handed over since.
  virtual bool awaitable(uint64_t serial) = 0;
};

}  // namespace ist
