// A module with only the tasks that are asked for.
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include "module.h"

namespace ist::llvm_plugin {
namespace {

using Needed = llvm::SmallPtrSet<const llvm::GlobalValue*, 32>;

Needed reached_from(llvm::ArrayRef<const llvm::GlobalValue*> roots) {
  Needed needed(roots.begin(), roots.end());
  llvm::SmallPtrSet<const llvm::Constant*, 32> seen;
  llvm::SmallVector<const llvm::Constant*, 32> left(roots.begin(), roots.end());
  const auto look_at = [&](const llvm::Value* value) {
    const auto* constant = llvm::dyn_cast<llvm::Constant>(value);
    if (constant && seen.insert(constant).second) left.push_back(constant);
  };
  while (!left.empty()) {
    const llvm::Constant* next = left.pop_back_val();
    if (const auto* global = llvm::dyn_cast<llvm::GlobalValue>(next)) needed.insert(global);
    if (const auto* function = llvm::dyn_cast<llvm::Function>(next)) {
      for (const llvm::BasicBlock& block : *function)
        for (const llvm::Instruction& instruction : block)
          for (const llvm::Value* operand : instruction.operands()) look_at(operand);
    } else {
      for (const llvm::Value* operand : next->operands()) look_at(operand);
    }
  }
  return needed;
}

// target-cpu and the like name the machine that compiled Taichi's own functions; the host decides here. Exceptions
// never pass, so no unwinding tables are wanted.
void forget_exporting_machine(llvm::Module& module) {
  for (llvm::Function& function : module) {
    llvm::AttributeMask texts;
    for (const llvm::Attribute& attribute : function.getAttributes().getFnAttrs())
      if (attribute.isStringAttribute()) texts.addAttribute(attribute.getKindAsString());
    function.removeFnAttrs(texts);
    function.removeFnAttr(llvm::Attribute::UWTable);
    if (!function.isDeclaration()) function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

}  // namespace

std::unique_ptr<llvm::Module> copy_of_tasks(const ParsedModule& module, llvm::ArrayRef<uint32_t> tasks) {
  llvm::SmallVector<const llvm::GlobalValue*, 8> roots;
  for (uint32_t task : tasks) roots.push_back(module.ir->getFunction(module.tasks[task]));
  const Needed needed = reached_from(roots);
  llvm::ValueToValueMapTy map;
  auto copy =
      llvm::CloneModule(*module.ir, map, [&](const llvm::GlobalValue* global) { return needed.contains(global); });
  const llvm::SmallPtrSet<const llvm::GlobalValue*, 8> kept(roots.begin(), roots.end());
  for (const llvm::Function& function : *module.ir) {
    auto* twin = llvm::cast<llvm::Function>(map[&function]);
    if (!needed.contains(&function)) {
      if (twin->use_empty()) twin->eraseFromParent();
    } else if (!function.isDeclaration() && !kept.contains(&function)) {
      twin->setLinkage(llvm::GlobalValue::InternalLinkage);
    }
  }
  for (const llvm::GlobalVariable& variable : module.ir->globals()) {
    auto* twin = llvm::cast<llvm::GlobalVariable>(map[&variable]);
    if (!needed.contains(&variable) && twin->use_empty()) twin->eraseFromParent();
  }
  forget_exporting_machine(*copy);
  return copy;
}

}  // namespace ist::llvm_plugin
