// Which rungs of the sync ladder a runtime's device has.
#pragma once

#include <ist/core.h>

#include "contract/device.h"

namespace ist::capi {

// Mask of 1u << IstRung towards a host on the same device. Fences are the host's: every context that can be joined
// has them, whatever the device.
inline uint32_t rungs_of(const DeviceInfo& device) {
  uint32_t rungs = 1u << IST_RUNG_HOST | 1u << IST_RUNG_GL_FENCE;
  if (device.arch != Arch::vulkan) return rungs;
  rungs |= 1u << IST_RUNG_QUEUE | 1u << IST_RUNG_BINARY;
  if (device.share.timeline) rungs |= 1u << IST_RUNG_TIMELINE;
  constexpr uint32_t kSyncFd = 1u << static_cast<uint32_t>(HandleType::sync_fd);
  if (device.share.binary_export & device.share.binary_import & kSyncFd) rungs |= 1u << IST_RUNG_SYNC_FD;
  return rungs;
}

}  // namespace ist::capi
