// Makes scripts from introspection. The tables here hold all that introspection cannot tell: sizes that a kernel
// silently relies on, and what the released library cannot run.
#include "generate.h"

#include <dlfcn.h>
#include <ist/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <regex>
#include <span>
#include <sstream>

#include "script.h"

namespace differential {
namespace {

// What cannot be compared, or not with all values, and the row of docs/abi.md that says why. The one name "*" is a
// whole module.
struct Exclusion {
  const char* module;
  const char* names;
  const char* row;
};
constexpr const char* kTensorRow = "tensors of 8- and 64-bit types";
constexpr const char* kScalarRow = "scalars as `TI_ARGUMENT_TYPE_SCALAR`, of types other than I16, U16 and F16";
constexpr Exclusion kExclusions[] = {
    {"bounds", "constant_empty constant_huge",
     "constant loops of more than 65535 groups, or that end before they begin"},
    {"formats_integer", "store_2d_r16u load_2d_r16u store_2d_rg16u load_2d_rg16u store_2d_rgba16u load_2d_rgba16u",
     "R16, RG16, RGB16, RGBA16 with integer formats"},
    {"graphs", "graph:scalar_f16", "F16 scalars in graphs"},
    {"ndarrays_address", "*", "modules compiled for device addresses"},
    {"tensors",
     "vec2_i8 vec3_i8 mat2x3_i8 vec2_u8 vec3_u8 mat2x3_u8 vec2_i64 vec3_i64 mat2x3_i64 vec2_u64 vec3_u64 mat2x3_u64 "
     "vec2_f64 vec3_f64 mat2x3_f64",
     kTensorRow},
    {"types_f64", "polynomial", kTensorRow},
};
// Compared with the scalars that I32 and F32 can carry to 64-bit parameters; without the values that are returned.
constexpr Exclusion kPartly[] = {
    {"graphs", "graph:scalar_i64 graph:scalar_u64 graph:scalar_f64", kScalarRow},
    {"returns", "give_i32 give_f32 give_f64 give_u8 give_i64 give_vec3 give_mat2 give_struct give_tuple sum_and_mark",
     "values that a kernel returns"},
    {"scalars", "write_i64 write_u64 write_f64 mixed", kScalarRow},
    {"types_i64", "products scramble", kScalarRow},
};

// Arrays that a kernel indexes by more than its own size, so that the sizes of generated launches do not do.
struct FixedArray {
  const char* module;
  const char* kernel;  // "*": all
  const char* argument;
  const char* shape_and_fill;
};
constexpr FixedArray kFixedArrays[] = {
    {"bounds", "constant_huge", "out", "8400000"},
    {"graphs", "tensors", "out", "9"},
    {"ndarrays", "shapes", "out", "3"},
    {"ndarrays_address", "shapes", "out", "3"},
    {"scalars", "mixed", "ints", "10"},
    {"scalars", "mixed", "floats", "3"},
    {"tensors", "*", "out", "33"},
};

// Shapes of generated arrays: one row per launch, by rank.
constexpr const char* kShapes[][6] = {{"-", "0", "0x3", "3x0x2", "2x3x0x1", "0x2x3x1x2"},
                                      {"-", "1", "1x1", "1x1x1", "1x1x1x1", "1x1x1x1x1"},
                                      {"-", "7", "7x5", "7x3x2", "3x2x5x2", "2x3x2x1x3"},
                                      {"-", "33", "33x3", "5x7x3", "3x5x2x3", "3x1x5x2x2"},
                                      {"-", "1000", "40x25", "11x10x9", "7x5x6x4", "5x4x3x4x5"}};
constexpr size_t kLaunches = std::size(kShapes);

// Values of generated scalars, one per launch.
constexpr const char* kFloats[kLaunches] = {"0", "-1.5", "0.00390625", "1000.25", "-7"};
constexpr const char* kSigned[kLaunches] = {"1", "-1", "min", "max", "77"};
constexpr const char* kUnsigned[kLaunches] = {"1", "0", "max", "200", "77"};
constexpr const char* kWide[kLaunches] = {"1", "0", "2147483647", "200", "77"};

struct Questions {
  explicit Questions(const Api& ours) {
    const auto find = [&ours](const char* name) { return dlsym(ours.library, name); };
    module_info = reinterpret_cast<decltype(module_info)>(find("ist_module_info"));
    module_kernel = reinterpret_cast<decltype(module_kernel)>(find("ist_module_kernel"));
    module_graph = reinterpret_cast<decltype(module_graph)>(find("ist_module_graph"));
    kernel_info = reinterpret_cast<decltype(kernel_info)>(find("ist_kernel_info"));
    graph_info = reinterpret_cast<decltype(graph_info)>(find("ist_graph_info"));
  }
  decltype(&ist_module_info) module_info;
  decltype(&ist_module_kernel) module_kernel;
  decltype(&ist_module_graph) module_graph;
  decltype(&ist_kernel_info) kernel_info;
  decltype(&ist_graph_info) graph_info;
};

// A kernel, or a graph when `is_graph`.
struct Launchable {
  std::string name;
  bool is_graph = false;
  bool waits = false;  // its launch returns values, so it has finished when the call returns
  std::vector<IstArgumentInfo> arguments;
  std::string key() const { return (is_graph ? "graph:" : "") + name; }
};

// Names and types are copied out; the strings of IstArgumentInfo are kept alive by the module, which stays loaded.
std::vector<Launchable> launchables_of(const Api& ours, const std::string& module_name) {
  static TiRuntime runtime = ours.create_runtime(TI_ARCH_VULKAN, 0);
  const Questions ask(ours);
  TiAotModule module = ours.load_aot_module(runtime, module_path(module_name).c_str());
  IstModuleInfo info{};
  info.size = sizeof(info);
  std::vector<Launchable> found;
  if (!module || ask.module_info(module, &info) != TI_ERROR_SUCCESS) return found;
  for (uint32_t k = 0; k < info.kernel_count; ++k) {
    TiKernel kernel = nullptr;
    IstKernelInfo about{};
    about.size = sizeof(about);
    ask.module_kernel(module, k, &kernel);
    ask.kernel_info(kernel, &about);
    found.push_back(
        {about.name, false, about.result_count > 0, {about.arguments, about.arguments + about.argument_count}});
  }
  for (uint32_t g = 0; g < info.graph_count; ++g) {
    TiComputeGraph graph = nullptr;
    IstGraphInfo about{};
    about.size = sizeof(about);
    ask.module_graph(module, g, &graph);
    ask.graph_info(graph, &about);
    found.push_back({about.name, true, false, {about.arguments, about.arguments + about.argument_count}});
  }
  return found;
}

// The compiler's name for a kernel that only a graph launches, e.g. put_c100_0.
bool belongs_to_graph(const Launchable& launchable) {
  static const std::regex pattern(".*_c[0-9]+_[0-9]+");
  return !launchable.is_graph && std::regex_match(launchable.name, pattern);
}

std::string extreme(const TypeInfo& type, const std::string& value) {
  const bool is_signed = type.name[0] == 'i';
  const uint32_t bits = type.size_bytes * 8 - (is_signed ? 1 : 0);
  if (value == "min") return std::to_string(INT64_MIN >> (63 - bits));
  if (value == "max") return std::to_string(UINT64_MAX >> (64 - bits));
  return value;
}

// A scalar that both libraries take. The released one has no SCALAR but I16, U16 and F16: I32 then carries integers
// (as far as its 32 bits go, and those of 64 bits not below zero), and F32 nothing but the 0 of an f64.
std::string shared_scalar(const TypeInfo& type, size_t launch) {
  switch (type.type) {
    case TI_DATA_TYPE_F16:
    case TI_DATA_TYPE_F32:
      return std::string(type.name) + ":" + kFloats[launch];
    case TI_DATA_TYPE_F64:
      return "f32:0";
    case TI_DATA_TYPE_I16:
    case TI_DATA_TYPE_U16:
      return std::string(type.name) + ":" + extreme(type, (type.name[0] == 'i' ? kSigned : kUnsigned)[launch]);
    case TI_DATA_TYPE_I64:
    case TI_DATA_TYPE_U64:
      return std::string("i32:") + kWide[launch];
    case TI_DATA_TYPE_U1:
      return "i32:" + std::to_string(launch % 2);
    default:
      return "i32:" + extreme(type, (type.name[0] == 'i' ? kSigned : kUnsigned)[launch]);
  }
}

// A scalar of the parameter's own type, which the released library has not.
std::string own_scalar(const TypeInfo& type, size_t launch) {
  if (type.type == TI_DATA_TYPE_U1) return "u1:" + std::to_string(launch % 2);
  const bool is_float = type.type <= TI_DATA_TYPE_F64;
  const char* value = (is_float ? kFloats : type.name[0] == 'i' ? kSigned : kUnsigned)[launch];
  return std::string(type.name) + ":" + (is_float ? value : extreme(type, value));
}

std::string generated_tensor(const TypeInfo& type, const IstArgumentInfo& argument, size_t launch) {
  uint32_t count = argument.elem_shape[0] * (argument.elem_rank > 1 ? argument.elem_shape[1] : 1);
  std::string text;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t pick = (launch + i) % kLaunches;
    const char* value =
        type.type <= TI_DATA_TYPE_F64 ? kFloats[pick] : (type.name[0] == 'i' ? kSigned : kUnsigned)[pick];
    text += (i ? "," : "") + (type.size_bytes < 8 ? extreme(type, value) : std::string(kWide[pick]));
  }
  return std::string(type.name) + "(" + text + ")";
}

// Shape and fill of an array argument.
std::string array_text(const std::string& module, const std::string& kernel, const IstArgumentInfo& argument,
                       size_t launch) {
  for (const FixedArray& fixed : kFixedArrays) {
    if (fixed.module == module && (fixed.kernel == kernel || std::string(fixed.kernel) == "*") &&
        std::string(fixed.argument) == argument.name) {
      return fixed.shape_and_fill;
    }
  }
  return kShapes[launch][argument.rank];
}

// Statements for one launch, and reads of every array afterwards.
std::string launch_text(const std::string& module, const Launchable& what, size_t launch, bool as_ours) {
  std::ostringstream text, call;
  std::vector<std::string> arrays;
  call << (what.is_graph ? "graph " : "launch ") << std::quoted(what.name);
  for (const IstArgumentInfo& argument : what.arguments) {
    const TypeInfo& type = *find_type(argument.data_type);
    std::string value;
    if (argument.type == TI_ARGUMENT_TYPE_NDARRAY) {
      value = argument.name;
      arrays.push_back(value);
      text << "array " << value << " " << type.name;
      for (uint32_t d = 0; d < argument.elem_rank; ++d) text << "*" << argument.elem_shape[d];
      text << " " << array_text(module, what.name, argument, launch) << "\n";
    } else if (argument.type == TI_ARGUMENT_TYPE_TENSOR) {
      value = generated_tensor(type, argument, launch);
    } else {
      value = as_ours ? own_scalar(type, launch) : shared_scalar(type, launch);
    }
    call << " " << (what.is_graph ? std::string(argument.name) + "=" : "") << value;
  }
  text << call.str() << "\n";
  for (const std::string& array : arrays) text << (what.waits ? "read_now " : "read ") << array << "\n";
  return text.str();
}

// Shapes of images by rank; none above 32 in a plane, which is as far as the loops of the module formats go.
constexpr const char* kImageShapes[][3] = {{"1", "1x1", "1x1x1"}, {"7", "7x5", "5x7x3"}, {"31", "31x13", "2x3x8"}};

// A launch on the image `picture`, which has `shape`. Arrays of the image's rank get its shape, coordinates (the other
// arrays) lie around the image; lengths come first among the integers, a seed or a level of detail is what follows.
std::string picture_launch(const Launchable& what, const std::string& shape, bool stores) {
  const auto rank = static_cast<uint32_t>(std::ranges::count(shape, 'x') + 1);
  std::string lengths = shape;
  std::ranges::replace(lengths, 'x', ' ');
  std::istringstream length(stores ? lengths + " 3" : "0");
  std::ostringstream text, call;
  std::vector<std::string> arrays;
  call << "launch " << std::quoted(what.name);
  for (const IstArgumentInfo& argument : what.arguments) {
    const TypeInfo& type = *find_type(argument.data_type);
    if (argument.type == TI_ARGUMENT_TYPE_TEXTURE) {
      call << " picture";
    } else if (argument.type == TI_ARGUMENT_TYPE_NDARRAY) {
      call << " " << argument.name;
      text << "array " << argument.name << " " << type.name;
      if (argument.elem_rank > 0) text << "*" << argument.elem_shape[0];
      text << " " << (argument.rank == rank ? shape : "33") << " in -2 2\n";
      arrays.emplace_back(argument.name);
    } else if (argument.type == TI_ARGUMENT_TYPE_F32) {
      call << " f32:0.3";
    } else {
      std::string value;
      length >> value;
      call << " i32:" << value;
    }
  }
  text << call.str() << "\n";
  for (const std::string& array : arrays) text << "read " << array << "\n";
  return text.str();
}

// For a kernel store_1d_r8: images of several shapes, stored to by it and read by load_1d_r8, fetch_1d and sample_1d,
// as far as the module has them and `usable` allows.
std::string picture_text(const std::vector<Launchable>& module, const Launchable& store,
                         const std::set<std::string>& usable, std::set<std::string>& launched) {
  const std::string suffix = store.name.substr(std::string("store_").size()), rank = suffix.substr(0, 2);
  std::ostringstream text;
  for (const auto& shapes : kImageShapes) {
    const std::string shape = shapes[store.arguments.at(0).dimension];
    text << "image picture " << store.arguments.at(0).format << " " << shape << "\n"
         << picture_launch(store, shape, true);
    for (const Launchable& reader : module) {
      if (!usable.contains(reader.key()) ||
          (reader.name != "load_" + suffix && reader.name != "fetch_" + rank && reader.name != "sample_" + rank)) {
        continue;
      }
      text << picture_launch(reader, shape, false);
      launched.insert(reader.key());
    }
  }
  launched.insert(store.key());
  return text.str();
}

// What a hand-written script launches of this module.
std::set<std::string> launched_by(const std::string& script, const std::string& module) {
  std::set<std::string> names;
  std::istringstream in(script);
  std::string current;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words = words_of(line);
    if (!words.empty() && words[0] == "times") words.erase(words.begin(), words.begin() + 2);
    if (words.size() < 2) continue;
    if (words[0] == "module") current = words[1];
    if (current != module) continue;
    if (words[0] == "launch") names.insert(words[1]);
    if (words[0] == "graph") names.insert("graph:" + words[1]);
  }
  return names;
}

