// PTX as Taichi's own compiler makes it from the same IR: its fast arithmetic, optimisation level 3, no vectorisers.
#include <llvm/IR/Constants.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Metadata.h>
#include <llvm/IR/PassManager.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "targets.h"

namespace ist::llvm_plugin {
namespace {

constexpr const char* kAnnotations = "nvvm.annotations";
constexpr const char* kLaunchNotes[] = {"kernel", "maxntidx", "minctasm"};

using Notes = std::map<std::string, int64_t>;  // of one kernel

// An annotation is {function, name, number, name, number, ...}.
void add_notes(const llvm::MDNode& line, const llvm::Function& function, Notes& notes) {
  if (line.getNumOperands() == 0) return;
  const auto* about = llvm::dyn_cast_or_null<llvm::ValueAsMetadata>(line.getOperand(0));
  if (!about || about->getValue()->stripPointerCasts() != &function) return;
  for (unsigned i = 1; i + 1 < line.getNumOperands(); i += 2) {
    const auto* name = llvm::dyn_cast_or_null<llvm::MDString>(line.getOperand(i));
    const auto* value = llvm::mdconst::dyn_extract_or_null<llvm::ConstantInt>(line.getOperand(i + 1));
    if (name && value && value->getBitWidth() <= 64) notes[name->getString().str()] = value->getSExtValue();
  }
}

void annotate(llvm::Module& module, llvm::NamedMDNode& annotations, llvm::Function& function, const Notes& notes) {
  llvm::LLVMContext& context = module.getContext();
  for (const char* name : kLaunchNotes) {
    const auto note = notes.find(name);
    if (note == notes.end()) continue;
    auto* number = llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), static_cast<uint64_t>(note->second));
    llvm::Metadata* line[] = {llvm::ValueAsMetadata::get(&function), llvm::MDString::get(context, name),
                              llvm::ConstantAsMetadata::get(number)};
    annotations.addOperand(llvm::MDNode::get(context, line));
  }
}

bool is_ptx_name(llvm::StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return llvm::isAlnum(c) || c == '_' || c == '$'; });
}

// Only what is known of the tasks is written again, as the code generator believes annotations.
Outcome mark_kernels(const ParsedModule& module, llvm::Module& copy) {
  const llvm::NamedMDNode* given = module.ir->getNamedMetadata(kAnnotations);
  if (auto* stale = copy.getNamedMetadata(kAnnotations)) stale->eraseFromParent();
  llvm::NamedMDNode* annotations = copy.getOrInsertNamedMetadata(kAnnotations);
  for (const std::string& task : module.tasks) {
    Notes notes;
    if (given)
      for (const llvm::MDNode* line : given->operands()) add_notes(*line, *module.ir->getFunction(task), notes);
    if (!notes["kernel"] || !is_ptx_name(task))
      return fail(IST_LLVM_MALFORMED, "Task '%.200s' of kernel '%s' is not marked as a kernel for CUDA.", task.c_str(),
                  module.label.c_str());
    annotate(copy, *annotations, *copy.getFunction(task), notes);
  }
  return {};
}

// Taichi declares shared arrays as extern. With a size they are this module's own: PTX would place an extern one in the
// memory whose size the launch gives, and launches give none for these.
void own_shared_arrays(llvm::Module& module) {
  for (llvm::GlobalVariable& variable : module.globals()) {
    if (!variable.hasExternalLinkage() || variable.hasInitializer() || variable.getAddressSpace() != 3) continue;
    if (module.getDataLayout().getTypeAllocSize(variable.getValueType()) == 0) continue;
    variable.setInitializer(llvm::UndefValue::get(variable.getValueType()));
    variable.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
}

void ask_for_fast_math(llvm::Module& module) {
  module.addModuleFlag(llvm::Module::Override, "nvvm-reflect-ftz", 1);
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    function.addFnAttr("denormal-fp-math-f32", "preserve-sign");
    function.addFnAttr("unsafe-fp-math", "true");
  }
}

void optimize(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager cycles;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning);  // __nvvm_reflect is answered by the target's own pass
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(cycles);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, cycles, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

}  // namespace

Outcome emit_ptx(const ParsedModule& module, uint32_t sm, llvm::SmallVectorImpl<char>& ptx) {
  const std::unique_ptr<llvm::TargetMachine> machine = cuda_machine(sm);
  if (!machine) return fail(IST_LLVM_FAILED, "This LLVM has no code generator for CUDA (NVPTX).");
  llvm::SmallVector<uint32_t, 8> all(module.tasks.size());
  std::iota(all.begin(), all.end(), 0);
  const std::unique_ptr<llvm::Module> copy = copy_of_tasks(module, all);
  copy->setTargetTriple(kCudaTriple);
  copy->setDataLayout(machine->createDataLayout());
  if (Outcome bad = mark_kernels(module, *copy); !bad.ok()) return bad;
  own_shared_arrays(*copy);
  ask_for_fast_math(*copy);
  optimize(*copy, *machine);
  llvm::raw_svector_ostream stream(ptx);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CGFT_AssemblyFile, /*DisableVerify=*/true))
    return fail(IST_LLVM_FAILED, "LLVM writes no PTX.");
  passes.run(*copy);
  return {};
}

}  // namespace ist::llvm_plugin
