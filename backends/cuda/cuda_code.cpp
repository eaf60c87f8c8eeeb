// The driver's linker makes the cubin, so that its work is kept whole: it takes as long as all of LLVM's.
#include "cuda/cuda_code.h"

#include <algorithm>
#include <array>

#include "contract/cache_file.h"
#include "cuda/cuda_cubin_file.h"
#include "llvm/plugin.h"

namespace ist::cuda {
namespace {

constexpr std::array<uint32_t, 4> kTargets{70, 75, 80, 86};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// All that a cubin depends on besides the kernel.
uint64_t sum_of(const Gpu& gpu, const std::string& compiler) {
  const uint32_t capability = gpu.facts().capability;
  return checksum_of(bytes_of(compiler + "\n" + std::to_string(ptx_target(capability)) + "\n" +
                              std::to_string(capability) + "\n" + std::to_string(gpu.driver().version)));
}

// Work of the driver's linker, which owns the cubin.
class Link {
 public:
  explicit Link(const Gpu& gpu) : gpu_(gpu) {}
  Link(const Link&) = delete;
  ~Link() {
    if (link_) gpu_.driver().LinkDestroy(link_);
  }

  Result<std::string> cubin_of(const std::string& ptx, const std::string& name);

 private:
  Status judge(int answer, const char* call, const std::string& name);

  const Gpu& gpu_;
  NativeLink link_ = nullptr;
  char log_[2048] = {};
};

// PTX that the driver refuses is the compiler's fault or a driver's that is too old: its log says which.
Status Link::judge(int answer, const char* call, const std::string& name) {
  Status status = gpu_.check(answer, call);
  if (status.ok() || status.code() == Code::out_of_memory || !gpu_.health().ok()) return status;
  log_[sizeof log_ - 1] = '\0';
  std::string said = log_;
  while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.pop_back();
  return fail(Code::incompatible_module, "Kernel '%s' cannot be compiled for '%s': %s%s%s", name.c_str(),
              gpu_.info().name.c_str(), std::string(status.message()).c_str(), said.empty() ? "" : " ", said.c_str());
}

Result<std::string> Link::cubin_of(const std::string& ptx, const std::string& name) {
  const Driver& driver = gpu_.driver();
  int options[] = {k::kJitErrorLog, k::kJitErrorLogBytes};
  void* values[] = {log_, reinterpret_cast<void*>(sizeof log_)};
  IST_CHECK(judge(driver.LinkCreate(2, options, values, &link_), "cuLinkCreate", name));
  const size_t bytes = ptx.size() + 1;  // with its NUL
  IST_CHECK(judge(driver.LinkAddData(link_, k::kJitInputPtx, const_cast<char*>(ptx.c_str()), bytes, name.c_str(), 0,
                                     nullptr, nullptr),
                  "cuLinkAddData", name));
  void* cubin = nullptr;
  size_t size_bytes = 0;
  IST_CHECK(judge(driver.LinkComplete(link_, &cubin, &size_bytes), "cuLinkComplete", name));
  return std::string(static_cast<const char*>(cubin), size_bytes);
}

}  // namespace

PtxCompiler plugin_compiler() {
  PtxCompiler compiler;
  compiler.identity = []() -> Result<std::string> {
    IST_TRY(const IstLlvmPlugin* plugin, llvm_host::plugin());
    return std::string(plugin->ptx_identity);
  };
  compiler.emit = [](const ProgramDesc& desc, uint32_t sm) -> Result<std::string> {
    IST_TRY(const auto module, llvm_host::Module::parse(desc.name, desc.ir, desc.tasks));
    return module.emit_ptx(sm);
  };
  return compiler;
}

uint32_t ptx_target(uint32_t capability) {
  const auto newer = std::upper_bound(kTargets.begin(), kTargets.end(), capability);
  return newer == kTargets.begin() ? kTargets.front() : *(newer - 1);
}

Result<CodeModule> CodeModule::load(const Gpu& gpu, std::string_view cubin) {
  CodeModule module;
  IST_CHECK(gpu.check(gpu.driver().ModuleLoadData(&module.module_, cubin.data()), "cuModuleLoadData"));
  module.gpu_ = &gpu;
  return module;
}

CodeModule& CodeModule::operator=(CodeModule&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(module_, other.module_);
  return *this;
}

CodeModule::~CodeModule() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (current.ok()) gpu_->driver().ModuleUnload(module_);
}

Result<NativeFunction> CodeModule::find(const std::string& name) const {
  NativeFunction function = nullptr;
  const int answer = gpu_->driver().ModuleGetFunction(&function, module_, name.c_str());
  if (answer == k::kNotFound) return fail(Code::corrupted_data, "The code has no task '%s'.", name.c_str());
  IST_CHECK(gpu_->check(answer, "cuModuleGetFunction"));
  return function;
}

Compiler::Compiler(const Gpu& gpu, PtxCompiler ptx, const std::string& folder)
    : gpu_(gpu), ptx_(std::move(ptx)), folder_(folder) {}

Result<CompiledCode> Compiler::compile(const ProgramDesc& desc) const {
  IST_TRY(const std::string compiler, ptx_.identity());
  const CubinFile file(folder_, desc, sum_of(gpu_, compiler));
  if (const std::string kept = file.read(); !kept.empty()) {
    auto module = CodeModule::load(gpu_, kept);
    if (module.ok()) return CompiledCode{*std::move(module), true};
    IST_CHECK(gpu_.health());
    file.remove();
  }
  IST_TRY(const std::string ptx, ptx_.emit(desc, ptx_target(gpu_.facts().capability)));
  IST_TRY(const std::string cubin, Link(gpu_).cubin_of(ptx, std::string(desc.name)));
  IST_TRY(CodeModule module, CodeModule::load(gpu_, cubin));
  file.keep(cubin);
  return CompiledCode{std::move(module), false};
}

}  // namespace ist::cuda
