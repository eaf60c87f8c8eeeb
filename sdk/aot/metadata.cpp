// Reads metadata.json: everything is found by key, nothing by position.
#include "aot/metadata.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "aot/archive.h"
#include "aot/json_node.h"
#include "aot/json_types.h"

namespace ist::aot {

namespace {

constexpr int64_t kMaxRootBytes = int64_t{1} << 40;
constexpr int64_t kMaxRank = 16;  // TiNdShape
constexpr int64_t kMaxBinding = 65535;
constexpr int64_t kMaxLocalSize = 65535;
constexpr int64_t kLastPrimitive = 11;
constexpr uint64_t kMaxElementBytes = uint64_t{1} << 30;
constexpr size_t kMaxTasks = 65536;

// Values of `ptype`, `buffer.type` and `task_type`.
enum Ptype : int64_t { kByValue = 0, kNdarray = 1, kTexture = 2, kRwTexture = 3, kTensor = 4, kUnknown = 5 };
enum Buffer : int64_t { kRoot = 0, kGlobalTmps = 1, kArgs = 2, kRets = 3, kListGen = 4, kExtArr = 5, kArgPack = 6 };
enum TaskType : int64_t { kSerial = 0, kRangeFor = 1, kGarbageCollection = 5 };

constexpr std::array<std::string_view, 25> kCapabilities = {
    "reserved",
    "spirv_version",
    "spirv_has_int8",
    "spirv_has_int16",
    "spirv_has_int64",
    "spirv_has_float16",
    "spirv_has_float64",
    "spirv_has_atomic_int64",
    "spirv_has_atomic_float16",
    "spirv_has_atomic_float16_add",
    "spirv_has_atomic_float16_minmax",
    "spirv_has_atomic_float",
    "spirv_has_atomic_float_add",
    "spirv_has_atomic_float_minmax",
    "spirv_has_atomic_float64",
    "spirv_has_atomic_float64_add",
    "spirv_has_atomic_float64_minmax",
    "spirv_has_variable_ptr",
    "spirv_has_physical_storage_buffer",
    "spirv_has_subgroup_basic",
    "spirv_has_subgroup_vote",
    "spirv_has_subgroup_arithmetic",
    "spirv_has_subgroup_ballot",
    "spirv_has_non_semantic_info",
    "spirv_has_no_integer_wrap_decoration",
};

Status incompatible(const JsonNode& at, const std::string& complaint) {
  return fail(Code::incompatible_module, "%s", std::string(at.complain(complaint).message()).c_str());
}

Result<uint32_t> read_u32(JsonNode node, int64_t low, int64_t high) {
  IST_TRY(const int64_t value, node.integer(low, high));
  return static_cast<uint32_t>(value);
}

// A path such as [3]; empty when absent.
Result<std::vector<int64_t>> read_path(JsonNode node) {
  std::vector<int64_t> path;
  IST_TRY(const size_t size, node.list_size());
  for (size_t i = 0; i < std::min<size_t>(size, 64); ++i) {
    IST_TRY(const int64_t step, node.item(i).integer(INT32_MIN, INT32_MAX));
    path.push_back(step);
  }
  return path;
}

Status read_caps(JsonNode caps, ModuleDesc& module) {
  IST_TRY(const size_t count, caps.list_size());
  for (size_t i = 0; i < count; ++i) {
    IST_CHECK(caps.item(i).require_object());
    IST_TRY(const std::string name, caps.item(i).member("key").text());
    IST_TRY(const int64_t level, caps.item(i).member("value").integer(INT32_MIN, UINT32_MAX));
    const auto found = std::find(kCapabilities.begin(), kCapabilities.end(), name);
    if (found == kCapabilities.end()) continue;
    module.required_caps.emplace_back(static_cast<uint32_t>(found - kCapabilities.begin()),
                                      static_cast<uint32_t>(level));
  }
  return {};
}

// The values of a list of {key: [i], value: ...} by i; the first of a key counts. Longer paths
// describe the insides of argpacks and are passed over.
Result<std::vector<JsonNode>> by_argument(JsonNode list, size_t argument_count) {
  std::vector<JsonNode> values(argument_count);
  IST_TRY(const size_t count, list.list_size());
  for (size_t i = 0; i < count; ++i) {
    const JsonNode entry = list.item(i);
    IST_CHECK(entry.require_object());
    IST_TRY(const auto path, read_path(entry.member("key")));
    if (path.size() != 1) continue;
    if (path[0] < 0 || static_cast<size_t>(path[0]) >= argument_count) {
      return entry.member("key").complain("names argument (" + std::to_string(path[0]) + ") of a kernel with (" +
                                          std::to_string(argument_count) + ")");
    }
    if (!values[path[0]].present()) values[path[0]] = entry.member("value");
  }
  return values;
}

Status read_element_shape(JsonNode attributes, Param& param) {
  const JsonNode shape = attributes.member("element_shape");
  IST_TRY(const size_t rank, shape.list_size());
  if (rank > kMaxRank) return shape.complain("has too many dimensions");
  uint64_t size_bytes = element_size_bytes(param.type);
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const uint32_t extent, read_u32(shape.item(i), 1, INT32_MAX));
    param.element_shape.push_back(extent);
    size_bytes *= extent;
    if (size_bytes > kMaxElementBytes) return shape.complain("is too large an element");
  }
  param.element_bytes = static_cast<uint32_t>(size_bytes);
  return {};
}

