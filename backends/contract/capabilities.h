// What a device can do, in the words of TiCapability.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "aot/features.h"

namespace ist {

// Atomics on floats that no FeatureSet tells: nothing in a module needs them.
struct FloatAtomics {
  bool float16 = false;  // loads, stores and exchanges
  bool float16_min_max = false;
  bool float32 = false;
  bool float64 = false;
  bool float64_min_max = false;
};

// DeviceInfo::capabilities: TiCapability and level, in ascending order, as the released library lists them.
std::vector<std::pair<uint32_t, uint32_t>> list_capabilities(aot::FeatureSet have, uint32_t spirv_version,
                                                             const FloatAtomics& atomics);

}  // namespace ist
