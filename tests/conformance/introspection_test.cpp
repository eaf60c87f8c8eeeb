// What modules say of themselves: every kernel, graph, parameter and result of every committed module, against
// the Python sources in assets/kernels.
#include "conformance/lacks.h"
#include "support.h"

#include <ist/core.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace conformance {
namespace {

const char* const kTypes[] = {"f16", "f32", "f64", "i8", "i16", "i32", "i64", "u1", "u8", "u16", "u32", "u64"};
const std::vector<std::string> kScalarTypes = {"i8",  "u8",  "i16", "u16", "i32", "u32",
                                               "i64", "u64", "f16", "f32", "f64"};

std::string type_name(TiDataType type) {
  const auto index = static_cast<uint32_t>(type);
  return index < std::size(kTypes) ? kTypes[index] : "type" + std::to_string(index);
}

std::string format_name(TiFormat format) {
  static const std::map<uint32_t, std::string> kNames = {{0, "any"},
                                                         {TI_FORMAT_R8, "r8"},
                                                         {TI_FORMAT_RGBA8, "rgba8"},
                                                         {TI_FORMAT_R16F, "r16f"},
                                                         {TI_FORMAT_RGBA16F, "rgba16f"},
                                                         {TI_FORMAT_R32F, "r32f"},
                                                         {TI_FORMAT_RGBA32F, "rgba32f"}};
  const auto found = kNames.find(format);
  return found == kNames.end() ? "format" + std::to_string(format) : found->second;
}

std::string elements(const IstArgumentInfo& info) {
  if (info.elem_rank == 0) return "";
  std::ostringstream text;
  text << "(";
  for (uint32_t d = 0; d < info.elem_rank && d < 4; ++d) text << (d ? "," : "") << info.elem_shape[d];
  text << ")";
  return text.str();
}

// The whole of a description as one short word, e.g. "x:f32[1](3)rw"; what must be zero is checked here.
std::string word(const IstArgumentInfo& info) {
  static const char* const kAccess[] = {"-", "r", "w", "rw"};
  EXPECT_NE(info.name, nullptr);
  EXPECT_EQ(info.reserved, 0u);
  EXPECT_LE(info.access, 3u);
  for (uint32_t d = info.elem_rank; d < 4; ++d) EXPECT_EQ(info.elem_shape[d], 0u) << info.name;
  const std::string access = kAccess[info.access & 3];
  std::string text = std::string(info.name ? info.name : "?") + ":";
  if (info.type != TI_ARGUMENT_TYPE_NDARRAY) {
    EXPECT_EQ(info.rank, 0u) << info.name;
  }
  if (info.type != TI_ARGUMENT_TYPE_TEXTURE) {
    EXPECT_EQ(info.format, TI_FORMAT_UNKNOWN) << info.name;
    EXPECT_EQ(info.dimension, 0) << info.name;
  }
  switch (info.type) {
    case TI_ARGUMENT_TYPE_I32:
    case TI_ARGUMENT_TYPE_F32:
    case TI_ARGUMENT_TYPE_SCALAR: {
      // i32 and f32 have kinds of their own.
      const TiArgumentType kind = info.data_type == TI_DATA_TYPE_I32   ? TI_ARGUMENT_TYPE_I32
                                  : info.data_type == TI_DATA_TYPE_F32 ? TI_ARGUMENT_TYPE_F32
                                                                       : TI_ARGUMENT_TYPE_SCALAR;
      EXPECT_EQ(info.type, kind) << info.name;
      EXPECT_EQ(info.access, 1u) << info.name;
      return text + type_name(info.data_type) + elements(info);
    }
    case TI_ARGUMENT_TYPE_TENSOR:
      return text + type_name(info.data_type) + "tensor" + elements(info) + (info.access == 1 ? "" : access);
    case TI_ARGUMENT_TYPE_NDARRAY:
      return text + type_name(info.data_type) + "[" + std::to_string(info.rank) + "]" + elements(info) + access;
    case TI_ARGUMENT_TYPE_TEXTURE:
      return text + "texture" + std::to_string(info.dimension + 1) + "d." + format_name(info.format) + access;
    default:
      ADD_FAILURE() << info.name << " has type " << info.type;
      return text + "?";
  }
}

std::string words(const IstArgumentInfo* infos, uint32_t count) {
  std::ostringstream text;
  for (uint32_t i = 0; i < count; ++i) text << (i ? " " : "") << word(infos[i]);
  return text.str();
}

// Results have no names in Python; only their shapes are compared.
std::string results_of(const IstKernelInfo& info) {
  std::ostringstream text;
  for (uint32_t i = 0; i < info.result_count; ++i) {
    EXPECT_EQ(info.results[i].access, 2u);
    EXPECT_EQ(info.results[i].type, TI_ARGUMENT_TYPE_TENSOR);
    text << (i ? " " : " -> ") << type_name(info.results[i].data_type) << elements(info.results[i]);
  }
  return text.str();
}

// Without the number that the compiler puts behind the name of a kernel in a graph: "add_to_c86_0".
std::string plain_name(const char* name) { return std::regex_replace(name, std::regex("_c[0-9]+_0$"), ""); }

using Lines = std::vector<std::string>;

// What LLVM modules say instead: parameters of kernels are numbered, every array may be read and written, and there are
// neither textures nor templates. Names with a slash have a blank there.
Lines as_llvm(const Lines& lines, bool numbered) {
  static const std::regex access("\\](\\([0-9,]+\\))?(-|rw|r|w)(?=[ )]|$)"),
      next("([( ])(?!arg_)[a-zA-Z_][a-zA-Z_0-9]*:");
  Lines result;
  for (std::string line : lines) {
    if (line.find(":texture") != std::string::npos || line.starts_with("scaled|")) continue;
    if (const size_t slash = line.find('/'); slash != std::string::npos) line[slash] = ' ';
    line = std::regex_replace(line, access, "]$1rw");
    std::smatch match;
    for (int number = 0; numbered; ++number) {
      if (!std::regex_search(line, match, next)) break;
      line = match.prefix().str() + match[1].str() + "arg_" + std::to_string(number) + ":" + match.suffix().str();
    }
    result.push_back(line);
  }
  return result;
}

class IntrospectionTest : public ArchTest {
 protected:
  static IstModuleInfo info_of(TiAotModule module) {
    IstModuleInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_module_info(module, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }
  static IstKernelInfo info_of(TiKernel kernel) {
    IstKernelInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }
  static IstGraphInfo info_of(TiComputeGraph graph) {
    IstGraphInfo info{};
    info.size = sizeof(info);
    EXPECT_EQ(ist_graph_info(graph, &info), TI_ERROR_SUCCESS) << take_error().message;
    return info;
  }

  // One kernel, one handle; unless the device cannot run it. Which ones those are is a test of modules.
  template <class Handle>
  static void expect_handle(Handle by_name, Handle by_index) {
    if (by_name) {
      EXPECT_EQ(by_name, by_index);
    } else {
      expect_error({TI_ERROR_INCOMPATIBLE_MODULE});
    }
  }
  static IstKernelInfo info_of(const Module& module, const std::string& kernel) {
    for (uint32_t i = 0; i < info_of(module.handle()).kernel_count; ++i) {
      TiKernel handle = nullptr;
      EXPECT_EQ(ist_module_kernel(module.handle(), i, &handle), TI_ERROR_SUCCESS);
      if (info_of(handle).name == kernel) return info_of(handle);
    }
    ADD_FAILURE() << "no kernel " << kernel;
    return {};
  }

  // One line per kernel, sorted: the compiler writes them in no fixed order.
  static Lines kernels(const Module& module) {
    Lines lines;
    for (uint32_t i = 0; i < info_of(module.handle()).kernel_count; ++i) {
      TiKernel kernel = nullptr;
      EXPECT_EQ(ist_module_kernel(module.handle(), i, &kernel), TI_ERROR_SUCCESS);
      const IstKernelInfo info = info_of(kernel);
      EXPECT_EQ(info.launches, 0u);
      EXPECT_EQ(info.gpu_ns_last, 0u);
      EXPECT_EQ(info.gpu_ns_total, 0u);
      expect_handle(ti_get_aot_module_kernel(module.handle(), info.name), kernel);
      std::ostringstream line;
      line << plain_name(info.name) << "(" << words(info.arguments, info.argument_count) << ")" << results_of(info);
      lines.push_back(line.str());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  static Lines graphs(const Module& module) {
    Lines lines;
    for (uint32_t i = 0; i < info_of(module.handle()).graph_count; ++i) {
      TiComputeGraph graph = nullptr;
      EXPECT_EQ(ist_module_graph(module.handle(), i, &graph), TI_ERROR_SUCCESS);
      const IstGraphInfo info = info_of(graph);
      EXPECT_EQ(info.reserved, 0u);
      expect_handle(ti_get_aot_module_compute_graph(module.handle(), info.name), graph);
      // Arguments of a graph have names, not places.
      Lines arguments;
      for (uint32_t k = 0; k < info.argument_count; ++k) arguments.push_back(word(info.arguments[k]));
      std::sort(arguments.begin(), arguments.end());
      std::string line = std::string(info.name) + " x" + std::to_string(info.node_count) + ":";
      for (const std::string& argument : arguments) line += " " + argument;
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  void expect(const std::string& name, Lines expected_kernels, Lines expected_graphs = {}) {
    if (refused(name) || absent(name)) return;
    Module module(runtime(), name);
    ASSERT_NE(module.handle(), nullptr);
    if (is_llvm(arch())) {
      expected_kernels = as_llvm(expected_kernels, true);
      expected_graphs = as_llvm(expected_graphs, false);
    }
    std::sort(expected_kernels.begin(), expected_kernels.end());
    std::sort(expected_graphs.begin(), expected_graphs.end());
    EXPECT_EQ(kernels(module), expected_kernels) << name;
    EXPECT_EQ(graphs(module), expected_graphs) << name;
    EXPECT_STREQ(info_of(module.handle()).taichi_version, "1.7.4") << name;
  }
};
IST_CONFORMANCE_SUITE(IntrospectionTest);

// The SPIR-V version and the device features that assets/build.py compiles a module for.
Lines capabilities(const IstModuleInfo& info) {
  static const std::map<uint32_t, std::string> kNames = {{TI_CAPABILITY_SPIRV_HAS_INT8, "int8"},
                                                         {TI_CAPABILITY_SPIRV_HAS_INT16, "int16"},
                                                         {TI_CAPABILITY_SPIRV_HAS_INT64, "int64"},
                                                         {TI_CAPABILITY_SPIRV_HAS_FLOAT16, "float16"},
                                                         {TI_CAPABILITY_SPIRV_HAS_FLOAT64, "float64"},
                                                         {TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT_ADD, "atomic_float_add"},
                                                         {TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER, "address"},
                                                         {TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BASIC, "subgroup"},
                                                         {TI_CAPABILITY_SPIRV_HAS_SUBGROUP_ARITHMETIC, "arithmetic"}};
  Lines names;
  bool has_version = false;
  for (uint32_t i = 0; i < info.capability_count; ++i) {
    const TiCapabilityLevelInfo& entry = info.capabilities[i];
    if (entry.capability == TI_CAPABILITY_SPIRV_VERSION) {
      EXPECT_EQ(entry.level, 0x10300u);
      has_version = true;
      continue;
    }
    EXPECT_EQ(entry.level, 1u);
    const auto found = kNames.find(entry.capability);
    names.push_back(found == kNames.end() ? std::to_string(entry.capability) : found->second);
  }
  EXPECT_TRUE(has_version);
  std::sort(names.begin(), names.end());
  return names;
}

// Lines with $ replaced by every scalar type.
void add_typed(Lines& lines, std::initializer_list<const char*> patterns) {
  for (const std::string& type : kScalarTypes) {
    for (std::string line : patterns) {
      for (size_t at; (at = line.find('$')) != std::string::npos;) line.replace(at, 1, type);
      lines.push_back(line);
    }
  }
}

TEST_P(IntrospectionTest, Atomics) {
  for (const char* name : {"atomics", "atomics_native"}) {
    expect(name, {"add_floats(values:f32[1]r bins:f32[1]rw)", "histogram(values:i32[1]r bins:i32[1]rw)",
                  "extremes(values:i32[1]r out:i32[1]rw)", "float_extremes(values:f32[1]r out:f32[1]rw)",
                  "tickets(taken:i32[1]rw out:i32[1]w)"});
  }
}

TEST_P(IntrospectionTest, Bounds) {
  expect("bounds",
         {"by_scalars(begin:i32 end:i32 out:i32[1]w hits:i32[1]rw)",
          "by_scalars_unmarked(begin:i32 end:i32 hits:i32[1]rw)", "by_shape(out:i32[1]w hits:i32[1]rw)",
          "by_shape_expression(out:i32[1]w hits:i32[1]rw)", "by_ndrange(out:i32[2]w hits:i32[1]rw)",
          "by_ndrange_scalars(nx:i32 ny:i32 hits:i32[1]rw)", "by_half_shape(out:i32[1]w hits:i32[1]rw)",
          "set_limit(value:i32)", "by_field(out:i32[1]w hits:i32[1]rw)",
          "by_array_value(bound:i32[1]r out:i32[1]w hits:i32[1]rw)", "by_vector(box:i32tensor(2) hits:i32[1]rw)",
          "constant(out:i32[1]w hits:i32[1]rw)", "constant_negative(hits:i32[1]rw)", "constant_empty(hits:i32[1]rw)",
          "constant_huge(out:u8[1]w)", "three_loops(n:i32 m:i32 out:i32[1]rw)", "small_block(n:i32 out:i32[1]w)",
          "while_bound(n:i32 hits:i32[1]rw)"});
}

TEST_P(IntrospectionTest, Edge) {
  expect("edge", {"nothing()", "nothing_of(a:f32[1]-)", "a name/with, odd|characters.spv(a:i32[1]w)", "read(a:i32[1]w)",
                  "scaled|factor=2,(base:i32)", "scaled|factor=3,(base:i32)"});
}

TEST_P(IntrospectionTest, Fields) {
  expect("fields", {"fill(base:i32)", "scale(factor:i32)", "sum_line()", "read_line(out:i32[1]w)",
                    "read_plane(out:f32[2]w)", "read_block(out:f32[3](3)w)", "read_total(out:i32[0]w)"});
  expect("fields_other", {"fill(base:i32)", "read(out:i32[2]w)"});
}

TEST_P(IntrospectionTest, Fluid) {
  Lines kernels = {"rest(velocity:f32[2](2)w dye:f32[2](3)w)",
                   "find_curl(velocity:f32[2](2)r curl:f32[2]w)",
                   "move(velocity:f32[2](2)r curl:f32[2]r moved:f32[2](2)w dt:f32 swirl:f32 tip:f32tensor(2) "
                   "push:f32tensor(2) radius:f32 force:f32)",
                   "find_divergence(velocity:f32[2](2)r divergence:f32[2]w)",
                   "guess(divergence:f32[2]r pressure:f32[2]w)",
                   "relax_red(divergence:f32[2]r pressure:f32[2]rw)",
                   "relax_black(divergence:f32[2]r pressure:f32[2]rw)",
                   "coarsen(divergence:f32[2]r pressure:f32[2]r coarse:f32[2]w)",
                   "refine(coarse:f32[2]r pressure:f32[2]rw)",
                   "project(moved:f32[2](2)r pressure:f32[2]r velocity:f32[2](2)w)",
                   "carry(velocity:f32[2](2)r dye:f32[2](3)r carried:f32[2](3)w dt:f32 keep:f32 tip:f32tensor(2) "
                   "push:f32tensor(2) radius:f32 colour:f32tensor(3))",
                   "paint(dye:f32[2](3)r picture:texture2d.rgba8w)"};
  expect("fluid", kernels,
         {"frame x40: carried:f32[2](3)rw colour:f32tensor(3) curl:f32[2]rw divergence_0:f32[2]rw "
          "divergence_1:f32[2]rw divergence_2:f32[2]rw divergence_3:f32[2]rw divergence_4:f32[2]rw "
          "divergence_5:f32[2]rw dt:f32 dye:f32[2](3)r force:f32 keep:f32 moved:f32[2](2)rw picture:texture2d.rgba8w "
          "pressure_0:f32[2]rw pressure_1:f32[2]rw pressure_2:f32[2]rw pressure_3:f32[2]rw pressure_4:f32[2]rw "
          "pressure_5:f32[2]rw push:f32tensor(2) radius:f32 swirl:f32 tip:f32tensor(2) velocity:f32[2](2)rw"});
}

TEST_P(IntrospectionTest, Fractal) {
  const std::string scalars = "width:i32 height:i32 c_re:f32 c_im:f32 zoom:f32 limit:i32)";
  expect("fractal", {"paint(image:texture2d.rgba8w " + scalars, "count(image:texture2d.r32fw " + scalars});
}

// Kernels that only graphs use carry a number of the compiler behind their name, left out here.
TEST_P(IntrospectionTest, Graphs) {
  Lines kernels = {"add_to(a:i32[1]rw value:i32)",
                   "add_to(a:i32[1]rw value:i32)",
                   "multiply(a:i32[1]rw factor:i32)",
                   "sum_of(a:i32[1]r b:i32[1]r out:i32[1]w)",
                   "tensors(v:f32tensor(3) m:i32tensor(6) out:f32[1]w)",
                   "vectors(a:f32[2](3)rw gain:f32)",
                   "paint(image:texture2d.r32fw n:i32)",
                   "unpaint(image:texture2d.anyr out:f32[2]w)"};
  Lines graphs = {"chain x6: a:i32[1]rw b:i32[1]r factor:i32 out:i32[1]w step:i32",
                  "twice x1: a:i32[1]r out:i32[1]w",
                  "tensors x1: m:i32tensor(2,3) out:f32[1]w v:f32tensor(3)",
                  "vectors x1: a:f32[2](3)rw gain:f32",
                  "images x2: image:texture2d.r32fw n:i32 out:f32[2]w picture:texture2d.anyr",
                  "empty x0:"};
  add_typed(kernels, {"put(value:$ out:$[1]w)"});
  add_typed(graphs, {"scalar_$ x1: out:$[1]w value:$"});
  expect("graphs", kernels, graphs);
}

TEST_P(IntrospectionTest, Mpm88) {
  const std::string particles = "x:f32[1](2)# v:f32[1](2)# C:f32[1](2,2)# F:f32[1](2,2)# J:f32[1]# material:i32[1]#";
  const auto with = [&](std::initializer_list<const char*> accesses) {
    std::string line = particles;
    for (const char* access : accesses) line.replace(line.find('#'), 1, access);
    return line;
  };
  Lines kernels = {"init(seed:i32 " + with({"w", "w", "w", "w", "w", "w"}) + ")"};
  for (int copies = 0; copies < 2; ++copies) {  // once by name, once for the graph
    kernels.push_back("substep_reset_grid(grid_v:f32[2](2)w grid_m:f32[2]w)");
    kernels.push_back("substep_p2g(" + with({"r", "r", "r", "r", "r", "r"}) + " grid_v:f32[2](2)rw grid_m:f32[2]rw)");
    kernels.push_back("substep_update_grid_v(grid_v:f32[2](2)rw grid_m:f32[2]r)");
    kernels.push_back("substep_g2p(" + with({"rw", "w", "w", "rw", "rw", "r"}) + " grid_v:f32[2](2)r)");
  }
  expect("mpm88", kernels,
         {"substep x4: C:f32[1](2,2)rw F:f32[1](2,2)rw J:f32[1]rw grid_m:f32[2]rw grid_v:f32[2](2)rw "
          "material:i32[1]r v:f32[1](2)rw x:f32[1](2)rw"});
}

TEST_P(IntrospectionTest, Ndarrays) {
  Lines kernels = {"rank0(a:i32[0]rw)",
                   "rank1(a:i32[1]w)",
                   "rank2(a:i32[2]w)",
                   "rank3(a:i32[3]w)",
                   "rank4(a:i32[4]w)",
                   "rank5(a:i32[5]w after:i32)",
                   "shapes(a:f32[3](2)- out:i32[1]w)",
                   "saxpy(alpha:f32 x:f32[1]r y:f32[1]r out:f32[1]w)",
                   "unused(a:f32[1]- b:f32[1]w)"};
  add_typed(kernels, {"scalar_$(a:$[1]rw)", "vector_$(a:$[1](3)rw)", "matrix_$(a:$[1](2,3)rw)"});
  expect("ndarrays", kernels);
  expect("ndarrays_address", kernels);
}

TEST_P(IntrospectionTest, Random) {
  expect("random", {"draw_one(out:f32[1]w)", "draw_one_bits(out:u32[1]w)", "draw_many(out:f32[1]w)"});
}

TEST_P(IntrospectionTest, Returns) {
  expect("returns", {"give_i32(a:i32 b:i32) -> i32", "give_f32(a:f32) -> f32", "give_f64(a:f64) -> f64",
                     "give_u8(a:i32) -> u8", "give_i64(a:i64) -> i64", "give_vec3(a:f32) -> f32(3)",
                     "give_mat2(a:i32) -> i32(2,2)", "give_struct(a:i32) -> i32 f32(3) f64",
                     "give_tuple(a:i32) -> i32 f32 f32(3)", "sum_and_mark(values:i32[1]rw) -> i32"});
}

TEST_P(IntrospectionTest, Scalars) {
  Lines kernels = {"write_u1(value:u1 out:i32[1]w)", "no_array(a:i32)",
                   "mixed(a:i8 b:u8 c:i16 d:u16 e:f16 f:i32 g:u32 h:f32 i:i64 j:u64 k:f64 l:u1 m:i8 "
                   "ints:i64[1]w floats:f64[1]w)"};
  add_typed(kernels, {"write_$(value:$ out:$[1]w)"});
  expect("scalars", kernels);
}

TEST_P(IntrospectionTest, SharedAndSubgroup) {
  expect("shared", {"block_sums(blocks:i32 values:i32[1]r sums:i32[1]w)", "block_reverse(values:f32[1]r out:f32[1]w)"});
  expect("subgroup", {"sums(values:i32[1]r total:i32[1]rw)"});
}

// A module does not keep the shape of a matrix that a kernel takes by value, only its components.
TEST_P(IntrospectionTest, Tensors) {
  Lines kernels = {"mat4x4_f32(value:f32tensor(16) out:f32[1]w)",
                   "two_vectors(first:i32tensor(3) gain:f32 second:f32tensor(2) out:f32[1]w)"};
  add_typed(kernels, {"vec2_$(value:$tensor(2) out:$[1]w)", "vec3_$(value:$tensor(3) out:$[1]w)",
                      "mat2x3_$(value:$tensor(6) out:$[1]w)"});
  expect("tensors", kernels);
}

TEST_P(IntrospectionTest, Textures) {
  Lines kernels = {"halve_r32f(image:texture2d.r32frw width:i32 height:i32)",
                   "flip_2d(src:texture2d.anyr dst:texture2d.rgba32fw width:i32 height:i32)",
                   "texture_only(dst:texture2d.rgba8w)"};
  const char* const sizes[] = {"width:i32", "width:i32 height:i32", "width:i32 height:i32 depth:i32"};
  const auto add = [&](uint32_t rank, const std::string& format) {
    const std::string d = std::to_string(rank) + "d";
    kernels.push_back("store_" + d + "_" + format + "(image:texture" + d + "." + format + "w " + sizes[rank - 1] +
                      " seed:i32)");
    kernels.push_back("load_" + d + "_" + format + "(image:texture" + d + "." + format + "r out:f32[" +
                      std::to_string(rank) + "](4)w)");
  };
  for (const char* format : {"r8", "rgba8", "r16f", "rgba16f", "r32f", "rgba32f"}) add(2, format);
  for (const char* format : {"rgba8", "r32f"}) {
    add(1, format);
    add(3, format);
  }
  for (const std::string rank : {"1", "2", "3"}) {
    const std::string texture = "d(image:texture" + rank + "d.anyr out:f32[" + rank + "](4)w";
    kernels.push_back("fetch_" + rank + texture + ")");
    kernels.push_back("sample_" + rank + texture + " offset:f32)");
  }
  expect("textures", kernels);
}

TEST_P(IntrospectionTest, SpecialTypes) {
  expect("types_f16", {"blend(t:f16 a:f16[1]r b:f16[1]r out:f16[1]w)", "widen(a:f16[1]r out:f32[1]w)",
                       "narrow(a:f32[1]r out:f16[1]w)"});
  expect("types_f64", {"polynomial(x:f64[1]r c:f64tensor(3) out:f64[1]w)", "root(x:f64[1]r out:f64[1]w)"});
  expect("types_i64", {"products(a:i64[1]r factor:i64 out:i64[1]w)", "scramble(out:u64[1]w seed:u64)"});
  expect("types_u8", {"ramp(out:u8[1]w start:u8)", "invert(picture:u8[2](4)rw)"});
}

TEST_P(IntrospectionTest, Capabilities) {
  const std::map<std::string, Lines> expected = {
      {"fields", {}},
      {"textures", {}},
      {"atomics", {}},
      {"atomics_native", {"atomic_float_add"}},
      {"types_u8", {"int8"}},
      {"types_f64", {"float64", "int64"}},
      {"types_i64", {"int64"}},
      {"types_f16", {"float16", "int16"}},
      {"subgroup", {"arithmetic", "subgroup"}},
      {"scalars", {"float16", "float64", "int16", "int64", "int8"}},
      {"ndarrays_address", {"address", "float16", "float64", "int16", "int64", "int8"}}};
  for (const auto& [name, names] : expected) {
    if (refused(name)) continue;
    Module module(runtime(), name);
    EXPECT_EQ(capabilities(info_of(module.handle())), names) << name;
  }
}

TEST_P(IntrospectionTest, StructResultsAreNamedByTheirMembers) {
  Module module(runtime(), "returns");
  const IstKernelInfo info = info_of(module, "give_struct");
  ASSERT_EQ(info.result_count, 3u);
  for (uint32_t i = 0; i < 3; ++i) {
    const char* const members[] = {"count", "place", "mean"};
    EXPECT_NE(std::string(info.results[i].name).find(members[i]), std::string::npos) << info.results[i].name;
  }
}

TEST_P(IntrospectionTest, IndicesPastTheEnd) {
  Module module(runtime(), "graphs");
  const IstModuleInfo info = info_of(module.handle());
  TiKernel kernel = module.kernel("add_to");
  TiComputeGraph graph = module.graph("chain");
  for (uint32_t past : {0u, 1u, UINT32_MAX - info.kernel_count}) {
    EXPECT_EQ(ist_module_kernel(module.handle(), info.kernel_count + past, &kernel), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
    EXPECT_EQ(kernel, nullptr);
    expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(info.kernel_count).c_str()});
  }
  EXPECT_EQ(ist_module_graph(module.handle(), info.graph_count, &graph), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  EXPECT_EQ(graph, nullptr);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {std::to_string(info.graph_count).c_str()});
  Module bare(runtime(), "fields");
  EXPECT_EQ(ist_module_graph(bare.handle(), 0, &graph), TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"0"});
}

TEST_P(IntrospectionTest, NullAndForeignHandles) {
  Module module(runtime(), "graphs");
  IstModuleInfo module_info{};
  IstKernelInfo kernel_info{};
  IstGraphInfo graph_info{};
  module_info.size = sizeof(module_info);
  kernel_info.size = sizeof(kernel_info);
  graph_info.size = sizeof(graph_info);
  EXPECT_EQ(ist_module_info(nullptr, &module_info), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_kernel_info(nullptr, &kernel_info), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_graph_info(nullptr, &graph_info), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_module_info(module.handle(), nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_kernel_info(module.kernel("add_to"), nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_graph_info(module.graph("chain"), nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_module_kernel(module.handle(), 0, nullptr), TI_ERROR_ARGUMENT_NULL);
  EXPECT_EQ(ist_module_graph(module.handle(), 0, nullptr), TI_ERROR_ARGUMENT_NULL);
  expect_error({TI_ERROR_ARGUMENT_NULL});
  EXPECT_EQ(ist_kernel_info(reinterpret_cast<TiKernel>(module.graph("chain")), &kernel_info),
            TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TiComputeGraph", "TiKernel"});
  EXPECT_EQ(kernel_info.name, nullptr) << "nothing is written on failure";
}

TEST_P(IntrospectionTest, LaunchesCountThoseOfGraphs) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {8}), b(runtime(), {8}), out(runtime(), {8});
  uint64_t before = 0, after = 0;
  const auto launches = [&] {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < info_of(module.handle()).kernel_count; ++i) {
      TiKernel kernel = nullptr;
      EXPECT_EQ(ist_module_kernel(module.handle(), i, &kernel), TI_ERROR_SUCCESS);
      sum += info_of(kernel).launches;
    }
    return sum;
  };
  before = launches();
  module.launch("add_to", {a.arg(), i32(1)});
  EXPECT_EQ(info_of(module.kernel("add_to")).launches, 1u);
  module.run_graph("chain", {named("a", a.arg()), named("b", b.arg()), named("out", out.arg()), named("step", i32(2)),
                             named("factor", i32(5))});
  after = launches();
  EXPECT_EQ(after - before, 1u + 6u);
}

}  // namespace
}  // namespace conformance