Status read_ndarray(JsonNode attributes, const TypeMember& argument, Param& param) {
  IST_TRY(const int64_t type, attributes.member("dtype").integer(0, kLastPrimitive));
  param.type = static_cast<DataType>(type);
  IST_CHECK(read_element_shape(attributes, param));
  IST_TRY(param.rank, read_u32(attributes.member("field_dim"), 0, kMaxRank));
  param.shape_offsets = extent_offsets(argument.type, argument.offset_bytes);
  if (param.shape_offsets.size() != std::max(param.rank, 1u)) {
    return attributes.complain("is an ndarray of field_dim (" + std::to_string(param.rank) +
                               ") but args_type_ gives it (" + std::to_string(param.shape_offsets.size()) +
                               ") extents");
  }
  param.data_ptr_offset = argument.offset_bytes + argument.type.members[1].offset_bytes;
  return {};
}

Status read_texture(JsonNode attributes, const TypeMember& argument, Param& param) {
  param.type = DataType::f32;
  IST_TRY(param.rank, read_u32(attributes.member("field_dim"), 1, 3));
  param.shape_offsets = extent_offsets(argument.type, argument.offset_bytes);
  if (param.shape_offsets.size() != 3) param.shape_offsets.clear();
  return {};
}

Status read_by_value(JsonNode attributes, const TypeMember& argument, Param& param) {
  if (!append_primitives(argument.type, argument.offset_bytes, param.members)) {
    return attributes.complain("is a by-value argument that contains a pointer");
  }
  if (param.members.empty()) return attributes.complain("is a by-value argument without members");
  const bool scalar = argument.type.kind == TypeNode::Kind::primitive;
  param.kind = scalar ? ParamKind::scalar : ParamKind::tensor;
  param.type = param.members[0].type;
  return {};
}

Result<Param> read_param(JsonNode attributes, const TypeMember& argument) {
  Param param;
  IST_CHECK(attributes.require_object());
  IST_TRY(param.name, attributes.member("name").text());
  IST_TRY(const int64_t ptype, attributes.member("ptype").integer(kByValue, kUnknown));
  IST_TRY(const bool is_argpack, attributes.member("is_argpack").boolean());
  param.offset_bytes = argument.offset_bytes;
  if (is_argpack || ptype == kUnknown) {
    param.kind = ParamKind::argpack;
    return param;
  }
  const bool by_value = ptype == kByValue || ptype == kTensor;
  if (!by_value && param.name.starts_with('_')) param.name.erase(0, 1);
  if (by_value) {
    IST_CHECK(read_by_value(attributes, argument, param));
  } else if (ptype == kNdarray) {
    param.kind = ParamKind::ndarray;
    IST_CHECK(read_ndarray(attributes, argument, param));
  } else {
    param.kind = ptype == kTexture ? ParamKind::sampled_texture : ParamKind::storage_texture;
    IST_CHECK(read_texture(attributes, argument, param));
  }
  return param;
}

