// `isthmus inspect` and `isthmus diff`: facts of committed modules, which need no device.
#include "isthmus/diff/compare.h"
#include "program.h"

namespace {

using namespace tests;

// No driver at all: neither verb may need one.
const char* const kNoDriver = "VK_ICD_FILENAMES=/no/such/file VK_DRIVER_FILES=/no/such/file";

Json inspected(const std::string& arguments) {
  const ChildEnd end = isthmus("inspect --json " + arguments, kNoDriver);
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.err, "");
  return parsed(end);
}

Json named(const Json& list, const std::string& name) {
  for (const Json& item : list)
    if (item["name"] == name) return item;
  ADD_FAILURE() << "nothing is called " << name;
  return {};
}

TEST(Inspect, TellsWhatAModuleIs) {
  const Json json = inspected(module("mpm88.tcm"));
  EXPECT_EQ(json["path"], module("mpm88.tcm"));
  EXPECT_EQ(json["file_bytes"], std::filesystem::file_size(module("mpm88.tcm")));
  EXPECT_EQ(json["taichi_version"], "1.7.4");
  EXPECT_EQ(json["code"], "SPIR-V");
  EXPECT_EQ(json["archs"], Json({"vulkan", "opengl", "gles"}));
  EXPECT_EQ(json["kernels"].size(), 9u);
  EXPECT_EQ(json["graphs"].size(), 1u);
  EXPECT_EQ(json["root_bytes"], 0);
  EXPECT_EQ(json["uses_addresses"], false);
  EXPECT_EQ(json["needs"]["workgroup"], 128);
  EXPECT_EQ(named(json["capabilities"], "spirv_version")["level"], 0x10300);
}

TEST(Inspect, TellsKernelsAndTheirArguments) {
  const Json kernel = inspected(module("mpm88.tcm") + " --kernel init");
  EXPECT_EQ(kernel["signature"],
            "init(seed: i32, x: vec2<f32>[:] write, v: vec2<f32>[:] write, C: mat2x2<f32>[:] write, "
            "F: mat2x2<f32>[:] write, J: f32[:] write, material: i32[:] write)");
  EXPECT_EQ(kernel["args_bytes"], 208);
  const Json& c = kernel["parameters"][3];
  EXPECT_EQ(c["name"], "C");
  EXPECT_EQ(c["kind"], "ndarray");
  EXPECT_EQ(c["data_type"], "f32");
  EXPECT_EQ(c["rank"], 1);
  EXPECT_EQ(c["element_shape"], Json({2, 2}));
  EXPECT_EQ(c["element_bytes"], 16);
  EXPECT_EQ(c["offset_bytes"], 80);
  EXPECT_EQ(c["access"], "write");
  ASSERT_EQ(kernel["tasks"].size(), 1u);
  const Json& task = kernel["tasks"][0];
  EXPECT_EQ(task["workgroup"], 128);
  EXPECT_EQ(task["invocations"]["known"], "from arguments");
  ASSERT_EQ(task["bindings"].size(), 7u);
  EXPECT_EQ(task["bindings"][1], Json({{"binding", 2}, {"kind", "ndarray"}, {"parameter", "x"}, {"access", "write"}}));
}

TEST(Inspect, TellsResultsImagesFieldsAndNeeds) {
  const Json structure = inspected(module("returns") + " --kernel give_struct");
  ASSERT_EQ(structure["results"].size(), 3u);
  EXPECT_EQ(structure["results"][1]["name"], "ret_0.place");
  EXPECT_EQ(structure["results"][1]["shape"], Json({3}));
  const Json paint = inspected(module("fractal") + " --kernel paint");
  EXPECT_EQ(paint["parameters"][0]["type"], "image2d<rgba8>");
  EXPECT_EQ(paint["parameters"][0]["access"], "write");
  EXPECT_EQ(paint["tasks"].size(), 2u);
  EXPECT_EQ(paint["tasks"][0]["invocations"]["known"], "serial");
  EXPECT_GT(inspected(module("fields.tcm"))["root_bytes"], 0);
  EXPECT_EQ(inspected(module("types_i64.tcm"))["needs"]["features"], Json({"shaderInt64"}));
  EXPECT_EQ(inspected(module("ndarrays_address.tcm"))["uses_addresses"], true);
}

TEST(Inspect, TellsGraphs) {
  const Json graph = named(inspected(module("graphs.tcm"))["graphs"], "twice");
  EXPECT_EQ(graph["signature"], "twice(a: i32[:] read, out: i32[:] write)");
  ASSERT_EQ(graph["nodes"].size(), 1u);
  EXPECT_EQ(graph["nodes"][0]["arguments"], Json({"a", "a", "out"}));
}

