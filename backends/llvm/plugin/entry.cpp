// The table of plugin_abi.h. Owns the boundary: plain data in, sentences out, and no end of the process in between.
#include <llvm/ADT/SmallString.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <tuple>
#include <vector>

#include "code.h"
#include "guard.h"
#include "targets.h"

struct IstLlvmModule : ist::llvm_plugin::ParsedModule {};
struct IstLlvmCode : ist::llvm_plugin::LinkedCode {};

namespace ist::llvm_plugin {
namespace {

int report(const Outcome& outcome, const IstLlvmSink* said) {
  if (!outcome.ok()) said->write(said->user, outcome.sentence.data(), outcome.sentence.size());
  return outcome.code;
}

// It may have been in the middle of being written, so it is never touched again.
void abandon(std::unique_ptr<Outcome> outcome) {
  static std::mutex mutex;
  static auto& abandoned = *new std::vector<std::unique_ptr<Outcome>>;
  const std::lock_guard lock(mutex);
  abandoned.push_back(std::move(outcome));
}

// Runs a step that ends with an Outcome. `gave_up` is told when LLVM did not come back.
template <class Step>
Outcome run(const std::string& label, const char* doing, bool& gave_up, Step&& step) {
  auto outcome = std::make_unique<Outcome>();
  std::string reason;
  gave_up = !guarded([&] { *outcome = step(); }, reason);
  if (!gave_up) return std::move(*outcome);
  abandon(std::move(outcome));
  return fail(IST_LLVM_FAILED, "LLVM gave up %s kernel '%s': %.400s.", doing, label.c_str(), reason.c_str());
}

// Of a module that is there already. What LLVM said by diagnostics counts as a failure, too.
template <class Step>
int run_on(const IstLlvmModule* module, const char* doing, const IstLlvmSink* said, Step&& step) {
  auto& state = *const_cast<IstLlvmModule*>(module);
  if (state.abandoned)
    return report(fail(IST_LLVM_FAILED, "LLVM gave up on kernel '%s' before.", state.label.c_str()), said);
  state.heard.errors.clear();
  Outcome outcome = run(state.label, doing, state.abandoned, step);
  if (outcome.ok() && !state.heard.errors.empty())
    outcome =
        fail(IST_LLVM_FAILED, "LLVM refuses kernel '%s': %.400s.", state.label.c_str(), state.heard.errors.c_str());
  return report(outcome, said);
}

void close(IstLlvmModule* module) {
  if (!module) return;
  if (!module->abandoned) return delete module;
  (void)module->ir.release();
  (void)module->context.release();
  delete module;
}

int parse(const char* ir, size_t ir_bytes, const char* label, const char* const* tasks, size_t task_count,
          IstLlvmModule** module, const IstLlvmSink* said) {
  *module = nullptr;
  auto* parsed = new IstLlvmModule;
  parsed->label = label;
  parsed->tasks.assign(tasks, tasks + task_count);
  const std::string text(ir, ir_bytes);  // LLVM wants the NUL behind it
  const Outcome outcome =
      run(parsed->label, "reading", parsed->abandoned, [&] { return ist::llvm_plugin::parse(*parsed, text); });
  if (outcome.ok())
    *module = parsed;
  else
    close(parsed);
  return report(outcome, said);
}

int inspect(const IstLlvmModule* module, IstLlvmTaskFacts* facts, const IstLlvmSink* said) {
  return run_on(module, "looking at", said, [&] {
    if (module->machine != Machine::cpu)
      return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' is not for a CPU.", module->label.c_str());
    ist::llvm_plugin::inspect(*module, facts);
    return Outcome{};
  });
}

int emit_object(const IstLlvmModule* module, const uint32_t* tasks, size_t count, uint32_t flags,
                const IstLlvmSink* object, const IstLlvmSink* said) {
  auto bytes = std::make_unique<llvm::SmallVector<char, 0>>();
  const int code = run_on(module, "compiling", said, [&] {
    if (module->machine != Machine::cpu)
      return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' is not for a CPU.", module->label.c_str());
    for (size_t i = 0; i < count; ++i)
      if (tasks[i] >= module->tasks.size())
        return fail(IST_LLVM_FAILED, "Kernel '%s' has %zu tasks, and task %u is asked for.", module->label.c_str(),
                    module->tasks.size(), tasks[i]);
    return ist::llvm_plugin::emit_object(*module, llvm::ArrayRef<uint32_t>(tasks, count), flags, *bytes);
  });
  if (code == IST_LLVM_OK) object->write(object->user, bytes->data(), bytes->size());
  return code;
}

int emit_ptx(const IstLlvmModule* module, uint32_t sm, const IstLlvmSink* ptx, const IstLlvmSink* said) {
  auto bytes = std::make_unique<llvm::SmallVector<char, 0>>();
  const int code = run_on(module, "compiling", said, [&] {
    if (module->machine != Machine::cuda)
      return fail(IST_LLVM_INCOMPATIBLE, "Kernel '%s' is not for CUDA.", module->label.c_str());
    if (!emits_ptx_for(sm))
      return fail(IST_LLVM_FAILED, "PTX is made for compute capabilities 70, 75, 80 and 86, not for %u.", sm);
    return ist::llvm_plugin::emit_ptx(*module, sm, *bytes);
  });
  if (code == IST_LLVM_OK) ptx->write(ptx->user, bytes->data(), bytes->size());
  return code;
}

int link(const char* object, size_t object_bytes, const char* label, IstLlvmCode** code, const IstLlvmSink* said) {
  auto* linked = new IstLlvmCode;
  *code = nullptr;
  const std::string name = label;
  bool gave_up = false;
  const Outcome outcome = run(name, "linking", gave_up, [&] {
    return ist::llvm_plugin::link(*linked, name, llvm::StringRef(object, object_bytes));
  });
  *code = outcome.ok() ? linked : nullptr;
  if (!outcome.ok() && !gave_up) delete linked;
  return report(outcome, said);
}

// An entry of the table, kept from throwing into the host. Its last argument is where sentences go.
template <class Entry, Entry entry>
struct Whole;
template <class... Args, int (*entry)(Args...)>
struct Whole<int (*)(Args...), entry> {
  static int call(Args... args) {
    int code = IST_LLVM_FAILED;
    auto step = [&] { code = entry(args...); };
    if (without_exception([](void* self) { (*static_cast<decltype(step)*>(self))(); }, &step)) return code;
    const IstLlvmSink* said = std::get<sizeof...(args) - 1>(std::tie(args...));
    constexpr std::string_view kSentence = "Memory is short.";
    said->write(said->user, kSentence.data(), kSentence.size());
    return IST_LLVM_FAILED;
  }
};

void* find(IstLlvmCode* code, const char* task) { return code->tasks.lookup(task); }
void release(IstLlvmCode* code) { delete code; }

}  // namespace
}  // namespace ist::llvm_plugin

extern "C" __attribute__((visibility("default"))) const IstLlvmPlugin* ist_llvm_plugin(uint32_t abi_version) {
  using namespace ist::llvm_plugin;
  if (abi_version != IST_LLVM_ABI_VERSION) return nullptr;
  static const IstLlvmPlugin plugin = {IST_LLVM_ABI_VERSION,
                                       host().cpu_identity.c_str(),
                                       host().ptx_identity.c_str(),
                                       Whole<decltype(IstLlvmPlugin::parse), parse>::call,
                                       close,
                                       Whole<decltype(IstLlvmPlugin::inspect), inspect>::call,
                                       Whole<decltype(IstLlvmPlugin::emit_object), emit_object>::call,
                                       Whole<decltype(IstLlvmPlugin::link), link>::call,
                                       find,
                                       release,
                                       Whole<decltype(IstLlvmPlugin::emit_ptx), emit_ptx>::call};
  return &plugin;
}
