// From text to a module that is known to be sound and ordinary, for one of the two kinds of machines.
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/MemoryBufferRef.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <cstdarg>
#include <cstdio>

#include "targets.h"

namespace ist::llvm_plugin {
namespace {

// LLVM's own handler ends the process.
void hear(const llvm::DiagnosticInfo& info, void* user) {
  if (info.getSeverity() != llvm::DS_Error) return;
  auto& heard = *static_cast<Heard*>(user);
  llvm::raw_string_ostream out(heard.errors);
  if (!heard.errors.empty()) out << "; ";
  llvm::DiagnosticPrinterRawOStream printer(out);
  info.print(printer);
}

Outcome check_machine(ParsedModule& into, llvm::StringRef triple) {
  const llvm::Triple wanted(triple), here(host().triple);
  into.machine = wanted.isNVPTX() ? Machine::cuda : Machine::cpu;
  if (into.machine == Machine::cuda ? wanted.getArch() == llvm::Triple::nvptx64 : wanted.getArch() == here.getArch())
    return {};
  return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' is compiled for '%.60s', and this machine is '%s'.",
              into.label.c_str(), triple.str().c_str(), host().triple.c_str());
}

std::string layout_for(llvm::StringRef triple) {
  const auto machine = llvm::Triple(triple).isNVPTX() ? cuda_machine(70) : host_machine();
  return machine ? machine->createDataLayout().getStringRepresentation() : "";
}

Outcome check_task(const ParsedModule& module, const std::string& task) {
  const llvm::Function* function = module.ir->getFunction(task);
  if (!function || function->isDeclaration())
    return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' does not define its task '%.200s'.", module.label.c_str(),
                task.c_str());
  const llvm::FunctionType* type = function->getFunctionType();
  if (function->hasExternalLinkage() && function->getCallingConv() == llvm::CallingConv::C && !type->isVarArg() &&
      type->getReturnType()->isVoidTy() && type->getNumParams() == 1 && type->getParamType(0)->isPointerTy())
    return {};
  return fail(IST_LLVM_MALFORMED, "Task '%.200s' of kernel '%s' is not a function of one context.", task.c_str(),
              module.label.c_str());
}

}  // namespace

Outcome fail(int code, const char* format, ...) {
  char text[1024];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return {code, text};
}

Outcome parse(ParsedModule& into, llvm::StringRef text) {
  if (Outcome bad = check_text(into, text); !bad.ok()) return bad;
  into.context = std::make_unique<llvm::LLVMContext>();
  into.context->setOpaquePointers(true);
  into.context->setDiagnosticHandlerCallBack(hear, &into.heard);
  llvm::SMDiagnostic wrong;
  // The layout is the machine's, whatever the text says: a layout that LLVM cannot read is a fatal error of its.
  into.ir = llvm::parseAssembly(llvm::MemoryBufferRef(text, into.label), wrong, *into.context, nullptr,
                                [](llvm::StringRef triple) { return llvm::Optional<std::string>(layout_for(triple)); });
  if (!into.ir)
    return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' cannot be read: line %d: %.400s.", into.label.c_str(),
                wrong.getLineNo(), wrong.getMessage().str().c_str());
  if (Outcome bad = check_machine(into, into.ir->getTargetTriple()); !bad.ok()) return bad;
  // Without an account of what is wrong: LLVM's printer trusts what its verifier has just refused.
  if (llvm::verifyModule(*into.ir, nullptr))
    return fail(IST_LLVM_MALFORMED, "The IR of kernel '%s' is not sound: LLVM's verifier refuses it.",
                into.label.c_str());
  if (Outcome bad = check_rules(into); !bad.ok()) return bad;
  for (const std::string& task : into.tasks)
    if (Outcome bad = check_task(into, task); !bad.ok()) return bad;
  return {};
}

}  // namespace ist::llvm_plugin
