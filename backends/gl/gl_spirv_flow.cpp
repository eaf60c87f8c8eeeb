// Drivers walk from construct to construct, so that is what is done here: each block is reached once, on one way. Then
// dominators, for the values.
#include "gl/gl_spirv_flow.h"

#include <algorithm>
#include <vector>

#include "gl/gl_shader_table.h"

namespace ist::gl {
namespace {

using aot::Instruction;

constexpr unsigned kMaxDepth = 256;
constexpr uint32_t kNone = ~0u;

struct Block {
  const Instruction* label = nullptr;
  const Instruction* merge = nullptr;
  const Instruction* end = nullptr;
  uint32_t next[2] = {kNone, kNone};
  uint32_t unreached[2] = {kNone, kNone};  // continue and merge, where no branch leads there
  uint32_t merge_block = kNone, continue_block = kNone;
  std::vector<uint32_t> from;
  bool walked = false;
};

// Where a branch may leave to.
struct Construct {
  uint32_t selection_merge = kNone;
  uint32_t loop_merge = kNone;
  uint32_t loop_continue = kNone;
  uint32_t back = kNone;  // the loop's head, within its continue construct
};

class Flow {
 public:
  explicit Flow(const aot::SpirvModule& shader) : shader_(shader), index_of_(shader.words()[3], kNone) {}

  const Instruction* first_wrong() {
    collect();
    link();
    for (const Block& block : blocks_)
      if (!masks_fit(block)) return block.merge;
    if (blocks_.empty() || !walk(0, {}, 0)) return wrong_ ? wrong_ : &shader_.instructions()[0];
    for (const Block& block : blocks_)
      if (!block.walked) return block.label;
    if (!blocks_[0].from.empty()) return blocks_[0].label;
    find_order();
    find_dominators();
    for (uint32_t k = 1; k < blocks_.size(); ++k)
      if (dominator_[k] >= k) return blocks_[k].label;
    number_tree();
    return wrong_use();
  }

 private:
  void collect() {
    const auto& all = shader_.instructions();
    for (size_t k = shader_.first_function(); k < all.size(); ++k) {
      const Instruction& i = all[k];
      if (i.opcode == spv::OpLabel) {
        index_of_[i.result] = static_cast<uint32_t>(blocks_.size());
        blocks_.emplace_back().label = &i;
      }
      if (blocks_.empty()) continue;
      if (i.opcode == spv::OpSelectionMerge || i.opcode == spv::OpLoopMerge) blocks_.back().merge = &i;
      if (i.opcode >= spv::OpBranch && i.opcode <= spv::OpUnreachable) blocks_.back().end = &i;
    }
  }

  uint32_t block_at(const Instruction& i, uint32_t k) const { return index_of_[shader_.word(i, k)]; }

  void link() {
    for (uint32_t k = 0; k < blocks_.size(); ++k) {
      Block& b = blocks_[k];
      if (b.merge) b.merge_block = block_at(*b.merge, 1);
      if (b.merge && b.merge->opcode == spv::OpLoopMerge) b.continue_block = block_at(*b.merge, 2);
      if (b.end->opcode == spv::OpBranch) b.next[0] = block_at(*b.end, 1);
      if (b.end->opcode == spv::OpBranchConditional) {
        b.next[0] = block_at(*b.end, 2);
        b.next[1] = block_at(*b.end, 3);
      }
      for (const uint32_t next : b.next)
        if (next != kNone) blocks_[next].from.push_back(k);
    }
  }

  // Hints come without operands.
  bool masks_fit(const Block& b) const {
    if (!b.merge) return true;
    return shader_.word(*b.merge, b.merge->opcode == spv::OpLoopMerge ? 3 : 2) <= 2;
  }

  bool fails(const Instruction* at) {
    if (!wrong_) wrong_ = at;
    return false;
  }

  static bool leaves_loop(uint32_t target, const Construct& c) {
    return target != kNone && (target == c.loop_merge || target == c.loop_continue || target == c.back);
  }
  bool leaves(uint32_t target, const Construct& c) {
    backs_ += target != kNone && target == c.back;
    return leaves_loop(target, c) || (target != kNone && target == c.selection_merge);
  }

