// TiCapability levels that a host has declared (ti_set_runtime_capabilities_ext), in the words that
// modules are checked with. Knows no device.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "aot/features.h"

namespace ist {

using CapabilityLevel = std::pair<uint32_t, uint32_t>;  // TiCapability, level

// The one TiCapability whose level is a version: 0x00MMmm00.
inline constexpr uint32_t kSpirvVersion = 1;

// Every feature that some TiCapability grants; of the others a list of capabilities says nothing.
aot::FeatureSet nameable_features();

// What the list grants: the features of each capability at a level above 0, with those that come along
// (arrays of small types need more than the arithmetic).
aot::FeatureSet granted_features(std::span<const CapabilityLevel> capabilities);

// The SPIR-V version in the list, or `otherwise`.
uint32_t granted_spirv(std::span<const CapabilityLevel> capabilities, uint32_t otherwise);

}  // namespace ist
