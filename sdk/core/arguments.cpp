// Argument checks and conversions, by the parameter's declared type.
#include "core/arguments.h"

#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "core/half.h"
#include "core/resolve.h"

namespace ist {
namespace {

using aot::DataType;
using aot::Param;
using aot::ParamKind;

// An argument in its place: what every message begins with.
struct Place {
  const aot::KernelDesc& kernel;
  uint32_t position;
  const Param& param() const { return kernel.params[position]; }

  [[gnu::format(printf, 3, 4)]] Status refuse(Code code, const char* format, ...) const {
    va_list values;
    va_start(values, format);
    const std::string reason = format_text(format, values);
    va_end(values);
    return fail(code, "Kernel '%s', argument %u ('%s') %s", kernel.name.c_str(), position, param().name.c_str(),
                reason.c_str());
  }
};

bool is_float(DataType type) { return type <= DataType::f64; }

// A number on its way from the host's type to the parameter's.
struct Number {
  bool floating = false;
  double real = 0;
  uint64_t integer = 0;  // sign-extended
};

template <class T>
void put(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// The low byte tells, little-endian.
void put_bool(std::byte* to, uint8_t bool_bytes, bool value) {
  std::memset(to, 0, bool_bytes);
  put(to, static_cast<uint8_t>(value));
}

void store(std::byte* to, DataType type, uint8_t bool_bytes, const Number& number) {
  switch (type) {
    case DataType::f16:
      return put(to, half_from_float(static_cast<float>(number.real)));
    case DataType::f32:
      return put(to, static_cast<float>(number.real));
    case DataType::f64:
      return put(to, number.real);
    case DataType::u1:
      return put_bool(to, bool_bytes, number.integer != 0);
    case DataType::i8:
    case DataType::u8:
      return put(to, static_cast<uint8_t>(number.integer));
    case DataType::i16:
    case DataType::u16:
      return put(to, static_cast<uint16_t>(number.integer));
    case DataType::i32:
    case DataType::u32:
      return put(to, static_cast<uint32_t>(number.integer));
    case DataType::i64:
    case DataType::u64:
      return put(to, number.integer);
  }
}

template <class T>
Number integer(T value) {
  return {false, 0, static_cast<uint64_t>(static_cast<int64_t>(value))};
}

Number real(double value) { return {true, value, 0}; }

// A TiScalarValue by its declared type. An F16 scalar travels as a float in x32.
Number read_scalar(DataType type, const TiScalarValue& value) {
  switch (type) {
    case DataType::f16:
    case DataType::f32:
      return real(std::bit_cast<float>(value.x32));
    case DataType::f64:
      return real(std::bit_cast<double>(value.x64));
    case DataType::i8:
      return integer(static_cast<int8_t>(value.x8));
    case DataType::u1:
    case DataType::u8:
      return integer(value.x8);
    case DataType::i16:
      return integer(static_cast<int16_t>(value.x16));
    case DataType::u16:
      return integer(value.x16);
    case DataType::i32:
      return integer(static_cast<int32_t>(value.x32));
    case DataType::u32:
      return integer(value.x32);
    case DataType::i64:
    case DataType::u64:
      return {false, 0, value.x64};
  }
  return {};
}

bool known(TiDataType type) { return type >= TI_DATA_TYPE_F16 && type <= TI_DATA_TYPE_U64; }

Result<Number> read_number(const Place& place, const TiArgument& argument) {
  if (argument.type == TI_ARGUMENT_TYPE_I32) return integer(argument.value.i32);
  if (argument.type == TI_ARGUMENT_TYPE_F32) return real(argument.value.f32);
  const TiScalar& scalar = argument.value.scalar;
  if (!known(scalar.type)) {
    return place.refuse(Code::argument_out_of_range, "has the unknown scalar type %d.", static_cast<int>(scalar.type));
  }
  return read_scalar(static_cast<DataType>(scalar.type), scalar.value);
}

const char* given_type(const TiArgument& argument) {
  switch (argument.type) {
    case TI_ARGUMENT_TYPE_I32:
      return "i32";
    case TI_ARGUMENT_TYPE_F32:
      return "f32";
    default:
      return aot::data_type_name(static_cast<DataType>(argument.value.scalar.type));
  }
}

Status wrong_kind(const Place& place, const TiArgument& argument) {
  return place.refuse(Code::invalid_argument, "is a %s, but the value given is a %s.",
                      aot::param_kind_name(place.param().kind), argument_type_name(argument.type));
}

Status prepare_scalar(const Place& place, const TiArgument& argument, PreparedLaunch& launch) {
  if (argument.type != TI_ARGUMENT_TYPE_I32 && argument.type != TI_ARGUMENT_TYPE_F32 &&
      argument.type != TI_ARGUMENT_TYPE_SCALAR) {
    return wrong_kind(place, argument);
  }
  IST_TRY(const Number number, read_number(place, argument));
  const DataType declared = place.param().type;
  if (number.floating != is_float(declared)) {
    return place.refuse(Code::invalid_argument, "is of type %s, but the value given is of type %s.",
                        aot::data_type_name(declared), given_type(argument));
  }
  store(launch.args.data() + place.param().offset_bytes, declared, place.kernel.bool_bytes, number);
  return {};
}

// Tensors carry raw values of the declared type, except that u1 is one byte here and may be four in the block.
void store_raw(std::byte* to, DataType type, uint8_t bool_bytes, const TiTensorValue& data, uint32_t index) {
  if (type == DataType::u1) return put_bool(to, bool_bytes, data.x8[index] != 0);
  switch (aot::args_size_bytes(type)) {
    case 1:
      return put(to, data.x8[index]);
    case 2:
      return put(to, data.x16[index]);
    case 8:
      return put(to, data.x64[index]);
    default:
      return put(to, data.x32[index]);
  }
}

Status prepare_tensor(const Place& place, const TiArgument& argument, PreparedLaunch& launch) {
  if (argument.type != TI_ARGUMENT_TYPE_TENSOR) return wrong_kind(place, argument);
  const TiTensor& tensor = argument.value.tensor;
  const auto& members = place.param().members;
  if (!known(tensor.type)) {
    return place.refuse(Code::argument_out_of_range, "has the unknown tensor type %d.", static_cast<int>(tensor.type));
  }
  if (tensor.contents.length != members.size()) {
    return place.refuse(Code::invalid_argument, "has %zu components, but the tensor given has %u.", members.size(),
                        tensor.contents.length);
  }
  const auto type = static_cast<DataType>(tensor.type);
  const uint32_t room = sizeof(TiTensorValue) / (type == DataType::u1 ? 1 : aot::args_size_bytes(type));
  if (members.size() > room) {
    return place.refuse(Code::invalid_argument, "has %zu components, but a TiTensor holds %u of type %s.",
                        members.size(), room, aot::data_type_name(type));
  }
  for (uint32_t i = 0; i < members.size(); ++i) {
    if (members[i].type != type) {
      return place.refuse(Code::invalid_argument, "has component %u of type %s, but the tensor given is of type %s.", i,
                          aot::data_type_name(members[i].type), aot::data_type_name(type));
    }
    store_raw(launch.args.data() + members[i].offset_bytes, type, place.kernel.bool_bytes, tensor.contents.data, i);
  }
  return {};
}

uint64_t component_count(const TiNdShape& shape) {
  uint64_t count = 1;
  for (uint32_t i = 0; i < shape.dim_count && i < 16; ++i) count *= shape.dims[i];
  return count;
}

Status check_ndarray(const Place& place, const TiNdArray& array) {
  const Param& param = place.param();
  if (!known(array.elem_type)) {
    return place.refuse(Code::argument_out_of_range, "has the unknown element type %d.",
                        static_cast<int>(array.elem_type));
  }
  if (static_cast<DataType>(array.elem_type) != param.type) {
    return place.refuse(Code::invalid_argument, "holds elements of type %s, but the ndarray given holds %s.",
                        aot::data_type_name(param.type), aot::data_type_name(static_cast<DataType>(array.elem_type)));
  }
  if (array.shape.dim_count != param.rank) {
    return place.refuse(Code::invalid_argument, "has %u dimensions, but the ndarray given has %u.", param.rank,
                        array.shape.dim_count);
  }
  const uint64_t components = param.element_bytes / aot::element_size_bytes(param.type);
  if (array.elem_shape.dim_count != 0 && component_count(array.elem_shape) != components) {
    return place.refuse(Code::invalid_argument,
                        "has elements of %" PRIu64 " components, but the ndarray given has %" PRIu64 ".", components,
                        component_count(array.elem_shape));
  }
  return {};
}

// Bytes that the shader may touch; UINT64_MAX when the product leaves 64 bits.
uint64_t bytes_of(const Param& param, const TiNdShape& shape) {
  uint64_t bytes = param.element_bytes;
  for (uint32_t i = 0; i < shape.dim_count; ++i) {
    if (__builtin_mul_overflow(bytes, uint64_t{shape.dims[i]}, &bytes)) return UINT64_MAX;
  }
  return bytes;
}

Status prepare_ndarray(Runtime& runtime, const Place& place, const TiArgument& argument, PreparedLaunch& launch) {
  if (argument.type != TI_ARGUMENT_TYPE_NDARRAY) return wrong_kind(place, argument);
  const Param& param = place.param();
  const TiNdArray& array = argument.value.ndarray;
  IST_CHECK(check_ndarray(place, array));
  auto memory = resolve<Memory>(runtime, Kind::memory, array.memory, "its memory");
  if (!memory.ok())
    return place.refuse(memory.status().code(), "is refused: %s", std::string(memory.status().message()).c_str());
  Memory& target = **memory;
  const uint64_t needed = bytes_of(param, array.shape);
  if (needed > target.size_bytes()) {
    return place.refuse(Code::invalid_argument, "needs %" PRIu64 " bytes, but its memory '%s' has %" PRIu64 ".", needed,
                        target.name.c_str(), target.size_bytes());
  }
  if ((target.desc().usage & memory_usage::kStorage) == 0) {
    return place.refuse(Code::invalid_argument,
                        "needs memory with TI_MEMORY_USAGE_STORAGE_BIT, but '%s' has usage 0x%x.", target.name.c_str(),
                        target.desc().usage);
  }
  const uint64_t most = runtime.info().limits.max_storage_range_bytes;
  if (needed > most) {
    return place.refuse(Code::not_supported, "needs %" PRIu64 " bytes, but this device binds at most %" PRIu64 ".",
                        needed, most);
  }
  if (target.tracked().lending) IST_CHECK(target.require_ours("kernel '" + place.kernel.name + "'"));
  for (uint32_t i = 0; i < param.rank; ++i) put(launch.args.data() + param.shape_offsets[i], array.shape.dims[i]);
  if (launch.by_address && target.tracked().buffer->device_address() == 0) {
    return place.refuse(Code::invalid_argument,
                        "is reached by its address, but its memory '%s' has none (made without "
                        "VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT).",
                        target.name.c_str());
  }
  if (launch.by_address) put(launch.args.data() + param.data_ptr_offset, target.tracked().buffer->device_address());
  launch.resources[place.position].memory = &target;
  return {};
}

Status check_texture(const Place& place, const ImageResource& image) {
  const Param& param = place.param();
  const ImageDesc& desc = image.desc();
  const bool storage = param.kind == ParamKind::storage_texture;
  const uint32_t needed = storage ? image_usage::kStorage : image_usage::kSampled;
  if ((desc.usage & needed) == 0) {
    return place.refuse(Code::invalid_argument, "needs an image with %s, but '%s' has usage 0x%x.",
                        storage ? "TI_IMAGE_USAGE_STORAGE_BIT" : "TI_IMAGE_USAGE_SAMPLED_BIT", image.name.c_str(),
                        desc.usage);
  }
  static constexpr uint32_t kRank[] = {1, 2, 3, 1, 2, 2};
  if (kRank[static_cast<uint32_t>(desc.dimension)] != param.rank) {
    return place.refuse(Code::invalid_argument, "is a %uD texture, but image '%s' has %u dimensions.", param.rank,
                        image.name.c_str(), kRank[static_cast<uint32_t>(desc.dimension)]);
  }
  if (param.image_format != 0 && param.image_format != desc.format) {
    return place.refuse(Code::invalid_argument, "stores texels of format %s, but image '%s' has format %s.",
                        format_info(param.image_format).name, image.name.c_str(), format_info(desc.format).name);
  }
  const FormatKind kind = format_info(desc.format).kind;
  if (!storage && (kind == FormatKind::uint || kind == FormatKind::sint)) {
    return place.refuse(Code::invalid_argument, "samples floats, but image '%s' has the integer format %s.",
                        image.name.c_str(), format_info(desc.format).name);
  }
  return {};
}

Status prepare_texture(Runtime& runtime, const Place& place, const TiArgument& argument, PreparedLaunch& launch) {
  if (argument.type != TI_ARGUMENT_TYPE_TEXTURE) return wrong_kind(place, argument);
  const TiTexture& texture = argument.value.texture;
  auto image = resolve<ImageResource>(runtime, Kind::image, texture.image, "its image");
  if (!image.ok())
    return place.refuse(image.status().code(), "is refused: %s", std::string(image.status().message()).c_str());
  IST_CHECK(check_texture(place, **image));
  if ((*image)->tracked().lending)
    IST_CHECK((*image)->require_ours((*image)->full_range(), "kernel '" + place.kernel.name + "'"));
  PreparedResource& resource = launch.resources[place.position];
  resource.image = *image;
  resource.sampler = nullptr;
  if (texture.sampler) {
    auto sampler = resolve<SamplerResource>(runtime, Kind::sampler, texture.sampler, "its sampler");
    if (!sampler.ok())
      return place.refuse(sampler.status().code(), "is refused: %s", std::string(sampler.status().message()).c_str());
    resource.sampler = *sampler;
  }
  const Extent& extent = (*image)->desc().extent;
  const uint32_t sides[] = {extent.width, extent.height, extent.depth};
  const auto& offsets = place.param().shape_offsets;
  for (size_t i = 0; i < offsets.size() && i < 3; ++i) put(launch.args.data() + offsets[i], sides[i]);
  return {};
}

}  // namespace

const char* argument_type_name(TiArgumentType type) {
  static constexpr const char* kNames[] = {"TI_ARGUMENT_TYPE_I32",     "TI_ARGUMENT_TYPE_F32",
                                           "TI_ARGUMENT_TYPE_NDARRAY", "TI_ARGUMENT_TYPE_TEXTURE",
                                           "TI_ARGUMENT_TYPE_SCALAR",  "TI_ARGUMENT_TYPE_TENSOR"};
  const auto index = static_cast<uint32_t>(type);
  return index < std::size(kNames) ? kNames[index] : "value of unknown type";
}

Status prepare_argument(Runtime& runtime, const aot::KernelDesc& desc, uint32_t position, const TiArgument& argument,
                        PreparedLaunch& launch) {
  const Place place{desc, position};
  if (static_cast<uint32_t>(argument.type) > TI_ARGUMENT_TYPE_TENSOR) {
    return place.refuse(Code::argument_out_of_range, "has the unknown argument type %d.",
                        static_cast<int>(argument.type));
  }
  switch (place.param().kind) {
    case ParamKind::scalar:
      return prepare_scalar(place, argument, launch);
    case ParamKind::tensor:
      return prepare_tensor(place, argument, launch);
    case ParamKind::ndarray:
      return prepare_ndarray(runtime, place, argument, launch);
    case ParamKind::sampled_texture:
    case ParamKind::storage_texture:
      return prepare_texture(runtime, place, argument, launch);
    case ParamKind::argpack:
      break;
  }
  return place.refuse(Code::not_supported, "is an argpack, which the C-API cannot express.");
}

Status prepare_arguments(Runtime& runtime, const aot::KernelDesc& desc, uint32_t count, const TiArgument* arguments,
                         PreparedLaunch& launch) {
  if (count > kMaxArguments) {
    return fail(Code::argument_out_of_range, "arg_count (%u) exceeds %u.", count, kMaxArguments);
  }
  if (count > 0 && !arguments) return fail(Code::argument_null, "args is null, but arg_count is %u.", count);
  const auto expected = static_cast<uint32_t>(desc.params.size());
  if (count < expected) {
    return fail(Code::argument_not_found,
                "Kernel '%s' takes %u arguments, but %u are given: argument %u ('%s') is missing.", desc.name.c_str(),
                expected, count, count, desc.params[count].name.c_str());
  }
  if (count > expected) {
    return fail(Code::invalid_argument, "Kernel '%s' takes %u arguments, but %u are given.", desc.name.c_str(),
                expected, count);
  }
  for (uint32_t i = 0; i < count; ++i) IST_CHECK(prepare_argument(runtime, desc, i, arguments[i], launch));
  return {};
}

}  // namespace ist
