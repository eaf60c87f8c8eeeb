#include "capi/rungs.h"

#include <iterator>

namespace ist::capi {
namespace {

constexpr const char* kNames[] = {"AUTO", "QUEUE", "TIMELINE", "BINARY", "SYNC_FD", "GL_FENCE", "HOST"};

}  // namespace

uint32_t rungs_of(const DeviceInfo& device) {
  const bool vulkan = device.arch == Arch::vulkan;
  uint32_t rungs = 1u << IST_RUNG_HOST | 1u << IST_RUNG_GL_FENCE;
  if (vulkan) rungs |= 1u << IST_RUNG_QUEUE;
  if (vulkan || device.share.binary_import) rungs |= 1u << IST_RUNG_BINARY;
  if (device.share.timeline) rungs |= 1u << IST_RUNG_TIMELINE;
  constexpr uint32_t kSyncFd = 1u << static_cast<uint32_t>(HandleType::sync_fd);
  if (device.share.binary_export & device.share.binary_import & kSyncFd) rungs |= 1u << IST_RUNG_SYNC_FD;
  return rungs;
}

const char* rung_name(uint32_t rung) { return rung < std::size(kNames) ? kNames[rung] : "of no known value"; }

std::string rung_names(uint32_t rungs) {
  std::string names;
  for (uint32_t rung = 0; rung < std::size(kNames); ++rung)
    if (rungs >> rung & 1) names.append(names.empty() ? "" : ", ").append(kNames[rung]);
  return names;
}

}  // namespace ist::capi
