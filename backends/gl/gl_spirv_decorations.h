// Whether decorations stand at what they may, once and with as many words as they take.
#pragma once

#include <set>
#include <tuple>

#include "aot/spirv_module.h"

namespace ist::gl {

class Decorations {
 public:
  explicit Decorations(const aot::SpirvModule& shader) : shader_(shader) {}

  // Of OpDecorate and OpMemberDecorate; false: this one is wrong. `wraps`: integers may tell that they do not overflow.
  bool add(const aot::Instruction& decoration, bool wraps);

 private:
  bool whole_fits(const aot::Instruction& i, bool wraps);
  bool member_fits(const aot::Instruction& i) const;
  bool built_in_fits(const aot::Instruction& target, uint32_t built_in);

  const aot::SpirvModule& shader_;
  std::set<uint32_t> built_ins_;
  std::set<std::tuple<uint32_t, uint32_t, uint32_t>> known_;
};

}  // namespace ist::gl
