// What a module may contain. Genuine ones are the output of one compiler: everything it never writes is refused here by
// name, before optimisers and code generators see it. This is no sandbox: code of a module is code.
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Operator.h>

#include <algorithm>
#include <iterator>

#include "module.h"

namespace ist::llvm_plugin {
namespace {

constexpr size_t kMostTextBytes = size_t{64} << 20;
constexpr size_t kMostTypes = 10000;
constexpr int kDeepestNesting = 128;  // genuine: below 20; the parser recurses
constexpr uint64_t kMostGlobalBytes = 16u << 20;
constexpr uint64_t kMostStackBytes = 1u << 20;  // of a function: workers have stacks of 8 MiB
constexpr uint64_t kMostLeaves = 4096;          // scalars in one value: code generators split them one by one
constexpr unsigned kMostParameters = 64;
constexpr uint64_t kMostAlignment = 4096;

const llvm::Intrinsic::ID kCommonIntrinsics[] = {
    llvm::Intrinsic::abs,
    llvm::Intrinsic::assume,
    llvm::Intrinsic::bitreverse,
    llvm::Intrinsic::bswap,
    llvm::Intrinsic::ceil,
    llvm::Intrinsic::copysign,
    llvm::Intrinsic::cos,
    llvm::Intrinsic::ctlz,
    llvm::Intrinsic::ctpop,
    llvm::Intrinsic::cttz,
    llvm::Intrinsic::exp,
    llvm::Intrinsic::exp2,
    llvm::Intrinsic::expect,
    llvm::Intrinsic::fabs,
    llvm::Intrinsic::floor,
    llvm::Intrinsic::fma,
    llvm::Intrinsic::fmuladd,
    llvm::Intrinsic::fshl,
    llvm::Intrinsic::fshr,
    llvm::Intrinsic::lifetime_end,
    llvm::Intrinsic::lifetime_start,
    llvm::Intrinsic::log,
    llvm::Intrinsic::log10,
    llvm::Intrinsic::log2,
    llvm::Intrinsic::maxnum,
    llvm::Intrinsic::memcpy,
    llvm::Intrinsic::memmove,
    llvm::Intrinsic::memset,
    llvm::Intrinsic::minnum,
    llvm::Intrinsic::nearbyint,
    llvm::Intrinsic::experimental_noalias_scope_decl,
    llvm::Intrinsic::pow,
    llvm::Intrinsic::powi,
    llvm::Intrinsic::rint,
    llvm::Intrinsic::round,
    llvm::Intrinsic::roundeven,
    llvm::Intrinsic::sadd_sat,
    llvm::Intrinsic::sadd_with_overflow,
    llvm::Intrinsic::sin,
    llvm::Intrinsic::smax,
    llvm::Intrinsic::smin,
    llvm::Intrinsic::smul_with_overflow,
    llvm::Intrinsic::sqrt,
    llvm::Intrinsic::ssub_sat,
    llvm::Intrinsic::ssub_with_overflow,
    llvm::Intrinsic::stackrestore,
    llvm::Intrinsic::stacksave,
    llvm::Intrinsic::trunc,
    llvm::Intrinsic::uadd_sat,
    llvm::Intrinsic::uadd_with_overflow,
    llvm::Intrinsic::umax,
    llvm::Intrinsic::umin,
    llvm::Intrinsic::umul_with_overflow,
    llvm::Intrinsic::usub_sat,
    llvm::Intrinsic::usub_with_overflow,
    llvm::Intrinsic::vector_reduce_add,
    llvm::Intrinsic::vector_reduce_and,
    llvm::Intrinsic::vector_reduce_fadd,
    llvm::Intrinsic::vector_reduce_fmax,
    llvm::Intrinsic::vector_reduce_fmin,
    llvm::Intrinsic::vector_reduce_fmul,
    llvm::Intrinsic::vector_reduce_mul,
    llvm::Intrinsic::vector_reduce_or,
    llvm::Intrinsic::vector_reduce_smax,
    llvm::Intrinsic::vector_reduce_smin,
    llvm::Intrinsic::vector_reduce_umax,
    llvm::Intrinsic::vector_reduce_umin,
    llvm::Intrinsic::vector_reduce_xor,
};
const llvm::Intrinsic::ID kCpuIntrinsics[] = {llvm::Intrinsic::masked_gather, llvm::Intrinsic::masked_load,
                                              llvm::Intrinsic::masked_scatter, llvm::Intrinsic::masked_store};
constexpr const char* kReflect = "__nvvm_reflect";
const char* const kCudaSymbols[] = {"vprintf", "__assertfail", kReflect};

// Numbers, pointers, and vectors, arrays and structures of them. Depth: types nest by name, too.
bool is_plain(const llvm::Type* type, Machine machine, uint64_t& leaves, int depth = 0) {
  if (depth > 32 || leaves > kMostLeaves) return false;
  if (const auto* structure = llvm::dyn_cast<llvm::StructType>(type)) {
    if (structure->isOpaque()) return false;
    return std::all_of(structure->element_begin(), structure->element_end(),
                       [&](const llvm::Type* element) { return is_plain(element, machine, leaves, depth + 1); });
  }
  if (const auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
    uint64_t one = 0;
    if (!is_plain(array->getElementType(), machine, one, depth + 1)) return false;
    if (array->getNumElements() > kMostLeaves) return leaves = kMostLeaves + 1, false;
    leaves += one * array->getNumElements();
    return leaves <= kMostLeaves;
  }
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type)) {
    leaves += vector->getNumElements();
    uint64_t one = 0;
    return leaves <= kMostLeaves && is_plain(vector->getElementType(), machine, one, depth + 1);
  }
  ++leaves;
  if (type->isIntegerTy()) return type->getIntegerBitWidth() <= 64;
  if (type->isPointerTy()) return type->getPointerAddressSpace() <= (machine == Machine::cpu ? 0u : 5u);
  return type->isHalfTy() || type->isFloatTy() || type->isDoubleTy();
}

