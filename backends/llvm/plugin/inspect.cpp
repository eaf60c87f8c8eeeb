// What a CPU module's tasks are, read from what they do: which loop they start, and whether it adds up floating-point
// numbers atomically. Names say nothing here.
#include <llvm/ADT/APInt.h>
#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Operator.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "llvm/runtime_image.h"
#include "module.h"

namespace ist::llvm_plugin {
namespace {

constexpr int64_t kParallelForOffset = offsetof(llvm_host::LlvmRuntime, parallel_for);
constexpr uint64_t kRangeContextBytes = 56;
constexpr int64_t kRangeBodyOffset = 16;
constexpr int64_t kOtherBodyOffset = 8;
constexpr unsigned kContextArgument = 3;  // of parallel_for(pool, splits, threads, context, split)

// Everything that runs when `function` is called, but for functions it only knows the address of.
using Functions = llvm::SmallPtrSet<const llvm::Function*, 16>;
void add_callees(const llvm::Function& function, Functions& seen) {
  llvm::SmallVector<const llvm::Function*, 16> left{&function};
  while (!left.empty()) {
    const llvm::Function* next = left.pop_back_val();
    if (next->isDeclaration() || !seen.insert(next).second) continue;
    for (const llvm::BasicBlock& block : *next)
      for (const llvm::Instruction& instruction : block)
        if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
          if (const llvm::Function* callee = call->getCalledFunction()) left.push_back(callee);
  }
}

// A call of what a load from LLVMRuntime::parallel_for gave.
bool starts_loop(const llvm::CallBase& call, const llvm::DataLayout& layout) {
  const auto* load = llvm::dyn_cast<llvm::LoadInst>(call.getCalledOperand()->stripPointerCasts());
  if (!load || call.arg_size() <= kContextArgument) return false;
  const llvm::Value* field = load->getPointerOperand();
  llvm::APInt offset(layout.getIndexTypeSizeInBits(field->getType()), 0);
  field->stripAndAccumulateConstantOffsets(layout, offset, /*AllowNonInbounds=*/true);
  return offset.getSExtValue() == kParallelForOffset;
}

// Functions that a constant holds, with their places; vectors of pointers come from stores that were merged.
template <class Each>
void each_function(const llvm::Constant& constant, int64_t offset, const llvm::DataLayout& layout, const Each& each) {
  if (const auto* function = llvm::dyn_cast<llvm::Function>(constant.stripPointerCasts()))
    return each(offset, *function);
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(constant.getType());
  if (!vector) return;
  const int64_t step = static_cast<int64_t>(layout.getTypeAllocSize(vector->getElementType()).getFixedSize());
  for (unsigned i = 0; i < vector->getNumElements(); ++i)
    if (const llvm::Constant* element = constant.getAggregateElement(i))
      each_function(*element, offset + step * i, layout, each);
}

// The functions that `starter` stores at `place` of the context `base`.
void add_bodies(const llvm::Function& starter, const llvm::Value& base, int64_t place, const llvm::DataLayout& layout,
                llvm::SmallVectorImpl<const llvm::Function*>& bodies) {
  for (const llvm::BasicBlock& block : starter)
    for (const llvm::Instruction& instruction : block) {
      const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
      const auto* value = store ? llvm::dyn_cast<llvm::Constant>(store->getValueOperand()) : nullptr;
      if (!value) continue;
      const llvm::Value* to = store->getPointerOperand();
      llvm::APInt offset(layout.getIndexTypeSizeInBits(to->getType()), 0);
      if (to->stripAndAccumulateConstantOffsets(layout, offset, true) != &base) continue;
      each_function(*value, offset.getSExtValue(), layout, [&](int64_t at, const llvm::Function& function) {
        if (at == place) bodies.push_back(&function);
      });
    }
}

// Whether a number is made by floating-point arithmetic, seen through casts and choices.
bool is_made_of_floats(const llvm::Value* value, int depth = 0) {
  if (value->getType()->isFPOrFPVectorTy()) return true;
  if (depth == 6) return false;
  if (const auto* cast = llvm::dyn_cast<llvm::CastInst>(value))
    return is_made_of_floats(cast->getOperand(0), depth + 1);
  if (const auto* select = llvm::dyn_cast<llvm::SelectInst>(value))
    return is_made_of_floats(select->getTrueValue(), depth + 1) ||
           is_made_of_floats(select->getFalseValue(), depth + 1);
  if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(value))
    for (const llvm::Value* incoming : phi->incoming_values())
      if (is_made_of_floats(incoming, depth + 1)) return true;
  return false;
}

// How many loops must be around an atomic operation to call it one of each iteration: a compare-exchange comes with a
// loop of its own. 0: it is none on floating-point numbers.
unsigned loops_wanted(const llvm::Instruction& instruction) {
  if (const auto* update = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction))
    return update->getValOperand()->getType()->isFloatingPointTy() ? 1 : 0;
  if (const auto* exchange = llvm::dyn_cast<llvm::AtomicCmpXchgInst>(&instruction))
    return is_made_of_floats(exchange->getNewValOperand()) ? 2 : 0;
  return 0;
}

