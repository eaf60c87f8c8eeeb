// What the kernels of one module share on the GPU: their LlvmRuntime, the fields behind it, the heap that sparse fields
// grow in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contract/program_ops.h"
#include "cuda/cuda_memory.h"
#include "cuda/cuda_recording.h"
#include "llvm/runtime_image.h"

namespace ist::cuda {

// Of all modules of a device together: what tasks leave to the next task of their launch, and the generators of random
// numbers, one for each thread of the largest task.
struct Common {
  DeviceMemory temporaries;
  std::unique_ptr<DeviceObject> generators;
  DeviceAddress rand_states = 0;
  uint32_t rand_state_count = 0;
};

class State final : public ProgramState {
 public:
  // All is put on the stream. Errors as ProgramOps::create_state.
  static Result<std::unique_ptr<State>> make(const Gpu& gpu, Recording& recording,
                                             std::span<const aot::FieldTree> trees, const Common& common);

  DeviceAddress runtime() const { return memory_.address(); }

  // Before a launch, in its turn: the image names the generators that there are now.
  Status follow(const Common& common, Recording& recording, NativeStream stream);
  // Behind the launches of a batch, in a turn: failed() will know of them when the batch has finished.
  Status watch(NativeStream stream);
  bool failed() const;
  // The message of the assertion that failed; none has from now on. Waits for all work.
  Result<std::string> take_failure(Recording& recording);

  // Kernels that were launched since all launches were known to have failed no assertion.
  void launched(const std::shared_ptr<const std::string>& kernel, uint64_t serial, uint64_t completed);
  bool ever_launched() const { return last_launch_ > 0; }
  // "kernel 'a'", or "one of kernels 'a', 'b'"
  std::string suspects() const;

  uint64_t watched_serial = 0;  // of the newest batch that watches it

 private:
  explicit State(const Gpu& gpu) : gpu_(gpu) {}
  Status lay_out(Recording& recording, std::span<const aot::FieldTree> trees, const Common& common,
                 NativeStream stream);
  Status add_heap(NativeStream stream, llvm_host::LlvmRuntime& image);

  const Gpu& gpu_;
  DeviceMemory memory_;  // LlvmRuntime, then the fields
  DeviceMemory heap_;
  PinnedMemory error_code_;  // of the image, as of the newest finished batch
  DeviceAddress rand_states_ = 0;
  std::vector<std::shared_ptr<const std::string>> kernels_;
  uint64_t last_launch_ = 0;
};

}  // namespace ist::cuda
