// Looks up every kernel and graph on one driver.
#include "refusals.h"

#include <dlfcn.h>
#include <ist/core.h>

#include <regex>

#include "transcript.h"

namespace differential {
namespace {

std::string arch_name(TiArch arch) {
  return arch == TI_ARCH_VULKAN ? "vulkan" : arch == TI_ARCH_OPENGL ? "opengl" : "gles";
}

std::string device_name(const Api& ours, TiRuntime runtime) {
  const auto ask = reinterpret_cast<decltype(&ist_runtime_info)>(dlsym(ours.library, "ist_runtime_info"));
  IstDeviceInfo info{};
  info.size = sizeof(info);
  return ask && ask(runtime, &info) == TI_ERROR_SUCCESS ? info.name : "";
}

}  // namespace

Driver::Driver(const Api& ours, TiArch arch) : ours_(ours), arch_(arch) {
  runtime_ = ours.create_runtime(arch, 0);
  if (!runtime_) problem_ = last_error();
}

std::string Driver::name() const {
  const std::string device = device_name(ours_, runtime_);
  const auto has = [&device](const char* word) { return device.find(word) != std::string::npos; };
  const std::string software = has("SwiftShader") ? "swiftshader" : has("llvmpipe") ? "llvmpipe" : "";
  if (software.empty()) return arch_name(arch_) + "-" + device;
  if (!has("zink")) return arch_name(arch_) + "-" + software;
  return arch_name(arch_) + "-zink-" + (software == "llvmpipe" ? "lavapipe" : software);
}

// The error's name in front where it is another than INCOMPATIBLE_MODULE.
std::string Driver::last_error() const {
  char message[4096] = "";
  uint64_t size = sizeof(message);
  const TiError error = ours_.get_last_error(&size, message);
  ours_.set_last_error(TI_ERROR_SUCCESS, nullptr);
  static const std::regex device("(the )?device '[^']*'");
  const std::string text = std::regex_replace(std::string(message), device, "the device");
  return error == TI_ERROR_INCOMPATIBLE_MODULE ? text : error_name(error) + ": " + text;
}

std::map<std::string, std::string> Driver::refusals(const std::string& module) const {
  std::map<std::string, std::string> refused;
  TiAotModule loaded = ours_.load_aot_module(runtime_, module_path(module).c_str());
  if (!loaded) return {{"*", last_error()}};
  static const std::string kGraph = "graph:";
  for (const std::string& name : launchable_names(ours_, module)) {
    const bool is_graph = name.starts_with(kGraph);
    const bool found = is_graph ? ours_.get_aot_module_compute_graph(loaded, name.c_str() + kGraph.size()) != nullptr
                                : ours_.get_aot_module_kernel(loaded, name.c_str()) != nullptr;
    if (!found) refused[name] = last_error();
  }
  return refused;
}

}  // namespace differential
