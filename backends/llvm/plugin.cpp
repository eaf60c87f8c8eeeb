// Opens the plugin, and turns its codes and sentences into Status.
#include "llvm/plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

#include "base/library.h"

namespace ist::llvm_host {
namespace {

constexpr const char* kLibrary = "libisthmus_llvm.so";
constexpr const char* kLlvm = "libLLVM-15.so.1";  // what the plugin asks the loader for
constexpr const char* kPackage = "isthmus-llvm";

void append(void* user, const char* bytes, size_t count) { static_cast<std::string*>(user)->append(bytes, count); }

// A sentence that the plugin writes.
class Said {
 public:
  const IstLlvmSink* sink() const { return &sink_; }
  Status status(int result) const {
    const ist::Code code = result == IST_LLVM_MALFORMED      ? ist::Code::corrupted_data
                           : result == IST_LLVM_INCOMPATIBLE ? ist::Code::incompatible_module
                                                             : ist::Code::invalid_state;
    return Status(code, text_);
  }

 private:
  std::string text_;
  IstLlvmSink sink_{append, &text_};
};

// What the loader says of the file beside this library counts when that file is there, but lacks something.
void* open_library(std::string& said) {
  const std::string beside = own_folder() + kLibrary;
  if (beside != kLibrary) {
    if (void* library = dlopen(beside.c_str(), RTLD_LAZY | RTLD_LOCAL)) return library;
    if (access(beside.c_str(), F_OK) == 0) said = dlerror();
  }
  if (void* library = dlopen(kLibrary, RTLD_LAZY | RTLD_LOCAL)) return library;
  if (said.empty()) said = dlerror();
  return nullptr;
}

// Asks the loader without opening anything. It complains only of what it does not find.
enum class Llvm { unknown, found, loaded };
Llvm look_for_llvm() {
  if (void* library = dlopen(kLlvm, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD)) {
    dlclose(library);
    return Llvm::loaded;
  }
  return dlerror() ? Llvm::unknown : Llvm::found;
}

bool is_library(const std::string& path) {
  char magic[SELFMAG] = {};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool whole = read(file, magic, sizeof magic) == static_cast<ssize_t>(sizeof magic);
  close(file);
  return whole && std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

Status missing(const std::string& said) {
  const bool lacks_llvm = said.find("libLLVM") != std::string::npos;
  return fail(
      ist::Code::not_supported,
      "Modules for CPUs and CUDA need the plugin %s, which the package %s brings%s, and it cannot be opened: %s.",
      kLibrary, kPackage, lacks_llvm ? ", and LLVM 15 (package libllvm15)" : "", said.c_str());
}

// LLVM's constructors, for targets and options that nobody here uses, touch most of its code once: 34 MB. Pages of code
// are clean, so letting go of them costs no more than a look into the page cache when one is wanted again.
int forget_code(dl_phdr_info* info, size_t, void*) {
  if (!info->dlpi_name || !std::strstr(info->dlpi_name, kLlvm)) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & (PF_X | PF_W)) != PF_X) continue;
    const uintptr_t begin = (info->dlpi_addr + segment.p_vaddr) & ~uintptr_t{4095};
    madvise(reinterpret_cast<void*>(begin), info->dlpi_addr + segment.p_vaddr + segment.p_memsz - begin, MADV_DONTNEED);
  }
  return 0;
}

Result<const IstLlvmPlugin*> open_plugin() {
  // Another owner's LLVM is in use already: its pages stay.
  const bool others = look_for_llvm() == Llvm::loaded;
  std::string said;
  void* library = open_library(said);
  if (!library) return missing(said);
  const auto entry = reinterpret_cast<IstLlvmEntry>(dlsym(library, IST_LLVM_ENTRY));
  const IstLlvmPlugin* table = entry ? entry(IST_LLVM_ABI_VERSION) : nullptr;
  if (table && table->abi_version == IST_LLVM_ABI_VERSION) {
    if (!others) dl_iterate_phdr(forget_code, nullptr);
    return table;
  }
  return fail(ist::Code::not_supported,
              "The plugin %s is of another version than this library (interface %u): both come from one release.",
              kLibrary, IST_LLVM_ABI_VERSION);
}

// For what follows a successful parse or link, when the plugin is known to be there.
const IstLlvmPlugin& opened() { return **plugin(); }

template <class Emit>
Result<std::string> bytes_of(const Emit& emit) {
  std::string bytes;
  const IstLlvmSink sink{append, &bytes};
  Said said;
  if (const int result = emit(&sink, said.sink())) return said.status(result);
  return bytes;
}

}  // namespace

Result<const IstLlvmPlugin*> plugin() {
  static std::mutex mutex;
  static const IstLlvmPlugin* table = nullptr;
  const std::lock_guard lock(mutex);
  if (table) return table;
  // A failure is not kept: the package may be installed while the host runs.
  IST_TRY(table, open_plugin());
  return table;
}

Status plugin_expected() {
  const std::string beside = own_folder() + kLibrary;
  if (beside != kLibrary && is_library(beside) && look_for_llvm() != Llvm::unknown) return {};
  return plugin().take_status();
}

Result<Module> Module::parse(std::string_view kernel, std::string_view ir, std::span<const aot::TaskDesc> tasks) {
  IST_TRY(const IstLlvmPlugin* table, plugin());
  std::vector<const char*> names;
  for (const aot::TaskDesc& task : tasks) names.push_back(task.name.c_str());
  Said said;
  IstLlvmModule* parsed = nullptr;
  const int result =
      table->parse(ir.data(), ir.size(), std::string(kernel).c_str(), names.data(), names.size(), &parsed, said.sink());
  if (result) return said.status(result);
  Module module;
  module.module_.reset(parsed);
  module.task_count_ = tasks.size();
  return module;
}

Result<std::vector<IstLlvmTaskFacts>> Module::inspect() const {
  std::vector<IstLlvmTaskFacts> facts(task_count_);
  Said said;
  if (const int result = opened().inspect(module_.get(), facts.data(), said.sink())) return said.status(result);
  return facts;
}

Result<std::string> Module::emit_object(std::span<const uint32_t> tasks, uint32_t flags) const {
  return bytes_of([&](const IstLlvmSink* object, const IstLlvmSink* said) {
    return opened().emit_object(module_.get(), tasks.data(), tasks.size(), flags, object, said);
  });
}

Result<std::string> Module::emit_ptx(uint32_t sm) const {
  return bytes_of(
      [&](const IstLlvmSink* ptx, const IstLlvmSink* said) { return opened().emit_ptx(module_.get(), sm, ptx, said); });
}

void Module::Close::operator()(IstLlvmModule* module) const { opened().close(module); }

Result<Code> Code::link(std::string_view kernel, std::string_view object) {
  IST_TRY(const IstLlvmPlugin* table, plugin());
  Said said;
  IstLlvmCode* linked = nullptr;
  const int result = table->link(object.data(), object.size(), std::string(kernel).c_str(), &linked, said.sink());
  if (result) return said.status(result);
  Code code;
  code.code_.reset(linked);
  return code;
}

Code::Task Code::find(const std::string& task) const {
  return reinterpret_cast<Task>(opened().find(code_.get(), task.c_str()));
}

void Code::Release::operator()(IstLlvmCode* code) const { opened().release(code); }

}  // namespace ist::llvm_host
