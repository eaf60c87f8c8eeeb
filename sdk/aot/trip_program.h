// A task's trip count as a tiny integer program over the args block, found in its SPIR-V at load
// and evaluated at every launch. Incomplete knowledge is an absent program, never an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ist::aot {

// A postfix program of two expressions, BEGIN and END, in the shader's own wrap-around arithmetic.
class TripProgram {
 public:
  enum class Op : uint8_t;  // trip_program.cpp
  struct Node {
    Op op;
    uint8_t width_bits;  // 8, 16, 32 or 64: the width in which the operation wraps
    uint16_t reserved;
    uint64_t operand;  // a constant, or the byte offset of a load from the args block
  };

  TripProgram() = default;
  TripProgram(std::vector<Node> nodes, uint32_t deepest_stack, uint32_t args_bytes_read);

  bool known() const { return !nodes_.empty(); }
  // Every load of the program lies in the first args_bytes_read() bytes of the args block.
  uint32_t args_bytes_read() const { return args_bytes_read_; }

  // END - BEGIN in 64 bits (negative when the range is empty), or nothing where the arithmetic is
  // undefined (division by zero, oversized shift). `args` holds at least args_bytes_read() bytes.
  // Never allocates; any thread.
  std::optional<int64_t> evaluate(std::span<const std::byte> args) const;

 private:
  std::vector<Node> nodes_;
  uint32_t deepest_stack_ = 0;
  uint32_t args_bytes_read_ = 0;
};

}  // namespace ist::aot
