// Handles of the driver are pointers to whoever includes its header.
#include "cuda/cuda_interop.h"

#include "cuda/cuda_stream.h"

namespace ist::cuda {

void set_stream(void* stream) { choose_stream(static_cast<NativeStream>(stream)); }
void* get_stream() { return chosen_stream(); }

}  // namespace ist::cuda
