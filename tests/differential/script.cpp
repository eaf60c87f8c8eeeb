// Executes a script through the C ABI; what is random comes from a fixed generator, so both sides see the same.
#include "script.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

namespace differential {
namespace {

constexpr TypeInfo kTypes[] = {
    {"f16", TI_DATA_TYPE_F16, 2}, {"f32", TI_DATA_TYPE_F32, 4}, {"f64", TI_DATA_TYPE_F64, 8},
    {"i8", TI_DATA_TYPE_I8, 1},   {"i16", TI_DATA_TYPE_I16, 2}, {"i32", TI_DATA_TYPE_I32, 4},
    {"i64", TI_DATA_TYPE_I64, 8}, {"u1", TI_DATA_TYPE_U1, 4},   {"u8", TI_DATA_TYPE_U8, 1},
    {"u16", TI_DATA_TYPE_U16, 2}, {"u32", TI_DATA_TYPE_U32, 4}, {"u64", TI_DATA_TYPE_U64, 8}};

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "script: " << why << "\n";
  std::exit(2);
}

const TypeInfo& type_named(const std::string& name) {
  const TypeInfo* type = find_type(name);
  if (!type) give_up("no type is called '" + name + "'");
  return *type;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

bool is_float(TiDataType type) { return type <= TI_DATA_TYPE_F64; }

// Bits of a small exact value as a half; the scripts need no others.
uint16_t half_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffff) == 0) return static_cast<uint16_t>(bits >> 16);
  const int exponent = static_cast<int>(bits >> 23 & 0xff) - 127 + 15;
  if (exponent < 1 || exponent > 30) give_up("a half cannot hold " + std::to_string(value));
  return static_cast<uint16_t>((bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 0x3ff));
}

// The lowest size_bytes of the result are the value in memory.
uint64_t bits_of(const TypeInfo& type, const std::string& text) {
  uint64_t bits = 0;
  if (type.type == TI_DATA_TYPE_F64) {
    const double value = std::strtod(text.c_str(), nullptr);
    std::memcpy(&bits, &value, sizeof(value));
  } else if (is_float(type.type)) {
    const float value = std::strtof(text.c_str(), nullptr);
    std::memcpy(&bits, &value, sizeof(value));
    if (type.type == TI_DATA_TYPE_F16) bits = half_bits(value);
  } else if (text.starts_with('-')) {
    bits = static_cast<uint64_t>(std::strtoll(text.c_str(), nullptr, 0));
  } else {
    bits = std::strtoull(text.c_str(), nullptr, 0);
  }
  return bits;
}

// A generator whose state is the count of words drawn.
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
};

// Integers of all bits, the extreme ones first; floats between 2^-10 and 2^10 of either sign.
uint64_t random_bits(const TypeInfo& type, uint64_t index, Random& random) {
  const uint64_t word = random.next();
  switch (type.type) {
    case TI_DATA_TYPE_F16:
      return (word & 0x83ff) | (5 + (word >> 16) % 20) << 10;
    case TI_DATA_TYPE_F32:
      return (word & 0x807fffff) | (117 + (word >> 32) % 20) << 23;
    case TI_DATA_TYPE_F64:
      return (word & 0x800fffffffffffff) | (1013 + (word >> 52) % 20) << 52;
    case TI_DATA_TYPE_U1:
      return word & 1;
    default:
      const uint64_t top = uint64_t{1} << (8 * type.size_bytes - 1);
      const uint64_t extreme[] = {word, 0, ~uint64_t{0}, top, top - 1};
      return extreme[index < std::size(extreme) ? index : 0];
  }
}