Status read_params(JsonNode context, KernelDesc& kernel) {
  const JsonNode type_node = context.member("args_type_");
  IST_TRY(const TypeNode type, read_type_tree(type_node));
  IST_TRY(kernel.args_bytes, read_u32(context.member("args_bytes_"), 0, kMaxBlockBytes));
  if (type.size_bytes > kernel.args_bytes || kernel.args_bytes % 16 != 0) {
    return context.member("args_bytes_").present()
               ? context.member("args_bytes_")
                     .complain("does not fit args_type_, which has (" + std::to_string(type.size_bytes) + ") bytes")
               : type_node.complain("is not empty but args_bytes_ is absent");
  }
  const JsonNode list = context.member("arg_attribs_vec_");
  IST_TRY(const auto attributes, by_argument(list, type.members.size()));
  IST_TRY(const auto access, by_argument(context.member("arr_access"), type.members.size()));
  for (size_t i = 0; i < type.members.size(); ++i) {
    if (!attributes[i].present()) {
      return context.complain("describes no argument (" + std::to_string(i) + ") in arg_attribs_vec_");
    }
    IST_TRY(Param param, read_param(attributes[i], type.members[i]));
    if (param.kind == ParamKind::ndarray && access[i].present()) {
      IST_TRY(const int64_t mask, access[i].integer(0, 3));
      param.access = static_cast<uint8_t>(mask);
    }
    if (param.kind == ParamKind::ndarray && param.data_ptr_offset + sizeof(uint64_t) > kernel.args_bytes) {
      return type_node.complain("has no room for the address of argument (" + std::to_string(i) + ")");
    }
    kernel.params.push_back(std::move(param));
  }
  return {};
}

Status read_returns(JsonNode context, KernelDesc& kernel) {
  const JsonNode type_node = context.member("rets_type_");
  IST_TRY(const TypeNode type, read_type_tree(type_node));
  IST_TRY(kernel.rets_bytes, read_u32(context.member("rets_bytes_"), 0, kMaxBlockBytes));
  if (type.size_bytes > kernel.rets_bytes) {
    return type_node.complain("has (" + std::to_string(type.size_bytes) + ") bytes but rets_bytes_ is (" +
                              std::to_string(kernel.rets_bytes) + ")");
  }
  for (const TypeMember& member : type.members) {
    if (!append_returns(member.name, member.type, member.offset_bytes, kernel.returns)) {
      return type_node.complain("contains a pointer");
    }
  }
  return {};
}

struct BindRequest {
  int64_t buffer = 0;
  std::vector<int64_t> path;
  JsonNode at;
};

Result<uint32_t> argument_of(const BindRequest& request, const KernelDesc& kernel) {
  const bool plain =
      request.path.size() == 1 && request.path[0] >= 0 && static_cast<size_t>(request.path[0]) < kernel.params.size();
  if (!plain) return request.at.complain("refers to an argument that the kernel does not have");
  return static_cast<uint32_t>(request.path[0]);
}

Status resolve_buffer(const BindRequest& request, const KernelDesc& kernel, uint64_t root_bytes, Bind& bind) {
  switch (request.buffer) {
    case kRoot:
      bind.kind = BindKind::root;
      if (!request.path.empty() && request.path[0] != 0) {
        return incompatible(request.at, "binds field tree (" + std::to_string(request.path[0]) +
                                            "); only modules with one field tree are supported");
      }
      return root_bytes > 0 ? Status() : request.at.complain("binds fields but root_buffer_size is (0)");
    case kGlobalTmps:
      bind.kind = BindKind::global_tmps;
      return {};
    case kArgs:
      bind.kind = BindKind::args;
      if (bind.binding != 0) return request.at.complain("puts the arguments at a binding other than 0");
      return kernel.args_bytes > 0 ? Status() : request.at.complain("binds arguments of (0) bytes");
    case kRets:
      bind.kind = BindKind::rets;
      if (bind.binding != 1) return request.at.complain("puts the return values at a binding other than 1");
      return kernel.rets_bytes > 0 ? Status() : request.at.complain("binds return values of (0) bytes");
    case kListGen:
      return incompatible(request.at, "binds an element list; sparse fields are not supported");
    case kExtArr: {
      bind.kind = BindKind::ndarray;
      IST_TRY(bind.param, argument_of(request, kernel));
      const ParamKind kind = kernel.params[bind.param].kind;
      return kind == ParamKind::ndarray ? Status() : request.at.complain("binds an argument that is no ndarray");
    }
    default: {
      bind.kind = BindKind::argpack;
      const auto& path = request.path;
      const bool known = !path.empty() && path[0] >= 0 && static_cast<size_t>(path[0]) < kernel.params.size();
      const bool is_pack = known && kernel.params[static_cast<size_t>(path[0])].kind == ParamKind::argpack;
      return is_pack ? Status() : request.at.complain("binds an argument that is no argpack");
    }
  }
}

