// Devices by the library, contexts by EGL.
#include "look.h"

#include <GL/glcorearb.h>
#include <GL/glext.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "gl_context.h"
#include "words.h"

namespace doctor {
namespace {

using nlohmann::json;

void print(const json& line) {
  std::printf("%s\n", line.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  std::fflush(stdout);
}

std::string vulkan_version(uint32_t version) {
  return std::to_string(version >> 22 & 0x7f) + "." + std::to_string(version >> 12 & 0x3ff) + "." +
         std::to_string(version & 0xfff);
}

json to_json(const IstDeviceInfo& info) {
  return {{"index", info.index},
          {"name", info.name},
          {"driver", info.driver},
          {"driver_version", info.driver_version},
          {"vulkan", vulkan_version(info.api_version)},
          {"cpu", info.is_cpu != 0},
          {"vendor_id", info.vendor_id},
          {"device_id", info.device_id},
          {"device_uuid", hex(info.device_uuid)},
          {"driver_uuid", hex(info.driver_uuid)},
          {"memory_export", handles_in(info.memory_export)},
          {"memory_import", handles_in(info.memory_import)},
          {"image_export", handles_in(info.image_export)},
          {"image_import", handles_in(info.image_import)},
          {"timeline_export", handles_in(info.timeline_export)},
          {"binary_export", handles_in(info.binary_export)},
          {"rungs", rungs_in(info.rungs)}};
}

std::string uuid_of(GLenum which, bool driver) {
  uint8_t uuid[16] = {};
  if (driver) {
    const auto get = reinterpret_cast<PFNGLGETUNSIGNEDBYTEVEXTPROC>(gl_function("glGetUnsignedBytevEXT"));
    if (get) get(which, uuid);
  } else {
    const auto get = reinterpret_cast<PFNGLGETUNSIGNEDBYTEI_VEXTPROC>(gl_function("glGetUnsignedBytei_vEXT"));
    if (get) get(which, 0, uuid);
  }
  return hex(uuid);
}

json to_json(const GlContext& context, GlApi api, const std::string& display) {
  json made = {{"api", api == GlApi::gl ? "gl" : "gles"},
               {"display", display},
               {"renderer", context.text(GL_RENDERER)},
               {"vendor", context.text(GL_VENDOR)},
               {"version", context.text(GL_VERSION)},
               {"memory_objects", context.has_extension("GL_EXT_memory_object_fd")},
               {"semaphores", context.has_extension("GL_EXT_semaphore_fd")}};
  if (!context.has_extension("GL_EXT_memory_object")) return made;
  made["device_uuid"] = uuid_of(GL_DEVICE_UUID_EXT, false);
  made["driver_uuid"] = uuid_of(GL_DRIVER_UUID_EXT, true);
  return made;
}

void look_at_display(GlApi api, const std::string& display, std::set<std::string>& seen) {
  const GlContext context(api, display);
  if (!context.problem().empty()) {
    print({{"display", display}, {"problem", context.problem()}});
    return;
  }
  const json found = to_json(context, api, display);
  json kind = found;
  kind.erase("display");
  // The surfaceless display shows what some device shows, too.
  if (display == "surfaceless" && seen.contains(kind.dump(-1, ' ', false, json::error_handler_t::replace))) return;
  seen.insert(kind.dump(-1, ' ', false, json::error_handler_t::replace));
  print({{"gl", found}});
}

struct ArchName {
  const char* name;
  TiArch arch;
};
constexpr ArchName kArchs[] = {
    {"vulkan", TI_ARCH_VULKAN}, {"opengl", TI_ARCH_OPENGL}, {"gles", TI_ARCH_GLES},
#if defined(__aarch64__)
    {"cpu", TI_ARCH_ARM64},
#else
    {"cpu", TI_ARCH_X64},
#endif
    {"cuda", TI_ARCH_CUDA},
};

// Its devices by name; the problem when there is none.
json arch_to_json(const ArchName& arch) {
  json devices = json::array();
  uint32_t count = 0;
  Problem problem = of_call(ist_device_count(arch.arch, &count));
  for (uint32_t i = 0; i < count && !problem; ++i) {
    IstDeviceInfo info{};
    info.size = sizeof info;
    problem = of_call(ist_device_info(arch.arch, i, &info));
    if (!problem) devices.push_back(info.name);
  }
  if (devices.empty() && !problem) problem = "There is no device.";
  return {{"name", arch.name}, {"devices", devices}, {"problem", problem ? *problem : ""}};
}

}  // namespace

void look_at_archs() {
  for (const ArchName& arch : kArchs) print({{"arch", arch_to_json(arch)}});
}

void look_at_vulkan() {
  uint32_t count = 0;
  if (const Problem problem = of_call(ist_device_count(TI_ARCH_VULKAN, &count))) {
    print({{"problem", *problem}});
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    IstDeviceInfo info{};
    info.size = sizeof info;
    const Problem problem = of_call(ist_device_info(TI_ARCH_VULKAN, i, &info));
    if (problem) print({{"problem", *problem}});
    if (!problem) print({{"vulkan", to_json(info)}});
  }
}

void look_at_gl() {
  std::string problem;
  const std::vector<std::string> displays = egl_displays(problem);
  if (!problem.empty()) print({{"problem", problem}});
  std::set<std::string> seen;
  for (const GlApi api : {GlApi::gl, GlApi::gles})
    for (const std::string& display : displays) look_at_display(api, display, seen);
}

}  // namespace doctor
