// LLVM modules: what is read from metadata.tcb, graphs.tcb and IR, and every rule that can be broken.
#include <gtest/gtest.h>

#include <functional>

#include "aot/llvm_metadata.h"
#include "desc_invariants.h"
#include "module_files.h"
#include "tcb_writer.h"

namespace ist::test {

using namespace aot;

namespace {

using Offsets = std::vector<uint32_t>;

Offsets offsets(const std::vector<Member>& members) {
  Offsets all;
  for (const Member& member : members) all.push_back(member.offset_bytes);
  return all;
}

struct Fault {
  const char* what;
  std::function<void(TcbModule&)> break_it;
  Code code = Code::corrupted_data;
};

void expect_refusals(const std::vector<Fault>& faults, const std::string& file) {
  for (const Fault& fault : faults) {
    TcbModule module = rich_module();
    fault.break_it(module);
    const auto desc = read(llvm_files(module));
    ASSERT_FALSE(desc.ok()) << fault.what;
    EXPECT_EQ(desc.status().code(), fault.code) << fault.what << ": " << desc.status().message();
    EXPECT_NE(desc.status().message().find(file), std::string::npos) << fault.what << ": " << desc.status().message();
  }
}

// Puts bytes into a file whose length is then told anew.
std::string with_tail(std::string file, const std::string& tail) {
  file += tail;
  const uint64_t size = file.size();
  return file.replace(0, sizeof size, reinterpret_cast<const char*>(&size), sizeof size);
}

TcbType nested(size_t depth) {
  TcbType type = tcb_primitive(DataType::i32);
  for (size_t i = 0; i < depth; ++i) type = tcb_pointer(std::move(type));
  return type;
}

}  // namespace

// The worked example of the format's description, section 3.6.
TEST(LlvmMetadata, WorkedExample) {
  TcbKernel run = tcb_kernel("run", "");
  add_scalar(run, DataType::i32);
  add_ndarray(run, DataType::i32, 1);
  add_tensor(run, DataType::i32, 3);
  run.tasks = {{"run_c80_0_kernel_0_serial"}, {"run_c80_0_kernel_1_range_for"}};
  TcbModule module;
  module.kernels = {run};
  ModuleDesc desc;
  const std::string tcb = metadata_tcb(module);
  const Status status = read_llvm_metadata(bytes_of(tcb), desc);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(desc.taichi_version, "1.7.4");
  const KernelDesc& kernel = kernel_of(desc, "run");
  EXPECT_EQ(kernel.args_bytes, 40u);
  EXPECT_EQ(kernel.rets_bytes, 0u);
  EXPECT_EQ(kernel.bool_bytes, 1);
  ASSERT_EQ(kernel.params.size(), 3u);
  EXPECT_EQ(kernel.params[0].name, "arg_0");
  EXPECT_EQ(kernel.params[0].kind, ParamKind::scalar);
  EXPECT_EQ(kernel.params[1].kind, ParamKind::ndarray);
  EXPECT_EQ(kernel.params[1].rank, 1u);
  EXPECT_EQ(kernel.params[1].access, 3);
  EXPECT_EQ(kernel.params[1].offset_bytes, 8u);
  EXPECT_EQ(kernel.params[1].shape_offsets, Offsets{8});
  EXPECT_EQ(kernel.params[1].data_ptr_offset, 16u);
  EXPECT_EQ(kernel.params[2].kind, ParamKind::tensor);
  EXPECT_EQ(offsets(kernel.params[2].members), (Offsets{24, 28, 32}));
  ASSERT_EQ(kernel.tasks.size(), 2u);
  EXPECT_EQ(kernel.tasks[1].name, "run_c80_0_kernel_1_range_for");
  ASSERT_EQ(desc.binaries.size(), 1u);
  EXPECT_EQ(desc.binaries[0].name, "run");
}

TEST(LlvmModule, EveryKindOfArgument) {
  const auto module = read(llvm_files(rich_module()), Packing::deflated);
  ASSERT_TRUE(module.ok()) << module.status().message();
  EXPECT_EQ(broken_invariant(*module), "");
  EXPECT_EQ(module->code, CodeKind::x64);
  const KernelDesc& kernel = kernel_of(*module, "every");
  ASSERT_EQ(kernel.params.size(), 17u);
  const Offsets scalars = {0,  4,  8,  16, 18, 20,
                           24, 32, 33, 34, 36, 40};  // f16 f32 f64 i8 i16 i32 i64 u1 u8 u16 u32 u64
  for (size_t i = 0; i < scalars.size(); ++i) {
    EXPECT_EQ(kernel.params[i].type, static_cast<DataType>(i));
    EXPECT_EQ(offsets(kernel.params[i].members), Offsets{scalars[i]}) << i;
  }
  EXPECT_EQ(offsets(kernel.params[12].members), (Offsets{48, 52, 56}));
  EXPECT_EQ(offsets(kernel.params[13].members), (Offsets{60, 61, 62, 63, 64, 65}));
  const Param& matrices = kernel.params[14];
  EXPECT_EQ(matrices.type, DataType::f16);
  EXPECT_EQ(matrices.rank, 2u);
  EXPECT_EQ(matrices.element_shape, (std::vector<uint32_t>{3, 2}));
  EXPECT_EQ(matrices.element_bytes, 12u);
  EXPECT_EQ(matrices.shape_offsets, (Offsets{72, 76}));
  EXPECT_EQ(matrices.data_ptr_offset, 80u);
  const Param& single = kernel.params[15];
  EXPECT_EQ(single.rank, 0u);
  EXPECT_EQ(single.shape_offsets, Offsets{88});
  const Param& with_gradient = kernel.params[16];
  EXPECT_EQ(with_gradient.rank, 3u);
  EXPECT_EQ(with_gradient.data_ptr_offset, 120u);
  EXPECT_EQ(kernel.args_bytes, 136u);  // the gradient's address stays zero
}

TEST(LlvmModule, ReturnsAreFlattened) {
  const auto module = read(llvm_files(rich_module()));
  ASSERT_TRUE(module.ok()) << module.status().message();
  const KernelDesc& kernel = kernel_of(*module, "every");
  ASSERT_EQ(kernel.returns.size(), 6u);
  const std::vector<std::pair<std::string, Offsets>> expected = {
      {"ret_0", {0}},          {"ret_1", {4, 8, 12}}, {"ret_2.a", {16}}, {"ret_2.inner.m", {18, 20, 22, 24, 26, 28}},
      {"ret_2.inner.z", {30}}, {"ret_2.d", {32}},
  };
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(kernel.returns[i].name, expected[i].first);
    EXPECT_EQ(offsets(kernel.returns[i].members), expected[i].second) << expected[i].first;
  }
  EXPECT_TRUE(kernel.returns[0].shape.empty());
  EXPECT_EQ(kernel.returns[1].shape, std::vector<uint32_t>{3});
  EXPECT_EQ(kernel.returns[3].shape, (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(kernel.rets_bytes, 40u);
}

TEST(LlvmModule, TreesAndGraphs) {
  const auto module = read(llvm_files(rich_module()));
  ASSERT_TRUE(module.ok()) << module.status().message();
  ASSERT_EQ(module->trees.size(), 2u);
  const FieldTree& tree = module->trees[1];
  EXPECT_EQ(tree.id, 0u);
  EXPECT_EQ(tree.root_bytes, 32u);
  ASSERT_EQ(tree.snodes.size(), 5u);
  EXPECT_EQ(tree.snodes[1].type, Snode::Type::dynamic);
  EXPECT_EQ(tree.snodes[1].cell_bytes, 4u);
  EXPECT_EQ(tree.snodes[1].chunk_cells, 16u);
  EXPECT_EQ(module->trees[0].root_snode, 5u);
  ASSERT_EQ(module->graphs.size(), 2u);
  const GraphDesc& graph = module->graphs[0];
  EXPECT_EQ(graph.name, "run");
  ASSERT_EQ(graph.args.size(), 3u);
  EXPECT_EQ(graph.args[1].kind, ParamKind::tensor);
  EXPECT_EQ(graph.args[2].rank, 1u);
  EXPECT_EQ(graph.args[2].element_shape, std::vector<uint32_t>{2});
  ASSERT_EQ(graph.dispatches.size(), 2u);
  EXPECT_EQ(module->kernels[graph.dispatches[1].kernel].name, "step_c80_0");
  EXPECT_EQ(graph.dispatches[1].args, (std::vector<uint32_t>{0, 1, 2}));
}

TEST(LlvmModule, TheTripleTellsTheArch) {
  const std::vector<std::pair<std::string, CodeKind>> triples = {
      {"x86_64-pc-linux-gnu", CodeKind::x64},         {"x86_64-apple-macosx12.0.0", CodeKind::x64},
      {"aarch64-unknown-linux-gnu", CodeKind::arm64}, {"arm64-apple-macosx12.0.0", CodeKind::arm64},
      {"nvptx64-nvidia-cuda", CodeKind::cuda},
  };
  for (const auto& [triple, code] : triples) {
    const auto module = read(llvm_files(rich_module(triple)));
    ASSERT_TRUE(module.ok()) << module.status().message();
    EXPECT_EQ(module->code, code) << triple;
    EXPECT_EQ(broken_invariant(*module), "") << triple;
    EXPECT_EQ(module->binaries.at(0).ir, rich_module(triple).kernels[0].ir);
    EXPECT_EQ(module->kernels[0].tasks[1].block_dim, code == CodeKind::cuda ? 128u : 0u);
    EXPECT_EQ(module->kernels[0].tasks[1].grid_dim, code == CodeKind::cuda ? 4224u : 0u);
  }
  EXPECT_STREQ(code_kind_name(CodeKind::cuda), "LLVM IR for cuda");
}

TEST(LlvmModule, OtherTriplesAreRefused) {
  const std::vector<std::pair<std::string, std::string>> irs = {
      {"riscv64-unknown-linux-gnu", "riscv64-unknown-linux-gnu"},
      {"i386-pc-linux", "i386-pc-linux"},
      {"", "target ''"},
      {"x86_64\nfoo", "does not say what machine"},
  };
  for (const auto& [triple, words] : irs) {
    const auto module = read(llvm_files(rich_module(triple)));
    ASSERT_FALSE(module.ok()) << triple;
    EXPECT_EQ(module.status().code(), Code::incompatible_module) << triple;
    EXPECT_NE(module.status().message().find(words), std::string::npos) << module.status().message();
    EXPECT_NE(module.status().message().find("every.ll"), std::string::npos) << module.status().message();
  }
}

TEST(LlvmModule, IrMustBeTextWithOneTarget) {
  const std::string good = empty_ir("x86_64-pc-linux-gnu", {});
  const std::vector<std::pair<std::string, Code>> irs = {
      {"", Code::incompatible_module},
      {"define void @f() { ret void }", Code::incompatible_module},
      {"; target triple = \"x86_64-pc-linux-gnu\"\n", Code::incompatible_module},
      {"target triple = \"x86_64", Code::incompatible_module},
      {good + std::string(1, '\0'), Code::corrupted_data},
      {empty_ir("nvptx64-nvidia-cuda", {}), Code::corrupted_data},  // the other kernels are for x64
  };
  for (const auto& [ir, code] : irs) {
    TcbModule module = rich_module();
    module.kernels[1].ir = ir;
    const auto desc = read(llvm_files(module));
    ASSERT_FALSE(desc.ok()) << ir;
    EXPECT_EQ(desc.status().code(), code) << desc.status().message();
    EXPECT_NE(desc.status().message().find("step_c80_0.ll"), std::string::npos) << desc.status().message();
  }
}

// Their sizes are known to nobody, so such a kernel must not run; others may.
TEST(LlvmModule, FieldsThatWereNotAddedAreMissed) {
  TcbModule module = rich_module();
  module.trees = {{3, 3, 5, 64, {{5, 0, 64, 0}}}};
  const auto root = [](int tree) {
    return "  %9 = getelementptr inbounds %struct.LLVMRuntime.6, %struct.LLVMRuntime.6* %8, i64 0, i32 7, i64 " +
           std::to_string(tree) + "\n";
  };
  module.kernels[0].ir += root(3) + root(300) + root(3);
  module.kernels[1].ir += root(3);
  module.kernels[2].ir += "  %2 = call i8* @LLVMRuntime_get_roots(%struct.LLVMRuntime.138* %1, i32 4)";
  const auto desc = read(llvm_files(module));
  ASSERT_TRUE(desc.ok()) << desc.status().message();
  EXPECT_EQ((*desc).kernels[0].missing_tree, 300);
  EXPECT_EQ((*desc).kernels[1].missing_tree, -1);
  EXPECT_EQ((*desc).kernels[2].missing_tree, 4);
}

TEST(LlvmModule, AModuleWithoutKernels) {
  const auto module = read(llvm_files({}));
  ASSERT_TRUE(module.ok()) << module.status().message();
  EXPECT_TRUE(module->kernels.empty());
  EXPECT_EQ(module->code, CodeKind::x64);
}

TEST(LlvmModule, FoldersAndFoldersInArchives) {
  TemporaryFolder folder;
  const Files files = llvm_files(rich_module());
  for (const auto& [name, content] : files) folder.write(name, content);
  EXPECT_TRUE(read_module_from_path(folder.path().string()).ok());
  Files plain = files;
  plain.erase("metadata.json");
  plain.erase("__version__");
  const auto module = read_module_from_memory(write_zip(plain, Packing::stored, "run/"));
  ASSERT_TRUE(module.ok()) << module.status().message();
  EXPECT_EQ(module->taichi_version, "1.7.4");
}

TEST(LlvmModule, FormsAreNotMixed) {
  const Files files = llvm_files(rich_module());
  const std::vector<std::pair<const char*, std::function<void(Files&)>>> edits = {
      {"every.spv", [](Files& f) { f["every.spv"] = "x"; }},
      {"metadata.tcb", [](Files& f) { f.erase("metadata.tcb"); }},
      {"graphs.tcb", [](Files& f) { f.erase("graphs.tcb"); }},
      {"every.ll", [](Files& f) { f.erase("every.ll"); }},
  };
  for (const auto& [what, edit] : edits) {
    Files changed = files;
    edit(changed);
    const auto module = read(changed);
    ASSERT_FALSE(module.ok()) << what;
    EXPECT_EQ(module.status().code(), Code::corrupted_data) << module.status().message();
  }
  Files extra = files;
  extra["notes.txt"] = "x";
  extra["unlisted.ll"] = "x";
  EXPECT_TRUE(read(extra).ok());
}

TEST(LlvmModule, ArgpacksAreKeptForTheLayout) {
  TcbModule module = rich_module();
  add_argpack(module.kernels[2]);
  add_scalar(module.kernels[2], DataType::f32);
  const auto desc = read(llvm_files(module));
  ASSERT_TRUE(desc.ok()) << desc.status().message();
  const KernelDesc& kernel = kernel_of(*desc, "nothing");
  EXPECT_EQ(kernel.params[0].kind, ParamKind::argpack);
  EXPECT_EQ(kernel.params[1].offset_bytes, 8u);
}

TEST(LlvmModule, ElementsOfArraysFromTheirPointers) {
  TcbModule module = rich_module();
  TcbKernel& kernel = module.kernels[2];
  add_ndarray(kernel, DataType::f32, 1);
  kernel.args_type.members[0].type.members[1].type = tcb_pointer(tcb_tensor({3, 1}, DataType::f32));
  const auto desc = read(llvm_files(module));
  ASSERT_TRUE(desc.ok()) << desc.status().message();
  const Param& param = kernel_of(*desc, "nothing").params[0];
  EXPECT_EQ(param.rank, 1u);
  EXPECT_EQ(param.element_shape, std::vector<uint32_t>{3});
  EXPECT_EQ(param.element_bytes, 12u);
}

TEST(LlvmModule, EmptyTypesMayBeNull) {
  TcbModule module = rich_module();
  module.kernels[2].args_type = module.kernels[2].ret_type = tcb_null();
  EXPECT_TRUE(read(llvm_files(module)).ok());
}

TEST(LlvmMetadata, FaultsOfTypes) {
  const auto argument = [](TcbModule& m, size_t i) -> TcbMember& { return m.kernels[0].args_type.members[i]; };
  const std::vector<Fault> faults = {
      {"overlapping", [&](TcbModule& m) { argument(m, 1).offset = 0; }},
      {"unaligned", [&](TcbModule& m) { argument(m, 1).offset = 6; }},
      {"backwards", [&](TcbModule& m) { argument(m, 5).offset = 4; }},
      {"beyond the block", [&](TcbModule& m) { argument(m, 16).offset = 160; }},
      {"beyond every block", [&](TcbModule& m) { argument(m, 16).offset = 1 << 20; }},
      {"offset overflows", [&](TcbModule& m) { argument(m, 16).offset = UINT64_MAX - 7; }},
      {"args_size too small", [](TcbModule& m) { m.kernels[0].args_size -= 8; }},
      {"args_size too large", [](TcbModule& m) { m.kernels[0].args_size = (1 << 20) + 1; }},
      {"ret_size too small", [](TcbModule& m) { m.kernels[0].ret_size = 39; }},
      {"ret_size too large", [](TcbModule& m) { m.kernels[0].ret_size = UINT64_MAX; }},
      {"args_type is a number", [](TcbModule& m) { m.kernels[2].args_type = tcb_primitive(DataType::i32); }},
      {"ret_type is a pointer", [](TcbModule& m) { m.kernels[2].ret_type = nested(1); }},
      {"returns a pointer", [](TcbModule& m) { add_return(m.kernels[2], nested(1)); }},
      {"returns nothing in a member", [](TcbModule& m) { add_return(m.kernels[2], tcb_null()); }},
      {"returns three dimensions",
       [](TcbModule& m) {
         add_return(m.kernels[2], tcb_tensor({2, 2, 2}, DataType::i8));
       }},
      {"tensor of nothing", [](TcbModule& m) { add_return(m.kernels[2], tcb_tensor({0}, DataType::i8)); }},
      {"tensor too large",
       [](TcbModule& m) {
         m.kernels[2].rets = {tcb_tensor({1 << 20, 2}, DataType::i8)};
       }},
      {"tensor overflows",
       [](TcbModule& m) { m.kernels[2].rets = {tcb_tensor(std::vector<int32_t>(16, 1 << 20), DataType::i8)}; }},
      {"tensor of many dimensions",
       [](TcbModule& m) { m.kernels[2].rets = {tcb_tensor(std::vector<int32_t>(17, 1), DataType::i8)}; }},
      {"tensor of tensors",
       [](TcbModule& m) {
         TcbType type = tcb_tensor({2}, DataType::i8);
         type.inner[0] = tcb_tensor({2}, DataType::i8);
         m.kernels[2].rets = {type};
       }},
      {"unknown kind", [](TcbModule& m) { m.kernels[2].rets.resize(1), m.kernels[2].rets[0].kind = 10; }},
      {"kind below null", [](TcbModule& m) { m.kernels[2].rets.resize(1), m.kernels[2].rets[0].kind = -2; }},
      {"unknown primitive", [&](TcbModule& m) { argument(m, 0).type.primitive = 14; }},
      {"value of unknown type", [&](TcbModule& m) { argument(m, 0).type.primitive = 13; }},
      {"nested without end", [](TcbModule& m) { m.kernels[2].rets = {nested(1000)}; }},
  };
  expect_refusals(faults, "metadata.tcb");
  for (int kind = 5; kind <= 9; ++kind) {
    const auto quantised = [kind](TcbModule& m) {
      TcbType type;
      type.kind = kind;
      m.kernels[2].rets = {type};
    };
    expect_refusals({{"quantised", quantised, Code::incompatible_module}}, "metadata.tcb");
  }
  const auto bits = [](TcbModule& m) {
    m.kernels[2].rets = {nested(1)};
    m.kernels[2].rets[0].is_bit_pointer = true;
  };
  expect_refusals({{"pointer to bits", bits, Code::incompatible_module}}, "metadata.tcb");
}

TEST(LlvmMetadata, FaultsOfArguments) {
  // args[] is written last argument first.
  const auto last = [](TcbModule& m) -> TcbArgument& { return m.kernels[0].args.front(); };
  const auto array = [](TcbModule& m) -> TcbType& { return m.kernels[0].args_type.members[16].type; };
  expect_refusals(
      {
          {"one argument is not described", [](TcbModule& m) { m.kernels[0].args.pop_back(); }},
          {"position out of range", [&](TcbModule& m) { last(m).index = {17}; }},
          {"negative position", [&](TcbModule& m) { last(m).index = {-1}; }},
          {"no position", [&](TcbModule& m) { last(m).index = {}; }},
          {"rank differs", [&](TcbModule& m) { last(m).total_dim = 2; }},
          {"huge rank", [&](TcbModule& m) { last(m).total_dim = UINT64_MAX; }},
          {"element of more dimensions than the array",
           [&](TcbModule& m) {
             last(m).element_shape = {1, 1, 1, 1};
           }},
          {"element of no size", [&](TcbModule& m) { last(m).total_dim = 4, last(m).element_shape = {0}; }},
          {"element too large", [&](TcbModule& m) { last(m).total_dim = 4, last(m).element_shape = {1 << 28}; }},
          {"element of many dimensions",
           [&](TcbModule& m) { last(m).element_shape = std::vector<int32_t>(17, 1), last(m).total_dim = 20; }},
          {"unknown ptype", [&](TcbModule& m) { last(m).ptype = 6; }},
          {"texture", [&](TcbModule& m) { last(m).ptype = 2; }, Code::incompatible_module},
          {"array by value", [&](TcbModule& m) { last(m).is_array = false; }},
          {"value as array", [](TcbModule& m) { m.kernels[0].args.back().is_array = true; }},
          {"array without pointer", [&](TcbModule& m) { array(m).members.resize(1); }},
          {"array of pointers", [&](TcbModule& m) { array(m).members[1].type = nested(2); }},
          {"array of structs", [&](TcbModule& m) { array(m).members[1].type = tcb_pointer({}); }},
          {"extents of another type",
           [&](TcbModule& m) { array(m).members[0].type.members[1].type = tcb_primitive(DataType::f32); }},
          {"by value without members", [](TcbModule& m) { m.kernels[0].args_type.members[12].type.members = {}; }},
      },
      "metadata.tcb");
}

TEST(LlvmMetadata, FaultsOfKernels) {
  expect_refusals(
      {
          {"other version", [](TcbModule& m) { m.version[1] = 8; }, Code::incompatible_module},
          {"other age", [](TcbModule& m) { m.version[0] = 2; }, Code::incompatible_module},
          {"name differs from key", [](TcbModule& m) { m.kernels[1].name = "other"; }},
          {"name twice", [](TcbModule& m) { m.kernels.push_back(m.kernels[1]); }},
          {"name leaves the folder", [](TcbModule& m) { m.kernels[1].key = m.kernels[1].name = "../step"; }},
          {"no name", [](TcbModule& m) { m.kernels[1].key = m.kernels[1].name = ""; }},
          {"task without name", [](TcbModule& m) { m.kernels[1].tasks[0].name = ""; }},
          {"task's name has a zero", [](TcbModule& m) { m.kernels[1].tasks[0].name = std::string("a\0b", 3); }},
          {"block too large", [](TcbModule& m) { m.kernels[1].tasks[0].block_dim = 1025; }},
          {"negative block", [](TcbModule& m) { m.kernels[1].tasks[0].block_dim = -1; }},
          {"negative grid", [](TcbModule& m) { m.kernels[1].tasks[0].grid_dim = -1; }},
          {"negative shared memory", [](TcbModule& m) { m.kernels[1].tasks[0].dynamic_shared_bytes = -1; }},
          {"too much shared memory", [](TcbModule& m) { m.kernels[1].tasks[0].dynamic_shared_bytes = (1 << 20) + 1; }},
          {"too many tasks", [](TcbModule& m) { m.kernels[1].tasks.resize(65537, m.kernels[1].tasks[0]); }},
          {"blocks too large together",
           [](TcbModule& m) {
             for (int i = 0; i < 17; ++i) {
               m.kernels.push_back(tcb_kernel("large" + std::to_string(i), m.kernels[1].ir));
               add_return(m.kernels.back(), tcb_tensor({1 << 20}, DataType::u8));
             }
           }},
      },
      "metadata.tcb");
  for (const bool no_block : {true, false}) {
    TcbModule module = rich_module("nvptx64-nvidia-cuda");
    (no_block ? module.kernels[0].tasks[1].block_dim : module.kernels[0].tasks[1].grid_dim) = 0;
    const auto desc = read(llvm_files(module));
    ASSERT_FALSE(desc.ok());
    EXPECT_EQ(desc.status().code(), Code::corrupted_data);
    EXPECT_NE(desc.status().message().find("every_kernel_1_range_for"), std::string::npos) << desc.status().message();
  }
}

TEST(LlvmMetadata, FaultsOfTrees) {
  expect_refusals(
      {
          {"key differs", [](TcbModule& m) { m.trees[0].key = 1; }},
          {"tree twice", [](TcbModule& m) { m.trees[0].key = m.trees[0].id = 0; }},
          {"tree out of range", [](TcbModule& m) { m.trees[0].key = m.trees[0].id = 512; }},
          {"negative tree", [](TcbModule& m) { m.trees[0].key = m.trees[0].id = -1; }},
          {"root differs", [](TcbModule& m) { m.trees[0].root_id = 6; }},
          {"root out of range", [](TcbModule& m) { m.trees[0].root_id = 1024; }},
          {"root too large", [](TcbModule& m) { m.trees[0].root_bytes = (uint64_t{1} << 40) + 1; }},
          {"root smaller than its cell", [](TcbModule& m) { m.trees[0].root_bytes = 63; }},
          {"no nodes", [](TcbModule& m) { m.trees[0].snodes.clear(); }},
          {"gap in the ids", [](TcbModule& m) { m.trees[0].snodes[2].id = 9; }},
          {"node out of range",
           [](TcbModule& m) {
             m.trees[0].root_id = 1023;
             for (int i = 0; i < 4; ++i) m.trees[0].snodes[i].id = 1023 + i;
           }},
          {"node of two trees",
           [](TcbModule& m) {
             m.trees[1].root_id = 1;
             for (int i = 0; i < 5; ++i) m.trees[1].snodes[i].id = 1 + i;
           }},
          {"no root", [](TcbModule& m) { m.trees[0].snodes[0].type = 1; }},
          {"root below a root", [](TcbModule& m) { m.trees[0].snodes[1].type = 0; }},
          {"undefined node", [](TcbModule& m) { m.trees[0].snodes[1].type = 9; }},
          {"unknown node", [](TcbModule& m) { m.trees[0].snodes[1].type = 10; }},
          {"empty pointer node", [](TcbModule& m) { m.trees[0].snodes[1].cell_bytes = 0; }},
          {"empty dynamic node", [](TcbModule& m) { m.trees[1].snodes[1].chunk_cells = 0; }},
          {"pointer node too large", [](TcbModule& m) { m.trees[0].snodes[1].cell_bytes = uint64_t{1} << 31; }},
          {"dynamic node too large", [](TcbModule& m) { m.trees[1].snodes[1].chunk_cells = 1 << 29; }},
          {"dynamic node overflows", [](TcbModule& m) { m.trees[1].snodes[1].cell_bytes = uint64_t{1} << 40; }},
          {"cell too large", [](TcbModule& m) { m.trees[0].snodes[2].cell_bytes = UINT64_MAX; }},
          {"chunk too large", [](TcbModule& m) { m.trees[0].snodes[2].chunk_cells = UINT64_MAX; }},
      },
      "metadata.tcb");
}

TEST(LlvmGraphs, Faults) {
  const auto arg = [](TcbModule& m, size_t i) -> TcbGraphArg& { return m.graphs[0].dispatches[1].args[i]; };
  expect_refusals(
      {
          {"unknown kernel", [](TcbModule& m) { m.graphs[0].dispatches[1].kernel = "other"; }},
          {"too few arguments", [](TcbModule& m) { m.graphs[0].dispatches[1].args.pop_back(); }},
          {"unknown tag", [&](TcbModule& m) { arg(m, 0).tag = 6; }},
          {"tag of nothing", [&](TcbModule& m) { arg(m, 0).tag = 5; }},
          {"other kind", [&](TcbModule& m) { arg(m, 0).tag = 1; }},
          {"texture", [&](TcbModule& m) { arg(m, 0).tag = 3; }},
          {"other type", [&](TcbModule& m) { arg(m, 0).dtype = 1; }},
          {"unknown type", [&](TcbModule& m) { arg(m, 0).dtype = 13; }},
          {"other rank", [&](TcbModule& m) { arg(m, 2).field_dim = 2; }},
          {"huge rank", [&](TcbModule& m) { arg(m, 2).field_dim = UINT64_MAX; }},
          {"other element", [&](TcbModule& m) { arg(m, 2).element_shape = {3}; }},
          {"empty element", [&](TcbModule& m) { arg(m, 2).element_shape = {0}; }},
          {"huge element",
           [&](TcbModule& m) {
             arg(m, 2).element_shape = {1 << 30, 1 << 30};
           }},
          {"many dimensions", [&](TcbModule& m) { arg(m, 2).element_shape = std::vector<int32_t>(17, 1); }},
          {"other matrix",
           [&](TcbModule& m) {
             arg(m, 1).element_shape = {2, 3};
           }},
          {"one name for two things", [&](TcbModule& m) { arg(m, 0).name = "x"; }},
      },
      "graphs.tcb");
}

TEST(LlvmGraphs, TheFirstOfANameIsKept) {
  TcbModule module = rich_module();
  module.graphs.push_back({"run", {}});
  const auto desc = read(llvm_files(module));
  ASSERT_TRUE(desc.ok()) << desc.status().message();
  ASSERT_EQ(desc->graphs.size(), 2u);
  EXPECT_EQ(desc->graphs[0].dispatches.size(), 2u);
}

TEST(Tcb, CutAtEveryByteAndLonger) {
  const Files files = llvm_files(rich_module());
  for (const char* name : {"metadata.tcb", "graphs.tcb"}) {
    const std::string& whole = files.at(name);
    for (size_t size = 0; size < whole.size(); ++size) {
      Files cut = files;
      cut[name] = whole.substr(0, size);
      ASSERT_EQ(read(cut).status().code(), Code::corrupted_data) << name << " " << size;
      if (size < sizeof(uint64_t)) continue;
      cut[name] = with_tail(cut[name], "");
      const auto module = read(cut);
      ASSERT_FALSE(module.ok()) << name << " " << size;
      ASSERT_EQ(module.status().code(), Code::corrupted_data) << module.status().message();
    }
    Files longer = files;
    longer[name] = with_tail(whole, "x");
    const auto module = read(longer);
    ASSERT_FALSE(module.ok());
    EXPECT_NE(module.status().message().find("content ends at byte"), std::string::npos) << module.status().message();
  }
}

TEST(Tcb, SentencesNameThePlaceAndTheValues) {
  TcbModule module = rich_module();
  module.kernels[1].tasks[0].block_dim = 4096;
  const auto desc = read(llvm_files(module));
  ASSERT_FALSE(desc.ok());
  const std::string message(desc.status().message());
  EXPECT_NE(message.find("File 'metadata.tcb': kernels[1].tasks[0].block_dim (at byte "), std::string::npos) << message;
  EXPECT_NE(message.find("is (4096), outside 0 to 1024."), std::string::npos) << message;
}

}  // namespace ist::test
