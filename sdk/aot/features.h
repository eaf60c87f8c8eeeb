// What a shader needs of a device and what a device has: one vocabulary for both sides.
#pragma once

#include <cstdint>

namespace ist::aot {

// Bit numbers of a FeatureSet. Names follow the Vulkan feature that grants them.
enum class Feature : uint8_t {
  int8,
  int16,
  int64,
  float16,
  float64,
  storage_8bit,
  storage_16bit,
  uniform_storage_8bit,
  uniform_storage_16bit,
  buffer_int64_atomics,
  shared_int64_atomics,
  buffer_float32_atomic_add,
  shared_float32_atomic_add,
  buffer_float64_atomic_add,
  buffer_float16_atomic_add,
  float_atomic_min_max,
  buffer_device_address,
  subgroup_basic,
  subgroup_vote,
  subgroup_arithmetic,
  subgroup_ballot,
  subgroup_shuffle,
  variable_pointers,
  storage_image_extended_formats,
  storage_image_read_without_format,
  storage_image_write_without_format,
  image_1d,
  non_semantic_info,
  count,
};

struct FeatureSet {
  uint64_t bits = 0;

  static constexpr uint64_t bit(Feature f) { return uint64_t{1} << static_cast<unsigned>(f); }
  constexpr bool has(Feature f) const { return (bits & bit(f)) != 0; }
  constexpr void add(Feature f) { bits |= bit(f); }
  constexpr FeatureSet without(FeatureSet other) const { return {bits & ~other.bits}; }
  constexpr bool empty() const { return bits == 0; }
};

// The Vulkan name of a feature, for messages: "shaderInt64".
const char* feature_name(Feature feature);

// What a shader needs, or several together; compared with `>=` against the device.
struct Needs {
  FeatureSet features;
  uint32_t spirv_version = 0x10000;
  uint32_t local_size_x = 1;
  uint32_t shared_memory_bytes = 0;
};

}  // namespace ist::aot
