// What the plugin refuses, and with which sentence.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <utility>

#include "test_ir.h"

// Of the leak checker, in builds that have it.
extern "C" {
[[gnu::weak]] void __lsan_disable();
[[gnu::weak]] void __lsan_enable();
}

// How many allocations of a MiB and more this thread still gets; negative: all it wants.
static thread_local int g_large_allocations_left = -1;

// LLVM's, too.
[[gnu::noinline]] void* operator new(size_t size_bytes, const std::nothrow_t&) noexcept {
  if (size_bytes >= 1 << 20 && g_large_allocations_left >= 0 && g_large_allocations_left-- == 0) return nullptr;
  return std::malloc(size_bytes ? size_bytes : 1);
}
[[gnu::noinline]] void* operator new(size_t size_bytes) {
  if (void* memory = operator new(size_bytes, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace ist::llvm_test {
namespace {

// What LLVM holds when it gives up is lost.
struct LeaksOnPurpose {
  LeaksOnPurpose() {
    if (__lsan_disable) __lsan_disable();
  }
  ~LeaksOnPurpose() {
    if (__lsan_enable) __lsan_enable();
  }
};

// serial.ll with something more at its end.
std::string with(const std::string& more) { return ir_of("serial.ll") + "\n" + more + "\n"; }
std::string said_of(const std::string& more) { return refusal(with(more), {"double_first"}); }
std::string never(const std::string& what) {
  return "Kernel 'k' has " + what + ", which modules of Taichi never have.";
}

TEST(Refusals, OfTasks) {
  const std::string ir = ir_of("serial.ll");
  EXPECT_EQ(refusal(ir, {"absent"}), "The IR of kernel 'k' does not define its task 'absent'.");
  EXPECT_EQ(refusal(ir, {"sinf"}), "The IR of kernel 'k' does not define its task 'sinf'.");
  EXPECT_EQ(refusal(ir, {"data_of"}), "Task 'data_of' of kernel 'k' is not a function of one context.");
  EXPECT_EQ(refusal(with("define void @t(i64 %x) { ret void }"), {"t"}),
            "Task 't' of kernel 'k' is not a function of one context.");
  EXPECT_EQ(refusal(ir, {}), "");
}

TEST(Refusals, OfTextThatIsNoIr) {
  EXPECT_EQ(said_of("what is this"), "The IR of kernel 'k' cannot be read: line 40: expected top-level entity.");
  EXPECT_NE(said_of("define void @t() { %a = add i32 1, 2.0 ret void }").find("cannot be read: line 40"),
            std::string::npos);
  EXPECT_EQ(refusal("", {}).rfind("Kernel 'k' is compiled for ''", 0), 0u);
}

TEST(Refusals, OfUnsoundIr) {
  EXPECT_NE(said_of("define i32 @t() {\nbr label %b\na:\n%x = add i32 1, 1\nbr label %b\nb:\nret i32 %x\n}")
                .find("is not sound"),
            std::string::npos);
}

TEST(Refusals, OfOtherMachines) {
  const std::string other = edited(ir_of("serial.ll"), "target triple = \"", "target triple = \"mips64-");
  EXPECT_EQ(refusal(other, {"double_first"}).rfind("Kernel 'k' is compiled for 'mips64-", 0), 0u);
}

TEST(Refusals, OfSymbols) {
  const auto wants = [](const std::string& name) {
    return "Kernel 'k' wants the symbol '" + name + "', which no module may call.";
  };
  EXPECT_EQ(said_of("declare i32 @system(i8*)"), wants("system"));
  EXPECT_EQ(said_of("declare void @exit(i32)"), wants("exit"));
  EXPECT_EQ(said_of("declare i8* @malloc(i64)"), wants("malloc"));
  EXPECT_EQ(said_of("@stdout = external global i8*"), wants("stdout"));
  EXPECT_EQ(said_of("declare void @llvm.trap()"), wants("llvm.trap"));
  EXPECT_EQ(said_of("declare double @cos(double)"), "");
  const auto cuda = [&](const std::string& more) { return refusal(ir_of("cuda.ll") + more, {"scatter"}); };
  EXPECT_EQ(cuda("\ndeclare i32 @vprintf(i8*, i8*)"), "");
  EXPECT_EQ(cuda("\ndeclare float @sinf(float)"), wants("sinf"));
}

TEST(Refusals, OfWhatCodeGeneratorsWouldCall) {
  // An atomic operation without alignment becomes a call, which only the linker sees.
  const std::string ir = edited(ir_of("serial.ll"), "  %old = load float, float* %data, align 4\n  %new = fmul",
                                "  %old = load atomic float, float* %data seq_cst, align 1\n  %new = fmul");
  const auto module = llvm_host::Module::parse("k", ir, tasks({"double_first"}));
  ASSERT_TRUE(module.ok()) << module.status().message();
  const auto object = module->emit_object(std::vector<uint32_t>{0}, 0);
  ASSERT_TRUE(object.ok()) << object.status().message();
  const auto code = llvm_host::Code::link("k", *object);
  EXPECT_EQ(code.status().code(), ist::Code::incompatible_module);
  EXPECT_EQ(code.status().message(), "Kernel 'k' wants the symbol '__atomic_load', which no module may call.");
}

TEST(Refusals, OfUnusualModules) {
  EXPECT_EQ(said_of("module asm \"nop\""), never("inline assembly of a whole module"));
  EXPECT_EQ(said_of("@i = ifunc void (), void ()* ()* @r\ndefine void ()* @r() { ret void ()* null }"),
            never("indirect functions"));
  EXPECT_EQ(said_of("@a = alias i32, i32* @g\n@g = internal global i32 0"), never("aliases"));
  EXPECT_EQ(said_of("@t = internal thread_local global i32 0"), never("the thread-local variable 't'"));
  EXPECT_EQ(
      said_of("define void @f() { ret void }\n@llvm.global_ctors = appending global [1 x { i32, void ()*, i8* }] [{ "
              "i32, void ()*, i8* } { i32 0, void ()* @f, i8* null }]"),
      never("the list 'llvm.global_ctors'"));
  EXPECT_EQ(said_of("@p = global i32 0"), never("the public variable 'p'"));
  EXPECT_EQ(said_of("@s = internal global i32 0, section \".init\""), never("the unusual variable 's'"));
  EXPECT_EQ(said_of("@big = internal global [1099511627776 x i8] zeroinitializer"),
            never("variables of more than 16 MiB; the last one is 'big'"));
}

TEST(Refusals, OfUnusualFunctions) {
  EXPECT_EQ(said_of("define void @f() gc \"statepoint-example\" { ret void }"), never("the unusual function 'f'"));
  EXPECT_EQ(said_of("define void @f(...) { ret void }"), never("the unusual function 'f'"));
  EXPECT_EQ(said_of("define coldcc void @f() { ret void }"), never("the unusual function 'f'"));
  EXPECT_EQ(said_of("define void @f(i128 %x) { ret void }"), never("an unusual parameter of 'f'"));
  EXPECT_EQ(said_of("define x86_fp80 @f() { ret x86_fp80 undef }"), never("an unusual result of 'f'"));
  EXPECT_EQ(said_of("define void @f() { call void asm \"nop\", \"\"() ret void }"), never("an instruction 'call'"));
  EXPECT_EQ(said_of("define void @f() {\n  %x = load [100000 x i32], [100000 x i32]* null\n  ret void\n}"),
            never("an instruction 'load'"));
}

TEST(Refusals, OfMoreThanStacksHold) {
  const auto function = [](const std::string& variables) {
    return said_of("define void @f() {\n" + variables + "  ret void\n}");
  };
  const std::string half = " = alloca [524288 x i8]\n";
  EXPECT_EQ(function("  %a" + half + "  %b" + half), "");
  EXPECT_EQ(function("  %a" + half + "  %b" + half + "  %c = alloca i8\n"),
            never("variables of more than 1 MiB in 'f'"));
  EXPECT_EQ(function("  %a = alloca i64, i64 18446744073709551615\n"), never("variables of more than 1 MiB in 'f'"));
}

TEST(Refusals, OfManyTypes) {
  std::string types, variables;
  for (int i = 0; i < 11000; ++i) types += "%t" + std::to_string(i) + " =;\n type i32\n";
  EXPECT_EQ(said_of(types), "The IR of kernel 'k' names more than 10000 types.");
  for (int i = 0; i < 11000; ++i) variables += "  %type" + std::to_string(i) + " = add i32 0, 0\n";
  EXPECT_EQ(said_of("define void @f() {\n" + variables + "  ret void\n}"), "");
}

TEST(Refusals, OfWhatMemoryIsShortFor) {
  const LeaksOnPurpose leaks;
  const std::string ir =
      ir_of("serial.ll") + "\n@g = internal constant [2000000 x i8] c\"" + std::string(2000000, 'a') + "\"\n";
  for (const auto& [left, said] :
       {std::pair(0, "Memory is short."), std::pair(1, "LLVM gave up reading kernel 'k': memory is short.")}) {
    g_large_allocations_left = left;
    const std::string heard = refusal(ir, {"double_first"});
    g_large_allocations_left = -1;
    EXPECT_EQ(heard, said);
  }
  EXPECT_EQ(refusal(ir_of("serial.ll"), {"double_first"}), "");
}

TEST(Refusals, OfDeepNesting) {
  std::string deep(1000000, '{');
  EXPECT_EQ(said_of("%t = type " + deep), "The IR of kernel 'k' nests deeper than 128 levels.");
  std::string chain = "%t0 = type { i32 }\n";
  for (int i = 1; i < 20000; ++i) chain += "%t" + std::to_string(i) + " = type { %t" + std::to_string(i - 1) + " }\n";
  EXPECT_NE(said_of(chain + "define void @f() {\n  %x = alloca %t19999\n  ret void\n}"), "");
}

// LLVM has no code for this and ends the process that asks for it, if nobody keeps it from that.
TEST(Refusals, OfWhatLlvmGivesUpOn) {
  const LeaksOnPurpose leaks;
  const std::string ir = edited(ir_of("cuda.ll"), "  %number = sitofp i32 %thread to float\n",
                                "  %x = sitofp i32 %thread to double\n  %y = call double @llvm.cos.f64(double %x)\n"
                                "  %number = fptrunc double %y to float\n") +
                         "\ndeclare double @llvm.cos.f64(double)\n";
  const auto module = llvm_host::Module::parse("k", ir, tasks({"scatter"}));
  ASSERT_TRUE(module.ok()) << module.status().message();
  const auto first = module->emit_ptx(80);
  EXPECT_EQ(first.status().message().rfind("LLVM gave up compiling kernel 'k': ", 0), 0u) << first.status().message();
  EXPECT_EQ(module->emit_ptx(80).status().message(), "LLVM gave up on kernel 'k' before.");
  const auto other = parsed("cuda.ll", {"scatter"});
  EXPECT_TRUE(other.emit_ptx(80).ok());
}

}  // namespace
}  // namespace ist::llvm_test