// LLVM's parser replaces intrinsics that are older than it, and leaves their other uses behind: after '@', a name of
// one may only be called, declared or defined. Nor may a quoted name hide one.
bool is_sound_name(llvm::StringRef rest) {
  if (rest.consume_front("\"")) {
    const llvm::StringRef name = rest.take_until([](char c) { return c == '"'; });
    return !name.startswith("llvm.") && !name.contains('\\');
  }
  if (!rest.startswith("llvm.")) return true;
  const llvm::StringRef behind =
      rest.drop_while([](char c) { return llvm::isAlnum(c) || c == '.' || c == '_' || c == '-' || c == '$'; });
  return behind.startswith("(") || behind.ltrim().startswith("=");
}

class Checker {
 public:
  explicit Checker(const ParsedModule& module) : module_(module) {}

  Outcome all() {
    const llvm::Module& ir = *module_.ir;
    if (!ir.getModuleInlineAsm().empty()) return never("inline assembly of a whole module");
    if (!ir.ifunc_empty()) return never("indirect functions");
    if (!ir.alias_empty()) return never("aliases");
    uint64_t global_bytes = 0;
    for (const llvm::GlobalVariable& variable : ir.globals())
      if (Outcome bad = check(variable, global_bytes); !bad.ok()) return bad;
    for (const llvm::Function& function : ir)
      if (Outcome bad = function.isDeclaration() ? declared(function) : defined(function); !bad.ok()) return bad;
    return {};
  }

