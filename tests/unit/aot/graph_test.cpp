// graphs.json: resolution against kernels, and what does not resolve.
#include "aot/graph_file.h"

#include <gtest/gtest.h>

#include "module_files.h"

namespace ist::test {

using nlohmann::json;
using namespace aot;

namespace {

// One kernel `k(n: i32, x: ndarray<f32, 2> of vec3, m: mat2x2, s: texture2d, t: rw_texture2d)`.
ModuleDesc kernels() {
  ModuleDesc module;
  KernelDesc kernel;
  kernel.name = "k";
  kernel.params.resize(5);
  kernel.params[0].members.resize(1);
  kernel.params[1] = {"x", ParamKind::ndarray, DataType::f32, {}, 2, {3}, 12, 0, {0, 4}, 16, 3};
  kernel.params[2].kind = ParamKind::tensor;
  kernel.params[2].type = DataType::f32;
  kernel.params[2].members.resize(4);
  kernel.params[3].kind = ParamKind::sampled_texture;
  kernel.params[3].rank = 2;
  kernel.params[4].kind = ParamKind::storage_texture;
  kernel.params[4].rank = 2;
  module.kernels = {kernel};
  return module;
}

json arg(const char* name, int tag, int dtype, json element_shape, int64_t field_dim, uint64_t num_channels) {
  return {{"name", name},           {"tag", tag},
          {"dtype_id", dtype},      {"element_shape", element_shape},
          {"field_dim", field_dim}, {"num_channels", num_channels}};
}

json graph() {
  const uint64_t garbage = 0x7fff'ffff'ffff'fff1;
  return {
      {{"key", "g"},
       {"value",
        {{"dispatches",
          {{{"kernel_name", "k"},
            {"symbolic_args",
             {arg("n", 0, 5, json::array(), 0, garbage), arg("x", 2, 1, {3}, 2, garbage), arg("m", 1, 1, {2, 2}, 0, 77),
              arg("s", 3, 1, {2, 2}, -123456789012345, 4), arg("t", 4, 1, {2, 2}, 987654321987654321, 1)}}}}}}}}};
}

Status read(const json& graphs, ModuleDesc& module) {
  const std::string text = graphs.dump();
  return read_graphs(bytes_of(text), module);
}

}  // namespace

TEST(Graphs, ResolvesAndIgnoresGarbage) {
  ModuleDesc module = kernels();
  const Status status = read(graph(), module);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(module.graphs.size(), 1u);
  const GraphDesc& g = module.graphs[0];
  ASSERT_EQ(g.args.size(), 5u);
  EXPECT_EQ(g.args[1].rank, 2u);
  EXPECT_EQ(g.args[1].element_shape, std::vector<uint32_t>{3});
  EXPECT_EQ(g.args[2].element_shape, (std::vector<uint32_t>{2, 2}));
  EXPECT_EQ(g.args[3].rank, 2u);  // the file's value is uninitialised memory
  EXPECT_EQ(g.args[4].kind, ParamKind::storage_texture);
  EXPECT_EQ(g.dispatches.at(0).args, (std::vector<uint32_t>{0, 1, 2, 3, 4}));
}

TEST(Graphs, OneValueMayFeedSeveralPositions) {
  ModuleDesc module = kernels();
  json g = graph();
  json& dispatches = g[0]["value"]["dispatches"];
  dispatches.push_back(dispatches[0]);
  dispatches[1]["symbolic_args"][4]["name"] = "s";  // an image that is read first and written then
  const Status status = read(g, module);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(module.graphs[0].args.size(), 5u);
  EXPECT_EQ(module.graphs[0].dispatches[1].args, (std::vector<uint32_t>{0, 1, 2, 3, 3}));
}

TEST(Graphs, EmptyAndDuplicateGraphs) {
  ModuleDesc module = kernels();
  EXPECT_TRUE(read(json::array(), module).ok());
  json g = graph();
  g.push_back({{"key", "g"}, {"value", {{"dispatches", json::array()}}}});
  g.push_back({{"key", "nothing"}, {"value", {{"dispatches", json::array()}}}});
  ASSERT_TRUE(read(g, module).ok());
  ASSERT_EQ(module.graphs.size(), 2u);
  EXPECT_EQ(module.graphs[0].dispatches.size(), 1u);
  EXPECT_EQ(module.graphs[1].name, "nothing");
}

TEST(Graphs, EveryFaultIsCorrupted) {
  const std::string dispatch = "/0/value/dispatches/0";
  const std::string args = dispatch + "/symbolic_args";
  const std::vector<std::pair<std::string, json>> faults = {
      {"", 5},
      {"", json::object()},
      {"/0", 5},
      {"/0/key", 5},
      {"/0/value", 5},
      {"/0/value", nullptr},
      {"/0/value/dispatches", 5},
      {dispatch, "k"},
      {dispatch + "/kernel_name", "other"},
      {dispatch + "/kernel_name", 3},
      {args, json::array()},
      {args, 7},
      {args + "/0", 7},
      {args + "/0/tag", 5},
      {args + "/0/tag", 1},
      {args + "/0/tag", 99},
      {args + "/0/dtype_id", 1},
      {args + "/0/dtype_id", 12},
      {args + "/0/dtype_id", "f32"},
      {args + "/0/name", 1},
      {args + "/0/name", "x"},
      {args + "/1/field_dim", 3},
      {args + "/1/field_dim", 99},
      {args + "/1/element_shape", {4}},
      {args + "/1/element_shape", {0}},
      {args + "/1/element_shape", {1 << 30, 1 << 30}},
      {args + "/1/element_shape", std::vector<int>(40, 1)},
      {args + "/2/element_shape", {2, 3}},
      {args + "/3/tag", 4},
  };
  for (const auto& [pointer, value] : faults) {
    ModuleDesc module = kernels();
    json g = graph();
    g[json::json_pointer(pointer)] = value;
    const Status status = read(g, module);
    EXPECT_EQ(status.code(), Code::corrupted_data) << pointer << " = " << value;
    EXPECT_NE(status.message().find("graphs.json"), std::string::npos) << status.message();
  }
}

TEST(Graphs, EveryAssetGraphMatchesItsKernels) {
  for (const char* name : {"graphs", "mpm88"}) {
    const ModuleDesc module = asset(name);
    EXPECT_FALSE(module.graphs.empty()) << name;
    for (const GraphDesc& g : module.graphs) EXPECT_FALSE(g.name.empty());
  }
}

}  // namespace ist::test
