// Each kind of value, in and out.
#include "operand.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>

#include "../console.h"
#include "npy.h"
#include "pixels.h"
#include "scalars.h"

namespace tool {
namespace {

using ist::Code;
using ist::Status;
using ist::aot::DataType;
using ist::aot::ParamKind;

// What is made can be read back: no argument takes more than this machine's memory.
uint64_t most_bytes() {
  static const uint64_t most =
      static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return most;
}

// "Argument 'a', which is i32[:],": how sentences about an argument begin.
std::string subject(const Argument& argument) {
  return "Argument '" + argument.name + "' (" + type_text(argument) + ")";
}

Status refuse(const Argument& argument, const std::string& predicate) {
  return {Code::invalid_argument, subject(argument) + " " + predicate};
}

template <class T>
void put(T& out, const std::byte* bytes, size_t count) {
  std::memcpy(&out, bytes, count);
}

// "16x32" or "16,32"; nothing when it is neither.
std::optional<std::vector<uint64_t>> parse_shape(const std::string& text) {
  std::vector<uint64_t> shape;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    uint64_t dim = 0;
    const auto [after, error] = std::from_chars(at, end, dim);
    if (error != std::errc() || shape.size() == 16) return std::nullopt;
    shape.push_back(dim);
    if (after == end) return shape;
    if ((*after != 'x' && *after != ',') || after + 1 == end) return std::nullopt;
    at = after + 1;
  }
  return shape;
}

// What `text` ("16x32") asks for, in bytes.
ist::Result<uint64_t> bytes_of(const Argument& argument, const std::string& text, const std::vector<uint64_t>& shape,
                               uint64_t unit) {
  uint64_t bytes = unit;
  for (const uint64_t dim : shape)
    if (__builtin_mul_overflow(bytes, dim, &bytes) || bytes > most_bytes())
      return refuse(argument, "is given '" + text + "', which takes more memory than this machine has (" +
                                  size_text(most_bytes()) + ").");
  return bytes;
}

// Of what there is.
uint64_t bytes_of(const std::vector<uint64_t>& shape, DataType type) {
  return std::accumulate(shape.begin(), shape.end(), uint64_t{ist::aot::element_size_bytes(type)}, std::multiplies<>());
}

// "NAME:REST" of "zeros:16x16"; nothing when it begins otherwise.
std::optional<std::string> after_word(const std::string& text, const std::string& word) {
  if (text == word) return std::string();
  if (!text.starts_with(word + ":")) return std::nullopt;
  return text.substr(word.size() + 1);
}

// Splits "16x16:f32" at its last colon.
std::pair<std::string, std::string> split_at_colon(const std::string& text) {
  const size_t at = text.find(':');
  return at == std::string::npos ? std::pair(text, std::string()) : std::pair(text.substr(0, at), text.substr(at + 1));
}

ist::Result<Bytes> parse_numbers(const Argument& argument, const NumberList& list) {
  Bytes bytes;
  for (const std::string& number : list.numbers) {
    const Status status = append_number(number, argument.type, bytes);
    if (!status.ok())
      return refuse(argument, "is given '" + number + "', which " + std::string(status.message()) + ".");
  }
  return bytes;
}

ist::Result<NumberList> split_for(const Argument& argument, const std::string& text) {
  auto list = split_numbers(text);
  if (!list.ok())
    return refuse(argument, "is given '" + text + "', which " + std::string(list.status().message()) + ".");
  return list;
}

ist::Result<Operand> make_scalar(const Argument& argument, const std::string& text) {
  Operand made{argument, {}, {}, nullptr};
  IST_TRY(const Bytes bytes, parse_numbers(argument, {{text}, 1}));
  if (argument.type == DataType::i32) {
    made.value.type = TI_ARGUMENT_TYPE_I32;
    put(made.value.value.i32, bytes.data(), bytes.size());
  } else if (argument.type == DataType::f32) {
    made.value.type = TI_ARGUMENT_TYPE_F32;
    put(made.value.value.f32, bytes.data(), bytes.size());
  } else if (argument.type == DataType::f16) {
    // The one that does not travel as its own bits.
    made.value.type = TI_ARGUMENT_TYPE_SCALAR;
    made.value.value.scalar.type = TI_DATA_TYPE_F16;
    const auto value = static_cast<float>(number_value(bytes.data(), DataType::f16));
    std::memcpy(&made.value.value.scalar.value.x32, &value, sizeof value);
  } else {
    made.value.type = TI_ARGUMENT_TYPE_SCALAR;
    made.value.value.scalar.type = static_cast<TiDataType>(argument.type);
    put(made.value.value.scalar.value, bytes.data(), bytes.size());
  }
  return made;
}

ist::Result<Operand> make_tensor(const Argument& argument, const std::string& text) {
  Operand made{argument, {}, {}, nullptr};
  IST_TRY(const NumberList list, split_for(argument, text));
  const uint64_t want = components_of(argument.element_shape);
  if (list.numbers.size() != want)
    return refuse(argument, "takes " + std::to_string(want) + " numbers but '" + text + "' has " +
                                std::to_string(list.numbers.size()) + ".");
  const bool rows_known = argument.element_shape.size() == 2;
  if (list.rows > 1 && rows_known && list.rows != argument.element_shape[0])
    return refuse(argument, "takes " + std::to_string(argument.element_shape[0]) + " rows but '" + text + "' has " +
                                std::to_string(list.rows) + ".");
  IST_TRY(const Bytes bytes, parse_numbers(argument, list));
  TiTensor& tensor = made.value.value.tensor;
  if (bytes.size() > sizeof tensor.contents.data)
    return refuse(argument, "takes " + std::to_string(bytes.size()) + " bytes but no value has more than 128.");
  made.value.type = TI_ARGUMENT_TYPE_TENSOR;
  tensor.type = static_cast<TiDataType>(argument.type);
  tensor.contents.length = static_cast<uint32_t>(want);
  put(tensor.contents.data, bytes.data(), bytes.size());
  return made;
}

// An array's bytes and dimensions, the element's included.
struct Content {
  std::vector<uint64_t> shape;
  std::optional<Bytes> bytes;  // nothing: zeros
};

Status check_type(const Argument& argument, const std::string& name, const NumpyArray& array, DataType want) {
  if (array.type == want) return {};
  return refuse(argument, "takes " + std::string(numpy_name(want)) + " but '" + name + "' holds " +
                              numpy_name(array.type) + "; in Python, numpy.save(path, a.astype(numpy." +
                              (want == DataType::u1 ? "bool_" : numpy_name(want)) + ")) writes such a file.");
}

Status check_array_shape(const Argument& argument, const std::string& name, const std::vector<uint64_t>& shape) {
  const auto& element = argument.element_shape;
  const bool rank_fits = shape.size() == argument.rank + element.size();
  if (rank_fits &&
      std::equal(element.begin(), element.end(), shape.end() - static_cast<std::ptrdiff_t>(element.size())))
    return {};
  std::string want = std::to_string(argument.rank) + (argument.rank == 1 ? " dimension" : " dimensions");
  if (!element.empty())
    want += " and then the element's, " + shape_text(std::vector<uint64_t>(element.begin(), element.end()));
  return refuse(argument, "takes " + want + " but '" + name + "' has the shape " + shape_text(shape) + ".");
}

ist::Result<Content> content_of_npy(const Argument& argument, const std::string& path) {
  IST_TRY(Bytes file, read_whole_file(path));
  IST_TRY(NumpyArray array, read_npy(std::move(file), path));
  IST_CHECK(check_type(argument, path, array, argument.type));
  IST_CHECK(check_array_shape(argument, path, array.shape));
  return Content{std::move(array.shape), std::move(array.bytes)};
}

ist::Result<Content> content_of_png(const Argument& argument, const std::string& path) {
  const auto& element = argument.element_shape;
  const bool grey = argument.rank == 2 && element.empty(), free_channels = argument.rank == 3 && element.empty();
  const bool vectors = argument.rank == 2 && element.size() == 1 && element[0] >= 1 && element[0] <= 4;
  if (!grey && !free_channels && !vectors)
    return refuse(argument, "takes no picture ('" + path +
                                "'): that needs two dimensions, of numbers or of vectors of up to 4, or three.");
  IST_TRY(const Bytes file, read_whole_file(path));
  IST_TRY(const Picture picture, read_png(file, path, grey ? 1 : vectors ? element[0] : 0));
  Content made{{picture.height, picture.width}, Bytes()};
  if (!grey) made.shape.push_back(picture.channels);
  if (!to_numbers(picture, argument.type, *made.bytes))
    return refuse(argument, "takes no picture ('" + path + "'): that needs u8, u16 or floats.");
  return made;
}

ist::Result<Content> content_of_zeros(const Argument& argument, const std::string& text) {
  const auto [size, type] = split_at_colon(text);
  if (!type.empty() && type != ist::aot::data_type_name(argument.type) && type != numpy_name(argument.type))
    return refuse(argument, "takes " + std::string(ist::aot::data_type_name(argument.type)) + " but 'zeros:" + text +
                                "' asks for " + type + ".");
  auto shape = parse_shape(size);
  if (!shape) return refuse(argument, "is given the shape '" + size + "'; a shape is written 16x32 or 16,32.");
  if (shape->size() != argument.rank)
    return refuse(argument, "has " + std::to_string(argument.rank) +
                                (argument.rank == 1 ? " dimension" : " dimensions") + " but 'zeros:" + text +
                                "' names " + std::to_string(shape->size()) + ".");
  shape->insert(shape->end(), argument.element_shape.begin(), argument.element_shape.end());
  IST_CHECK(bytes_of(argument, "zeros:" + text, *shape, ist::aot::element_size_bytes(argument.type)).take_status());
  return Content{std::move(*shape), std::nullopt};
}

ist::Result<Content> content_of_list(const Argument& argument, const std::string& text) {
  IST_TRY(const NumberList list, split_for(argument, text));
  const uint64_t columns = list.numbers.size() / list.rows;
  std::vector<uint64_t> shape = {columns};
  if (argument.rank + argument.element_shape.size() == 0) shape.clear();
  if (list.rows > 1 || argument.rank + argument.element_shape.size() == 2) shape.insert(shape.begin(), list.rows);
  if (shape.empty() && columns != 1) shape = {columns};
  IST_CHECK(check_array_shape(argument, text, shape));
  IST_TRY(Bytes bytes, parse_numbers(argument, list));
  return Content{std::move(shape), std::move(bytes)};
}

ist::Result<Content> content_of(const Argument& argument, const std::string& text) {
  if (text.starts_with('@') && has_suffix(text, ".npy")) return content_of_npy(argument, text.substr(1));
  if (text.starts_with('@') && has_suffix(text, ".png")) return content_of_png(argument, text.substr(1));
  if (text.starts_with('@'))
    return refuse(argument, "is given the file '" + text.substr(1) + "', which ends with neither .npy nor .png.");
  if (const auto shape = after_word(text, "zeros")) return content_of_zeros(argument, *shape);
  if (after_word(text, "new"))
    return refuse(argument, "is an array but '" + text + "' makes an image; new arrays are zeros:SHAPE.");
  return content_of_list(argument, text);
}

ist::Result<Operand> make_array(Session& session, const Argument& argument, const std::string& text) {
  Operand made{argument, {}, {}, nullptr};
  IST_TRY(Content content, content_of(argument, text));
  made.value.type = TI_ARGUMENT_TYPE_NDARRAY;
  TiNdArray& array = made.value.value.ndarray;
  array.shape.dim_count = argument.rank;
  for (uint32_t i = 0; i < argument.rank && i < std::size(array.shape.dims); ++i) {
    if (content.shape[i] > UINT32_MAX)
      return refuse(argument, "has a dimension of " + std::to_string(content.shape[i]) + ", more than 4294967295.");
    array.shape.dims[i] = static_cast<uint32_t>(content.shape[i]);
  }
  array.elem_shape.dim_count = static_cast<uint32_t>(argument.element_shape.size());
  std::copy(argument.element_shape.begin(), argument.element_shape.end(), array.elem_shape.dims);
  array.elem_type = static_cast<TiDataType>(argument.type);
  IST_TRY(array.memory, session.make_memory(bytes_of(content.shape, argument.type), content.bytes));
  made.shape = std::move(content.shape);
  return made;
}

// An image's texels with its size, fastest dimension first.
struct Texels {
  const Format* format = nullptr;
  std::vector<uint64_t> size;
  std::optional<Bytes> bytes;  // nothing: zeros
};

// The format of the shader, or else the first of those that have such texels.
const Format* format_for(const Argument& argument, DataType component, uint64_t channels) {
  if (argument.image_format) return find_format(argument.image_format);
  for (uint32_t i = 1; i < TI_FORMAT_DEPTH16; ++i) {
    const Format* format = find_format(i);
    if (format->component == component && format->channels == channels) return format;
  }
  return nullptr;
}

ist::Result<Texels> texels_of_npy(const Argument& argument, const std::string& path) {
  IST_TRY(Bytes file, read_whole_file(path));
  IST_TRY(NumpyArray array, read_npy(std::move(file), path));
  const bool has_channels = array.shape.size() == argument.rank + 1;
  if (!has_channels && array.shape.size() != argument.rank)
    return refuse(argument, "takes an array of " + std::to_string(argument.rank) +
                                " dimensions, and channels as one more, but '" + path + "' has the shape " +
                                shape_text(array.shape) + ".");
  const uint64_t channels = has_channels ? array.shape.back() : 1;
  const Format* format = format_for(argument, array.type, channels);
  if (!format)
    return refuse(argument, "is given '" + path + "', but no format of images has " + std::to_string(channels) +
                                " channels of " + numpy_name(array.type) + ".");
  IST_CHECK(check_type(argument, path, array, format->component));
  if (channels != format->channels)
    return refuse(argument, "takes " + std::to_string(format->channels) + " channels (" + format->name + ") but '" +
                                path + "' has " + std::to_string(channels) + ".");
  if (has_channels) array.shape.pop_back();
  return Texels{format, {array.shape.rbegin(), array.shape.rend()}, std::move(array.bytes)};
}

ist::Result<Texels> texels_of_png(const Argument& argument, const std::string& path) {
  IST_TRY(const Bytes file, read_whole_file(path));
  const Format* format = argument.image_format ? find_format(argument.image_format) : nullptr;
  IST_TRY(Picture picture, read_png(file, path, format ? format->channels : 0));
  if (!format && picture.channels == 3) {
    // No device is sure to have images of three channels.
    IST_TRY(picture, read_png(file, path, 4));
  }
  if (!format)
    format = format_for(argument, picture.sample_bytes == 2 ? DataType::u16 : DataType::u8, picture.channels);
  Texels made{format, {picture.width, picture.height}, Bytes()};
  if (argument.rank == 3 || (argument.rank == 1 && picture.height != 1))
    return refuse(argument, "has " + std::to_string(argument.rank) +
                                (argument.rank == 1 ? " dimension" : " dimensions") + " but '" + path +
                                "' is a picture of " + std::to_string(picture.width) + " x " +
                                std::to_string(picture.height) + "; a .npy can hold what it takes.");
  made.size.resize(argument.rank);
  if (!to_numbers(picture, format->component, *made.bytes))
    return refuse(argument, "takes no picture ('" + path + "'), as its format is " + std::string(format->name) +
                                "; a .npy of " + numpy_name(format->component) + " can hold what it takes.");
  if (format->blue_first) swap_red_blue(*made.bytes, *format);
  return made;
}

ist::Result<Texels> texels_of_new(const Argument& argument, const std::string& text) {
  const auto [size, name] = split_at_colon(text);
  Texels made;
  made.format = argument.image_format ? find_format(argument.image_format) : find_format(name.empty() ? "rgba8" : name);
  if (!name.empty() && !find_format(name))
    return refuse(argument, "is given the format '" + name + "'; the formats are " + format_names() + ".");
  if (!name.empty() && name != made.format->name)
    return refuse(argument, "has the format " + std::string(made.format->name) + " but 'new:" + text + "' asks for " +
                                name + ".");
  const auto shape = parse_shape(size);
  if (!shape) return refuse(argument, "is given the size '" + size + "'; a size is written 640x480.");
  if (shape->size() != argument.rank)
    return refuse(argument, "has " + std::to_string(argument.rank) +
                                (argument.rank == 1 ? " dimension" : " dimensions") + " but 'new:" + text + "' names " +
                                std::to_string(shape->size()) + ".");
  IST_CHECK(bytes_of(argument, "new:" + text, *shape, made.format->texel_bytes()).take_status());
  made.size = *shape;
  return made;
}

ist::Result<Texels> texels_of(const Argument& argument, const std::string& text) {
  if (argument.image_format && !find_format(argument.image_format))
    return refuse(argument, "has a format that this program cannot make.");
  if (text.starts_with('@') && has_suffix(text, ".npy")) return texels_of_npy(argument, text.substr(1));
  if (text.starts_with('@') && has_suffix(text, ".png")) return texels_of_png(argument, text.substr(1));
  if (const auto size = after_word(text, "new")) return texels_of_new(argument, *size);
  return refuse(argument, "is an image but is given '" + text + "'; images are @FILE.png, @FILE.npy or new:WxH.");
}

// What the format can be used for, or else what the argument needs, so that the library's sentence says what is wrong.
TiImageUsageFlags usage_of(const Session& session, const Argument& argument, const TiImageAllocateInfo& info) {
  IstFormatInfo can{};
  can.size = sizeof can;
  const TiImageUsageFlags both = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  const Status asked = of_call(ist_format_info(session.runtime(), info.format, info.dimension, &can));
  if (asked.ok() && (can.usage & both) == both) return both;
  return argument.kind == ParamKind::storage_texture ? TI_IMAGE_USAGE_STORAGE_BIT : TI_IMAGE_USAGE_SAMPLED_BIT;
}

ist::Result<Operand> make_image(Session& session, const Argument& argument, const std::string& text) {
  Operand made{argument, {}, {}, nullptr};
  IST_TRY(const Texels texels, texels_of(argument, text));
  for (const uint64_t length : texels.size)
    if (length < 1 || length > UINT32_MAX)
      return refuse(argument, "is given an image with a side of " + std::to_string(length) + " texels.");
  const auto side = [&](size_t i) { return i < texels.size.size() ? static_cast<uint32_t>(texels.size[i]) : 1u; };
  TiImageAllocateInfo info{};
  info.dimension = static_cast<TiImageDimension>(argument.rank ? argument.rank - 1 : 0);
  info.extent = {side(0), side(1), side(2), 1};
  info.mip_level_count = 1;
  info.format = static_cast<TiFormat>(texels.format->format);
  info.usage = usage_of(session, argument, info);
  made.format = texels.format;
  made.shape.assign(texels.size.rbegin(), texels.size.rend());
  if (made.format->channels > 1) made.shape.push_back(made.format->channels);
  IST_TRY(const TiImage image, session.make_image(info, bytes_of(made.shape, made.type()), texels.bytes));
  made.value.type = TI_ARGUMENT_TYPE_TEXTURE;
  made.value.value.texture = {image, TI_NULL_HANDLE, info.dimension, info.extent, info.format};
  return made;
}

// All numbers of an array or an image.
ist::Result<NumpyArray> content(const Session& session, const Operand& operand) {
  NumpyArray made{operand.type(), operand.shape, Bytes(bytes_of(operand.shape, operand.type()))};
  const TiArgumentValue& value = operand.value.value;
  if (operand.is_image())
    IST_CHECK(session.read_image(value.texture.image, value.texture.extent, made.bytes));
  else
    IST_CHECK(session.read_memory(value.ndarray.memory, made.bytes));
  return made;
}

// Whether rows and columns are among its dimensions, and beside them nothing but channels.
bool is_flat(const Operand& operand) {
  const size_t rank = operand.argument.rank, element = operand.argument.element_shape.size();
  if (operand.is_image()) return rank == 1 || rank == 2;
  return (rank == 2 && element <= 1) || (rank == 3 && element == 0);
}

// The picture that an array or an image makes, without its samples; nothing when it makes none.
std::optional<Picture> frame_of(const Operand& operand) {
  if (!is_flat(operand)) return std::nullopt;
  std::vector<uint64_t> shape = operand.shape;
  // One row for images of one dimension.
  if (operand.is_image() && operand.argument.rank == 1) shape.insert(shape.begin(), 1);
  shape.resize(3, 1);
  if (*std::max_element(shape.begin(), shape.end()) > UINT32_MAX) return std::nullopt;
  const Picture frame{static_cast<uint32_t>(shape[1]),
                      static_cast<uint32_t>(shape[0]),
                      static_cast<uint32_t>(shape[2]),
                      operand.type() == DataType::u16 ? 2u : 1u,
                      {}};
  return fits_png(frame) ? std::optional(frame) : std::nullopt;
}

Status check_picture(const Operand& operand, const std::string& path) {
  if (!is_of_pictures(operand.type()))
    return refuse(operand.argument, "is no picture for '" + path + "', as it holds " + numpy_name(operand.type()) +
                                        " and pictures are uint8, uint16 or floats from 0 to 1; a .npy can hold it.");
  if (frame_of(operand)) return {};
  return refuse(operand.argument, "is no picture for '" + path + "', as its shape is " + shape_text(operand.shape) +
                                      " and pictures have rows, columns, up to four channels and less than 2 GiB; a "
                                      ".npy can hold it.");
}

Bytes png_of(const Operand& operand, NumpyArray array) {
  Picture picture = frame_of(operand).value_or(Picture());
  if (operand.format && operand.format->blue_first) swap_red_blue(array.bytes, *operand.format);
  to_picture(array.bytes, array.type, picture);
  return to_png(picture);
}

}  // namespace

