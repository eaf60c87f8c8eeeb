// Parse, look, choose how each task is spread, emit an object for each kind of spread, link.
#include "cpu/cpu_compiler.h"

#include <algorithm>

#include "cpu/cpu_object_file.h"

namespace ist::cpu {
namespace {

// A task without loops runs on one thread in either object, so it joins the others.
std::vector<Spread> choose(const std::vector<IstLlvmTaskFacts>& facts, unsigned threads, bool deterministic) {
  std::vector<Spread> spreads;
  for (const IstLlvmTaskFacts& fact : facts) spreads.push_back(spread_of(fact, threads, deterministic));
  const bool any_parallel = std::find(spreads.begin(), spreads.end(), Spread::parallel) != spreads.end();
  for (size_t i = 0; i < facts.size(); ++i) {
    if (any_parallel && facts[i].loop == IST_LLVM_LOOP_NONE) spreads[i] = Spread::parallel;
  }
  return spreads;
}

std::vector<uint32_t> indices_of(const std::vector<Spread>& spreads, Spread spread) {
  std::vector<uint32_t> indices;
  for (uint32_t i = 0; i < spreads.size(); ++i) {
    if (spreads[i] == spread) indices.push_back(i);
  }
  return indices;
}

Result<KernelObjects> emit(const ProgramDesc& desc, unsigned threads, bool deterministic) {
  IST_TRY(const auto module, llvm_host::Module::parse(desc.name, desc.ir, desc.tasks));
  IST_TRY(const auto facts, module.inspect());
  KernelObjects objects;
  objects.tasks = choose(facts, threads, deterministic);
  for (const Spread spread : {Spread::serial, Spread::parallel}) {
    const std::vector<uint32_t> indices = indices_of(objects.tasks, spread);
    if (indices.empty()) continue;
    const uint32_t flags = spread == Spread::serial ? IST_LLVM_PLAIN_ATOMICS : 0;
    IST_TRY(objects.objects[static_cast<size_t>(spread)], module.emit_object(indices, flags));
  }
  return objects;
}

Result<KernelCode> link(const ProgramDesc& desc, const KernelObjects& objects) {
  KernelCode code;
  code.tasks.resize(desc.tasks.size());
  for (const Spread spread : {Spread::serial, Spread::parallel}) {
    const std::vector<uint32_t> indices = indices_of(objects.tasks, spread);
    if (indices.empty()) continue;
    IST_TRY(auto linked, llvm_host::Code::link(desc.name, objects.objects[static_cast<size_t>(spread)]));
    for (const uint32_t index : indices) {
      const std::string& name = desc.tasks[index].name;
      code.tasks[index] = {linked.find(name), spread};
      if (code.tasks[index].call) continue;
      return fail(Code::corrupted_data, "The code of kernel '%s' has no task '%s'.", std::string(desc.name).c_str(),
                  name.c_str());
    }
    code.objects.push_back(std::move(linked));
  }
  return code;
}

}  // namespace

Compiler::Compiler(unsigned threads, bool deterministic, const std::string& folder)
    : threads_(threads), deterministic_(deterministic), folder_(folder) {}

Result<KernelCode> Compiler::compile(const ProgramDesc& desc) const {
  IST_TRY(const IstLlvmPlugin* plugin, llvm_host::plugin());
  const bool atomics_win = spread_of({IST_LLVM_LOOP_RANGE, 1}, threads_, deterministic_) == Spread::parallel;
  const bool loops_spread = spread_of({IST_LLVM_LOOP_RANGE, 0}, threads_, deterministic_) == Spread::parallel;
  const ObjectFile file(
      folder_, desc,
      std::string(plugin->cpu_identity) + (loops_spread ? " loops" : "") + (atomics_win ? " atomics" : ""));
  if (const auto kept = file.read()) {
    auto code = link(desc, *kept);
    if (code.ok()) {
      code->from_cache = true;
      return code;
    }
    file.remove();
  }
  IST_TRY(const KernelObjects objects, emit(desc, threads_, deterministic_));
  IST_TRY(KernelCode code, link(desc, objects));
  file.keep(objects);
  return code;
}

}  // namespace ist::cpu
