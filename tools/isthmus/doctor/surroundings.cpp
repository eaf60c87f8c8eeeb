// The environment, and what is missing in it.
#include "surroundings.h"

#include <dlfcn.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "known_options.h"

namespace doctor {
namespace {

using nlohmann::json;

struct Variable {
  const char* name;
  const char* what;
};

// Ours are in known_options.h, which the build makes from the library's table.
constexpr Variable kDriverVariables[] = {
    {"VK_ICD_FILENAMES", "Vulkan drivers"},
    {"VK_DRIVER_FILES", "Vulkan drivers"},
    {"VK_ADD_DRIVER_FILES", "more Vulkan drivers"},
    {"VK_INSTANCE_LAYERS", "Vulkan layers"},
    {"VK_LAYER_PATH", "where Vulkan layers are"},
    {"__EGL_VENDOR_LIBRARY_FILENAMES", "EGL drivers"},
    {"__GLX_VENDOR_LIBRARY_NAME", "GLX driver"},
    {"LIBGL_ALWAYS_SOFTWARE", "Mesa: software only"},
    {"MESA_LOADER_DRIVER_OVERRIDE", "Mesa: which driver"},
    {"GALLIUM_DRIVER", "Mesa: which software driver"},
    {"MESA_GL_VERSION_OVERRIDE", "Mesa: version of OpenGL"},
    {"MESA_GLES_VERSION_OVERRIDE", "Mesa: version of OpenGL ES"},
    {"CUDA_VISIBLE_DEVICES", "NVIDIA: which devices"},
    {"LD_LIBRARY_PATH", "where libraries are looked for first"},
};

const char* meaning_of(const std::string& name) {
  for (const KnownOption& option : kKnownOptions)
    if (name == option.name) return option.what;
  for (const Variable& variable : kDriverVariables)
    if (name == variable.name) return variable.what;
  return nullptr;
}

bool opens(const char* library) {
  void* opened = ::dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (opened) ::dlclose(opened);
  return opened != nullptr;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return {};
}

bool any_gl(const json& report, const char* api, const char* what) {
  for (const json& context : report["gl"])
    if (context["api"] == api && (!what || context[what].get<bool>())) return true;
  return false;
}

bool lacks_arch(const json& report, const char* name) {
  for (const json& arch : report["archs"])
    if (arch["name"] == name) return arch["devices"].empty();
  return false;
}

// The kernel's part of NVIDIA's driver, or a device that it has made.
bool has_nvidia() {
  std::error_code error;
  return std::filesystem::exists("/proc/driver/nvidia", error) || std::filesystem::exists("/dev/nvidiactl", error);
}

}  // namespace

json environment() {
  json found = json::array();
  for (char** at = environ; at && *at; ++at) {
    const char* equals = std::strchr(*at, '=');
    if (!equals) continue;
    const std::string name(*at, static_cast<size_t>(equals - *at));
    const char* what = meaning_of(name);
    if (what || name.starts_with("IST_"))
      found.push_back({{"name", name}, {"value", equals + 1}, {"what", what ? what : ""}});
  }
  return found;
}

json missing(const json& report) {
  json found = json::array();
  const auto add = [&](const char* what, const char* package) {
    found.push_back({{"what", what}, {"package", package}});
  };
  if (!opens("libvulkan.so.1")) {
    add("the Vulkan loader (libvulkan.so.1)", "libvulkan1");
  } else if (report["vulkan"].empty()) {
    add("a Vulkan driver", "mesa-vulkan-drivers, or that of the GPU's maker");
  }
  if (!opens("libEGL.so.1")) {
    add("EGL (libEGL.so.1), for OpenGL without a window", "libegl1");
  } else if (report["gl"].empty()) {
    add("a driver of OpenGL", "libegl-mesa0 and libgl1-mesa-dri, or that of the GPU's maker");
  }
  if (lacks_arch(report, "cpu"))
    add("modules for the CPU: libisthmus_llvm.so beside the library, and LLVM 15", "isthmus-llvm, libllvm15");
  // Most machines have no such GPU, and then nothing is missing.
  if (has_nvidia() && lacks_arch(report, "cuda"))
    add(opens("libcuda.so.1") ? "modules for CUDA: libisthmus_llvm.so beside the library, and LLVM 15"
                              : "CUDA (libcuda.so.1)",
        opens("libcuda.so.1") ? "isthmus-llvm, libllvm15" : "libcuda1, or NVIDIA's own driver");
  for (const char* api : {"gl", "gles"})
    if (any_gl(report, api, nullptr) && !any_gl(report, api, "memory_objects"))
      add(std::strcmp(api, "gl") == 0 ? "GL_EXT_memory_object_fd in OpenGL: objects are copied"
                                      : "GL_EXT_memory_object_fd in OpenGL ES: objects are copied",
          "a newer driver");
  return found;
}

json machine() {
  utsname name{};
  ::uname(&name);
  return {{"system", std::string(name.sysname) + " " + name.release + " " + name.machine}, {"processor", processor()}};
}

}  // namespace doctor
