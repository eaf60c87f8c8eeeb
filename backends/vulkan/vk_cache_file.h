// The file of a pipeline cache of Vulkan: whose it is, and what its first bytes must say.
#pragma once

#include <string>

#include "contract/cache_file.h"

namespace ist::vk {

// Whose blob it is: a driver must be given only what the very same driver made for the same device.
struct CacheIdentity {
  uint32_t vendor_id = 0;
  uint32_t device_id = 0;
  uint32_t driver_version = 0;
  uint8_t uuid[16] = {};  // pipelineCacheUUID; some drivers leave it the same over their versions, so
  std::string driver;     // its name and build as text belong to it too
};

// Believes only blobs with the header of this device.
CacheFile pipeline_cache_file(const std::string& folder, const CacheIdentity& identity);

}  // namespace ist::vk
