// The machines that code is made for.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

#include "module.h"

namespace ist::llvm_plugin {

// This machine's processor as LLVM names it. Made at first use, lives as long as the plugin.
struct Host {
  std::string triple;
  std::string cpu;
  std::string features;
  std::string cpu_identity;
  std::string ptx_identity;
};
const Host& host();

inline constexpr const char* kCudaTriple = "nvptx64-nvidia-cuda";
bool emits_ptx_for(uint32_t sm);

// Null when this LLVM lacks the target. The level is O2.
std::unique_ptr<llvm::TargetMachine> host_machine();
// The level is O3, arithmetic as fast as Taichi asks for.
std::unique_ptr<llvm::TargetMachine> cuda_machine(uint32_t sm);

}  // namespace ist::llvm_plugin
