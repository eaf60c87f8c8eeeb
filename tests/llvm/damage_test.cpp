// Random damages to IR: whatever the text says, the plugin returns, and each refusal is a sentence. Nothing is run.
// Arguments: --damages=N (10000), --seed=S, --follow (prints each seed; with --damages=1 also its text), then files
// with IR of one's own instead of tests/llvm/ir.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "test_ir.h"

namespace ist::llvm_test {
namespace {

int g_damages = 10000;
uint32_t g_seed = 1;
bool g_follow = false;
std::vector<std::string> g_files;

const char* const kWords[] = {
    "i1",
    "i7",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "i65536",
    "half",
    "float",
    "double",
    "fp128",
    "x86_fp80",
    "void",
    "label",
    "metadata",
    "token",
    "ptr",
    "i8*",
    "<4 x i32>",
    "<3 x float>",
    "<vscale x 4 x i32>",
    "[4 x float]",
    "[1000000000 x i8]",
    "{ i32, i64 }",
    "{}",
    "%context",
    "%context*",
    "%loop",
    "%args",
    "0",
    "1",
    "-1",
    "8288",
    "4294967296",
    "1.0e400",
    "0x7FF0000000000000",
    "undef",
    "poison",
    "null",
    "zeroinitializer",
    "true",
    "add",
    "sub",
    "fadd",
    "udiv",
    "shl",
    "load",
    "store",
    "alloca",
    "getelementptr",
    "bitcast",
    "ptrtoint",
    "inttoptr",
    "trunc",
    "zext",
    "sitofp",
    "fptrunc",
    "phi",
    "select",
    "icmp slt",
    "fcmp olt",
    "br",
    "switch",
    "ret",
    "unreachable",
    "call",
    "tail call",
    "musttail call",
    "invoke",
    "atomicrmw",
    "cmpxchg",
    "fence",
    "volatile",
    "seq_cst",
    "acquire",
    "unordered",
    "align 1",
    "align 4294967296",
    "external",
    "internal",
    "private",
    "linkonce_odr",
    "weak",
    "thread_local",
    "addrspace(1)",
    "addrspace(3)",
    "fastcc",
    "ghccc",
    "byval(%context)",
    "sret(i32)",
    "noinline",
    "alwaysinline",
    "optnone",
    "naked",
    "noreturn",
    "readnone",
    "distinct",
    "!{!0}",
    "!0",
    "!{}",
    "define",
    "declare",
    "global",
    "constant",
    "type",
    "opaque",
    "@llvm.memcpy.p0i8.p0i8.i64",
    "@llvm.trap",
    "@body",
    "@split",
    "@sinf",
    "%c",
    "%entry",
    "%loop",
    "extractvalue",
    "insertelement",
    "shufflevector",
    "freeze",
    "va_arg",
    "blockaddress",
    "asm",
};

struct Token {
  size_t begin, size;
};

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("._%@!-", c); };
  for (size_t i = 0; i < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[i]))) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (is_word(text[i]) && end < text.size() && is_word(text[end])) ++end;
    tokens.push_back({i, end - i});
    i = end;
  }
  return tokens;
}

class Damager {
 public:
  explicit Damager(uint32_t seed) : random_(seed) {}

  std::string damaged(std::string text) {
    for (uint32_t left = 1 + below(3); left > 0 && !text.empty(); --left) text = once(std::move(text));
    return text;
  }
  uint32_t below(size_t limit) { return static_cast<uint32_t>(random_() % limit); }

