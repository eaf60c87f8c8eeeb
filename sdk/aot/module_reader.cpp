// Puts the files of a module together: names from the metadata, facts from the shaders or the IR.
#include "aot/module_reader.h"

#include <algorithm>
#include <cstring>

#include "aot/archive.h"
#include "aot/graph_file.h"
#include "aot/llvm_graphs.h"
#include "aot/llvm_ir.h"
#include "aot/llvm_metadata.h"
#include "aot/metadata.h"
#include "aot/spirv_patch.h"
#include "aot/spirv_prune.h"
#include "aot/spirv_scan.h"
#include "aot/trip_count.h"

namespace ist::aot {

namespace {

constexpr uint64_t kMaxCatalogueBytes = uint64_t{32} << 20;
constexpr uint64_t kMaxShaderBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxIrBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxVersionBytes = 256;
constexpr uint32_t kPhysicalStorageBufferCap = 18;

struct Shader {
  std::vector<uint32_t> words;  // as the producer wrote them, without what nothing uses
  SpirvModule module;
  ShaderScan scan;
};

Result<std::vector<uint32_t>> read_words(Archive& archive, const std::string& name) {
  IST_TRY(const auto bytes, archive.read(name + ".spv", kMaxShaderBytes));
  if (bytes.empty() || bytes.size() % 4 != 0) {
    return fail(Code::corrupted_data, "File '%s.spv' has (%zu) bytes, which is no number of words.", name.c_str(),
                bytes.size());
  }
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

Result<Shader> read_shader(Archive& archive, const std::string& name) {
  Shader shader;
  IST_TRY(shader.words, read_words(archive, name));
  IST_TRY(shader.module, SpirvModule::parse(shader.words, name));
  shader.words = prune_shader(shader.module);
  IST_TRY(shader.module, SpirvModule::parse(shader.words, name));
  IST_TRY(shader.scan, scan_shader(shader.module, name));
  return shader;
}

void merge_needs(Needs& needs, const Needs& more) {
  needs.features.bits |= more.features.bits;
  needs.spirv_version = std::max(needs.spirv_version, more.spirv_version);
  needs.local_size_x = std::max(needs.local_size_x, more.local_size_x);
  needs.shared_memory_bytes = std::max(needs.shared_memory_bytes, more.shared_memory_bytes);
}

// A constant range that the shader does not have would make a launch skip work.
Status check_constant_range(const TaskDesc& task) {
  if (!task.constant_range || !task.trip.known() || task.trip.args_bytes_read() != 0) return {};
  const auto trip = task.trip.evaluate({});
  if (!trip || *trip == task.advisory_invocations) return {};
  return fail(Code::corrupted_data, "File '%s.spv' loops (%lld) times, metadata.json says (%lld).", task.name.c_str(),
              static_cast<long long>(*trip), static_cast<long long>(task.advisory_invocations));
}

// What is done to a texture, and in what format, stands in the shaders only.
void learn_of_textures(const TaskDesc& task, KernelDesc& kernel) {
  for (const Bind& bind : task.binds) {
    if (bind.kind != BindKind::sampled_image && bind.kind != BindKind::storage_image) continue;
    kernel.params[bind.param].access |= bind.access;
    if (bind.image_format) kernel.params[bind.param].image_format = bind.image_format;
  }
}

Status join_kernel(const std::vector<Shader>& shaders, KernelDesc& kernel) {
  for (Param& param : kernel.params) {
    const bool texture = param.kind == ParamKind::sampled_texture || param.kind == ParamKind::storage_texture;
    if (texture) param.access = 0;
  }
  std::vector<TripTask> trip_tasks;
  for (TaskDesc& task : kernel.tasks) {
    const Shader& shader = shaders[task.binary];
    IST_CHECK(check_binds(shader.scan, kernel, task));
    merge_needs(kernel.needs, shader.scan.needs);
    learn_of_textures(task, kernel);
    trip_tasks.push_back({&shader.module, &shader.scan, &task});
  }
  std::vector<TripFacts> facts = find_trips(trip_tasks, kernel.args_bytes);
  for (size_t i = 0; i < kernel.tasks.size(); ++i) {
    kernel.tasks[i].rule = facts[i].rule;
    kernel.tasks[i].uses_rng = facts[i].uses_rng;
    kernel.tasks[i].inner_loops = facts[i].inner_loops;
    kernel.tasks[i].trip = std::move(facts[i].trip);
    IST_CHECK(check_constant_range(kernel.tasks[i]));
  }
  return {};
}

Status read_shaders(Archive& archive, ModuleDesc& module) {
  std::vector<Shader> shaders;
  shaders.reserve(module.binaries.size());
  for (Binary& binary : module.binaries) {
    IST_TRY(Shader shader, read_shader(archive, binary.name));
    binary.words = patch_shader(shader.module, shader.scan);
    merge_needs(module.needs, shader.scan.needs);
    module.uses_addresses |= shader.scan.uses_addresses;
    shaders.push_back(std::move(shader));
  }
  for (KernelDesc& kernel : module.kernels) {
    IST_CHECK(join_kernel(shaders, kernel).in("reading kernel '" + kernel.name + "'"));
  }
  return {};
}

// Fills the IR of every kernel.
Status read_ir(Archive& archive, ModuleDesc& module) {
  for (Binary& binary : module.binaries) {
    const std::string file = binary.name + ".ll";
    IST_TRY(const auto bytes, archive.read(file, kMaxIrBytes));
    binary.ir.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    IST_TRY(const CodeKind code, code_of_ir(file, binary.ir));
    if (&binary == &module.binaries.front()) module.code = code;
    if (code == module.code) continue;
    return fail(Code::corrupted_data, "File '%s' is %s but '%s.ll' is %s.", file.c_str(), code_kind_name(code),
                module.binaries.front().name.c_str(), code_kind_name(module.code));
  }
  return {};
}

// A kernel may use fields that were never added to its module: nobody knows how large those are.
void find_missing_trees(ModuleDesc& module) {
  for (KernelDesc& kernel : module.kernels) {
    for (const uint32_t tree : trees_of_ir(module.binaries[kernel.binary].ir)) {
      const bool listed = std::any_of(module.trees.begin(), module.trees.end(),
                                      [tree](const FieldTree& known) { return known.id == tree; });
      if (!listed) kernel.missing_tree = tree;
    }
  }
}

// Only CUDA launches tasks in blocks; what other modules say of that means nothing.
Status check_launches(ModuleDesc& module) {
  for (KernelDesc& kernel : module.kernels) {
    for (TaskDesc& task : kernel.tasks) {
      if (module.code != CodeKind::cuda) {
        task.block_dim = task.grid_dim = task.dynamic_shared_bytes = 0;
      } else if (task.block_dim == 0 || task.grid_dim == 0) {
        return fail(Code::corrupted_data, "Task '%s' of kernel '%s' is launched as (%u) blocks of (%u) threads.",
                    task.name.c_str(), kernel.name.c_str(), task.grid_dim, task.block_dim);
      }
    }
  }
  return {};
}

Status read_llvm_form(Archive& archive, ModuleDesc& module) {
  module.code = CodeKind::x64;  // a module without kernels runs anywhere
  module.uses_addresses = true;
  IST_TRY(const auto metadata, archive.read("metadata.tcb", kMaxCatalogueBytes));
  IST_CHECK(read_llvm_metadata(metadata, module));
  IST_TRY(const auto graphs, archive.read("graphs.tcb", kMaxCatalogueBytes));
  IST_CHECK(read_llvm_graphs(graphs, module));
  IST_CHECK(read_ir(archive, module));
  find_missing_trees(module);
  return check_launches(module);
}

Status read_spirv_form(Archive& archive, ModuleDesc& module) {
  IST_TRY(const auto metadata, archive.read("metadata.json", kMaxCatalogueBytes));
  IST_CHECK(read_metadata(metadata, module));
  IST_TRY(const auto graphs, archive.read("graphs.json", kMaxCatalogueBytes));
  IST_CHECK(read_graphs(graphs, module));
  for (const auto& [cap, level] : module.required_caps) {
    module.uses_addresses |= cap == kPhysicalStorageBufferCap && level != 0;
  }
  return read_shaders(archive, module);
}

Result<ModuleDesc> read_module(Archive archive) {
  ModuleDesc module;
  // LLVM modules have a metadata.json too, which is not JSON.
  const bool is_llvm = archive.contains("metadata.tcb");
  if (is_llvm && archive.contains_suffix(".spv")) {
    return fail(Code::corrupted_data, "The module has both metadata.tcb, of LLVM modules, and .spv files.");
  }
  if (!is_llvm && archive.contains_suffix(".ll")) {
    return fail(Code::corrupted_data, "The module has .ll files but no metadata.tcb that describes them.");
  }
  IST_CHECK(is_llvm ? read_llvm_form(archive, module) : read_spirv_form(archive, module));
  if (!archive.contains("__version__")) return module;
  // For diagnostics only: whatever is wrong with it is no reason to refuse the module.
  const auto version = archive.read("__version__", kMaxVersionBytes);
  if (version.ok()) {
    module.taichi_version.assign(reinterpret_cast<const char*>((*version).data()), (*version).size());
  }
  return module;
}

}  // namespace

Result<ModuleDesc> read_module_from_path(const std::string& path) {
  IST_TRY(Archive archive, Archive::open_path(path));
  return read_module(std::move(archive));
}

Result<ModuleDesc> read_module_from_memory(std::span<const std::byte> tcm) {
  IST_TRY(Archive archive, Archive::open_memory(tcm));
  return read_module(std::move(archive));
}

}  // namespace ist::aot
