// The one table of TiCapability values by feature.
#include "contract/capabilities.h"

#include <algorithm>

namespace ist {

using aot::Feature;

std::vector<std::pair<uint32_t, uint32_t>> list_capabilities(aot::FeatureSet have, uint32_t spirv_version,
                                                             const FloatAtomics& atomics) {
  std::vector<std::pair<uint32_t, uint32_t>> list;
  list.push_back({1, std::min(spirv_version, 0x10500u)});
  const auto add = [&](bool there, uint32_t capability) {
    if (there) list.push_back({capability, 1});
  };
  add(have.has(Feature::int8), 2);
  add(have.has(Feature::int16), 3);
  add(have.has(Feature::int64), 4);
  add(have.has(Feature::float16), 5);
  add(have.has(Feature::float64), 6);
  add(atomics.float16, 8);
  add(have.has(Feature::buffer_float16_atomic_add), 9);
  add(atomics.float16_min_max, 10);
  add(atomics.float32, 11);
  add(have.has(Feature::buffer_float32_atomic_add), 12);
  add(have.has(Feature::float_atomic_min_max), 13);
  add(atomics.float64 && have.has(Feature::buffer_float64_atomic_add), 14);
  add(have.has(Feature::buffer_float64_atomic_add), 15);
  add(atomics.float64_min_max, 16);
  add(have.has(Feature::variable_pointers), 17);
  add(have.has(Feature::buffer_device_address), 18);
  add(have.has(Feature::subgroup_basic), 19);
  add(have.has(Feature::subgroup_vote), 20);
  add(have.has(Feature::subgroup_arithmetic), 21);
  add(have.has(Feature::subgroup_ballot), 22);
  add(have.has(Feature::non_semantic_info), 23);
  return list;
}

}  // namespace ist