 private:
  std::string once(std::string text) {
    const std::vector<Token> tokens = tokens_of(text);
    if (tokens.size() < 2) return text;
    const Token a = tokens[below(tokens.size())], b = tokens[below(tokens.size())];
    switch (below(8)) {
      case 0:
        text[below(text.size())] = static_cast<char>(below(256));
        return text;
      case 1:
        return text.erase(a.begin, below(40));
      case 2:
        return text.insert(a.begin, text.substr(b.begin, below(80)));
      case 3: {  // two tokens swapped
        const Token first = a.begin < b.begin ? a : b, second = a.begin < b.begin ? b : a;
        const std::string one = text.substr(first.begin, first.size), other = text.substr(second.begin, second.size);
        if (first.begin == second.begin) return text;
        return text.replace(second.begin, second.size, one).replace(first.begin, first.size, other);
      }
      case 4:
        return text.erase(a.begin, a.size);
      case 5: {  // a line repeated or taken out
        const size_t begin = text.rfind('\n', a.begin) + 1, end = text.find('\n', a.begin);
        const std::string line = text.substr(begin, end - begin + 1);
        return below(2) ? text.insert(begin, line) : text.erase(begin, line.size());
      }
      default:
        return text.replace(a.begin, a.size, kWords[below(std::size(kWords))]);
    }
  }

  std::mt19937 random_;
};

struct Source {
  std::string text;
  std::vector<std::string> tasks;
};

std::vector<Source> sources() {
  if (g_files.empty())
    return {{ir_of("serial.ll"), {"double_first", "sine_of_second"}},
            {ir_of("range.ll"), {"add_indices"}},
            {ir_of("atomics.ll"), {"scatter", "struct_scatter", "locked"}},
            {ir_of("cuda.ll"), {"scatter"}}};
  std::vector<Source> found;
  for (const std::string& file : g_files) {
    std::ifstream in(file);
    Source source{{std::istreambuf_iterator<char>(in), {}}, {}};
    const std::string sign = "\ndefine void @";  // tasks are the public functions
    for (size_t at = source.text.find(sign); at != std::string::npos; at = source.text.find(sign, at + 1)) {
      const size_t name = at + sign.size();
      source.tasks.push_back(source.text.substr(name, source.text.find('(', name) - name));
    }
    found.push_back(std::move(source));
  }
  return found;
}

template <class T>
bool is_answered(const Result<T>& result, int& taken) {
  if (result.ok()) return ++taken, true;
  const std::string_view said = result.status().message();
  return said.size() > 20 && said.back() == '.';
}

TEST(DamagedIr, IsTakenOrRefusedWithASentence) {
  const std::vector<Source> from = sources();
  int parsed = 0, compiled = 0;
  for (int i = 0; i < g_damages; ++i) {
    // Each damage has a seed of its own, so that one that fails can be had again: --damages=1 --seed=S.
    const uint32_t seed = g_seed + static_cast<uint32_t>(i);
    if (g_follow) std::cerr << seed << std::endl;
    Damager damager(seed);
    const Source& source = from[seed % from.size()];
    const std::string text = damager.damaged(source.text);
    if (g_follow && g_damages == 1) std::cerr << text << std::endl;
    const auto module = llvm_host::Module::parse("k", text, tasks(source.tasks));
    ASSERT_TRUE(is_answered(module, parsed)) << "seed " << seed << ": " << module.status().message();
    if (!module.ok()) continue;
    const auto facts = module->inspect();
    const std::vector<uint32_t> all = source.tasks.size() > 1 ? std::vector<uint32_t>{0, 1} : std::vector<uint32_t>{0};
    const auto made = facts.ok() ? module->emit_object(all, seed / 4 % 2 ? uint32_t{IST_LLVM_PLAIN_ATOMICS} : 0u)
                                 : module->emit_ptx(80);
    ASSERT_TRUE(is_answered(made, compiled)) << "seed " << seed << ": " << made.status().message();
  }
  std::cout << g_damages << " damages: " << parsed << " still parsed, " << compiled << " still compiled\n";
  if (g_damages >= 1000) {
    EXPECT_LT(parsed, g_damages);
    EXPECT_GT(compiled, 0);
  }
}

}  // namespace
}  // namespace ist::llvm_test

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument.rfind("--damages=", 0) == 0)
      ist::llvm_test::g_damages = std::atoi(argument.c_str() + 10);
    else if (argument.rfind("--seed=", 0) == 0)
      ist::llvm_test::g_seed = static_cast<uint32_t>(std::strtoul(argument.c_str() + 7, nullptr, 10));
    else if (argument == "--follow")
      ist::llvm_test::g_follow = true;
    else
      ist::llvm_test::g_files.push_back(argument);
  }
  return RUN_ALL_TESTS();
}