  bool walk_arms(const Block& b, const Construct& inner, unsigned depth) {
    for (const uint32_t next : b.next)
      if (next != kNone && !leaves(next, inner) && !walk(next, inner, depth + 1)) return false;
    return true;
  }

  bool walk_loop(uint32_t head, unsigned depth) {
    const Block& b = blocks_[head];
    const Construct body{kNone, b.merge_block, b.continue_block, kNone};
    if (b.continue_block == head || b.merge_block == head) return fails(b.merge);
    const bool two_ways = b.next[1] != kNone && !leaves_loop(b.next[0], body) && !leaves_loop(b.next[1], body);
    if (two_ways || !walk_arms(b, body, depth)) return fails(b.merge);
    backs_ = 0;
    return (walk(b.continue_block, {kNone, b.merge_block, kNone, head}, depth + 1) && backs_ == 1) || fails(b.merge);
  }

  // What follows `b` within its construct; kNone: nothing, or something that is wrong.
  uint32_t follower(const Block& b, const Construct& outer) {
    if (b.next[1] == kNone) return b.next[0] == kNone || leaves(b.next[0], outer) ? kNone : b.next[0];
    const bool first = leaves_loop(b.next[0], outer), second = leaves_loop(b.next[1], outer);
    if (!first && !second) {
      fails(b.end);
      return kNone;
    }
    if (first) leaves(b.next[0], outer);
    if (second) leaves(b.next[1], outer);
    if (first && second) return kNone;
    const uint32_t other = b.next[first ? 1 : 0];
    return leaves(other, outer) ? kNone : other;
  }

  bool walk(uint32_t at, const Construct& outer, unsigned depth) {
    if (depth > kMaxDepth) return fails(blocks_[at].label);
    while (at != kNone) {
      Block& b = blocks_[at];
      if (b.walked) return fails(b.label);
      b.walked = true;
      if (!b.merge) {
        at = follower(b, outer);
        if (wrong_) return false;
        continue;
      }
      const uint32_t backs = backs_;
      const Construct arms{b.merge_block, outer.loop_merge, outer.loop_continue, kNone};
      if (b.continue_block != kNone ? !walk_loop(at, depth) : !walk_arms(b, arms, depth)) return fails(b.merge);
      backs_ = backs;
      at = b.merge_block;
      if (leaves(at, outer)) return fails(b.merge);
    }
    return true;
  }

  // Postorder of what is reached from `start`.
  void order_from(uint32_t start, std::vector<char>& seen) {
    std::vector<std::pair<uint32_t, unsigned>> stack;
    const auto visit = [&](uint32_t at) {
      if (at == kNone || seen[at]) return;
      seen[at] = true;
      stack.push_back({at, 0});
    };
    visit(start);
    while (!stack.empty()) {
      const uint32_t at = stack.back().first;
      const unsigned step = stack.back().second++;
      if (step == 4) {
        order_.push_back(at);
        stack.pop_back();
      } else {
        visit(step < 2 ? blocks_[at].unreached[step] : blocks_[at].next[step - 2]);
      }
    }
  }

  // Merges and continues to which no branch leads belong to their heads.
  void find_order() {
    std::vector<char> seen(blocks_.size(), 0);
    order_from(0, seen);
    heads_.assign(blocks_.size(), kNone);
    for (auto k = static_cast<uint32_t>(blocks_.size()); k-- > 0;) {
      for (const unsigned n : {0u, 1u}) {
        const uint32_t tail = n == 0 ? blocks_[k].continue_block : blocks_[k].merge_block;
        if (tail == kNone || seen[tail]) continue;
        blocks_[k].unreached[n] = tail;
        heads_[tail] = k;
        order_from(tail, seen);
      }
    }
    order_.clear();
    std::fill(seen.begin(), seen.end(), char{0});
    order_from(0, seen);
    std::reverse(order_.begin(), order_.end());
    place_.assign(blocks_.size(), 0);
    for (uint32_t k = 0; k < order_.size(); ++k) place_[order_[k]] = k;
  }

  uint32_t common(uint32_t a, uint32_t b) const {
    while (a != b) {
      while (place_[a] > place_[b]) a = dominator_[a];
      while (place_[b] > place_[a]) b = dominator_[b];
    }
    return a;
  }