std::vector<uint8_t> filled(const TypeInfo& type, uint64_t size_bytes, const std::vector<std::string>& fill,
                            Random& random) {
  const std::string how = fill.empty() ? "random" : fill[0];
  std::vector<uint8_t> bytes(size_bytes + type.size_bytes);
  for (uint64_t i = 0; i * type.size_bytes < size_bytes; ++i) {
    uint64_t bits = 0;
    if (how == "random") {
      bits = random_bits(type, i, random);
    } else if (how == "in") {
      const double low = std::stod(fill.at(1)), high = std::stod(fill.at(2));
      const double value = low + random.unit() * (high - low);
      bits = bits_of(type, is_float(type.type) ? std::to_string(value) : std::to_string(static_cast<int64_t>(value)));
    } else if (how == "is") {
      bits = bits_of(type, fill.at(std::min<uint64_t>(i + 1, fill.size() - 1)));
    } else if (how != "zero") {
      give_up("no array can be filled by '" + how + "'");
    }
    std::memcpy(&bytes[i * type.size_bytes], &bits, type.size_bytes);
  }
  bytes.resize(size_bytes);
  return bytes;
}

class Runner {
 public:
  Runner(const Api& api, TiArch arch, std::string modules_folder, TranscriptWriter& transcript)
      : api_(api), arch_(arch), folder_(std::move(modules_folder)), transcript_(transcript) {}

  void open() {
    transcript_.begin("ti_create_runtime");
    runtime_ = api_.create_runtime(arch_, 0);
    transcript_.end(outcome());
  }
  void close() {
    transcript_.begin("close");
    for (auto& [name, array] : arrays_) api_.free_memory(runtime_, array.argument.value.ndarray.memory);
    for (auto& [name, image] : images_) api_.free_image(runtime_, image.value.texture.image);
    for (auto& [name, module] : modules_) api_.destroy_aot_module(module);
    api_.destroy_runtime(runtime_);
    transcript_.end(outcome());
  }
  void run(const std::string& label, const std::vector<std::string>& words) {
    transcript_.begin(label);
    Entry read;
    uint64_t times = 1;
    std::vector<std::string> statement = words;
    if (words[0] == "times") {
      times = std::stoull(words.at(1));
      statement.erase(statement.begin(), statement.begin() + 2);
    }
    for (; times > 0; --times) step(statement, read);
    transcript_.end(outcome(), read.type, read.bytes);
  }

 private:
  struct Array {
    TiArgument argument{};
    uint64_t size_bytes = 0;  // with the guard
  };

  // The error since the last call of this function.
  std::string outcome() {
    const TiError error = api_.get_last_error(nullptr, nullptr);
    api_.set_last_error(TI_ERROR_SUCCESS, nullptr);
    return error_name(error);
  }

  void step(const std::vector<std::string>& words, Entry& read) {
    const std::string& verb = words[0];
    if (verb == "module") {
      load(words.at(1));
    } else if (verb == "unload") {
      api_.destroy_aot_module(modules_.at(words.at(1)));
      modules_.erase(words.at(1));
    } else if (verb == "array") {
      make_array(words);
    } else if (verb == "image") {
      make_image(words);
    } else if (verb == "launch") {
      launch(words);
    } else if (verb == "graph") {
      launch_graph(words);
    } else if (verb == "copy") {
      copy(words.at(1), words.at(2));
    } else if (verb == "flush") {
      api_.flush(runtime_);
    } else if (verb == "wait") {
      api_.wait(runtime_);
    } else if (verb == "read" || verb == "read_now") {
      if (verb == "read") api_.wait(runtime_);
      read_array(words.at(1), read);
    } else {
      give_up("there is no statement '" + verb + "'");
    }
  }

  void load(const std::string& name) {
    TiAotModule& module = modules_[name];
    if (!module) {
      std::string path = folder_ + "/" + name;
      if (!std::filesystem::exists(path)) path += ".tcm";
      module = api_.load_aot_module(runtime_, path.c_str());
    }
    current_ = module;
  }