 private:
  Outcome never(const char* what, llvm::StringRef name = "") const {
    return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' has %s%s%.200s%s, which modules of Taichi never have.",
                module_.label.c_str(), what, name.empty() ? "" : " '", name.str().c_str(), name.empty() ? "" : "'");
  }
  Outcome wants(llvm::StringRef symbol) const {
    return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' wants the symbol '%.200s', which no module may call.",
                module_.label.c_str(), symbol.str().c_str());
  }
  bool on_cpu() const { return module_.machine == Machine::cpu; }
  bool plain(const llvm::Type* type) const {
    uint64_t leaves = 0;
    return is_plain(type, module_.machine, leaves);
  }
  // Of what may lie in memory but is never one value: LLVMRuntime, lists.
  bool sized(const llvm::Type* type) const { return type->isSized() && !llvm::isa<llvm::ScalableVectorType>(type); }

  Outcome check(const llvm::GlobalVariable& variable, uint64_t& total) const {
    if (variable.isThreadLocal()) return never("the thread-local variable", variable.getName());
    if (variable.hasAppendingLinkage() || variable.getName().startswith("llvm."))
      return never("the list", variable.getName());
    if (variable.hasComdat() || variable.hasSection() || variable.hasPartition() ||
        variable.isExternallyInitialized() || variable.hasImplicitSection() || variable.hasSanitizerMetadata() ||
        !sized(variable.getValueType()) || variable.getAddressSpace() > (on_cpu() ? 0u : 4u) ||
        variable.getAlignment() > kMostAlignment)
      return never("the unusual variable", variable.getName());
    const bool shared = !on_cpu() && variable.getAddressSpace() == 3;
    if (!variable.hasInitializer() && !shared) return wants(variable.getName());
    if (variable.hasInitializer() && !variable.hasLocalLinkage())
      return never("the public variable", variable.getName());
    const llvm::TypeSize bytes = module_.ir->getDataLayout().getTypeAllocSize(variable.getValueType());
    total += std::min<uint64_t>(bytes.getFixedSize(), kMostGlobalBytes + 1);
    if (total > kMostGlobalBytes) return never("variables of more than 16 MiB; the last one is", variable.getName());
    return {};
  }

  Outcome declared(const llvm::Function& function) const {
    const auto is = [&](llvm::Intrinsic::ID id) { return function.getIntrinsicID() == id; };
    if (!function.isIntrinsic()) {
      const bool known = on_cpu() ? cpu_symbol(function.getName()) != nullptr
                                  : std::find(std::begin(kCudaSymbols), std::end(kCudaSymbols), function.getName()) !=
                                        std::end(kCudaSymbols);
      if (!known) return wants(function.getName());
      if (function.getName() == kReflect)
        if (Outcome bad = check_reflect(function); !bad.ok()) return bad;
      return check_signature(function);
    }
    if (std::any_of(std::begin(kCommonIntrinsics), std::end(kCommonIntrinsics), is)) return check_signature(function);
    if (on_cpu() && std::any_of(std::begin(kCpuIntrinsics), std::end(kCpuIntrinsics), is))
      return check_signature(function);
    if (!on_cpu() && (is(llvm::Intrinsic::trap) || function.getName().startswith("llvm.nvvm.")))
      return check_signature(function);
    return wants(function.getName());
  }

  Outcome check_signature(const llvm::Function& function) const {
    if (function.arg_size() > kMostParameters) return never("too many parameters of", function.getName());
    if (!function.getReturnType()->isVoidTy() && !plain(function.getReturnType()))
      return never("an unusual result of", function.getName());
    for (const llvm::Argument& argument : function.args()) {
      if (!plain(argument.getType())) return never("an unusual parameter of", function.getName());
      if (argument.hasInAllocaAttr() || argument.hasPreallocatedAttr() || argument.hasSwiftErrorAttr() ||
          argument.hasSwiftSelfAttr() || argument.hasNestAttr() || argument.hasStructRetAttr() ||
          argument.hasByRefAttr() || (on_cpu() && argument.hasByValAttr()))
        return never("an unusual parameter of", function.getName());
    }
    return {};
  }

  Outcome defined(const llvm::Function& function) {
    const auto convention = function.getCallingConv();
    if (function.hasGC() || function.hasPersonalityFn() || function.hasPrefixData() || function.hasPrologueData() ||
        function.hasSection() || function.hasPartition() || function.hasComdat() || function.isVarArg() ||
        function.isIntrinsic() || function.getName().startswith("llvm.") ||
        function.hasFnAttribute(llvm::Attribute::Naked) ||
        (convention != llvm::CallingConv::C && convention != llvm::CallingConv::Fast))
      return never("the unusual function", function.getName());
    if (Outcome bad = check_signature(function); !bad.ok()) return bad;
    uint64_t stack_bytes = 0;
    for (const llvm::BasicBlock& block : function)
      for (const llvm::Instruction& instruction : block) {
        if (!usual(instruction)) return never("an instruction", instruction.getOpcodeName());
        if (const auto* variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction))
          stack_bytes += known_bytes(*variable);
        if (stack_bytes > kMostStackBytes) return never("variables of more than 1 MiB in", function.getName());
        for (const llvm::Value* operand : instruction.operands())
          if (const auto* constant = llvm::dyn_cast<llvm::Constant>(operand); constant && !usual_constant(*constant))
            return never("an unusual constant in the function", function.getName());
      }
    return {};
  }

  bool usual_constant(const llvm::Constant& constant) const {
    return !llvm::isa<llvm::BlockAddress>(constant) && !llvm::isa<llvm::DSOLocalEquivalent>(constant) &&
           !llvm::isa<llvm::NoCFIValue>(constant) &&
           (constant.getType()->isFunctionTy() || constant.getType()->isLabelTy() || plain(constant.getType()));
  }

  bool usual(const llvm::Instruction& instruction) const {
    const llvm::Type* type = instruction.getType();
    if (!type->isVoidTy() && !plain(type)) return false;
    for (const llvm::Value* operand : instruction.operands()) {
      const llvm::Type* of = operand->getType();
      if (!of->isLabelTy() && !of->isMetadataTy() && !plain(of)) return false;
    }
    using I = llvm::Instruction;
    if (instruction.isBinaryOp()) return true;
    switch (instruction.getOpcode()) {
      case I::Ret:
      case I::Br:
      case I::Switch:
      case I::Unreachable:
      case I::FNeg:
      case I::ExtractElement:
      case I::InsertElement:
      case I::ShuffleVector:
      case I::ExtractValue:
      case I::InsertValue:
      case I::Fence:
      case I::ICmp:
      case I::FCmp:
      case I::PHI:
      case I::Select:
      case I::Freeze:
      case I::Trunc:
      case I::ZExt:
      case I::SExt:
      case I::FPToUI:
      case I::FPToSI:
      case I::UIToFP:
      case I::SIToFP:
      case I::FPTrunc:
      case I::FPExt:
      case I::PtrToInt:
      case I::IntToPtr:
      case I::BitCast:
        return true;
      case I::AddrSpaceCast:
        return !on_cpu();
      case I::GetElementPtr:
        return sized(llvm::cast<llvm::GetElementPtrInst>(instruction).getSourceElementType());
      case I::Alloca:
        return usual_alloca(llvm::cast<llvm::AllocaInst>(instruction));
      case I::Load:
        return llvm::cast<llvm::LoadInst>(instruction).getAlign() <= kMostAlignment;
      case I::Store:
        return llvm::cast<llvm::StoreInst>(instruction).getAlign() <= kMostAlignment;
      case I::AtomicRMW:
      case I::AtomicCmpXchg:
        return true;
      case I::Call:
        return usual_call(llvm::cast<llvm::CallInst>(instruction));
      default:
        return false;
    }
  }

  bool usual_alloca(const llvm::AllocaInst& alloca) const {
    return sized(alloca.getAllocatedType()) && alloca.getAlign() <= kMostAlignment && !alloca.isUsedWithInAlloca() &&
           !alloca.isSwiftError();
  }

  // Genuine modules leave the number of bytes that a thread has to itself to the launch, in the context of its loop.
  uint64_t known_bytes(const llvm::AllocaInst& alloca) const {
    constexpr uint64_t kMost = kMostStackBytes + 1;
    const uint64_t one = module_.ir->getDataLayout().getTypeAllocSize(alloca.getAllocatedType()).getFixedSize();
    const auto* count = llvm::dyn_cast<llvm::ConstantInt>(alloca.getArraySize());
    return std::min(one, kMost) * (count ? count->getLimitedValue(kMost) : 1);
  }

  bool usual_call(const llvm::CallInst& call) const {
    if (call.hasOperandBundles() || call.isMustTailCall() || call.arg_size() > kMostParameters) return false;
    if (call.isInlineAsm()) return !on_cpu() && usual_ptx(call);
    const auto convention = call.getCallingConv();
    return convention == llvm::CallingConv::C || convention == llvm::CallingConv::Fast;
  }

  // Registers of PTX, each given what it holds: the code generator believes that.
  bool usual_ptx(const llvm::CallInst& call) const {
    const auto* code = llvm::cast<llvm::InlineAsm>(call.getCalledOperand());
    const auto* results = llvm::dyn_cast<llvm::StructType>(call.getType());
    unsigned result = 0, argument = 0;
    for (const llvm::InlineAsm::ConstraintInfo& constraint : code->ParseConstraints()) {
      if (constraint.Type == llvm::InlineAsm::isClobber) continue;
      const bool output = constraint.Type == llvm::InlineAsm::isOutput;
      if (constraint.isIndirect || constraint.isMultipleAlternative || constraint.hasMatchingInput() ||
          constraint.Codes.size() != 1 ||
          (output ? results && result >= results->getNumElements() : argument >= call.arg_size()))
        return false;
      const llvm::Type* type = !output   ? call.getArgOperand(argument++)->getType()
                               : results ? results->getElementType(result++)
                                         : call.getType();
      const llvm::StringRef code_name = constraint.Codes[0];
      if (!((code_name == "h" && type->isIntegerTy(16)) || (code_name == "r" && type->isIntegerTy(32)) ||
            (code_name == "l" && (type->isIntegerTy(64) || type->isPointerTy())) ||
            (code_name == "f" && type->isFloatTy()) || (code_name == "d" && type->isDoubleTy())))
        return false;
    }
    return argument == call.arg_size();
  }

  // The pass that answers these questions expects text and looks no further.
  Outcome check_reflect(const llvm::Function& reflect) const {
    for (const llvm::User* user : reflect.users()) {
      const auto* call = llvm::dyn_cast<llvm::CallInst>(user);
      const auto* text = call && call->getCalledFunction() == &reflect && call->arg_size() == 1 &&
                                 call->getType()->isIntegerTy(32) && call->getArgOperand(0)->getType()->isPointerTy()
                             ? llvm::dyn_cast<llvm::GlobalVariable>(call->getArgOperand(0)->stripPointerCasts())
                             : nullptr;
      const auto* bytes = text && text->hasInitializer()
                              ? llvm::dyn_cast<llvm::ConstantDataSequential>(text->getInitializer())
                              : nullptr;
      if (!bytes || !bytes->isCString()) return never("an unusual use of", reflect.getName());
    }
    return {};
  }

  const ParsedModule& module_;
};

}  // namespace