TEST(Inspect, PrintsForPeople) {
  const ChildEnd end = isthmus("inspect " + module("fractal"), kNoDriver);
  EXPECT_EQ(end.exit_code, 0);
  const std::string expected =
      module("fractal") +
      "\n"
      "  made by       Taichi 1.7.4\n"
      "  code          SPIR-V for vulkan, opengl, gles\n"
      "  size          24.0 KiB on disk; 16.8 KiB of code in 4 binaries\n"
      "  capabilities  spirv_version 1.3\n"
      "  needs         SPIR-V 1.3, workgroups of 128\n"
      "  arrays        by binding\n"
      "  fields        none\n"
      "\n"
      "Kernels (2)\n"
      "\n"
      "  paint(image: image2d<rgba8> write, width: i32, height: i32, c_re: f32, c_im: f32, "
      "zoom: f32, limit: i32)\n"
      "    64 bytes of arguments, 9.3 KiB of code\n"
      "    task 0  serial                        groups of 1    1.8 KiB  binds args, global_tmps\n"
      "    task 1  as many as the arguments say  groups of 128  7.5 KiB  binds args, "
      "global_tmps, image\n"
      "\n"
      "  count(image: image2d<r32f> write, width: i32, height: i32, c_re: f32, c_im: f32, "
      "zoom: f32, limit: i32)\n"
      "    64 bytes of arguments, 7.5 KiB of code\n"
      "    task 0  serial                        groups of 1    1.8 KiB  binds args, global_tmps\n"
      "    task 1  as many as the arguments say  groups of 128  5.7 KiB  binds args, "
      "global_tmps, image\n";
  EXPECT_EQ(end.out, expected);
}

TEST(Inspect, SaysWhatIsWrong) {
  const ChildEnd none = isthmus("inspect /no/such/module");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_NE(none.err.find("/no/such/module"), std::string::npos) << none.err;
  const ChildEnd kernel = isthmus("inspect " + module("fractal") + " --kernel draw");
  EXPECT_EQ(kernel.exit_code, 1);
  EXPECT_NE(kernel.err.find("no kernel 'draw'; its kernels are: paint, count."), std::string::npos) << kernel.err;
}

using InspectDamaged = InFolder;

TEST_F(InspectDamaged, NeverCrashes) {
  const auto whole = tool::read_whole_file(module("scalars.tcm"));
  ASSERT_TRUE(whole.ok());
  uint32_t state = 12345;
  const auto next = [&](size_t below) {
    state = state * 1664525 + 1013904223;
    return static_cast<size_t>(state >> 8) % below;
  };
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    tool::Bytes damaged = *whole;
    if (i % 3 == 0) damaged.resize(next(damaged.size()));
    for (int k = 0; k < 1 + i % 5 && !damaged.empty(); ++k) damaged[next(damaged.size())] = std::byte(next(256));
    write("damaged.tcm", damaged);
    const ChildEnd end = isthmus("inspect --json " + path("damaged.tcm"));
    ASSERT_EQ(end.how, ChildEnd::How::exited) << i << ": " << end.err;
    ASSERT_LE(end.exit_code, 1) << end.err;
    refused += end.exit_code;
  }
  EXPECT_GT(refused, 50);
}

TEST(Diff, OfTheSameIsNothing) {
  const ChildEnd end = isthmus("diff " + module("mpm88.tcm") + " " + module("mpm88.tcm"), kNoDriver);
  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  EXPECT_EQ(end.out, "");
  const Json json = parsed(isthmus("diff --json " + module("fractal") + " " + module("fractal"), kNoDriver));
  EXPECT_EQ(json["same"], true);
  EXPECT_TRUE(json["differences"].empty());
}

TEST(Diff, NamesWhatDiffers) {
  const ChildEnd end = isthmus("diff --json " + module("atomics.tcm") + " " + module("atomics_native.tcm"), kNoDriver);
  EXPECT_EQ(end.exit_code, 1);
  const Json json = parsed(end);
  EXPECT_EQ(json["same"], false);
  bool feature = false, code = false, kernel_gone = false;
  for (const Json& difference : json["differences"]) {
    const std::string where = difference["where"];
    feature |= where == "needs.features" && difference["a"].is_null();
    code |= where.ends_with(".code_hash");
    kernel_gone |= where.starts_with("kernels.") && where.find('.', 8) == std::string::npos;
  }
  EXPECT_TRUE(feature);
  EXPECT_TRUE(code);
  EXPECT_FALSE(kernel_gone) << "both are made of the same source";
}

TEST(Diff, NamesKernelsThatOnlyOneHas) {
  const ChildEnd end = isthmus("diff " + module("fractal") + " " + module("edge"), kNoDriver);
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_NE(end.out.find("kernels.paint\n  - paint(image: image2d<rgba8> write"), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("kernels.read\n  + read("), std::string::npos) << end.out;
}

