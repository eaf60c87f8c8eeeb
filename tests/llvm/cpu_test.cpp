// CPU modules from IR to running code: what is found out about tasks, and what the code does.
#include <gtest/gtest.h>
#include <llvm-c/Core.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "core/half.h"
#include "test_ir.h"

namespace ist::llvm_test {
namespace {

// The instructions of a function without loops behind its first return, one a line.
std::string disassembled(const void* code) {
  LLVMInitializeNativeTarget();
  LLVMInitializeNativeDisassembler();
  char* triple = LLVMGetDefaultTargetTriple();
  LLVMDisasmContextRef context = LLVMCreateDisasmCPUFeatures(triple, "", "", nullptr, 0, nullptr, nullptr);
  LLVMDisposeMessage(triple);
  std::string text;
  auto* bytes = static_cast<uint8_t*>(const_cast<void*>(code));
  for (int i = 0; i < 200; ++i) {
    char line[256];
    const size_t size = LLVMDisasmInstruction(context, bytes, 16, 0, line, sizeof line);
    if (size == 0) break;
    text += std::string(line) + "\n";
    if (std::strstr(line, "ret")) break;
    bytes += size;
  }
  LLVMDisasmDispose(context);
  return text;
}

bool is_atomic(const std::string& code) {
  for (const char* sign : {"lock", "xchg", "ldax", "ldadd", "swpal", "casal", "ldar", "stlr", "__aarch64_"})
    if (code.find(sign) != std::string::npos) return true;
  return false;
}

TEST(SerialTasks, Run) {
  const auto module = parsed("serial.ll", {"double_first", "sine_of_second"});
  const auto code = linked(module, {0, 1});
  float data[2] = {1.5f, 0.5f};
  struct {
    int32_t n = 2;
    float* data;
  } args{2, data};
  Launch launch(&args);
  launch.run(code.find("double_first"));
  launch.run(code.find("sine_of_second"));
  EXPECT_EQ(data[0], 3.0f);
  EXPECT_EQ(data[1], std::sin(0.5f));
  EXPECT_EQ(launch.splits, 0);
}

TEST(Objects, HoldOnlyTheTasksAskedFor) {
  const auto module = parsed("serial.ll", {"double_first", "sine_of_second"});
  const auto first = module.emit_object(std::vector<uint32_t>{0}, 0);
  const auto both = module.emit_object(std::vector<uint32_t>{1, 0}, 0);
  ASSERT_TRUE(first.ok() && both.ok());
  EXPECT_EQ(first->find("sinf"), std::string::npos);
  EXPECT_NE(both->find("sinf"), std::string::npos);
  const auto code = llvm_host::Code::link("k", *first);
  ASSERT_TRUE(code.ok());
  EXPECT_NE(code->find("double_first"), nullptr);
  EXPECT_EQ(code->find("sine_of_second"), nullptr);
  EXPECT_EQ(code->find("data_of"), nullptr);
  EXPECT_EQ(code->find("nothing"), nullptr);
}

TEST(Objects, AreTheSameEachTime) {
  for (const uint32_t flags : {0u, uint32_t{IST_LLVM_PLAIN_ATOMICS}}) {
    const auto one = parsed("atomics.ll", {"scatter", "locked"});
    const auto other = parsed("atomics.ll", {"scatter", "locked"});
    const auto first = one.emit_object(std::vector<uint32_t>{0, 1}, flags);
    const auto again = one.emit_object(std::vector<uint32_t>{0, 1}, flags);
    const auto elsewhere = other.emit_object(std::vector<uint32_t>{0, 1}, flags);
    ASSERT_TRUE(first.ok() && again.ok() && elsewhere.ok());
    EXPECT_EQ(*first, *again);
    EXPECT_EQ(*first, *elsewhere);
  }
}

TEST(Objects, OfNoTaskOrATaskThatIsNotThere) {
  const auto module = parsed("serial.ll", {"double_first"});
  EXPECT_TRUE(module.emit_object({}, 0).ok());
  const auto missing = module.emit_object(std::vector<uint32_t>{1}, 0);
  EXPECT_EQ(missing.status().message(), "Kernel 'serial.ll' has 1 tasks, and task 1 is asked for.");
}

TEST(RangeLoops, RunInSplits) {
  const auto module = parsed("range.ll", {"add_indices"});
  const auto facts = module.inspect();
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ((*facts)[0].loop, IST_LLVM_LOOP_RANGE);
  EXPECT_EQ((*facts)[0].float_atomics, 0u) << "the epilogue's does not count";
  for (const uint32_t flags : {0u, uint32_t{IST_LLVM_PLAIN_ATOMICS}}) {
    const auto code = linked(module, {0}, flags);
    std::vector<float> data(1500, 0.25f);
    std::vector<uint16_t> halves(1500);
    struct {
      int32_t n;
      float* data;
      uint16_t* halves;
    } args{1500, data.data(), halves.data()};
    Launch launch(&args);
    launch.run(code.find("add_indices"));
    EXPECT_EQ(launch.splits, 4);
    EXPECT_EQ(launch.most_threads, 4);
    for (int i = 0; i < 1500; ++i) {
      ASSERT_EQ(data[i], i + 0.25f) << i;
      ASSERT_EQ(halves[i], half_from_float(data[i])) << i;
    }
    float total = 0;
    std::memcpy(&total, &launch.result, sizeof total);
    EXPECT_EQ(total, 1500.0f);
  }
}

struct AtomicArgs {
  int32_t n;
  float* sum;
  int32_t* count;
  int32_t* lock;
  float* most;
};

TEST(Atomics, AreCountedWhereIterationsRunThem) {
  const auto module = parsed("atomics.ll", {"scatter", "struct_scatter", "locked"});
  const auto facts = module.inspect();
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ((*facts)[0].loop, IST_LLVM_LOOP_RANGE);
  EXPECT_EQ((*facts)[0].float_atomics, 2u);
  EXPECT_EQ((*facts)[1].loop, IST_LLVM_LOOP_OTHER);
  EXPECT_EQ((*facts)[1].float_atomics, 2u);
  EXPECT_EQ((*facts)[2].loop, IST_LLVM_LOOP_NONE);
  EXPECT_EQ((*facts)[2].float_atomics, 0u);
}

TEST(Atomics, GiveTheSameWhenPlain) {
  const auto module = parsed("atomics.ll", {"scatter", "struct_scatter", "locked"});
  for (const uint32_t flags : {0u, uint32_t{IST_LLVM_PLAIN_ATOMICS}}) {
    const auto code = linked(module, {0, 1, 2}, flags);
    float sum = 0, most = -1;
    int32_t count = 0, lock = 0;
    AtomicArgs args{100, &sum, &count, &lock, &most};
    Launch launch(&args);
    launch.run(code.find("scatter"));
    EXPECT_EQ(sum, 200.0f);
    EXPECT_EQ(count, 200);
    EXPECT_EQ(most, 99.0f);
    launch.run(code.find("struct_scatter"));
    launch.run(code.find("locked"));
    EXPECT_EQ(count, 800);
    EXPECT_EQ(lock, 0);
  }
}

TEST(Atomics, ArePlainInstructionsWhenPlain) {
  const auto module = parsed("atomics.ll", {"locked"});
  const auto atomic = linked(module, {0});
  const auto plain = linked(module, {0}, IST_LLVM_PLAIN_ATOMICS);
  const std::string with = disassembled(reinterpret_cast<void*>(atomic.find("locked")));
  const std::string without = disassembled(reinterpret_cast<void*>(plain.find("locked")));
  EXPECT_TRUE(is_atomic(with)) << with;
  EXPECT_FALSE(is_atomic(without)) << without;
  EXPECT_NE(without.find("ret"), std::string::npos);
}

TEST(Atomics, OnFloatsLookWhetherTheyHaveStored) {
  const std::string ir = ir_of("serial.ll") +
                         "define void @t(%context* %c) {\n  %p = bitcast %context* %c to float*\n"
                         "  %old = atomicrmw fadd float* %p, float 1.0 seq_cst\n  ret void\n}\n";
  const auto module = llvm_host::Module::parse("k", ir, tasks({"t"}));
  ASSERT_TRUE(module.ok()) << module.status().message();
  const auto code = linked(*module, {0});
  const std::string text = disassembled(reinterpret_cast<void*>(code.find("t")));
  EXPECT_TRUE(is_atomic(text)) << text;
  // An exclusive store of arm64, its answer to nowhere.
  EXPECT_EQ(text.find("xr\twzr"), std::string::npos) << text;
}

TEST(Threads, CompileAndRunAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int round = 0; round < 5; ++round) {
        const auto module = parsed("atomics.ll", {"scatter"});
        const auto code = linked(module, {0}, round % 2 ? uint32_t{IST_LLVM_PLAIN_ATOMICS} : 0u);
        EXPECT_NE(refusal("define void @t(i32 %x) { ret i32 0 }", {"t"}), "");
        float sum = 0, most = -1;
        int32_t count = 0, lock = 0;
        AtomicArgs args{10, &sum, &count, &lock, &most};
        Launch(&args).run(code.find("scatter"));
        EXPECT_EQ(sum, 20.0f);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(Identities, NameWhatCodeDependsOn) {
  const auto table = llvm_host::plugin();
  ASSERT_TRUE(table.ok());
  const std::string cpu = (*table)->cpu_identity;
  EXPECT_NE(cpu.find("LLVM 15."), std::string::npos) << cpu;
  EXPECT_NE(cpu.find("revision"), std::string::npos) << cpu;
#if defined(__x86_64__)  // of an arm64 CPU that QEMU plays, no features are told
  EXPECT_NE(cpu.find("+"), std::string::npos) << cpu;
#endif
  EXPECT_NE(std::string((*table)->ptx_identity), cpu);
}

}  // namespace
}  // namespace ist::llvm_test
