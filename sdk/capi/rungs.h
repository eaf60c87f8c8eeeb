// Which rungs of the sync ladder a runtime's device has, and what they are called.
#pragma once

#include <ist/core.h>

#include <string>

#include "contract/device.h"

namespace ist::capi {

// Mask of 1u << IstRung, of what the device can signal or wait for. Fences are the host's: every context that can be
// joined has them, whatever the device.
uint32_t rungs_of(const DeviceInfo& device);

// "TIMELINE"; "of no known value". Static text.
const char* rung_name(uint32_t rung);

// "QUEUE, TIMELINE, HOST" of a mask.
std::string rung_names(uint32_t rungs);

}  // namespace ist::capi
