// A SPIR-V binary, indexed: instructions, definitions, types, decorations. Knows the language, not
// what Taichi means by it. Every accessor is total: an id that is not defined, or an operand that
// is not there, reads as 0, so that hostile binaries need no special care above this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aot/spirv_words.h"
#include "base/status.h"

namespace ist::aot {

struct Instruction {
  uint32_t at = 0;      // index of its first word
  uint32_t result = 0;  // 0: none
  uint32_t type = 0;    // 0: none
  uint32_t block = 0;   // label id; 0 outside functions
  uint16_t opcode = 0;
  uint16_t length = 0;  // in words
};

// Where a pointer points: a variable and, when every index is constant, the byte within it.
struct Place {
  uint32_t variable = 0;  // id; 0: not found
  std::optional<uint64_t> byte;
};

class SpirvModule {
 public:
  // `words` must outlive the module. corrupted_data for a malformed binary; `name` is for messages.
  static Result<SpirvModule> parse(std::span<const uint32_t> words, const std::string& name);

  std::span<const uint32_t> words() const { return words_; }
  uint32_t version() const { return words_[1]; }
  const std::vector<Instruction>& instructions() const { return instructions_; }
  // Index of the first instruction of functions.
  size_t first_function() const { return first_function_; }

  // Word `index` of an instruction, counted from its opcode word.
  uint32_t word(const Instruction& instruction, uint32_t index) const {
    return index < instruction.length ? words_[instruction.at + index] : 0;
  }
  // The instruction that defines an id; an empty one when nothing does.
  const Instruction& definition(uint32_t id) const;
  size_t definition_index(uint32_t id) const;  // into instructions(), 0 when not defined
  uint32_t type_of(uint32_t id) const { return definition(id).type; }
  std::string literal_string(const Instruction& instruction, uint32_t first_word) const;

  uint32_t entry_function() const { return entry_function_; }
  uint32_t entry_point_index() const { return entry_point_index_; }  // into instructions()
  uint32_t local_size(uint32_t axis) const { return local_size_[axis]; }
  uint32_t glsl_import() const { return glsl_import_; }

  // Decorations.
  std::optional<uint32_t> decoration(uint32_t id, spv::Decoration decoration) const;
  std::optional<uint32_t> member_offset(uint32_t structure, uint32_t member) const;

  // Types. Width of an integer scalar, else 0.
  uint32_t integer_width(uint32_t type) const;
  uint32_t float_width(uint32_t type) const;
  uint32_t pointee(uint32_t pointer_type) const;
  uint32_t storage_class_of(uint32_t pointer) const;  // ~0u when `pointer` is not one
  // Bytes of a type laid out by its decorations, or packed where it has none; 0 for opaque and
  // runtime-sized types. Saturates at 2^40.
  uint64_t size_bytes(uint32_t type) const { return size_bytes(type, 0); }

  // The value of a constant integer, also where it is computed from constants.
  std::optional<int64_t> constant(uint32_t id) const { return constant(id, 0); }
  // Follows access chains and copies down to the variable.
  Place locate(uint32_t pointer) const;

 private:
  struct Decorated {
    uint32_t id;
    uint32_t member;  // kWhole for the id itself
    uint32_t decoration;
    uint32_t value;
  };

  Status index(const std::string& name);
  Status index_one(const std::string& name, size_t position);
  Status read_entry_point(const std::string& name, const Instruction& instruction);
  void read_decoration(const Instruction& instruction);
  uint64_t size_bytes(uint32_t type, unsigned depth) const;
  uint64_t structure_bytes(const Instruction& structure, unsigned depth) const;
  std::optional<int64_t> constant(uint32_t id, unsigned depth) const;
  std::optional<uint64_t> chain_bytes(const Instruction& chain) const;

  std::span<const uint32_t> words_;
  std::vector<Instruction> instructions_;  // [0] is an empty one
  std::vector<uint32_t> definitions_;      // by id, into instructions_
  std::vector<Decorated> decorations_;     // sorted by id, member, decoration
  size_t first_function_ = 0;
  uint32_t entry_function_ = 0;
  uint32_t entry_point_index_ = 0;
  uint32_t glsl_import_ = 0;
  uint32_t local_size_[3] = {0, 0, 0};
};

}  // namespace ist::aot
