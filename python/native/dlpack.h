// Arrays as DLPack capsules: the memory itself, without a copy.
#pragma once

#include "memory.h"

namespace ist::python {

// The mapped memory (kDLCPU). It stays mapped and allocated until the consumer lets go of the capsule's tensor.
// `versioned`: a capsule of DLPack 1.0, else of the older kind. Throws BufferError when the host cannot map it.
nb::object dlpack_on_host(Array& array, bool versioned);

// The device pointer of an array of a CUDA runtime (kDLCUDA). Throws isthmus.Error.
nb::object dlpack_on_cuda(Array& array, bool versioned);

}  // namespace ist::python
