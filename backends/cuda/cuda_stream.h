// The stream that work goes to, as ti_set_cuda_stream() chooses it, and what a runtime's work is ordered by when that
// changes. Knows no batch.
#pragma once

#include "cuda/cuda_gpu.h"

namespace ist::cuda {

// Another stream may be made where one was destroyed: each choice is told from the others, not each handle.
struct Choice {
  NativeStream stream = nullptr;
  uint64_t number = 0;
};

// Of the whole process, as the call that sets it names no runtime. Null: the default stream. invalid_argument: the
// default stream of a thread. Any thread.
Status choose_stream(NativeStream stream);
Choice chosen_stream();

// Kernels of one runtime share memory between launches (temporaries, fields), so its work stays in order also when it
// moves from one stream to another.
// Thread-safety: serialised by the runtime.
class Stream {
 public:
  explicit Stream(const Gpu& gpu) : gpu_(gpu) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Ok, or invalid_state: the chosen stream is of another context.
  Status usable();
  // The chosen stream, behind all work before. The context is current. Work is expected until mark().
  Result<NativeStream> enter();
  // The stream that unmarked work is on; the chosen one where there is none.
  Result<NativeStream> stay();
  // All work so far is behind `event`, which was recorded on the entered stream and stays until the next one.
  void marked_by(NativeEvent event);
  // As above, with an event of our own. The context is current.
  Status mark();
  // Blocks until all work has finished; no stream is named again for it. The context is current.
  Status drain();

 private:
  Status check_owner(const Choice& wanted);
  Status move_to(const Choice& wanted);

  const Gpu& gpu_;
  Choice entered_;
  uint64_t checked_ = 0;          // number of the choice that is known to be of our context
  NativeEvent mark_ = nullptr;    // null: none is there yet
  NativeEvent newest_ = nullptr;  // event behind all work but what is unmarked; null: there was none
  bool unmarked_ = false;
};

}  // namespace ist::cuda