Status read_buffer_binds(JsonNode list, const KernelDesc& kernel, uint64_t root_bytes, TaskDesc& task) {
  IST_TRY(const size_t count, list.list_size());
  for (size_t i = 0; i < count; ++i) {
    Bind bind;
    BindRequest request;
    request.at = list.item(i);
    IST_CHECK(request.at.require_object());
    IST_TRY(bind.binding, read_u32(request.at.member("binding"), 0, kMaxBinding));
    const JsonNode buffer = request.at.member("buffer");
    if (!buffer.present()) return request.at.complain("has no buffer");
    IST_TRY(request.buffer, buffer.member("type").integer(kRoot, kArgPack));
    IST_TRY(request.path, read_path(buffer.member("root_id")));
    IST_CHECK(resolve_buffer(request, kernel, root_bytes, bind));
    task.binds.push_back(bind);
  }
  return {};
}

Status read_texture_binds(JsonNode list, const KernelDesc& kernel, TaskDesc& task) {
  IST_TRY(const size_t count, list.list_size());
  for (size_t i = 0; i < count; ++i) {
    Bind bind;
    BindRequest request;
    request.at = list.item(i);
    IST_CHECK(request.at.require_object());
    IST_TRY(bind.binding, read_u32(request.at.member("binding"), 0, kMaxBinding));
    IST_TRY(request.path, read_path(request.at.member("arg_id")));
    IST_TRY(bind.param, argument_of(request, kernel));
    IST_TRY(const bool is_storage, request.at.member("is_storage").boolean());
    const ParamKind expected = is_storage ? ParamKind::storage_texture : ParamKind::sampled_texture;
    if (kernel.params[bind.param].kind != expected) {
      return request.at.complain("binds a " + std::string(param_kind_name(expected)) + " to an argument that is a " +
                                 param_kind_name(kernel.params[bind.param].kind));
    }
    bind.kind = is_storage ? BindKind::storage_image : BindKind::sampled_image;
    bind.access = is_storage ? 3 : 1;
    task.binds.push_back(bind);
  }
  return {};
}

Status sort_binds(JsonNode at, TaskDesc& task) {
  std::sort(task.binds.begin(), task.binds.end(), [](const Bind& a, const Bind& b) { return a.binding < b.binding; });
  const auto twice = std::adjacent_find(task.binds.begin(), task.binds.end(),
                                        [](const Bind& a, const Bind& b) { return a.binding == b.binding; });
  if (twice == task.binds.end()) return {};
  return at.complain("uses binding (" + std::to_string(twice->binding) + ") twice");
}

Status read_range(JsonNode node, TaskDesc& task) {
  const JsonNode advisory_node = node.member("advisory_total_num_threads");
  IST_TRY(task.advisory_invocations, advisory_node.integer(INT32_MIN, UINT32_MAX));
  const JsonNode range = node.member("range_for_attribs");
  if (!range.present()) return {};
  IST_CHECK(range.require_object());
  IST_TRY(const int64_t begin, range.member("begin").integer(INT32_MIN, INT32_MAX));
  IST_TRY(const int64_t end, range.member("end").integer(INT32_MIN, INT32_MAX));
  IST_TRY(const bool const_begin, range.member("const_begin").boolean());
  IST_TRY(const bool const_end, range.member("const_end").boolean());
  task.constant_range = const_begin && const_end;
  if (!task.constant_range) return {};
  // The producer's count is 32 bits wide and may have wrapped around.
  if (static_cast<int32_t>(task.advisory_invocations) != static_cast<int32_t>(end - begin)) {
    return node.complain("has advisory_total_num_threads (" + std::to_string(task.advisory_invocations) +
                         ") for the range (" + std::to_string(begin) + ") to (" + std::to_string(end) + ")");
  }
  task.advisory_invocations = end - begin;
  return {};
}

