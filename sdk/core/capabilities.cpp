// The table of what a capability grants.
#include "core/capabilities.h"

#include <initializer_list>

namespace ist {
namespace {

using enum aot::Feature;

struct Row {
  uint32_t capability;
  std::initializer_list<aot::Feature> features;
};

// By TiCapability. Those that are not here (atomics by compare and exchange) need nothing of a device.
const Row kRows[] = {
    {2, {int8, storage_8bit, uniform_storage_8bit}},
    {3, {int16, storage_16bit, uniform_storage_16bit}},
    {4, {int64}},
    {5, {float16, storage_16bit, uniform_storage_16bit}},
    {6, {float64}},
    {7, {buffer_int64_atomics, shared_int64_atomics}},
    {9, {buffer_float16_atomic_add}},
    {12, {buffer_float32_atomic_add, shared_float32_atomic_add}},
    {13, {float_atomic_min_max}},
    {15, {buffer_float64_atomic_add}},
    {17, {variable_pointers}},
    {18, {buffer_device_address}},
    {19, {subgroup_basic}},
    {20, {subgroup_vote}},
    {21, {subgroup_arithmetic}},
    {22, {subgroup_ballot}},
    {23, {non_semantic_info}},
};

void add_all(aot::FeatureSet& set, const Row& row) {
  for (const aot::Feature feature : row.features) set.add(feature);
}

}  // namespace

aot::FeatureSet nameable_features() {
  aot::FeatureSet set;
  for (const Row& row : kRows) add_all(set, row);
  return set;
}

aot::FeatureSet granted_features(std::span<const CapabilityLevel> capabilities) {
  aot::FeatureSet set;
  for (const auto& [capability, level] : capabilities) {
    for (const Row& row : kRows) {
      if (row.capability == capability && level > 0) add_all(set, row);
    }
  }
  return set;
}

uint32_t granted_spirv(std::span<const CapabilityLevel> capabilities, uint32_t otherwise) {
  for (const auto& [capability, level] : capabilities) {
    if (capability == kSpirvVersion) return level;
  }
  return otherwise;
}

}  // namespace ist
