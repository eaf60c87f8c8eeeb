// ModuleDesc: everything a runtime needs to know of a Taichi AOT module, in one passive description.
// Made by module_reader.h from bytes; knows no device. Every invariant named here has been checked
// by the reader, so that those who consume it need not check again.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "aot/features.h"
#include "aot/trip_program.h"

namespace ist::aot {

// The values of TiDataType.
enum class DataType : uint8_t { f16, f32, f64, i8, i16, i32, i64, u1, u8, u16, u32, u64 };

// Bytes of one value in the args and rets blocks (u1 takes 4) and in ndarrays (u1 takes 1).
uint32_t args_size_bytes(DataType type);
uint32_t element_size_bytes(DataType type);
const char* data_type_name(DataType type);  // "f32"

enum class ParamKind : uint8_t { scalar, tensor, ndarray, sampled_texture, storage_texture, argpack };
const char* param_kind_name(
    ParamKind kind);  // "scalar", "vector or matrix", "ndarray", "texture", "rw texture", "argpack"

// What the tasks of a module are written in, and for whom: SPIR-V, or LLVM IR for one kind of machine.
enum class CodeKind : uint8_t { spirv, x64, arm64, cuda };
const char* code_kind_name(CodeKind kind);  // "SPIR-V (vulkan, opengl, gles)", "LLVM IR for x64"

// One primitive of a by-value argument or of a return value.
struct Member {
  DataType type = DataType::i32;
  uint32_t offset_bytes = 0;  // from the start of the args (or rets) block
};

// The name of a TiCapability as modules write it: "spirv_version".
const char* capability_name(uint32_t capability);

struct Param {
  std::string name;  // as in the Python signature (the writer's leading underscore removed)
  ParamKind kind = ParamKind::scalar;
  DataType type = DataType::i32;        // scalar; ndarray element primitive; tensor: type of members[0]
  std::vector<Member> members;          // scalar: one; tensor (vector, matrix, struct): flattened, row-major
  uint32_t rank = 0;                    // ndarray: number of dimensions; texture: 1, 2 or 3
  std::vector<uint32_t> element_shape;  // ndarray: {}, {n} or {r, c}
  uint32_t element_bytes = 0;           // ndarray: bytes of one whole element
  uint32_t offset_bytes = 0;            // of the argument in the args block
  std::vector<uint32_t> shape_offsets;  // ndarray: byte offset of each dim (rank 0: one); texture: three or none
  uint32_t data_ptr_offset = 0;         // ndarray: where a 64-bit device address goes in address modules
  uint8_t access = 3;                   // ndarray, textures: 1 read, 2 write, 3 both, 0 neither
  uint32_t image_format = 0;            // rw texture: TiFormat that its shaders declare, 0 when none says
};

// A scalar, vector or matrix that a kernel returns, or a member of a struct that it returns.
struct ReturnValue {
  std::string name;             // "ret_0", "ret_0.mean"
  std::vector<Member> members;  // of one type, row-major
  std::vector<uint32_t> shape;  // {}, {n} or {r, c}
};

enum class BindKind : uint8_t {
  args,           // uniform buffer, always binding 0
  rets,           // storage buffer, always binding 1
  root,           // storage buffer: the module's fields
  global_tmps,    // storage buffer: 1 MiB a runtime
  ndarray,        // storage buffer of argument `param`
  sampled_image,  // combined image sampler of argument `param`
  storage_image,  // storage image of argument `param`
  argpack,        // uniform buffer of an argpack; the layout has it, a launch is refused
};

struct Bind {
  uint32_t binding = 0;  // in set 0; unique within a task
  BindKind kind = BindKind::args;
  uint32_t param = 0;  // index into KernelDesc::params for ndarray and images
  uint8_t access = 3;  // 1 read, 2 write, 3 both, 0 declared in the metadata only (the binary has no such variable)
  uint32_t image_format = 0;  // storage_image: TiFormat of the SPIR-V image type, 0 when unknown
  uint8_t image_dim = 0;      // images: 1, 2 or 3, as the SPIR-V type says (0 when the variable is absent)
};

// How many workgroups a task may be given (design: "Dispatch size").
enum class TripRule : uint8_t {
  plain,     // any count >= 1 gives the same result
  exact,     // shared memory or barriers: the exact count, never fewer
  advisory,  // random numbers, subgroup operations or other views of the grid: the count of the metadata
};

struct TaskDesc {
  std::string name;     // stem of its .spv
  uint32_t binary = 0;  // index into ModuleDesc::binaries; LLVM: that of its kernel
  bool serial = false;  // one invocation
  uint32_t local_size_x = 1;
  int64_t advisory_invocations = 1;  // may be zero or negative
  bool constant_range = false;       // advisory_invocations is the exact trip count
  TripRule rule = TripRule::plain;
  bool uses_rng = false;     // writes the generator's state: never skipped
  bool inner_loops = false;  // SPIR-V: it has loops beside the one over the grid
  TripProgram trip;          // absent: not understood
  std::vector<Bind> binds;   // sorted by binding
  // LLVM: the function `name` of the kernel's IR. CUDA: how it is launched; 0 on CPUs.
  uint32_t block_dim = 0;
  uint32_t grid_dim = 0;
  uint32_t dynamic_shared_bytes = 0;
};

struct KernelDesc {
  std::string name;
  std::vector<Param> params;  // by position
  uint32_t args_bytes = 0;    // SPIR-V: multiple of 16, 0 = no args block; LLVM: any number
  uint32_t rets_bytes = 0;    // 0 = returns nothing
  uint8_t bool_bytes = 4;     // of a u1 in both blocks: 4, LLVM 1
  uint32_t binary = 0;        // LLVM: index into ModuleDesc::binaries, each kernel's own
  std::vector<ReturnValue> returns;
  std::vector<TaskDesc> tasks;  // in order; may be empty
  Needs needs;                  // of its tasks together
  int64_t missing_tree = -1;    // LLVM: a field tree that it uses and the module does not list
};

struct GraphArg {
  std::string name;
  ParamKind kind = ParamKind::scalar;
  DataType type = DataType::i32;        // scalar, tensor, ndarray
  uint32_t rank = 0;                    // ndarray, textures
  std::vector<uint32_t> element_shape;  // ndarray {}, {n}, {r, c}; tensor {r, c}
};

struct Dispatch {
  uint32_t kernel = 0;         // index into ModuleDesc::kernels
  std::vector<uint32_t> args;  // position k of the kernel <- GraphDesc::args[args[k]]
};

struct GraphDesc {
  std::string name;
  std::vector<GraphArg> args;  // each name once, in order of first appearance
  std::vector<Dispatch> dispatches;
};

// One shader, valid SPIR-V: what the producer left out (capabilities, extensions, interface
// variables) is inserted, and declarations and capabilities that nothing uses are taken out.
// Or the LLVM IR of one kernel as text, unchecked but for its target.
struct Binary {
  std::string name;
  std::vector<uint32_t> words;
  std::string ir;
};

// A node of a field tree of an LLVM module.
struct Snode {
  // The ids that metadata.tcb writes.
  enum class Type : uint8_t { root, dense, dynamic, pointer, bitmasked, hash, place, bit_struct, quant_array };
  uint32_t id = 0;
  Type type = Type::root;
  uint64_t cell_bytes = 0;
  uint64_t chunk_cells = 0;  // dynamic
};

// The fields of an LLVM module. Nodes have the ids root_snode, root_snode + 1, ... in this order.
struct FieldTree {
  uint32_t id = 0;  // below kMaxFieldTrees, each once
  uint32_t root_snode = 0;
  uint64_t root_bytes = 0;
  std::vector<Snode> snodes;
};
inline constexpr uint32_t kMaxFieldTrees = 512;
inline constexpr uint32_t kMaxSnodes = 1024;

struct ModuleDesc {
  CodeKind code = CodeKind::spirv;
  std::string taichi_version;  // "" when the module does not say
  std::vector<KernelDesc> kernels;
  std::vector<GraphDesc> graphs;
  std::vector<Binary> binaries;
  std::vector<std::pair<uint32_t, uint32_t>> required_caps;  // TiCapability, level
  uint64_t root_bytes = 0;                                   // SPIR-V: 0: no fields
  std::vector<FieldTree> trees;                              // LLVM
  bool uses_addresses = false;  // ndarrays are reached through 64-bit addresses in the args block: LLVM always
  Needs needs;                  // of all kernels together
};

}  // namespace ist::aot
