// The one file that names all backends.
#include "contract/registry.h"

#include "vulkan/vk_device.h"

namespace ist {
namespace {

const char* arch_name(Arch arch) {
  switch (arch) {
    case Arch::vulkan:
      return "Vulkan";
    case Arch::metal:
      return "Metal";
    case Arch::cuda:
      return "CUDA";
    case Arch::x64:
      return "x64";
    case Arch::arm64:
      return "ARM64";
    case Arch::opengl:
      return "OpenGL";
    case Arch::gles:
      return "GLES";
  }
  return "of no known value";
}

Status absent(Arch arch) {
  return fail(Code::not_supported, "Arch %s (%u) is not in this build.", arch_name(arch), static_cast<uint32_t>(arch));
}

}  // namespace

Result<std::vector<DeviceInfo>> list_devices(Arch arch) {
  if (arch == Arch::vulkan) return vk::list_devices();
  return absent(arch);
}

bool arch_available(Arch arch) { return arch == Arch::vulkan && vk::available(); }

Result<std::unique_ptr<Device>> create_device(Arch arch, uint32_t device_index) {
  if (arch == Arch::vulkan) return vk::create_device(device_index, vk::default_options());
  return absent(arch);
}

}  // namespace ist
