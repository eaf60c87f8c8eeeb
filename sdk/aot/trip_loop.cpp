// Walks the structured control flow from the first label.
#include "aot/trip_loop.h"

#include <algorithm>
#include <unordered_set>

namespace ist::aot {

namespace {

constexpr unsigned kMaxBlocks = 256;

uint32_t skip_bitcast(const SpirvModule& shader, uint32_t id) {
  const Instruction& i = shader.definition(id);
  return i.opcode == spv::OpBitcast || i.opcode == spv::OpCopyObject ? shader.word(i, 3) : id;
}

// NumWorkgroups.x * LocalSize.x, in either order.
bool is_step(const SpirvModule& shader, uint32_t id) {
  const Instruction& product = shader.definition(id);
  if (product.opcode != spv::OpIMul) return false;
  for (uint32_t k = 3; k <= 4; ++k) {
    const uint32_t other = shader.word(product, 7 - k);
    if (is_builtin_x(shader, shader.word(product, k), spv::BuiltInNumWorkgroups) &&
        shader.constant(other) == int64_t{shader.local_size(0)}) {
      return true;
    }
  }
  return false;
}

bool read_start(const SpirvModule& shader, GridLoop& loop) {
  const auto is_gid = [&](uint32_t id) {
    return is_builtin_x(shader, skip_bitcast(shader, id), spv::BuiltInGlobalInvocationId);
  };
  if (is_gid(loop.start)) return true;
  const Instruction& sum = shader.definition(loop.start);
  if (sum.opcode != spv::OpIAdd) return false;
  for (uint32_t k = 3; k <= 4; ++k) {
    if (!is_gid(shader.word(sum, k))) continue;
    loop.begin = shader.word(sum, 7 - k);
    return true;
  }
  return false;
}

bool read_next(const SpirvModule& shader, GridLoop& loop) {
  const Instruction& sum = shader.definition(loop.next);
  if (sum.opcode != spv::OpIAdd) return false;
  for (uint32_t k = 3; k <= 4; ++k) {
    if (shader.word(sum, k) != loop.phi) continue;
    loop.step = skip_bitcast(shader, shader.word(sum, 7 - k));
    return is_step(shader, loop.step);
  }
  return false;
}

std::optional<GridLoop> read_loop(const SpirvModule& shader, const BlockEnd& end, uint32_t preheader) {
  GridLoop loop;
  if (end.branch->opcode != spv::OpBranchConditional) return {};
  if (shader.word(*end.branch, 3) != shader.word(*end.merge, 1)) return {};
  const Instruction& compare = shader.definition(shader.word(*end.branch, 1));
  if (compare.opcode != spv::OpSLessThan) return {};
  loop.phi = shader.word(compare, 3);
  loop.end = shader.word(compare, 4);
  const Instruction& phi = shader.definition(loop.phi);
  if (phi.opcode != spv::OpPhi || phi.length != 7 || phi.block != end.merge->block) return {};
  if (shader.integer_width(phi.type) != 32) return {};
  const bool first_is_start = shader.word(phi, 4) == preheader;
  if (!first_is_start && shader.word(phi, 6) != preheader) return {};
  loop.start = shader.word(phi, first_is_start ? 3 : 5);
  loop.next = shader.word(phi, first_is_start ? 5 : 3);
  if (!read_start(shader, loop) || !read_next(shader, loop)) return {};
  return loop;
}

void collect_blocks(const SpirvModule& shader, uint32_t label, uint32_t until, unsigned depth,
                    std::vector<uint32_t>& out) {
  while (label != 0 && label != until && out.size() < kMaxBlocks && depth < 16) {
    out.push_back(label);
    const BlockEnd end = block_end(shader, label);
    if (!end.branch) return;
    if (!end.merge) {
      label = end.branch->opcode == spv::OpBranch ? shader.word(*end.branch, 1) : 0;
      continue;
    }
    const uint32_t merge = shader.word(*end.merge, 1);
    if (end.merge->opcode == spv::OpSelectionMerge && end.branch->opcode == spv::OpBranchConditional) {
      const Instruction& condition = shader.definition(shader.word(*end.branch, 1));
      const bool first_invocation = condition.opcode == spv::OpIEqual &&
                                    is_builtin_x(shader, shader.word(condition, 3), spv::BuiltInGlobalInvocationId) &&
                                    shader.constant(shader.word(condition, 4)) == int64_t{0};
      if (first_invocation) collect_blocks(shader, shader.word(*end.branch, 2), merge, depth + 1, out);
    }
    label = merge;
  }
}

}  // namespace

bool is_builtin_x(const SpirvModule& shader, uint32_t id, spv::BuiltIn builtin) {
  const Instruction& value = shader.definition(id);
  uint32_t variable = 0;
  if (value.opcode == spv::OpLoad) {
    const Instruction& chain = shader.definition(shader.word(value, 3));
    const bool x =
        chain.opcode == spv::OpAccessChain && chain.length == 5 && shader.constant(shader.word(chain, 4)) == int64_t{0};
    if (x) variable = shader.word(chain, 3);
  } else if (value.opcode == spv::OpCompositeExtract && value.length == 5 && shader.word(value, 4) == 0) {
    const Instruction& load = shader.definition(shader.word(value, 3));
    if (load.opcode == spv::OpLoad) variable = shader.word(load, 3);
  }
  const auto found = shader.decoration(variable, spv::DecorationBuiltIn);
  return variable != 0 && found == static_cast<uint32_t>(builtin);
}

BlockEnd block_end(const SpirvModule& shader, uint32_t label) {
  BlockEnd end;
  const size_t first = shader.definition_index(label);
  if (first == 0 || shader.definition(label).opcode != spv::OpLabel) return end;
  const auto& instructions = shader.instructions();
  for (size_t i = first; i < instructions.size() && instructions[i].block == label; ++i) {
    switch (instructions[i].opcode) {
      case spv::OpSelectionMerge:
      case spv::OpLoopMerge:
        end.merge = &instructions[i];
        break;
      case spv::OpBranch:
      case spv::OpBranchConditional:
      case spv::OpSwitch:
      case spv::OpReturn:
      case spv::OpReturnValue:
      case spv::OpKill:
      case spv::OpUnreachable:
        end.branch = &instructions[i];
        return end;
      default:
        break;
    }
  }
  return end;
}

uint32_t first_label(const SpirvModule& shader) {
  const auto& instructions = shader.instructions();
  for (size_t i = shader.definition_index(shader.entry_function()) + 1; i < instructions.size(); ++i) {
    if (instructions[i].opcode == spv::OpLabel) return instructions[i].result;
    if (instructions[i].opcode == spv::OpFunctionEnd) break;
  }
  return 0;
}

std::optional<GridLoop> find_grid_loop(const SpirvModule& shader) {
  uint32_t label = first_label(shader);
  uint32_t previous = 0;
  for (unsigned step = 0; step < kMaxBlocks && label != 0; ++step) {
    const BlockEnd end = block_end(shader, label);
    if (!end.branch) return {};
    if (end.merge && end.merge->opcode == spv::OpLoopMerge) return read_loop(shader, end, previous);
    previous = label;
    if (end.merge) {
      label = shader.word(*end.merge, 1);
    } else {
      label = end.branch->opcode == spv::OpBranch ? shader.word(*end.branch, 1) : 0;
    }
  }
  return {};
}

bool sees_grid(const SpirvModule& shader, const std::optional<GridLoop>& loop) {
  std::unordered_set<uint32_t> tainted;
  bool seen = false;
  for (const Instruction& i : shader.instructions()) {
    if (i.opcode == spv::OpVariable) {
      const auto builtin = shader.decoration(i.result, spv::DecorationBuiltIn);
      if (builtin == static_cast<uint32_t>(spv::BuiltInGlobalInvocationId) ||
          builtin == static_cast<uint32_t>(spv::BuiltInNumWorkgroups)) {
        tainted.insert(i.result);
      }
      continue;
    }
    if (i.block == 0) continue;
    if (loop && (i.result == loop->phi || i.result == loop->next)) continue;
    bool uses = false;
    for_each_id(shader, i, [&](uint32_t id) { uses = uses || tainted.count(id) != 0; });
    if (!uses) continue;
    const bool carries = i.opcode == spv::OpAccessChain || i.opcode == spv::OpLoad ||
                         i.opcode == spv::OpCompositeExtract || i.opcode == spv::OpBitcast ||
                         i.opcode == spv::OpCopyObject || (loop && (i.result == loop->start || i.result == loop->step));
    if (carries) {
      tainted.insert(i.result);
    } else {
      seen = true;
    }
  }
  return seen;
}

std::vector<uint32_t> always_run_blocks(const SpirvModule& shader) {
  unsigned exits = 0;
  for (const Instruction& i : shader.instructions()) {
    exits += i.opcode == spv::OpReturn || i.opcode == spv::OpKill || i.opcode == spv::OpTerminateInvocation ||
             i.opcode == spv::OpUnreachable || i.opcode == spv::OpFunctionCall;
  }
  std::vector<uint32_t> blocks;
  if (exits == 1) collect_blocks(shader, first_label(shader), 0, 0, blocks);
  return blocks;
}

}  // namespace ist::aot
