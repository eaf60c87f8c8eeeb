// Most damage is such that the words still parse: what is found out while parsing is no news.
#include "mutants.h"

#include <algorithm>
#include <random>

namespace gl_test {
namespace {

constexpr size_t kHeader = 5;

class Mutant {
 public:
  Mutant(std::vector<uint32_t>& words, uint32_t number) : words_(words), random_(number * 2654435761u + 12345u) {
    for (size_t at = kHeader; at < words.size(); at += std::max(1u, words[at] >> 16)) begins_.push_back(at);
  }

  // Damage that keeps kinds is more likely to be taken for right.
  void exchange() { set_like_another(); }

  void damage() {
    switch (below(16)) {
      case 0:
        return set(random_());
      case 1:
        return set(below(40));
      case 2:
      case 3:
        return set(word() ^ 1u << below(32));
      case 4:
        return take_out();
      case 5:
        return repeat();
      case 6:
        return swap(1);
      case 7:
        return swap(below(begins_.size()));
      case 8:
      case 9:
      case 10:
      case 11:
        return set_like_another();
      case 12:
        words_[1 + below(4)] ^= 1u << below(20);
        return;
      default:
        return set(below(words_[3]));
    }
  }

 private:
  uint32_t below(size_t end) { return end == 0 ? 0 : random_() % static_cast<uint32_t>(end); }
  size_t begin() { return begins_[below(begins_.size())]; }
  size_t length(size_t at) const { return std::min<size_t>(words_[at] >> 16, words_.size() - at); }

  // Any but the header's.
  uint32_t& word() { return words_[kHeader + below(words_.size() - kHeader)]; }
  // An operand, mostly: instructions' first words are found out early.
  void set(uint32_t value) {
    size_t at = begin();
    if (length(at) > 1 && below(8) != 0) at += 1 + below(length(at) - 1);
    words_[at] = value;
  }

  // What stands at the same place of another instruction of the kind.
  void set_like_another() {
    const size_t at = begin();
    if (length(at) < 2) return;
    const size_t operand = 1 + below(length(at) - 1);
    for (int attempt = 0; attempt < 100; ++attempt) {
      const size_t other = begin();
      if ((words_[other] & 0xffff) != (words_[at] & 0xffff) || length(other) <= operand || other == at) continue;
      words_[at + operand] = words_[other + operand];
      return;
    }
  }

  void take_out() {
    const auto at = words_.begin() + static_cast<std::ptrdiff_t>(begin());
    words_.erase(at, at + static_cast<std::ptrdiff_t>(length(static_cast<size_t>(at - words_.begin()))));
  }

  void repeat() {
    const size_t from = begin();
    const std::vector<uint32_t> copy(words_.begin() + static_cast<std::ptrdiff_t>(from),
                                     words_.begin() + static_cast<std::ptrdiff_t>(from + length(from)));
    words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(begin()), copy.begin(), copy.end());
  }

  // An instruction goes `distance` further.
  void swap(size_t distance) {
    const size_t k = below(begins_.size()), other = std::min(k + distance, begins_.size() - 1);
    const auto from = words_.begin() + static_cast<std::ptrdiff_t>(begins_[k]);
    const auto to = words_.begin() + static_cast<std::ptrdiff_t>(begins_[other] + length(begins_[other]));
    std::rotate(from, from + static_cast<std::ptrdiff_t>(length(begins_[k])), to);
  }

  std::vector<uint32_t>& words_;
  std::mt19937 random_;
  std::vector<size_t> begins_;  // of instructions
};

}  // namespace

std::vector<uint32_t> mutated(std::vector<uint32_t> words, uint32_t number) {
  Mutant(words, number).damage();
  if (number % 5 == 0) Mutant(words, ~number).damage();
  for (uint32_t more = 1; more < number % 4; ++more) Mutant(words, number ^ more << 28).exchange();
  return words;
}

}  // namespace gl_test
