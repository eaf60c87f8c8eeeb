// Descriptions to IstArgumentInfo.
#include "core/introspection.h"

#include <algorithm>

namespace ist {
namespace {

using aot::ParamKind;

TiArgumentType argument_type(ParamKind kind, aot::DataType type) {
  switch (kind) {
    case ParamKind::scalar:
      if (type == aot::DataType::i32) return TI_ARGUMENT_TYPE_I32;
      return type == aot::DataType::f32 ? TI_ARGUMENT_TYPE_F32 : TI_ARGUMENT_TYPE_SCALAR;
    case ParamKind::tensor:
      return TI_ARGUMENT_TYPE_TENSOR;
    case ParamKind::ndarray:
      return TI_ARGUMENT_TYPE_NDARRAY;
    case ParamKind::sampled_texture:
    case ParamKind::storage_texture:
      return TI_ARGUMENT_TYPE_TEXTURE;
    case ParamKind::argpack:
      break;
  }
  return TI_ARGUMENT_TYPE_MAX_ENUM;
}

bool is_texture(ParamKind kind) { return kind == ParamKind::sampled_texture || kind == ParamKind::storage_texture; }

void set_element_shape(IstArgumentInfo& info, const std::vector<uint32_t>& shape) {
  std::fill(std::begin(info.elem_shape), std::end(info.elem_shape), 0u);
  info.elem_rank = static_cast<uint32_t>(std::min<size_t>(shape.size(), std::size(info.elem_shape)));
  std::copy_n(shape.begin(), info.elem_rank, info.elem_shape);
}

// One description for the parameters of kernels and of graphs: both have these members.
template <class Param>
IstArgumentInfo describe(const Param& param) {
  IstArgumentInfo info{};
  info.name = param.name.c_str();
  info.type = argument_type(param.kind, param.type);
  info.data_type = static_cast<TiDataType>(param.type);
  info.access = 1;
  if (is_texture(param.kind)) {
    info.dimension = static_cast<TiImageDimension>(param.rank ? param.rank - 1 : 0);
  } else if (param.kind == ParamKind::ndarray) {
    info.rank = param.rank;
  }
  set_element_shape(info, param.element_shape);
  return info;
}

bool is_resource(ParamKind kind) { return kind == ParamKind::ndarray || is_texture(kind); }

}  // namespace

std::vector<IstArgumentInfo> describe_arguments(const aot::KernelDesc& desc) {
  std::vector<IstArgumentInfo> infos;
  for (const aot::Param& param : desc.params) {
    IstArgumentInfo info = describe(param);
    if (is_resource(param.kind)) info.access = param.access;
    if (param.kind == ParamKind::tensor) set_element_shape(info, {static_cast<uint32_t>(param.members.size())});
    info.format = static_cast<TiFormat>(param.image_format);
    infos.push_back(info);
  }
  return infos;
}

// What a graph does to an argument is what its kernels do to it together.
std::vector<IstArgumentInfo> describe_arguments(const aot::ModuleDesc& module, const aot::GraphDesc& desc) {
  std::vector<IstArgumentInfo> infos;
  for (const aot::GraphArg& arg : desc.args) {
    infos.push_back(describe(arg));
    IstArgumentInfo& info = infos.back();
    if (is_resource(arg.kind)) info.access = 0;
    const bool column = arg.kind == ParamKind::tensor && info.elem_rank == 2 && info.elem_shape[1] == 1;
    if (column) set_element_shape(info, std::vector<uint32_t>{info.elem_shape[0]});
  }
  for (const aot::Dispatch& dispatch : desc.dispatches) {
    const auto& params = module.kernels[dispatch.kernel].params;
    for (size_t position = 0; position < dispatch.args.size(); ++position) {
      if (!is_resource(params[position].kind)) continue;
      IstArgumentInfo& info = infos[dispatch.args[position]];
      info.access |= params[position].access;
      if (params[position].image_format) info.format = static_cast<TiFormat>(params[position].image_format);
    }
  }
  return infos;
}

std::vector<IstArgumentInfo> describe_results(const std::vector<aot::ReturnValue>& results) {
  std::vector<IstArgumentInfo> infos;
  for (const aot::ReturnValue& value : results) {
    IstArgumentInfo info{};
    info.name = value.name.c_str();
    info.type = TI_ARGUMENT_TYPE_TENSOR;
    if (!value.members.empty()) info.data_type = static_cast<TiDataType>(value.members.front().type);
    set_element_shape(info, value.shape);
    info.access = 2;
    infos.push_back(info);
  }
  return infos;
}

}  // namespace ist
