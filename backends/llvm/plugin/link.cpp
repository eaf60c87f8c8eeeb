// From an object to code in this process. Each object is linked alone: it sees the listed functions, and nothing of
// other modules or of the host.
#include <llvm/ExecutionEngine/JITSymbol.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>

#include "code.h"
#include "object_seal.h"

namespace ist::llvm_plugin {
namespace {

class Sections final : public llvm::RuntimeDyld::MemoryManager {
 public:
  explicit Sections(CodeMemory& memory) : memory_(memory) {}

  bool needsToReserveAllocationSpace() override { return true; }
  void reserveAllocationSpace(uintptr_t code, uint32_t code_alignment, uintptr_t constants, uint32_t constant_alignment,
                              uintptr_t data, uint32_t data_alignment) override {
    const size_t bytes[3] = {code + code_alignment, constants + constant_alignment, data + data_alignment};
    memory_.reserve(bytes);
  }
  uint8_t* allocateCodeSection(uintptr_t bytes, unsigned alignment, unsigned, llvm::StringRef) override {
    return memory_.allocate(CodeMemory::executable, bytes, alignment);
  }
  uint8_t* allocateDataSection(uintptr_t bytes, unsigned alignment, unsigned, llvm::StringRef, bool constant) override {
    return memory_.allocate(constant ? CodeMemory::constant : CodeMemory::writable, bytes, alignment);
  }
  void registerEHFrames(uint8_t*, uint64_t, size_t) override {}
  void deregisterEHFrames() override {}
  bool finalizeMemory(std::string*) override { return !memory_.protect(); }

 private:
  CodeMemory& memory_;
};

class ListedSymbols final : public llvm::JITSymbolResolver {
 public:
  void lookup(const LookupSet& names, OnResolvedFunction answer) override {
    LookupResult result;
    for (llvm::StringRef name : names) {
      void* address = cpu_symbol(name);
      if (!address && refused_.empty()) refused_ = name.str();
      result[name] = {reinterpret_cast<uintptr_t>(address), llvm::JITSymbolFlags::Exported};
    }
    answer(std::move(result));
  }
  llvm::Expected<LookupSet> getResponsibilitySet(const LookupSet& names) override { return names; }
  // What is not listed is told by refused(), not by an address.
  bool allowsZeroSymbols() override { return true; }
  const std::string& refused() const { return refused_; }

 private:
  std::string refused_;
};

std::string text_of(llvm::Error error) { return llvm::toString(std::move(error)); }

}  // namespace

Outcome link(LinkedCode& code, const std::string& label, llvm::StringRef sealed_object) {
  const llvm::StringRef inside = unseal(sealed_object);
  if (inside.empty())
    return fail(IST_LLVM_MALFORMED, "The object of kernel '%s' (%zu bytes) is damaged.", label.c_str(),
                sealed_object.size());
  const auto copy = llvm::MemoryBuffer::getMemBufferCopy(inside, label);
  auto object = llvm::object::ObjectFile::createObjectFile(*copy);
  if (!object)
    return fail(IST_LLVM_MALFORMED, "The object of kernel '%s' cannot be read: %.400s.", label.c_str(),
                text_of(object.takeError()).c_str());
  Sections sections(code.memory);
  ListedSymbols symbols;
  llvm::RuntimeDyld linker(sections, symbols);
  const auto loaded = linker.loadObject(**object);
  if (!linker.hasError()) linker.resolveRelocations();
  if (!symbols.refused().empty())
    return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' wants the symbol '%.200s', which no module may call.",
                label.c_str(), symbols.refused().c_str());
  if (!loaded || linker.hasError())
    return fail(IST_LLVM_MALFORMED, "The object of kernel '%s' cannot be linked: %.400s.", label.c_str(),
                linker.getErrorString().str().c_str());
  if (sections.finalizeMemory(nullptr))
    return fail(IST_LLVM_FAILED, "The code of kernel '%s' may not be made executable on this machine.", label.c_str());
  for (const auto& [name, symbol] : linker.getSymbolTable())
    if (symbol.getFlags().isExported()) code.tasks[name] = reinterpret_cast<void*>(symbol.getAddress());
  return {};
}

}  // namespace ist::llvm_plugin
