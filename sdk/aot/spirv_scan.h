// What a shader needs, touches and shows to its host: device features, resources by binding, and
// whether it looks at the grid. Knows SPIR-V; metadata enters only in check_binds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "aot/features.h"
#include "aot/module_desc.h"
#include "aot/spirv_module.h"

namespace ist::aot {

enum class ResourceKind : uint8_t { uniform_buffer, storage_buffer, sampled_image, storage_image };

// One descriptor variable of set 0.
struct Resource {
  uint32_t variable = 0;
  uint32_t binding = 0;
  ResourceKind kind = ResourceKind::storage_buffer;
  uint8_t access = 0;         // 1 read, 2 write; a variable that is never used counts as read
  uint32_t image_format = 0;  // storage_image: TiFormat, 0 unknown
  uint8_t image_dim = 0;      // images: 1, 2 or 3
  uint64_t size_bytes = 0;    // buffers: of the part that has a fixed size
};

struct ShaderScan {
  Needs needs;
  std::vector<Resource> resources;
  std::vector<uint32_t> missing_capabilities;
  std::vector<uint32_t> unused_capabilities;  // declared, and known to be of no use
  std::vector<std::string> missing_extensions;
  std::vector<std::string> unused_extensions;
  std::vector<uint32_t> missing_interface;  // variable ids that the entry point does not list
  uint32_t version = 0x10000;               // may be above the header's, where an instruction needs it
  bool uses_addresses = false;
  bool uses_shared_memory = false;  // Workgroup variables or control barriers
  bool uses_subgroups = false;
  bool sees_local_ids = false;  // reads a built-in other than GlobalInvocationId and NumWorkgroups
};

// corrupted_data or incompatible_module for resources that no such module has.
Result<ShaderScan> scan_shader(const SpirvModule& shader, const std::string& name);

// Compares the shader with what the metadata says of the task and fills access, image_format and
// image_dim of its binds. corrupted_data when they contradict each other.
Status check_binds(const ShaderScan& scan, const KernelDesc& kernel, TaskDesc& task);

// Calls `visit` with every operand that is an id, other than result and type.
void for_each_id(const SpirvModule& shader, const Instruction& instruction, const std::function<void(uint32_t)>& visit);

}  // namespace ist::aot
