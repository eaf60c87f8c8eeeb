// What a device does beside Device that runs kernels as functions of its own machine (LLVM modules) instead of
// SPIR-V tasks. Such a kernel takes one block of arguments and reaches all memory by address: nothing is bound, and
// its tasks run in order. Same rules of threads and lifetime as Device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "aot/module_desc.h"
#include "contract/device.h"

namespace ist {

// The fields of one module, and what its kernels keep between launches.
class ProgramState : public DeviceObject {};

// One kernel, compiled.
class Program : public DeviceObject {};

struct ProgramDesc {
  std::string_view name;                 // of the kernel, for messages
  std::string_view ir;                   // need not outlive the call
  std::span<const aot::TaskDesc> tasks;  // likewise
  uint32_t args_bytes = 0;
  uint32_t rets_bytes = 0;
};

class ProgramOps {
 public:
  virtual ~ProgramOps() = default;

  // LLVM IR that this device runs.
  virtual aot::CodeKind code() const = 0;

  // All fields are zero. out_of_memory; incompatible_module names a node that cannot be had.
  virtual Result<std::unique_ptr<ProgramState>> create_state(std::span<const aot::FieldTree> trees) = 0;
  // Compiles, or takes from the cache on disk. corrupted_data: what LLVM says of the IR; incompatible_module: it wants
  // what no module may have, by name.
  virtual Result<std::unique_ptr<Program>> create_program(const ProgramDesc& desc) = 0;

  // Records a launch, or carries it out at once (a CPU). A batch is open. `args` has ProgramDesc::args_bytes and need
  // not outlive the call; `rets` is host-visible, null when nobody wants what is returned.
  virtual void run(Program& program, ProgramState& state, std::span<const std::byte> args, Buffer* rets) = 0;

  // The first assertion that has failed in finished launches since the last asking: invalid_state with the kernel's
  // name and its message. Under the runtime's lock.
  virtual Status take_failure() = 0;

  // Memory of the host's at an address of this device (Buffer::device_address()), which outlives the buffer.
  // invalid_argument names what is wrong with it.
  virtual Result<std::unique_ptr<Buffer>> import_address(const BufferDesc& desc, uint64_t address) = 0;
};

}  // namespace ist