std::set<std::string> names_in(std::span<const Exclusion> table, const std::string& module) {
  std::set<std::string> names;
  for (const Exclusion& exclusion : table) {
    if (exclusion.module != module) continue;
    std::istringstream in(exclusion.names);
    names.insert(std::istream_iterator<std::string>(in), {});
  }
  return names;
}

bool takes_image(const Launchable& what) {
  return std::ranges::any_of(what.arguments,
                             [](const auto& argument) { return argument.type == TI_ARGUMENT_TYPE_TEXTURE; });
}

// Whether part of what goes in or comes out cannot be compared.
bool is_partly(const Launchable& what) {
  return what.waits || std::ranges::any_of(what.arguments, [](const IstArgumentInfo& argument) {
           return argument.type == TI_ARGUMENT_TYPE_SCALAR && find_type(argument.data_type)->size_bytes == 8;
         });
}

bool is_excluded_module(const std::string& module) {
  return std::ranges::any_of(kExclusions, [&](const Exclusion& exclusion) {
    return exclusion.module == module && std::string(exclusion.names) == "*";
  });
}

}  // namespace

std::string module_path(const std::string& module) {
  const std::filesystem::path folder = std::filesystem::path(IST_ASSETS_DIR) / "modules" / module;
  return std::filesystem::exists(folder) ? folder.string() : folder.string() + ".tcm";
}

