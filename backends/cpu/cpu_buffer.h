// Memory of this process, as a Buffer: its device address is its address.
#pragma once

#include <memory>

#include "contract/device.h"

namespace ist::cpu {

// Of each buffer we allocate: a cache line, and the widest vector of any CPU.
inline constexpr size_t kBufferAlignment = 64;

// Zeroed.
Result<std::unique_ptr<Buffer>> allocate_buffer(const BufferDesc& desc);
// Pages of the host's, which keeps them; not aligned more than it says.
Result<std::unique_ptr<Buffer>> import_buffer(const BufferDesc& desc, uint64_t address);

}  // namespace ist::cpu
