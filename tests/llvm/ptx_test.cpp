// CUDA modules: PTX as text, for each compute capability. Nothing is run here.
#include <gtest/gtest.h>

#include "test_ir.h"

namespace ist::llvm_test {
namespace {

TEST(Ptx, IsMadeForEachCapability) {
  const auto module = parsed("cuda.ll", {"scatter"});
  for (const uint32_t sm : {70u, 75u, 80u, 86u}) {
    const auto ptx = module.emit_ptx(sm);
    ASSERT_TRUE(ptx.ok()) << ptx.status().message();
    const auto has = [&](const std::string& text) { return ptx->find(text) != std::string::npos; };
    EXPECT_TRUE(has(".target sm_" + std::to_string(sm))) << *ptx;
    EXPECT_TRUE(has(".visible .entry scatter(")) << *ptx;
    EXPECT_TRUE(has(".param .align 8 .b8 scatter_param_0[32]")) << *ptx;
    EXPECT_TRUE(has(".maxntid 64, 1, 1")) << *ptx;
    EXPECT_TRUE(has(".minnctapersm 2")) << *ptx;
    EXPECT_TRUE(has("activemask.b32")) << *ptx;
    EXPECT_TRUE(has("atom.global.add.f32") || has("atom.add.f32")) << *ptx;
    EXPECT_TRUE(has("sqrt.approx.ftz.f32")) << "flushing to zero is on\n" << *ptx;
    EXPECT_FALSE(has("__nvvm_reflect") || has("sqrt.rn")) << *ptx;
  }
}

TEST(Ptx, OwnsSharedArraysThatHaveASize) {
  const std::string used =
      edited(ir_of("cuda.ll"), "  %mask = call",
             "  %d = getelementptr [0 x float], [0 x float] addrspace(3)* @dynamic_numbers, i32 0, i32 "
             "%thread\n  store float %number, float addrspace(3)* %d, align 4\n  %mask = call");
  const auto module = llvm_host::Module::parse("k", used, tasks({"scatter"}));
  ASSERT_TRUE(module.ok()) << module.status().message();
  const auto ptx = module->emit_ptx(80);
  ASSERT_TRUE(ptx.ok()) << ptx.status().message();
  EXPECT_NE(ptx->find(".shared .align 8 .b8 shared_numbers[256]"), std::string::npos) << *ptx;
  EXPECT_EQ(ptx->find(".extern .shared .align 8 .b8 shared_numbers"), std::string::npos) << *ptx;
  EXPECT_NE(ptx->find(".extern .shared .align 8 .b8 dynamic_numbers[]"), std::string::npos) << *ptx;
}

TEST(Ptx, IsRefusedForOtherMachines) {
  const auto cuda = parsed("cuda.ll", {"scatter"});
  EXPECT_EQ(cuda.emit_ptx(60).status().message(),
            "PTX is made for compute capabilities 70, 75, 80 and 86, not for 60.");
  EXPECT_EQ(cuda.emit_object(std::vector<uint32_t>{0}, 0).status().message(), "Kernel 'cuda.ll' is not for a CPU.");
  EXPECT_FALSE(cuda.inspect().ok());
  const auto cpu = parsed("serial.ll", {"double_first"});
  EXPECT_EQ(cpu.emit_ptx(80).status().message(), "Kernel 'serial.ll' is not for CUDA.");
}

TEST(Ptx, WantsTasksMarkedAsKernels) {
  const auto module = llvm_host::Module::parse(
      "k", edited(ir_of("cuda.ll"), "!nvvm.annotations = !{!0, !1", "!nvvm.annotations = !{!1"), tasks({"scatter"}));
  ASSERT_TRUE(module.ok());
  EXPECT_EQ(module->emit_ptx(80).status().message(),
            "Task 'scatter' of kernel 'k' is not marked as a kernel for CUDA.");
}

}  // namespace
}  // namespace ist::llvm_test