constexpr unsigned kEveryAtomic = 2;  // loops around a function that make all its atomics count

// Of functions that run within so many loops, and of what they call.
uint32_t count_float_atomics(llvm::ArrayRef<const llvm::Function*> functions, unsigned around) {
  llvm::DenseMap<const llvm::Function*, unsigned> looked_at;  // and within how many loops, plus one
  llvm::SmallPtrSet<const llvm::Instruction*, 16> counted;
  llvm::SmallVector<std::pair<const llvm::Function*, unsigned>, 16> left;
  for (const llvm::Function* function : functions) left.push_back({function, around});
  while (!left.empty()) {
    const auto [function, outer] = left.pop_back_val();
    unsigned& deepest = looked_at[function];
    if (function->isDeclaration() || deepest > outer) continue;
    deepest = outer + 1;
    const llvm::DominatorTree tree(const_cast<llvm::Function&>(*function));
    const llvm::LoopInfo loops(tree);
    for (const llvm::BasicBlock& block : *function) {
      const unsigned depth = std::min(outer + loops.getLoopDepth(&block), kEveryAtomic);
      for (const llvm::Instruction& instruction : block) {
        const unsigned wanted = loops_wanted(instruction);
        if (wanted && depth >= wanted) counted.insert(&instruction);
        const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
        if (call && call->getCalledFunction()) left.push_back({call->getCalledFunction(), depth});
      }
    }
  }
  return counted.size();
}

IstLlvmTaskFacts facts_of(const llvm::Function& task, const llvm::DataLayout& layout) {
  IstLlvmTaskFacts facts{};
  Functions own;
  add_callees(task, own);
  llvm::SmallVector<const llvm::Function*, 4> bodies;
  unsigned loops = 0;
  for (const llvm::Function* function : own)
    for (const llvm::BasicBlock& block : *function)
      for (const llvm::Instruction& instruction : block) {
        const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
        if (!call || !starts_loop(*call, layout)) continue;
        const auto* context =
            llvm::dyn_cast<llvm::AllocaInst>(call->getArgOperand(kContextArgument)->stripPointerCasts());
        const bool range = context && !context->isArrayAllocation() &&
                           layout.getTypeAllocSize(context->getAllocatedType()) == kRangeContextBytes;
        facts.loop = range && ++loops == 1 ? IST_LLVM_LOOP_RANGE : IST_LLVM_LOOP_OTHER;
        if (context) add_bodies(*function, *context, range ? kRangeBodyOffset : kOtherBodyOffset, layout, bodies);
      }
  // A body has the loop over its split's iterations inside.
  facts.float_atomics =
      facts.loop == IST_LLVM_LOOP_NONE ? count_float_atomics({&task}, kEveryAtomic) : count_float_atomics(bodies, 0);
  return facts;
}

}  // namespace

void inspect(const ParsedModule& module, IstLlvmTaskFacts* facts) {
  for (size_t i = 0; i < module.tasks.size(); ++i)
    facts[i] = facts_of(*module.ir->getFunction(module.tasks[i]), module.ir->getDataLayout());
}

}  // namespace ist::llvm_plugin
