// The native side of our objects, for the C API's CUDA functions. Memory goes in by ProgramOps::import_address and out
// by Buffer::device_address().
#pragma once

#include "base/status.h"

namespace ist::cuda {

// The CUstream that work of all runtimes goes to from now on; null: the default stream. It need not be of any runtime's
// context yet: calls of a runtime fail with invalid_state while it is of another. invalid_argument, and
// nothing changes: it is the per-thread default stream. Any thread.
Status set_stream(void* stream);
void* get_stream();

}  // namespace ist::cuda
