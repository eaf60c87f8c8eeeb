// What is known of the types of a shader that is given to a driver as SPIR-V: what may be done with each, and how it
// lies in memory.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "aot/spirv_module.h"

namespace ist::gl {

struct TypeFacts {
  enum class Kind : uint8_t { none, nothing, plain, composite, open, opaque, pointer, function };
  Kind kind = Kind::none;  // open: an array without end, or a structure that ends with one
  bool laid_out = false;   // has a place in memory for each of its parts
  bool has_block = false;  // is, or has within it, a structure that is decorated so
  uint8_t depth = 0;
  uint32_t align_bytes = 1;
  uint32_t parts = 1;  // that a driver may list one by one
  uint64_t scalars = 1;
  uint64_t size_bytes = 0;  // up to the end of its last part
};

class Types {
 public:
  static constexpr uint64_t kMaxScalars = 1024;

  explicit Types(const aot::SpirvModule& shader) : shader_(shader), facts_(shader.words()[3]) {}

  // Takes the types in their order; false: this one is wrong, or too large to be given to drivers.
  bool add(const aot::Instruction& type);
  const TypeFacts& operator[](uint32_t type) const { return facts_[type < facts_.size() ? type : 0]; }

  // Of sized numbers, booleans and what is made of them.
  bool is_data(uint32_t type) const {
    const TypeFacts::Kind kind = (*this)[type].kind;
    return kind == TypeFacts::Kind::plain || kind == TypeFacts::Kind::composite;
  }
  // Drivers take values apart, in a time that grows with the square of their size.
  bool is_value(uint32_t type) const { return is_data(type) && (*this)[type].scalars <= kMaxScalars; }

 private:
  bool describe(const aot::Instruction& type, TypeFacts& facts) const;
  bool describe_vector(const aot::Instruction& type, TypeFacts& facts) const;
  bool describe_array(const aot::Instruction& type, TypeFacts& facts) const;
  bool describe_struct(const aot::Instruction& type, TypeFacts& facts) const;
  bool members_are_apart(const aot::Instruction& type) const;
  bool image_fits(const aot::Instruction& type) const;
  bool pointer_fits(const aot::Instruction& type) const;
  bool is_new(const aot::Instruction& type);

  const aot::SpirvModule& shader_;
  std::vector<TypeFacts> facts_;  // by id
  std::unordered_set<std::string> known_;
};

}  // namespace ist::gl