class MetadataReader {
 public:
  MetadataReader(JsonNode root, ModuleDesc& module) : root_(root), module_(module) {}

  Status read() {
    IST_CHECK(root_.require_object());
    const JsonNode list = root_.member("kernels");
    if (!list.present()) return root_.complain("has no member 'kernels'");
    IST_CHECK(read_caps(root_.member("required_caps"), module_));
    IST_TRY(const int64_t root_bytes, root_.member("root_buffer_size").integer(0, kMaxRootBytes));
    module_.root_bytes = static_cast<uint64_t>(root_bytes);
    IST_TRY(const size_t count, list.list_size());
    for (size_t i = 0; i < count; ++i) IST_CHECK(read_kernel(list.item(i)));
    return {};
  }

 private:
  Status read_kernel(JsonNode node) {
    KernelDesc kernel;
    IST_CHECK(node.require_object());
    IST_TRY(kernel.name, node.member("name").text());
    const JsonNode context = node.member("ctx_attribs");
    if (!context.present()) return node.complain("has no member 'ctx_attribs'");
    IST_CHECK(context.require_object());
    IST_CHECK(read_params(context, kernel));
    IST_CHECK(read_returns(context, kernel));
    const JsonNode tasks = node.member("tasks_attribs");
    IST_TRY(const size_t count, tasks.list_size());
    for (size_t i = 0; i < count; ++i) IST_CHECK(read_task(tasks.item(i), kernel));
    if (kernel_names_.insert(kernel.name).second) module_.kernels.push_back(std::move(kernel));
    return {};
  }

  Status read_task(JsonNode node, KernelDesc& kernel) {
    TaskDesc task;
    IST_CHECK(node.require_object());
    if (++task_count_ > kMaxTasks) return root_.complain("has too many tasks");
    IST_TRY(task.name, node.member("name").text());
    if (!is_plain_file_name(task.name)) return node.complain("has a name that is no file name");
    const JsonNode type_node = node.member("task_type");
    IST_TRY(const int64_t type, type_node.integer(kSerial, kGarbageCollection));
    if (type > kRangeFor) {
      return incompatible(type_node, "is a task over sparse fields, which are not supported");
    }
    const JsonNode local_size = node.member("advisory_num_threads_per_group");
    if (!local_size.present()) return node.complain("has no advisory_num_threads_per_group");
    IST_TRY(task.local_size_x, read_u32(local_size, 1, kMaxLocalSize));
    task.serial = type == kSerial;
    if (!task.serial) IST_CHECK(read_range(node, task));
    IST_CHECK(read_buffer_binds(node.member("buffer_binds"), kernel, module_.root_bytes, task));
    IST_CHECK(read_texture_binds(node.member("texture_binds"), kernel, task));
    IST_CHECK(sort_binds(node, task));
    task.binary = binary_index(task.name);
    kernel.tasks.push_back(std::move(task));
    return {};
  }

  uint32_t binary_index(const std::string& name) {
    const auto next = static_cast<uint32_t>(module_.binaries.size());
    const auto [found, added] = binary_names_.emplace(name, next);
    if (added) module_.binaries.push_back({name, {}, {}});
    return found->second;
  }

  JsonNode root_;
  ModuleDesc& module_;
  std::unordered_set<std::string> kernel_names_;
  std::unordered_map<std::string, uint32_t> binary_names_;
  size_t task_count_ = 0;
};

}  // namespace

const char* capability_name(uint32_t capability) {
  return capability < kCapabilities.size() ? kCapabilities[capability].data() : "an unknown capability";
}

Status read_metadata(std::span<const std::byte> bytes, ModuleDesc& module) {
  IST_TRY(const JsonDocument document, JsonDocument::parse("metadata.json", bytes));
  return MetadataReader(document.root(), module).read();
}

}  // namespace ist::aot