  void find_dominators() {
    dominator_.assign(blocks_.size(), kNone);
    dominator_[0] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (const uint32_t k : order_) {
        if (k == 0) continue;
        uint32_t found = heads_[k] != kNone && dominator_[heads_[k]] != kNone ? heads_[k] : kNone;
        for (const uint32_t from : blocks_[k].from)
          if (dominator_[from] != kNone) found = found == kNone ? from : common(found, from);
        changed |= found != dominator_[k];
        dominator_[k] = found;
      }
    }
  }

  // Blocks stand behind those that dominate them.
  void number_tree() {
    const size_t count = blocks_.size();
    size_.assign(count, 1);
    number_.assign(count, 0);
    for (size_t k = count; k-- > 1;) size_[dominator_[k]] += size_[k];
    std::vector<uint32_t> next(count, 1);
    for (size_t k = 1; k < count; ++k) {
      number_[k] = next[dominator_[k]];
      next[dominator_[k]] += size_[k];
      next[k] = number_[k] + 1;
    }
  }

  bool dominates(uint32_t a, uint32_t b) const { return number_[b] - number_[a] < size_[a]; }

  // Whether what `id` names is there at the end of block `at`, or in the block before the word `before`.
  bool is_there(uint32_t id, uint32_t at, uint32_t before) const {
    const Instruction& definition = shader_.definition(id);
    if (definition.block == 0 || definition.opcode == spv::OpLabel) return true;
    const uint32_t block = index_of_[definition.block];
    return block == at ? definition.at < before : dominates(block, at);
  }

  bool phi_fits(const Instruction& phi, uint32_t at) const {
    const std::vector<uint32_t>& from = blocks_[at].from;
    if (phi.length != 3 + 2 * from.size()) return false;
    std::vector<uint32_t> parents;
    for (uint32_t k = 3; k < phi.length; k += 2) {
      const uint32_t value = shader_.word(phi, k), parent = shader_.word(phi, k + 1);
      if (shader_.definition(parent).opcode != spv::OpLabel || shader_.type_of(value) != phi.type) return false;
      parents.push_back(index_of_[parent]);
      if (!is_there(value, parents.back(), ~0u)) return false;
    }
    std::sort(parents.begin(), parents.end());
    return parents == from;
  }

  bool uses_fit(const Instruction& i, uint32_t at) const {
    if (i.opcode == spv::OpPhi) return phi_fits(i, at);
    const OperandKinds kinds(operands_of(i.opcode));
    for (uint32_t k = first_operand(i); k < i.length; ++k)
      if (kinds[k - first_operand(i)] != 'L' && !is_there(shader_.word(i, k), at, i.at)) return false;
    return true;
  }

  static uint32_t first_operand(const Instruction& i) { return 1u + (i.type != 0) + (i.result != 0); }

  const Instruction* wrong_use() const {
    const auto& all = shader_.instructions();
    bool phis = true;
    for (size_t k = shader_.first_function() + 1; k < all.size(); ++k) {
      const Instruction& i = all[k];
      if (i.opcode == spv::OpLabel) phis = true;
      if (i.opcode == spv::OpLabel || i.opcode == spv::OpFunctionEnd) continue;
      if (i.opcode == spv::OpPhi && !phis) return &i;
      phis = i.opcode == spv::OpPhi;
      if (!uses_fit(i, index_of_[i.block])) return &i;
    }
    return nullptr;
  }

  const aot::SpirvModule& shader_;
  std::vector<uint32_t> index_of_;  // of blocks, by label
  std::vector<Block> blocks_;       // as they stand
  std::vector<uint32_t> order_;     // every block behind one that leads to it
  std::vector<uint32_t> place_;     // in order_
  std::vector<uint32_t> heads_;     // of blocks that only a merge instruction names
  std::vector<uint32_t> dominator_;
  std::vector<uint32_t> number_, size_;  // of the tree of dominators
  const Instruction* wrong_ = nullptr;
  uint32_t backs_ = 0;
};

}  // namespace

const Instruction* wrong_flow(const aot::SpirvModule& shader) { return Flow(shader).first_wrong(); }

}  // namespace ist::gl
