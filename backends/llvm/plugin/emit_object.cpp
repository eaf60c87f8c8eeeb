// Object code for this machine: what the reference implementation's just-in-time compiler makes from the same IR, so
// that results are equal bit for bit.
#include <llvm/CodeGen/AtomicExpandUtils.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Scalar/LowerAtomicPass.h>

#include "object_seal.h"
#include "targets.h"

namespace ist::llvm_plugin {
namespace {

// For one thread at a time. No pass over the IR follows: what it would win is lost in noise (measured on mpm88: the
// scatter 8.3 times faster by this alone, at most 3 % more by O2 and invariant loads, at twice the compile time), and
// sums would be free to change their order.
void make_atomics_plain(llvm::Module& module) {
  llvm::FunctionAnalysisManager unused;
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) llvm::LowerAtomicPass().run(function, unused);
}

void compare_exchange(llvm::IRBuilder<>& builder, llvm::Value* address, llvm::Value* expected, llvm::Value* wanted,
                      llvm::Align alignment, llvm::AtomicOrdering order, llvm::SyncScope::ID scope,
                      llvm::Value*& success, llvm::Value*& found) {
  llvm::Type* const number = wanted->getType();
  llvm::Type* const bits = builder.getIntNTy(number->getScalarSizeInBits());
  llvm::Value* const result =
      builder.CreateAtomicCmpXchg(address, builder.CreateBitCast(expected, bits), builder.CreateBitCast(wanted, bits),
                                  alignment, order, llvm::AtomicCmpXchgInst::getStrongestFailureOrdering(order), scope);
  success = builder.CreateExtractValue(result, 1);
  found = builder.CreateBitCast(builder.CreateExtractValue(result, 0), number);
}

// A compare-exchange of the IR is compiled well everywhere. The one that LLVM up to 19 makes by itself of an atomic
// operation on floating-point numbers is not on arm64 (llvm/llvm-project#150988): it does not look whether its store
// was made, and updates are lost.
void spell_out_float_atomics(llvm::Module& module) {
  llvm::SmallVector<llvm::AtomicRMWInst*, 8> updates;
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (auto* update = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction))
          if (update->isFloatingPointOperation()) updates.push_back(update);
  for (llvm::AtomicRMWInst* update : updates) llvm::expandAtomicRMWToCmpXchg(update, compare_exchange);
}

}  // namespace

Outcome emit_object(const ParsedModule& module, llvm::ArrayRef<uint32_t> tasks, uint32_t flags,
                    llvm::SmallVectorImpl<char>& object) {
  const std::unique_ptr<llvm::TargetMachine> machine = host_machine();
  if (!machine) return fail(IST_LLVM_FAILED, "This LLVM has no code generator for '%s'.", host().triple.c_str());
  const std::unique_ptr<llvm::Module> copy = copy_of_tasks(module, tasks);
  copy->setTargetTriple(host().triple);
  if (flags & IST_LLVM_PLAIN_ATOMICS) make_atomics_plain(*copy);
  if (machine->getTargetTriple().isAArch64()) spell_out_float_atomics(*copy);
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CGFT_ObjectFile, /*DisableVerify=*/true))
    return fail(IST_LLVM_FAILED, "LLVM writes no objects for '%s'.", host().triple.c_str());
  passes.run(*copy);
  seal(object);
  return {};
}

}  // namespace ist::llvm_plugin
