// The blob begins with VkPipelineCacheHeaderVersionOne.
#include "vulkan/vk_cache_file.h"

#include <cstdio>
#include <cstring>

#include "vulkan/vk_table.h"

namespace ist::vk {
namespace {

uint64_t sum_of(const CacheIdentity& identity) {
  std::string key(reinterpret_cast<const char*>(identity.uuid), sizeof identity.uuid);
  for (const uint64_t number : {uint64_t{identity.vendor_id}, uint64_t{identity.device_id},
                                uint64_t{identity.driver_version}, uint64_t{sizeof(void*)}})
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  key += identity.driver;
  return checksum_of(std::as_bytes(std::span(key)));
}

std::string file_name(const CacheIdentity& identity, uint64_t sum) {
  char text[96];
  std::snprintf(text, sizeof text, "%08x-%08x-%08x-", identity.vendor_id, identity.device_id, identity.driver_version);
  std::string name = std::string("pipelines-") + text;
  for (const uint8_t byte : identity.uuid) {
    std::snprintf(text, sizeof text, "%02x", byte);
    name += text;
  }
  std::snprintf(text, sizeof text, "-%zu-%016llx.bin", sizeof(void*) * 8, static_cast<unsigned long long>(sum));
  return name + text;
}

std::string problem_of_blob(const CacheIdentity& identity, std::span<const std::byte> blob) {
  VkPipelineCacheHeaderVersionOne header;
  if (blob.size() < sizeof header) return "the driver's header is cut off";
  std::memcpy(&header, blob.data(), sizeof header);
  if (header.headerSize != sizeof header || header.headerVersion != VK_PIPELINE_CACHE_HEADER_VERSION_ONE)
    return "the driver's header is of an unknown version";
  if (header.vendorID != identity.vendor_id || header.deviceID != identity.device_id)
    return "it was made for another device";
  if (std::memcmp(header.pipelineCacheUUID, identity.uuid, sizeof identity.uuid) != 0)
    return "it was made by another driver";
  return "";
}

}  // namespace

CacheFile pipeline_cache_file(const std::string& folder, const CacheIdentity& identity) {
  const uint64_t sum = sum_of(identity);
  return CacheFile(folder, file_name(identity, sum), sum,
                   [identity](std::span<const std::byte> blob) { return problem_of_blob(identity, blob); });
}

}  // namespace ist::vk
