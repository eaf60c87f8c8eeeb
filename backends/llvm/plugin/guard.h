// Keeps LLVM's last resorts from ending the process: inside guarded(), on this thread, a fatal error of LLVM, or memory
// that is short, returns as a sentence. What LLVM held then is leaked. Elsewhere in the process LLVM behaves as if the
// plugin was not there.
#pragma once

#include <string>
#include <type_traits>

namespace ist::llvm_plugin {

using GuardedStep = void (*)(void* argument);

// False when the step threw: only operator new does. What lies between is compiled without exceptions, so what it held
// is leaked.
bool without_exception(GuardedStep step, void* argument);

// False when LLVM gave up in the middle; `reason` then holds what it said.
bool guarded_call(GuardedStep step, void* argument, std::string& reason);

template <class Step>
bool guarded(Step&& step, std::string& reason) {
  return guarded_call([](void* argument) { (*static_cast<std::remove_reference_t<Step>*>(argument))(); }, &step,
                      reason);
}

}  // namespace ist::llvm_plugin