ist::Result<Operand> make_operand(Session& session, const Argument& argument, const std::string& text) {
  switch (argument.kind) {
    case ParamKind::scalar:
      return make_scalar(argument, text);
    case ParamKind::tensor:
      return make_tensor(argument, text);
    case ParamKind::ndarray:
      return make_array(session, argument, text);
    case ParamKind::sampled_texture:
    case ParamKind::storage_texture:
      return make_image(session, argument, text);
    case ParamKind::argpack:
      break;
  }
  return refuse(argument, "is of a kind that cannot be passed.");
}

Status check_output(const Operand& operand, const std::string& path) {
  if (!operand.is_array() && !operand.is_image())
    return refuse(operand.argument, "is passed by value: there is nothing to write to '" + path + "'.");
  if (!has_suffix(path, ".npy") && !has_suffix(path, ".png"))
    return refuse(operand.argument, "is to be written to '" + path + "', which ends with neither .npy nor .png.");
  IST_CHECK(check_can_write(path));
  return has_suffix(path, ".png") ? check_picture(operand, path) : Status();
}

Status write_operand(const Session& session, const Operand& operand, const std::string& path) {
  IST_CHECK(check_output(operand, path));
  IST_TRY(NumpyArray array, content(session, operand));
  return write_whole_file(path, has_suffix(path, ".png") ? png_of(operand, std::move(array)) : to_npy(array));
}

ist::Result<std::string> summary(const Session& session, const Operand& operand) {
  constexpr size_t kShown = 8;
  IST_TRY(const NumpyArray array, content(session, operand));
  const size_t step = ist::aot::element_size_bytes(array.type), count = array.bytes.size() / step;
  std::string text = std::string(numpy_name(array.type)) + " " + shape_text(array.shape) + ":";
  for (size_t i = 0; i < std::min(count, kShown); ++i)
    text += " " + number_text(array.bytes.data() + i * step, array.type);
  return text + (count > kShown ? " ..." : "");
}

}  // namespace tool
