// Handles of the driver are pointers to whoever includes its header.
#include "cuda/cuda_interop.h"

#include "cuda/cuda_stream.h"

namespace ist::cuda {

Status set_stream(void* stream) { return choose_stream(static_cast<NativeStream>(stream)); }
void* get_stream() { return chosen_stream().stream; }

}  // namespace ist::cuda
