// Looks for lines and words, without parsing.
#include "aot/llvm_ir.h"

#include <bitset>
#include <charconv>
#include <optional>
#include <utility>

namespace ist::aot {

namespace {

constexpr std::string_view kLine = "target triple = \"";
constexpr size_t kLongestTriple = 128;

// What stands between the quotes of the line. Assembly that a module contains is indented or in quotes.
std::optional<std::string_view> triple_of(std::string_view ir) {
  for (size_t at = ir.find(kLine); at != std::string_view::npos; at = ir.find(kLine, at + 1)) {
    if (at != 0 && ir[at - 1] != '\n') continue;
    const std::string_view rest = ir.substr(at + kLine.size(), kLongestTriple);
    const size_t end = rest.find_first_of("\"\n");
    if (end != std::string_view::npos && rest[end] == '"') return rest.substr(0, end);
  }
  return std::nullopt;
}

}  // namespace

std::vector<uint32_t> trees_of_ir(std::string_view ir) {
  // Optimised for CPUs, and as it is written for CUDA.
  constexpr std::pair<std::string_view, std::string_view> kWays[] = {
      {"getelementptr inbounds %struct.LLVMRuntime", ", i64 0, i32 7, i64 "},
      {"call i8* @LLVMRuntime_get_roots(", ", i32 "},
  };
  constexpr size_t kLongest = 256;  // the runtime's name twice, and a value
  std::vector<uint32_t> trees;
  std::bitset<kMaxFieldTrees> seen;
  for (const auto& [begin, before_index] : kWays) {
    for (size_t at = ir.find(begin); at != std::string_view::npos; at = ir.find(begin, at + 1)) {
      std::string_view line = ir.substr(at, kLongest);
      line = line.substr(0, line.find('\n'));
      const size_t index = line.find(before_index);
      if (index == std::string_view::npos) continue;
      const std::string_view digits = line.substr(index + before_index.size());
      uint32_t tree = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), tree).ec != std::errc()) continue;
      if (tree < kMaxFieldTrees && seen[tree]) continue;
      trees.push_back(tree);
      if (tree >= kMaxFieldTrees) return trees;  // no module lists it
      seen.set(tree);
    }
  }
  return trees;
}

Result<CodeKind> code_of_ir(const std::string& file, std::string_view ir) {
  if (ir.find('\0') != std::string_view::npos) {
    return fail(Code::corrupted_data, "File '%s' (%zu bytes) is not LLVM IR: it has a zero at byte (%zu).",
                file.c_str(), ir.size(), ir.find('\0'));
  }
  const auto triple = triple_of(ir);
  if (!triple) {
    return fail(Code::incompatible_module,
                "File '%s' (%zu bytes) does not say what machine it is for: no line '%s...'.", file.c_str(), ir.size(),
                kLine.data());
  }
  const std::string_view machine = triple->substr(0, triple->find('-'));
  if (machine == "x86_64") return CodeKind::x64;
  if (machine == "aarch64" || machine == "arm64") return CodeKind::arm64;
  if (machine == "nvptx64") return CodeKind::cuda;
  return fail(Code::incompatible_module,
              "File '%s' is for target '%s'; LLVM modules for x86_64, aarch64 and nvptx64 are read.", file.c_str(),
              std::string(*triple).c_str());
}

}  // namespace ist::aot
