// metadata.json: layouts of the arguments, and every member that can be wrong.
#include "aot/metadata.h"

#include <gtest/gtest.h>

#include "desc_invariants.h"
#include "module_files.h"

namespace ist::test {

using nlohmann::json;
using namespace aot;

namespace {

json primitive(int type) { return {{"type_kind", 0}, {"content", {{"type", type}}}}; }

json pointer() {
  return {{"type_kind", 1}, {"content", {{"pointee_", primitive(5)}, {"addr_space_", 0}, {"is_bit_pointer_", false}}}};
}

struct Element {
  std::string name;
  int offset;
  json type;
};

json structure(const std::vector<Element>& elements, const std::string& layout = "1-") {
  json list = json::array();
  for (const Element& e : elements) list.push_back({{"name", e.name}, {"offset", e.offset}, {"type", e.type}});
  return {{"type_kind", 3}, {"content", {{"elements_", list}, {"layout_", layout}}}};
}

json scalars(const std::vector<int>& types) {
  std::vector<Element> elements;
  for (size_t i = 0; i < types.size(); ++i)
    elements.push_back({"m_" + std::to_string(i), int(4 * i), primitive(types[i])});
  return structure(elements);
}

json ndarray(size_t dims) {
  const int data = static_cast<int>((4 * dims + 15) / 16 * 16);
  return structure({{"shape", 0, scalars(std::vector<int>(dims, 5))}, {"data_ptr", data, pointer()}});
}

json attribute(int index, const std::string& name, int ptype, int dtype, int dims = 0,
               json element_shape = json::array()) {
  return {
      {"key", {index}},
      {"value",
       {{"name", name}, {"ptype", ptype}, {"dtype", dtype}, {"field_dim", dims}, {"element_shape", element_shape}}}};
}

json one_kernel(const json& args_type, int args_bytes, const json& attributes) {
  return {{"kernels",
           {{{"name", "run"},
             {"tasks_attribs", json::array()},
             {"ctx_attribs",
              {{"args_type_", args_type}, {"args_bytes_", args_bytes}, {"arg_attribs_vec_", attributes}}}}}}};
}

Result<KernelDesc> read_kernel(const json& metadata) {
  ModuleDesc module;
  const std::string text = metadata.dump();
  IST_CHECK(read_metadata(bytes_of(text), module));
  return module.kernels.at(0);
}

std::vector<uint32_t> offsets(const Param& param) {
  std::vector<uint32_t> all;
  for (const Member& member : param.members) all.push_back(member.offset_bytes);
  return all;
}

using Offsets = std::vector<uint32_t>;

}  // namespace

// The worked examples are those of the format's description, section 3.6.
TEST(ArgsLayout, WorkedExampleA) {
  const auto kernel = read_kernel(
      one_kernel(structure({{"arg_0", 0, primitive(5)}, {"arg_1", 16, ndarray(1)}, {"arg_2", 48, scalars({5, 5, 5})}}),
                 64, {attribute(1, "_arr", 1, 5, 1), attribute(0, "base", 0, 5), attribute(2, "v", 0, 13)}));
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  ASSERT_EQ(kernel->params.size(), 3u);
  const auto& [base, arr, v] = std::tie(kernel->params[0], kernel->params[1], kernel->params[2]);
  EXPECT_EQ(kernel->args_bytes, 64u);
  EXPECT_EQ(base.name, "base");
  EXPECT_EQ(base.kind, ParamKind::scalar);
  EXPECT_EQ(offsets(base), Offsets{0});
  EXPECT_EQ(arr.name, "arr");
  EXPECT_EQ(arr.kind, ParamKind::ndarray);
  EXPECT_EQ(arr.type, DataType::i32);
  EXPECT_EQ(arr.rank, 1u);
  EXPECT_EQ(arr.element_bytes, 4u);
  EXPECT_EQ(arr.shape_offsets, Offsets{16});
  EXPECT_EQ(arr.data_ptr_offset, 32u);
  EXPECT_EQ(arr.access, 3);
  EXPECT_EQ(v.kind, ParamKind::tensor);
  EXPECT_EQ(v.offset_bytes, 48u);
  EXPECT_EQ(offsets(v), (Offsets{48, 52, 56}));
}

TEST(ArgsLayout, WorkedExampleB) {
  const auto kernel = read_kernel(one_kernel(structure({{"arg_0", 0, scalars({5, 5, 5})},
                                                        {"arg_1", 16, scalars({5, 5, 5, 5})},
                                                        {"arg_2", 32, ndarray(1)},
                                                        {"arg_3", 64, ndarray(1)}}),
                                             96,
                                             {attribute(0, "vec", 0, 13), attribute(1, "mat", 0, 13),
                                              attribute(2, "_vec_arr", 1, 5, 1), attribute(3, "_mat_arr", 1, 5, 1)}));
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  EXPECT_EQ(offsets(kernel->params[0]), (Offsets{0, 4, 8}));
  EXPECT_EQ(offsets(kernel->params[1]), (Offsets{16, 20, 24, 28}));
  EXPECT_EQ(kernel->params[2].shape_offsets, Offsets{32});
  EXPECT_EQ(kernel->params[3].shape_offsets, Offsets{64});
}

TEST(ArgsLayout, WorkedExampleC) {
  const std::vector<int> types = {3, 8, 4, 9, 0, 5, 10, 1, 6, 11, 2, 7, 3};
  const std::vector<int> expected = {0, 1, 2, 4, 6, 8, 12, 16, 24, 32, 40, 48, 52};
  std::vector<Element> elements;
  json attributes = json::array();
  for (size_t i = 0; i < types.size(); ++i) {
    elements.push_back({"arg_" + std::to_string(i), expected[i], primitive(types[i])});
    attributes.push_back(attribute(static_cast<int>(i), "a", 0, types[i]));
  }
  elements.push_back({"arg_13", 64, ndarray(1)});
  attributes.push_back(attribute(13, "_arr", 1, 2, 1));
  const auto kernel = read_kernel(one_kernel(structure(elements), 96, attributes));
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  for (size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(static_cast<int>(kernel->params[i].members[0].offset_bytes), expected[i]);
    EXPECT_EQ(static_cast<int>(kernel->params[i].type), types[i]);
  }
  EXPECT_EQ(args_size_bytes(DataType::u1), 4u);
  EXPECT_EQ(kernel->params[13].shape_offsets, Offsets{64});
  EXPECT_EQ(kernel->params[13].element_bytes, 8u);
}

TEST(ArgsLayout, RanksAndElementShapes) {
  const auto kernel = read_kernel(one_kernel(
      structure(
          {{"arg_0", 0, ndarray(1)}, {"arg_1", 32, ndarray(4)}, {"arg_2", 64, ndarray(5)}, {"arg_3", 112, ndarray(8)}}),
      160,
      {attribute(0, "_a", 1, 1, 0), attribute(1, "_b", 1, 0, 4, {3}), attribute(2, "_c", 1, 2, 5, {2, 3}),
       attribute(3, "_d", 1, 3, 8)}));
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  EXPECT_EQ(kernel->params[0].rank, 0u);
  EXPECT_EQ(kernel->params[0].shape_offsets, Offsets{0});  // one placeholder
  EXPECT_EQ(kernel->params[1].element_bytes, 6u);
  EXPECT_EQ(kernel->params[1].data_ptr_offset, 48u);
  EXPECT_EQ(kernel->params[2].element_bytes, 48u);
  EXPECT_EQ(kernel->params[2].data_ptr_offset, 96u);
  EXPECT_EQ(kernel->params[3].shape_offsets.size(), 8u);
}

TEST(Returns, OffsetsAndShapes) {
  const json vec2 = {{"type_kind", 2}, {"content", {{"shape_", {2, 1}}, {"element_", primitive(1)}}}};
  json metadata = one_kernel(structure({}), 0, json::array());
  json& context = metadata["kernels"][0]["ctx_attribs"];
  context["rets_bytes_"] = 30;
  context["rets_type_"] = structure({{"ret_0", 0, primitive(3)},
                                     {"ret_1", 8, primitive(2)},
                                     {"ret_2", 16, vec2},
                                     {"ret_3", 24, primitive(7)},
                                     {"ret_4", 28, primitive(4)}},
                                    "4-");
  const auto kernel = read_kernel(metadata);
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  ASSERT_EQ(kernel->returns.size(), 5u);
  EXPECT_EQ(kernel->returns[2].shape, Offsets{2});
  EXPECT_EQ(kernel->returns[2].members.size(), 2u);
  EXPECT_EQ(kernel->returns[2].members[1].offset_bytes, 20u);
  EXPECT_EQ(kernel->returns[4].members[0].offset_bytes, 28u);
  context["rets_bytes_"] = 29;
  EXPECT_FALSE(read_kernel(metadata).ok());
}

TEST(Metadata, ArgpackKernelsAreAccepted) {
  const json pack = structure({{"data_ptr", 0, pointer()}});
  json argument = attribute(0, "p", 5, 13);
  argument["value"]["is_argpack"] = true;
  json inner = attribute(0, "x", 0, 5);
  inner["key"] = {0, 1};
  const auto kernel = read_kernel(one_kernel(structure({{"arg_0", 0, pack}}), 16, {inner, argument}));
  ASSERT_TRUE(kernel.ok()) << kernel.status().message();
  EXPECT_EQ(kernel->params[0].kind, ParamKind::argpack);
}

TEST(Metadata, UnknownMembersOrderAndAbsenceAreNoMatter) {
  Files files = asset_files("mpm88");
  files = edited(files, "metadata.json", [](json& j) {
    j.erase("fields");
    j["novelty"] = {{"deep", {1, 2, 3}}};
    j["required_caps"].push_back({{"key", "spirv_has_telepathy"}, {"value", 1}});
    std::reverse(j["kernels"].begin(), j["kernels"].end());
    for (json& kernel : j["kernels"])
      kernel["ctx_attribs"]["arg_attribs_vec_"].push_back(kernel["ctx_attribs"]["arg_attribs_vec_"].empty()
                                                              ? json{{"key", {0, 0}}}
                                                              : kernel["ctx_attribs"]["arg_attribs_vec_"][0]);
  });
  EXPECT_TRUE(read(files).ok());
  ModuleDesc module;
  EXPECT_TRUE(read_metadata(bytes_of(" { \"kernels\" : [ ] } "), module).ok());
  EXPECT_FALSE(read_metadata(bytes_of("{}"), module).ok());
}

TEST(Metadata, TheFirstOfEqualNamesWins) {
  const Files files = edited(asset_files("fractal"), "metadata.json", [](json& j) {
    json copy = j["kernels"][0];
    copy["tasks_attribs"] = json::array();
    j["kernels"].push_back(copy);
  });
  const auto module = read(files);
  ASSERT_TRUE(module.ok()) << module.status().message();
  EXPECT_EQ(module->kernels.size(), 2u);
  for (const KernelDesc& kernel : module->kernels) EXPECT_FALSE(kernel.tasks.empty());
}

struct Fault {
  const char* pointer;  // into metadata.json of `bounds`, first kernel by name by_scalars
  json value;
  const char* said;  // part of the message
  Code code = Code::corrupted_data;
};

TEST(Metadata, EveryFaultIsNamed) {
  const std::string task = "/kernels/0/tasks_attribs/1";
  const std::string context = "/kernels/0/ctx_attribs";
  const Files files = edited(asset_files("bounds"), "metadata.json", [](json& j) {
    json first;
    for (const json& kernel : j["kernels"]) {
      if (kernel["name"] == "by_scalars") first = kernel;
    }
    j["kernels"] = json::array({first});
  });
  ASSERT_TRUE(read(files).ok());
  const json huge = json::parse("123456789012345678901234567890");
  const std::vector<std::pair<std::string, Fault>> faults = {
      {"/kernels", {"", 5, "kernels (5) is not a list"}},
      {"/kernels/0", {"", 5, "kernels[0] (5) is not an object"}},
      {"/kernels/0/name", {"", 5, "kernels[0].name (5) is not a string"}},
      {"/kernels/0/name", {"", std::string("a\0b", 3), "has a zero in it"}},
      {"/kernels/0/tasks_attribs", {"", "x", "tasks_attribs (\"x\") is not a list"}},
      {"/root_buffer_size", {"", -1, "root_buffer_size (-1) is outside"}},
      {"/root_buffer_size", {"", 1.5, "is not an integer"}},
      {"/root_buffer_size", {"", huge, "is not an integer"}},
      {"/root_buffer_size", {"", INT64_MAX, "is outside"}},
      {"/required_caps", {"", 1, "required_caps (1) is not a list"}},
      {"/required_caps/0/value", {"", "x", "is not an integer"}},
      {task + "/name", {"", "../../etc/passwd", "no file name"}},
      {task + "/name", {"", "a/b", "no file name"}},
      {task + "/name", {"", "", "no file name"}},
      {task + "/name", {"", std::string("a\0b", 3), "has a zero in it"}},
      {task + "/name", {"", "elsewhere", "elsewhere.spv"}},
      {task + "/task_type", {"", 2, "sparse", Code::incompatible_module}},
      {task + "/task_type", {"", 4, "sparse", Code::incompatible_module}},
      {task + "/task_type", {"", 9, "outside"}},
      {task + "/task_type", {"", "range", "is not an integer"}},
      {task + "/advisory_num_threads_per_group", {"", 0, "outside"}},
      {task + "/advisory_num_threads_per_group", {"", 64, "workgroups"}},
      {task + "/advisory_total_num_threads", {"", true, "is not an integer"}},
      {task + "/range_for_attribs", {"", 3, "is not an object"}},
      {task + "/range_for_attribs/begin", {"", INT64_MIN, "outside"}},
      {task + "/range_for_attribs/const_end", {"", 1, "is not true or false"}},
      {task + "/buffer_binds/0/binding", {"", -2, "outside"}},
      {task + "/buffer_binds/0/binding", {"", 65536, "outside"}},
      {task + "/buffer_binds/0/buffer", {"", nullptr, "has no buffer"}},
      {task + "/buffer_binds/0/buffer/type", {"", 7, "outside"}},
      {task + "/buffer_binds/0/buffer/type", {"", 4, "sparse", Code::incompatible_module}},
      {task + "/texture_binds", {"", {{{"arg_id", {0}}, {"binding", 9}, {"is_storage", true}}}, "rw texture"}},
      {task + "/texture_binds", {"", {{{"arg_id", {99}}, {"binding", 9}, {"is_storage", true}}}, "does not have"}},
      {context + "/args_bytes_", {"", 17, "args_bytes_"}},
      {context + "/args_bytes_", {"", 16, "args_bytes_"}},
      {context + "/args_bytes_", {"", 1 << 30, "outside"}},
      {context + "/args_type_/type_kind", {"", 8, "kind of type"}},
      {context + "/args_type_/type_kind", {"", 2, "without element_"}},
      {context + "/args_type_/content/layout_", {"", "none", "layouts"}},
      {context + "/args_type_/content/elements_/1/offset", {"", 8, "offset (8)"}},
      {context + "/args_type_/content/elements_/1/offset", {"", -4, "outside"}},
      {context + "/args_type_/content/elements_/0/type/content/type", {"", 12, "outside"}},
      {context + "/args_type_/content/elements_", {"", json::array(), "of a kernel with (0)"}},
      {context + "/arg_attribs_vec_", {"", json::array(), "describes no argument (0)"}},
      {context + "/arg_attribs_vec_/0/key", {"", {77}, "argument (77)"}},
      {context + "/arg_attribs_vec_/0/value/ptype", {"", 6, "outside"}},
      {context + "/arg_attribs_vec_/0/value/name", {"", 6, "is not a string"}},
      {context + "/arr_access/0/value", {"", "rw", nullptr}},
  };
  for (const auto& entry : faults) {
    // Names of their own: clang 14 lets no lambda capture a structured binding.
    const auto& pointer = entry.first;
    const Fault& fault = entry.second;
    const Files changed =
        edited(files, "metadata.json", [&](json& j) { j[json::json_pointer(pointer)] = fault.value; });
    const auto module = read(changed);
    if (!fault.said && module.ok()) continue;
    ASSERT_FALSE(module.ok()) << pointer << " = " << fault.value;
    EXPECT_EQ(module.status().code(), fault.code) << pointer << ": " << module.status().message();
    if (!fault.said) continue;
    EXPECT_NE(module.status().message().find(fault.said), std::string::npos)
        << pointer << " = " << fault.value << ": " << module.status().message();
  }
}

TEST(Metadata, BindingsThatContradictTheShaderAreRefused) {
  const Files files = asset_files("mpm88");
  int changed = 0;
  const json original = json::parse(files.at("metadata.json"));
  for (size_t k = 0; k < original["kernels"].size(); ++k) {
    for (size_t t = 0; t < original["kernels"][k]["tasks_attribs"].size(); ++t) {
      const json& binds = original["kernels"][k]["tasks_attribs"][t]["buffer_binds"];
      for (size_t b = 0; b < binds.size(); ++b) {
        const auto at = [&](json& j) -> json& { return j["kernels"][k]["tasks_attribs"][t]["buffer_binds"]; };
        EXPECT_FALSE(read(edited(files, "metadata.json", [&](json& j) { at(j).erase(b); })).ok());
        EXPECT_FALSE(read(edited(files, "metadata.json", [&](json& j) { at(j)[b]["binding"] = 40; })).ok());
        EXPECT_FALSE(read(edited(files, "metadata.json", [&](json& j) { at(j).push_back(at(j)[b]); })).ok());
        ++changed;
      }
    }
  }
  EXPECT_GT(changed, 10);
}

TEST(Metadata, TheSecondFieldTreeIsIncompatible) {
  const Files files = edited(asset_files("fields"), "metadata.json", [](json& j) {
    for (json& kernel : j["kernels"]) {
      for (json& task : kernel["tasks_attribs"]) {
        for (json& bind : task["buffer_binds"]) {
          if (bind["buffer"]["type"] == 0) bind["buffer"]["root_id"] = {1};
        }
      }
    }
  });
  const auto module = read(files);
  ASSERT_FALSE(module.ok());
  EXPECT_EQ(module.status().code(), Code::incompatible_module);
  EXPECT_NE(module.status().message().find("field tree (1)"), std::string::npos) << module.status().message();
}

TEST(Metadata, DeepOrBrokenJsonIsCorrupted) {
  ModuleDesc module;
  for (const std::string& text :
       {std::string(1000000, '['), std::string(100000, '{'), std::string("[[]"), std::string(),
        std::string("{\"kernels\":"), std::string("{\"a\":\"\\ud800\"}"), std::string("\xff\xfe{}"), std::string("nul"),
        std::string("{\"kernels\":[]} x"), std::string("1e999999"), std::string("[1]"), std::string("null"),
        std::string(1000, '"')}) {
    const Status status = read_metadata(bytes_of(text), module);
    EXPECT_EQ(status.code(), Code::corrupted_data) << text.substr(0, 40);
    EXPECT_NE(status.message().find("metadata.json"), std::string::npos) << status.message();
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_EQ(read_metadata(bytes_of(deep), module).code(), Code::corrupted_data);
}

}  // namespace ist::test
