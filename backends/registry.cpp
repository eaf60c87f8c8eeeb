// The one file that names all backends.
#include "contract/registry.h"

#include "cpu/cpu_device.h"
#include "cuda/cuda_device.h"
#include "gl/gl_device.h"
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

bool is_gl(Arch arch) { return arch == Arch::opengl || arch == Arch::gles; }

bool is_cpu(Arch arch) { return arch == Arch::x64 || arch == Arch::arm64; }

Status absent(Arch arch) {
  if (arch == Arch::metal) {
    return Status(Code::not_supported,
                  "Arch Metal (2) has no backend here: on macOS, take a runtime of TI_ARCH_VULKAN, which runs on Metal "
                  "through MoltenVK, and modules compiled for Vulkan.");
  }
  return fail(Code::not_supported, "Arch %s (%u) is not in this build.", arch_name(arch), static_cast<uint32_t>(arch));
}

}  // namespace

Result<std::vector<DeviceInfo>> list_devices(Arch arch) {
  if (arch == Arch::vulkan) return vk::list_devices();
  if (is_gl(arch)) return gl::list_devices(arch);
  if (is_cpu(arch)) return cpu::list_devices(arch);
  if (arch == Arch::cuda) return cuda::list_devices();
  return absent(arch);
}

bool arch_available(Arch arch) {
  if (arch == Arch::vulkan) return vk::available();
  if (is_gl(arch)) return gl::available(arch);
  if (is_cpu(arch)) return cpu::available(arch);
  return arch == Arch::cuda && cuda::available();
}

Result<std::unique_ptr<Device>> create_device(Arch arch, uint32_t device_index) {
  if (arch == Arch::vulkan) return vk::create_device(device_index, vk::default_options());
  if (is_gl(arch)) return gl::create_device(arch, device_index);
  if (is_cpu(arch)) return cpu::create_device(arch, device_index);
  if (arch == Arch::cuda) return cuda::create_device(device_index);
  return absent(arch);
}

}  // namespace ist
