// Target machines, and what the caches' keys must know of them.
#include "targets.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/Host.h>
#include <llvm/Support/TargetSelect.h>

#include <algorithm>
#include <mutex>
#include <vector>

extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

namespace ist::llvm_plugin {
namespace {

// Grows with every change of what the plugin makes from the same IR.
constexpr const char* kPluginRevision = "1";

void register_targets() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
}

std::string host_features() {
  llvm::StringMap<bool> map;
  llvm::sys::getHostCPUFeatures(map);
  std::vector<std::string> names;
  for (const auto& feature : map) names.push_back((feature.second ? "+" : "-") + feature.first().str());
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

Host describe() {
  Host host;
  host.triple = llvm::sys::getProcessTriple();
  host.cpu = llvm::sys::getHostCPUName().str();
  host.features = host_features();
  const std::string makers = std::string("LLVM ") + LLVM_VERSION_STRING + " revision " + kPluginRevision;
  host.cpu_identity = makers + " " + host.triple + " " + host.cpu + " " + host.features;
  host.ptx_identity = makers + " " + kCudaTriple;
  return host;
}

std::unique_ptr<llvm::TargetMachine> machine(const std::string& triple, const std::string& cpu,
                                             const std::string& features, const llvm::TargetOptions& options,
                                             llvm::CodeGenOpt::Level level) {
  register_targets();
  std::string unknown;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, unknown);
  if (!target) return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small, level, /*JIT=*/true));
}

}  // namespace

const Host& host() {
  static const Host once = describe();
  return once;
}

bool emits_ptx_for(uint32_t sm) { return sm == 70 || sm == 75 || sm == 80 || sm == 86; }

std::unique_ptr<llvm::TargetMachine> host_machine() {
  return machine(host().triple, host().cpu, host().features, {}, llvm::CodeGenOpt::Default);
}

std::unique_ptr<llvm::TargetMachine> cuda_machine(uint32_t sm) {
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  options.UnsafeFPMath = true;
  return machine(kCudaTriple, "sm_" + std::to_string(sm), "+ptx63", options, llvm::CodeGenOpt::Aggressive);
}

}  // namespace ist::llvm_plugin
