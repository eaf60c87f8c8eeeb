// The same work as calls of C++ functions on the calling thread: there is no runtime, and nothing to wait for.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "fail.h"
#include "raw_cpu_kernels.h"
#include "subject.h"

namespace ist::bench {
namespace {

constexpr size_t kAlignmentBytes = 64;

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

class RawCpuSubject final : public Subject {
 public:
  void create_runtime() override {}
  void destroy_runtime() override {}
  std::string device_name() override { return cpu_name(); }
  std::string driver_name() override { return "C++"; }

  ModuleId load_module(const std::string&) override { return 0; }
  void destroy_module(ModuleId) override {}

  MemoryId allocate(uint64_t size_bytes, bool) override {
    const uint64_t rounded = (size_bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
    void* data = std::aligned_alloc(kAlignmentBytes, rounded);
    if (!data) fail("There is no memory for %llu bytes.", static_cast<unsigned long long>(size_bytes));
    memories_.emplace_back(data, std::free);
    return static_cast<MemoryId>(memories_.size() - 1);
  }

  void* map(MemoryId memory) override { return memories_[memory].get(); }
  void unmap(MemoryId) override {}

  LaunchId prepare_kernel(ModuleId, const std::string& name, std::vector<Argument> arguments) override {
    Launch launch{find_cpu_kernel(name), {}};
    for (const Argument& argument : arguments) launch.arguments.push_back(translate(argument));
    launches_.push_back(std::move(launch));
    return static_cast<LaunchId>(launches_.size() - 1);
  }

  LaunchId prepare_graph(ModuleId module, const std::string& name, std::vector<Argument> arguments) override {
    std::vector<Argument> ordered;
    for (const char* wanted : {"a", "b", "out", "step", "factor"}) {
      const auto found = std::ranges::find(arguments, wanted, &Argument::name);
      if (found == arguments.end()) fail("Graph '%s' lacks its argument '%s'.", name.c_str(), wanted);
      ordered.push_back(*found);
    }
    return prepare_kernel(module, name, std::move(ordered));
  }

  void set_i32(LaunchId launch, uint32_t index, int32_t value) override {
    launches_[launch].arguments[index].number = value;
  }

  void launch(LaunchId id) override { launches_[id].kernel(launches_[id].arguments.data()); }
  void wait() override {}

 private:
  struct Launch {
    CpuKernel kernel;
    std::vector<CpuArgument> arguments;
  };

  CpuArgument translate(const Argument& argument) {
    CpuArgument out;
    if (const auto* number = std::get_if<int32_t>(&argument.value)) {
      out.number = *number;
      return out;
    }
    const Array& array = std::get<Array>(argument.value);
    out.data = map(array.memory);
    std::ranges::copy(array.shape, out.extents);
    return out;
  }

  std::vector<std::unique_ptr<void, void (*)(void*)>> memories_;
  std::vector<Launch> launches_;
};

}  // namespace

std::unique_ptr<Subject> make_raw_cpu_subject() { return std::make_unique<RawCpuSubject>(); }

}  // namespace ist::bench