// A module of the same content with `from` as `to`, in names of files, too.
class Changed : public InFolder {
 protected:
  void change(const std::string& name, const std::string& from, const std::string& to) const {
    namespace fs = std::filesystem;
    fs::create_directory(path(name));
    for (const auto& entry : fs::directory_iterator(module(name))) {
      auto bytes = tool::read_whole_file(entry.path().string());
      ASSERT_TRUE(bytes.ok());
      const std::string file = entry.path().filename().string();
      const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      write(name + "/" + replaced(file, from, to), bytes_of(file.ends_with(".spv") ? text : replaced(text, from, to)));
    }
  }

 private:
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
    return text;
  }
};

TEST_F(Changed, NumbersOfTheCompilerAreNoDifference) {
  change("fractal", "_c80_0", "_c7_0");
  const ChildEnd end = isthmus("diff " + module("fractal") + " " + path("fractal"), kNoDriver);
  EXPECT_EQ(end.exit_code, 0) << end.out << end.err;
  EXPECT_EQ(end.out, "");
}

TEST_F(Changed, AdvisedInvocationsAreADifference) {
  change("fractal", "131072", "65536");
  const ChildEnd end = isthmus("diff " + module("fractal") + " " + path("fractal"), kNoDriver);
  EXPECT_EQ(end.exit_code, 1) << end.err;
  EXPECT_NE(end.out.find("kernels.paint.tasks[1].invocations.advised\n  - 131072\n  + 65536\n"), std::string::npos)
      << end.out;
}

TEST_F(Changed, NamesMakeNoLinesAndNoColours) {
  change("fractal", "\"limit\"", "\"li\\n  fake\\u001b[31m\\u009b31m\\u202emit\"");
  const std::string name = "li?  fake?[31m?31m?mit";
  for (const std::string verb : {"inspect ", "inspect --kernel paint "}) {
    const ChildEnd end = isthmus(verb + path("fractal"), kNoDriver);
    EXPECT_EQ(end.exit_code, 0) << end.err;
    EXPECT_NE(end.out.find(name), std::string::npos) << end.out;
    EXPECT_EQ(end.out.find("\n  fake"), std::string::npos) << end.out;
    EXPECT_EQ(end.out.find_first_of("\033\x9b"), std::string::npos) << end.out;
  }
  const ChildEnd diff = isthmus("diff " + module("fractal") + " " + path("fractal"), kNoDriver);
  EXPECT_NE(diff.out.find(name), std::string::npos) << diff.out;
  EXPECT_EQ(diff.out.find("\n  fake"), std::string::npos) << diff.out;
}

Json made_of(const std::vector<std::pair<std::string, int>>& kernels, const std::vector<std::string>& nodes) {
  Json module = {{"kernels", Json::array()}, {"graphs", Json::array()}};
  for (const auto& [name, bytes] : kernels)
    module["kernels"].push_back({{"name", name},
                                 {"signature", name + "(a: i32)"},
                                 {"args_bytes", bytes},
                                 {"tasks", Json::array({{{"name", name + "_0_t00"}}})}});
  Json list = Json::array();
  for (const std::string& node : nodes) list.push_back({{"kernel", node}});
  module["graphs"].push_back({{"name", "chain"}, {"nodes", std::move(list)}});
  return module;
}

TEST(Diff, ComparesNumberedKernelsInOrder) {
  const Json a =
      made_of({{"step_c100_0", 2}, {"step_c90_0", 1}, {"step", 9}, {"f_c1", 5}}, {"step_c90_0", "step_c100_0"});
  const Json b = made_of({{"step_c7_0", 1}, {"step_c9_0", 2}, {"step", 9}, {"f_c1", 5}}, {"step_c7_0", "step_c9_0"});
  EXPECT_TRUE(tool::compare(a, b).empty());
  const Json other =
      made_of({{"step_c7_0", 1}, {"step_c9_0", 3}, {"step", 9}, {"f_c2", 5}}, {"step_c9_0", "step_c9_0"});
  std::vector<std::string> where;
  for (const tool::Difference& difference : tool::compare(a, other)) where.push_back(difference.where);
  EXPECT_EQ(where, (std::vector<std::string>{"kernels.step#2.args_bytes", "kernels.f_c1", "kernels.f_c2",
                                             "graphs.chain.nodes[0].kernel"}));
}

TEST(Diff, TroubleIsTwo) {
  const ChildEnd end = isthmus("diff " + module("fractal") + " /no/such/module", kNoDriver);
  EXPECT_EQ(end.exit_code, 2);
  EXPECT_NE(end.err.find("/no/such/module"), std::string::npos);
}

}  // namespace