  // Memory itself is no step: the released library's error codes for it are compared elsewhere.
  void make_array(const std::vector<std::string>& words) {
    const std::vector<std::string> element = split(words.at(2), '*');
    const TypeInfo& type = type_named(element.at(0));
    Array array;
    array.argument.type = TI_ARGUMENT_TYPE_NDARRAY;
    TiNdArray& nd = array.argument.value.ndarray;
    nd.elem_type = type.type;
    uint64_t count = 1;
    const auto add = [&count](TiNdShape& shape, const std::string& dim) {
      shape.dims[shape.dim_count++] = static_cast<uint32_t>(std::stoul(dim));
      count *= shape.dims[shape.dim_count - 1];
    };
    for (size_t i = 1; i < element.size(); ++i) add(nd.elem_shape, element[i]);
    if (words.at(3) != "-") {
      for (const std::string& dim : split(words[3], 'x')) add(nd.shape, dim);
    }
    array.size_bytes = count * type.size_bytes + kGuardBytes;
    TiMemoryAllocateInfo info{array.size_bytes, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
    nd.memory = api_.allocate_memory(runtime_, &info);
    const std::vector<uint8_t> bytes = filled(type, array.size_bytes, {words.begin() + 4, words.end()}, random_);
    void* mapped = api_.map_memory(runtime_, nd.memory);
    if (!mapped) give_up("cannot map the memory of " + words.at(1));
    std::memcpy(mapped, bytes.data(), bytes.size());
    api_.unmap_memory(runtime_, nd.memory);
    if (const auto old = arrays_.find(words.at(1)); old != arrays_.end()) {
      api_.free_memory(runtime_, old->second.argument.value.ndarray.memory);
    }
    arrays_[words[1]] = array;
  }

  void make_image(const std::vector<std::string>& words) {
    const std::vector<std::string> dims = split(words.at(3), 'x');
    const auto dim = [&](size_t d) { return d < dims.size() ? static_cast<uint32_t>(std::stoul(dims[d])) : 1u; };
    TiImageAllocateInfo info{};
    info.dimension = static_cast<TiImageDimension>(dims.size() - 1);
    info.extent = {dim(0), dim(1), dim(2), 1};
    info.mip_level_count = 1;
    info.format = static_cast<TiFormat>(std::stoi(words.at(2)));
    info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    TiArgument image{};
    image.type = TI_ARGUMENT_TYPE_TEXTURE;
    image.value.texture = {api_.allocate_image(runtime_, &info), nullptr, info.dimension, info.extent, info.format};
    if (const auto old = images_.find(words.at(1)); old != images_.end()) {
      api_.free_image(runtime_, old->second.value.texture.image);
    }
    images_[words[1]] = image;
  }

  // A value: TYPE:VALUE or TYPE(VALUE,...).
  TiArgument value_of(const std::string& word) const {
    const size_t mark = word.find_first_of(":(");
    if (mark == std::string::npos) give_up("nothing is called '" + word + "'");
    const TypeInfo& type = type_named(word.substr(0, mark));
    TiArgument argument{};
    if (word[mark] == '(') {
      argument.type = TI_ARGUMENT_TYPE_TENSOR;
      TiTensor& tensor = argument.value.tensor;
      tensor.type = type.type;
      for (const std::string& part : split(word.substr(mark + 1, word.size() - mark - 2), ',')) {
        const uint64_t bits = bits_of(type, part);
        std::memcpy(tensor.contents.data.x8 + type.size_bytes * tensor.contents.length++, &bits, type.size_bytes);
      }
      return argument;
    }
    const std::string text = word.substr(mark + 1);
    if (type.type == TI_DATA_TYPE_I32 || type.type == TI_DATA_TYPE_F32) {
      argument.type = type.type == TI_DATA_TYPE_I32 ? TI_ARGUMENT_TYPE_I32 : TI_ARGUMENT_TYPE_F32;
      argument.value.i32 = static_cast<int32_t>(bits_of(type, text));
      return argument;
    }
    argument.type = TI_ARGUMENT_TYPE_SCALAR;
    argument.value.scalar.type = type.type;
    // Halves by value travel as floats.
    argument.value.scalar.value.x64 = bits_of(type.type == TI_DATA_TYPE_F16 ? type_named("f32") : type, text);
    return argument;
  }

  TiArgument argument_of(const std::string& word) const {
    if (const auto array = arrays_.find(word); array != arrays_.end()) return array->second.argument;
    if (const auto image = images_.find(word); image != images_.end()) return image->second;
    return value_of(word);
  }

  void launch(const std::vector<std::string>& words) {
    TiKernel kernel = api_.get_aot_module_kernel(current_, words.at(1).c_str());
    if (!kernel) return;
    std::vector<TiArgument> args;
    for (size_t i = 2; i < words.size(); ++i) args.push_back(argument_of(words[i]));
    api_.launch_kernel(runtime_, kernel, static_cast<uint32_t>(args.size()), args.data());
  }

  void launch_graph(const std::vector<std::string>& words) {
    TiComputeGraph graph = api_.get_aot_module_compute_graph(current_, words.at(1).c_str());
    if (!graph) return;
    std::vector<std::string> names;
    std::vector<TiNamedArgument> args;
    for (size_t i = 2; i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      names.push_back(words[i].substr(0, equals));
      args.push_back({nullptr, argument_of(words[i].substr(equals + 1))});
    }
    for (size_t i = 0; i < args.size(); ++i) args[i].name = names[i].c_str();
    api_.launch_compute_graph(runtime_, graph, static_cast<uint32_t>(args.size()), args.data());
  }

  void copy(const std::string& to, const std::string& from) {
    if (images_.contains(to)) {
      const TiTexture &dst = images_.at(to).value.texture, &src = images_.at(from).value.texture;
      const TiImageSlice whole_dst{dst.image, {}, dst.extent, 0}, whole_src{src.image, {}, src.extent, 0};
      api_.copy_image_device_to_device(runtime_, &whole_dst, &whole_src);
      return;
    }
    const Array &dst = arrays_.at(to), &src = arrays_.at(from);
    const TiMemorySlice whole_dst{dst.argument.value.ndarray.memory, 0, dst.size_bytes},
        whole_src{src.argument.value.ndarray.memory, 0, src.size_bytes};
    api_.copy_memory_device_to_device(runtime_, &whole_dst, &whole_src);
  }

  void read_array(const std::string& name, Entry& read) {
    const Array& array = arrays_.at(name);
    const TiMemory memory = array.argument.value.ndarray.memory;
    read.type = array.argument.value.ndarray.elem_type;
    const auto* mapped = static_cast<const uint8_t*>(api_.map_memory(runtime_, memory));
    if (!mapped) return;
    read.bytes.assign(mapped, mapped + array.size_bytes);
    api_.unmap_memory(runtime_, memory);
  }

  const Api& api_;
  TiArch arch_;
  std::string folder_;
  TranscriptWriter& transcript_;
  Random random_{7};
  TiRuntime runtime_ = nullptr;
  TiAotModule current_ = nullptr;
  std::map<std::string, TiAotModule> modules_;
  std::map<std::string, Array> arrays_;
  std::map<std::string, TiArgument> images_;
};

}  // namespace

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; in >> std::quoted(word);) words.push_back(word);
  if (!words.empty() && words[0].starts_with('#')) words.clear();
  return words;
}

std::span<const TypeInfo> types() { return kTypes; }

const TypeInfo* find_type(const std::string& name) {
  for (const TypeInfo& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const TypeInfo* find_type(TiDataType type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

void run_script(const Api& api, TiArch arch, const std::string& modules_folder, const std::string& script_path,
                TranscriptWriter& transcript) {
  std::ifstream in(script_path);
  Runner runner(api, arch, modules_folder, transcript);
  runner.open();
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const std::vector<std::string> words = words_of(line);
    if (!words.empty()) runner.run(std::to_string(number) + ": " + line, words);
  }
  runner.close();
}

}  // namespace differential
