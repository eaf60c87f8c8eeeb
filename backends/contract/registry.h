// The list of backends in this build, and the way to a device of one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "contract/device.h"

namespace ist {

// Devices that create_device(arch, 0 .. size - 1) takes, in the driver's order. not_supported, with
// the reason, when the arch is not in this build; invalid_state when there is no driver. Any thread.
Result<std::vector<DeviceInfo>> list_devices(Arch arch);

// True when create_device(arch, 0) can be expected to work. Never crashes, needs no display. The
// answer is found once a process. Any thread.
bool arch_available(Arch arch);

// A device of its own (own instance, own queue). argument_out_of_range names the number of devices.
Result<std::unique_ptr<Device>> create_device(Arch arch, uint32_t device_index);

}  // namespace ist
