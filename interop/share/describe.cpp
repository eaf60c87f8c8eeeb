// ist_describe_pair: how two sides can share, from what both say they can do.
#include <cstring>

#include "capi/versioned.h"
#include "gl/gl_side.h"
#include "share/record.h"

using namespace ist;
using namespace ist::capi;

namespace {

// One side in the same words, whatever it is.
struct Side {
  std::string name;
  uint8_t device_uuid[16] = {};
  uint8_t driver_uuid[16] = {};
  ShareSupport share;
  bool gl = false;
  // Of contexts: why the better way is not there; empty when it is.
  std::string no_memory;
  std::string no_semaphores;
};

constexpr uint32_t bit(HandleType type) { return 1u << static_cast<uint32_t>(type); }

Side side_of(const DeviceInfo& device) {
  Side side;
  side.name = "device '" + device.name + "'";
  std::memcpy(side.device_uuid, device.device_uuid, sizeof side.device_uuid);
  std::memcpy(side.driver_uuid, device.driver_uuid, sizeof side.driver_uuid);
  side.share = device.share;
  return side;
}

// What a device exports it imports: its info has no masks of that for semaphores.
Side side_of(const IstDeviceInfo& device) {
  Side side;
  side.name = "device '" + std::string(device.name, strnlen(device.name, sizeof device.name)) + "'";
  std::memcpy(side.device_uuid, device.device_uuid, sizeof side.device_uuid);
  std::memcpy(side.driver_uuid, device.driver_uuid, sizeof side.driver_uuid);
  side.share.memory_export = device.memory_export;
  side.share.memory_import = device.memory_import;
  side.share.image_export = device.image_export;
  side.share.image_import = device.image_import;
  side.share.timeline_export = side.share.timeline_import = device.timeline_export;
  side.share.binary_export = side.share.binary_import = device.binary_export;
  return side;
}

Side side_of(const gl_host::GlSide& context) {
  Side side;
  side.gl = true;
  side.name = "OpenGL on '" + context.renderer + "'";
  std::memcpy(side.device_uuid, context.device_uuid, sizeof side.device_uuid);
  std::memcpy(side.driver_uuid, context.driver_uuid, sizeof side.driver_uuid);
  side.no_memory = context.missing_memory;
  side.no_semaphores = context.missing_semaphores;
  if (side.no_memory.empty()) side.share.memory_import = side.share.image_import = bit(HandleType::opaque_fd);
  if (side.no_semaphores.empty()) side.share.binary_import = bit(HandleType::opaque_fd);
  return side;
}

Result<Side> translate(const IstSide* side, const char* which) {
  IST_CHECK(require_pointer(side, which));
  const int given = (side->runtime != nullptr) + (side->gl != nullptr) + (side->device != nullptr);
  if (given != 1)
    return fail(Code::invalid_argument, "%s has %d of runtime, gl and device set; exactly one is.", which, given);
  if (side->runtime) {
    IST_TRY(const Call call, open(side->runtime));
    return side_of(call.runtime.info());
  }
  if (side->gl) {
    IST_TRY(const gl_host::GlSide context, gl_host::side_of(side->gl));
    return side_of(context);
  }
  IST_TRY(const IstDeviceInfo device, read_in(side->device, "device"));
  return side_of(device);
}

void say(std::string& reason, const std::string& sentence) {
  if (sentence.empty() || reason.find(sentence) != std::string::npos) return;
  reason.append(reason.empty() ? "" : " ").append(sentence);
}

bool same_driver(const Side& a, const Side& b, std::string& reason) {
  if (share::may_be_same({a.device_uuid, a.driver_uuid}, {b.device_uuid, b.driver_uuid})) return true;
  say(reason, "Handles do not cross: " + a.name + " is " + share::hex(a.device_uuid) + " with driver " +
                  share::hex(a.driver_uuid) + ", " + b.name + " is " + share::hex(b.device_uuid) + " with driver " +
                  share::hex(b.driver_uuid) + ".");
  return false;
}

IstHandleType handle_between(uint32_t exported, uint32_t imported, const Side& from, const Side& to, const char* what,
                             std::string& reason) {
  for (const HandleType type : {HandleType::opaque_fd, HandleType::dma_buf, HandleType::opaque_win32})
    if (exported & imported & bit(type)) return static_cast<IstHandleType>(type);
  char sentence[256];
  std::snprintf(sentence, sizeof sentence, "No %s: %s exports handles of mask 0x%x, %s imports 0x%x.", what,
                from.name.c_str(), exported, to.name.c_str(), imported);
  say(reason, to.no_memory);
  say(reason, sentence);
  return IST_HANDLE_NONE;
}

IstRung rung_between(const Side& from, const Side& to, std::string& reason) {
  // A context makes no semaphores: the runtime's are what it waits for and signals.
  const Side& maker = from.gl ? to : from;
  const Side& taker = from.gl ? from : to;
  const uint32_t timeline = maker.share.timeline_export & taker.share.timeline_import;
  const uint32_t binary = maker.share.binary_export & taker.share.binary_import;
  if (timeline & bit(HandleType::opaque_fd)) return IST_RUNG_TIMELINE;
  if (binary & bit(HandleType::opaque_fd)) return IST_RUNG_BINARY;
  if (binary & bit(HandleType::sync_fd)) return IST_RUNG_SYNC_FD;
  say(reason, taker.no_semaphores);
  if (maker.share.binary_export == 0) say(reason, "No semaphores: " + maker.name + " exports none.");
  return from.gl ? IST_RUNG_GL_FENCE : IST_RUNG_HOST;
}

IstPair describe(const Side& from, const Side& to) {
  IstPair pair{};
  std::string reason;
  pair.forth = pair.back = IST_RUNG_HOST;  // as copies go
  if (from.gl && to.gl) {
    say(reason, "Objects are made by runtimes; two contexts share through one.");
  } else if (same_driver(from, to, reason)) {
    // Whoever of the two is a runtime makes the object; a context only takes it.
    const Side& maker = from.gl ? to : from;
    const Side& taker = from.gl ? from : to;
    pair.memory =
        handle_between(maker.share.memory_export, taker.share.memory_import, maker, taker, "shared memory", reason);
    pair.image =
        handle_between(maker.share.image_export, taker.share.image_import, maker, taker, "shared images", reason);
    if (pair.memory || pair.image) {
      pair.forth = rung_between(from, to, reason);
      pair.back = rung_between(to, from, reason);
    }
  }
  pair.memory_copies = pair.memory == IST_HANDLE_NONE;
  pair.image_copies = pair.image == IST_HANDLE_NONE;
  std::memcpy(pair.reason, reason.data(), std::min(reason.size(), sizeof pair.reason - 1));
  return pair;
}

}  // namespace

extern "C" {

TiError ist_describe_pair(const IstSide* from, const IstSide* to, IstPair* pair) {
  return run("ist_describe_pair", [&]() -> Status {
    IST_TRY(const Side here, translate(from, "from"));
    IST_TRY(const Side there, translate(to, "to"));
    return write_out(pair, describe(here, there), "pair");
  });
}

}  // extern "C"