Outcome check_text(const ParsedModule& module, llvm::StringRef text) {
  const char* kernel = module.label.c_str();
  if (text.size() > kMostTextBytes)
    return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' has %zu bytes; at most %zu are read.", kernel, text.size(),
                kMostTextBytes);
  int depth = 0;
  size_t types = 0;  // that hold each other nest, too
  bool defines = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (defines && text.substr(i).startswith("type") && ++types > kMostTypes)
      return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' names more than %zu types.", kernel, kMostTypes);
    if (c == ';') i = std::min(text.find('\n', i), text.size());
    defines = c == '=' || (defines && (c == ';' || c == '\0' || llvm::isSpace(c)));
    if (c == '"') i = std::min(text.find('"', i + 1), text.size());
    if (c == '@' && !is_sound_name(text.substr(i + 1)))
      return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' uses the name '%.60s' for more than calls.", kernel,
                  text.substr(i + 1, 60).str().c_str());
    if (c == '(' || c == '[' || c == '{' || c == '<') ++depth;
    if (c == ')' || c == ']' || c == '}' || c == '>') depth = std::max(depth - 1, 0);
    if (depth > kDeepestNesting)
      return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' nests deeper than %d levels.", kernel, kDeepestNesting);
  }
  return {};
}

Outcome check_rules(const ParsedModule& module) { return Checker(module).all(); }

}  // namespace ist::llvm_plugin