std::string read_script(const std::string& name) {
  std::ifstream in(std::filesystem::path(IST_SCRIPTS_DIR) / (name + ".txt"));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(IST_ASSETS_DIR) / "modules")) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::set<std::string> excluded_names(const std::string& module) { return names_in(kExclusions, module); }

std::set<std::string> partly_compared_names(const std::string& module) { return names_in(kPartly, module); }

std::vector<std::string> exclusion_rows() {
  std::vector<std::string> rows;
  for (const Exclusion& exclusion : kExclusions) rows.emplace_back(exclusion.row);
  for (const Exclusion& exclusion : kPartly) rows.emplace_back(exclusion.row);
  return rows;
}

namespace {

// Adds launches of all that is usable and not launched yet.
void add_generated(ModuleScript& script, const std::string& module, const std::vector<Launchable>& launchables,
                   const std::set<std::string>& usable, bool as_ours) {
  for (const Launchable& what : launchables) {
    if (usable.contains(what.key()) && what.name.starts_with("store_") && takes_image(what)) {
      script.text += picture_text(launchables, what, usable, script.launched);
    }
  }
  for (const Launchable& what : launchables) {
    // Other launches with images are written by hand, or missing from `launched`.
    if (!usable.contains(what.key()) || script.launched.contains(what.key()) || takes_image(what)) continue;
    for (size_t launch = 0; launch < kLaunches; ++launch) script.text += launch_text(module, what, launch, as_ours);
    script.launched.insert(what.key());
    if (!as_ours && is_partly(what)) script.partly.insert(what.key());
  }
}

// The two builds of one source share one text.
std::string module_text(const std::string& module) {
  return "module " + module + "\n" + read_script(module == "atomics_native" ? "atomics" : module);
}

// Without the lines that launch what is refused. Both sides draw the same random numbers, whatever the model is.
std::string without(const std::string& text, const Refused& refused) {
  std::istringstream in(text);
  std::string kept;
  static const std::set<std::string> kNothing;
  const std::set<std::string>* names = &kNothing;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> words = words_of(line);
    if (!words.empty() && words[0] == "times") words.erase(words.begin(), words.begin() + 2);
    if (words.size() > 1 && words[0] == "module") {
      const auto found = refused.find(words[1]);
      names = found == refused.end() ? &kNothing : &found->second;
    }
    const bool launches = words.size() > 1 && (words[0] == "launch" || words[0] == "graph" || words[0] == "module");
    const std::string key = launches ? (words[0] == "graph" ? "graph:" : "") + words[1] : "";
    if (launches && (names->contains("*") || names->contains(key))) continue;
    kept += line.substr(0, line.find(" model ")) + "\n";
  }
  return kept;
}

}  // namespace

