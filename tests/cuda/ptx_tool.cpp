// Writes the PTX of every kernel of a CUDA module, for each compute capability asked for, and on stdout a line for each
// task: file, task, block. For ptxas_test.py.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "aot/module_reader.h"
#include "llvm/plugin.h"

namespace {

using namespace ist;

Status write_kernel(const aot::ModuleDesc& module, const aot::KernelDesc& kernel, uint32_t sm,
                    const std::string& folder) {
  if (kernel.tasks.empty()) return {};
  IST_TRY(const auto parsed,
          llvm_host::Module::parse(kernel.name, module.binaries[kernel.tasks[0].binary].ir, kernel.tasks));
  IST_TRY(const std::string ptx, parsed.emit_ptx(sm));
  const std::string path = folder + "/" + kernel.name + ".sm_" + std::to_string(sm) + ".ptx";
  std::ofstream file(path, std::ios::binary);
  file << ptx;
  if (!file.flush()) return fail(Code::invalid_state, "'%s' cannot be written.", path.c_str());
  for (const aot::TaskDesc& task : kernel.tasks)
    std::printf("%s %s %u\n", path.c_str(), task.name.c_str(), task.block_dim);
  return {};
}

Status write_module(const std::string& path, const std::string& folder, const std::vector<uint32_t>& targets) {
  IST_TRY(const auto module, aot::read_module_from_path(path));
  if (module.code != aot::CodeKind::cuda)
    return fail(Code::invalid_argument, "'%s' is %s.", path.c_str(), aot::code_kind_name(module.code));
  for (const aot::KernelDesc& kernel : module.kernels) {
    for (const uint32_t sm : targets) IST_CHECK(write_kernel(module, kernel, sm, folder).in("writing " + kernel.name));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s MODULE FOLDER CAPABILITY...\n", argv[0]);
    return 2;
  }
  std::vector<uint32_t> targets;
  for (int i = 3; i < argc; ++i) targets.push_back(static_cast<uint32_t>(std::strtoul(argv[i], nullptr, 10)));
  const ist::Status status = write_module(argv[1], argv[2], targets);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