ModuleScript write_own_script(const Api& ours, const std::string& module, const Refused& refused) {
  ModuleScript script;
  script.text = without(module_text(module), refused);
  script.launched = launched_by(script.text, module);
  script.all = launchable_names(ours, module);
  std::set<std::string> usable = script.all;
  if (const auto found = refused.find(module); found != refused.end()) {
    if (found->second.contains("*")) usable.clear();
    for (const std::string& name : found->second) usable.erase(name);
  }
  if (usable.empty()) return script;
  script.text += "module " + module + "\n";
  add_generated(script, module, launchables_of(ours, module), usable, true);
  return script;
}

std::set<std::string> modules_of_script(const std::string& module) {
  std::set<std::string> modules;
  std::istringstream in(module_text(module));
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() > 1 && words[0] == "module") modules.insert(words[1]);
  }
  return modules;
}

std::set<std::string> launchable_names(const Api& ours, const std::string& module) {
  std::set<std::string> names;
  for (const Launchable& what : launchables_of(ours, module)) {
    if (!belongs_to_graph(what)) names.insert(what.key());
  }
  return names;
}

ModuleScript write_module_script(const Api& ours, const std::string& module) {
  ModuleScript script;
  script.text = module_text(module);
  script.launched = launched_by(script.text, module);
  const std::set<std::string> excluded = excluded_names(module);
  if (!is_excluded_module(module)) script.text += "module " + module + "\n";
  std::set<std::string> usable;
  script.all = launchable_names(ours, module);
  if (!is_excluded_module(module)) usable = script.all;
  for (const std::string& name : excluded) usable.erase(name);
  add_generated(script, module, launchables_of(ours, module), usable, false);
  return script;
}

std::string write_excluded_script(const Api& ours, const std::string& module, const std::string& name) {
  const std::string text = "module " + module + "\n";
  const std::vector<Launchable> launchables = launchables_of(ours, module);
  // Kernels on images come in pairs.
  const std::string wanted = name.starts_with("load_") ? "store_" + name.substr(5) : name;
  for (const Launchable& what : launchables) {
    if (what.key() != wanted && name != "*") continue;
    std::set<std::string> launched;
    if (what.name.starts_with("store_")) {
      return text + picture_text(launchables, what, {"load_" + what.name.substr(6)}, launched);
    }
    return text + launch_text(module, what, 2, true);
  }
  return text;
}

}  // namespace differential
