// Facts of formats, decoding, and images that are compared cell by cell.
#include "formats_support.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <ostream>

namespace conformance {
namespace {

using enum Numbers;

struct SuiteRuntime {
  TiArch arch = TI_ARCH_RESERVED;
  std::unique_ptr<OwnRuntime> runtime;
};
SuiteRuntime suite_runtime;

template <class T>
T load(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

double linear_from_srgb(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double decode_channel(const FormatRow& row, const uint8_t* bytes) {
  const uint32_t size = row.channel_bytes;
  switch (row.numbers) {
    case unorm:
    case srgb:
      return size == 1 ? *bytes / 255.0 : load<uint16_t>(bytes) / 65535.0;
    case uint:
      return size == 1 ? *bytes : size == 2 ? load<uint16_t>(bytes) : load<uint32_t>(bytes);
    case sint:
      return size == 1 ? load<int8_t>(bytes) : size == 2 ? load<int16_t>(bytes) : load<int32_t>(bytes);
    case sfloat:
      return size == 2 ? static_cast<float>(Half(load<Half>(bytes))) : load<float>(bytes);
    case depth:
      break;
  }
  if (row.format == TI_FORMAT_DEPTH32F) return load<float>(bytes);
  if (row.format == TI_FORMAT_DEPTH16) return load<uint16_t>(bytes) / 65535.0;
  return (load<uint32_t>(bytes) & 0xffffffu) / 16777215.0;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const FormatRow& row) { return out << row.name; }

const std::vector<FormatRow>& format_rows() {
  static const std::vector<FormatRow> rows = {
      {TI_FORMAT_R8, "r8", 1, 1, unorm},
      {TI_FORMAT_RG8, "rg8", 2, 1, unorm},
      {TI_FORMAT_RGBA8, "rgba8", 4, 1, unorm},
      {TI_FORMAT_RGBA8SRGB, "rgba8srgb", 4, 1, srgb},
      {TI_FORMAT_BGRA8, "bgra8", 4, 1, unorm},
      {TI_FORMAT_BGRA8SRGB, "bgra8srgb", 4, 1, srgb},
      {TI_FORMAT_R8U, "r8u", 1, 1, uint},
      {TI_FORMAT_RG8U, "rg8u", 2, 1, uint},
      {TI_FORMAT_RGBA8U, "rgba8u", 4, 1, uint},
      {TI_FORMAT_R8I, "r8i", 1, 1, sint},
      {TI_FORMAT_RG8I, "rg8i", 2, 1, sint},
      {TI_FORMAT_RGBA8I, "rgba8i", 4, 1, sint},
      {TI_FORMAT_R16, "r16", 1, 2, unorm},
      {TI_FORMAT_RG16, "rg16", 2, 2, unorm},
      {TI_FORMAT_RGB16, "rgb16", 3, 2, unorm},
      {TI_FORMAT_RGBA16, "rgba16", 4, 2, unorm},
      {TI_FORMAT_R16U, "r16u", 1, 2, uint},
      {TI_FORMAT_RG16U, "rg16u", 2, 2, uint},
      {TI_FORMAT_RGB16U, "rgb16u", 3, 2, uint},
      {TI_FORMAT_RGBA16U, "rgba16u", 4, 2, uint},
      {TI_FORMAT_R16I, "r16i", 1, 2, sint},
      {TI_FORMAT_RG16I, "rg16i", 2, 2, sint},
      {TI_FORMAT_RGB16I, "rgb16i", 3, 2, sint},
      {TI_FORMAT_RGBA16I, "rgba16i", 4, 2, sint},
      {TI_FORMAT_R16F, "r16f", 1, 2, sfloat},
      {TI_FORMAT_RG16F, "rg16f", 2, 2, sfloat},
      {TI_FORMAT_RGB16F, "rgb16f", 3, 2, sfloat},
      {TI_FORMAT_RGBA16F, "rgba16f", 4, 2, sfloat},
      {TI_FORMAT_R32U, "r32u", 1, 4, uint},
      {TI_FORMAT_RG32U, "rg32u", 2, 4, uint},
      {TI_FORMAT_RGB32U, "rgb32u", 3, 4, uint},
      {TI_FORMAT_RGBA32U, "rgba32u", 4, 4, uint},
      {TI_FORMAT_R32I, "r32i", 1, 4, sint},
      {TI_FORMAT_RG32I, "rg32i", 2, 4, sint},
      {TI_FORMAT_RGB32I, "rgb32i", 3, 4, sint},
      {TI_FORMAT_RGBA32I, "rgba32i", 4, 4, sint},
      {TI_FORMAT_R32F, "r32f", 1, 4, sfloat},
      {TI_FORMAT_RG32F, "rg32f", 2, 4, sfloat},
      {TI_FORMAT_RGB32F, "rgb32f", 3, 4, sfloat},
      {TI_FORMAT_RGBA32F, "rgba32f", 4, 4, sfloat},
      {TI_FORMAT_DEPTH16, "depth16", 1, 2, depth},
      {TI_FORMAT_DEPTH24STENCIL8, "depth24stencil8", 1, 3, depth},
      {TI_FORMAT_DEPTH32F, "depth32f", 1, 4, depth},
  };
  return rows;
}

std::vector<FormatRow> format_rows(bool (*wanted)(const FormatRow&)) {
  std::vector<FormatRow> chosen;
  std::copy_if(format_rows().begin(), format_rows().end(), std::back_inserter(chosen), wanted);
  return chosen;
}

std::array<double, 4> decode(const FormatRow& row, const uint8_t* texel) {
  std::array<double, 4> values = {0, 0, 0, 1};
  for (uint32_t c = 0; c < row.channels; ++c) values[c] = decode_channel(row, texel + c * row.channel_bytes);
  if (row.format == TI_FORMAT_BGRA8 || row.format == TI_FORMAT_BGRA8SRGB) std::swap(values[0], values[2]);
  if (row.numbers == srgb) {
    for (uint32_t c = 0; c < 3; ++c) values[c] = linear_from_srgb(values[c]);
  }
  return values;
}

std::vector<uint8_t> Random::texels(const FormatRow& row, size_t count) {
  std::vector<uint8_t> bytes(count * row.texel_bytes());
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(below(256));
  for (size_t k = 0; row.format == TI_FORMAT_DEPTH32F && k < count; ++k) {
    const float value = static_cast<float>(below(1 << 24)) / 16777216.0f;
    std::memcpy(&bytes[4 * k], &value, 4);
  }
  return bytes;
}

std::vector<uint8_t> Random::finite_texels(const FormatRow& row, size_t count) {
  std::vector<uint8_t> bytes = texels(row, count);
  if (row.numbers != sfloat) return bytes;
  for (size_t k = 0; k < bytes.size(); k += row.channel_bytes) {
    const float value = static_cast<float>(below(2048)) * 0.25f - 256.0f;
    const Half half(value);
    if (row.channel_bytes == 2) std::memcpy(&bytes[k], &half, 2);
    if (row.channel_bytes == 4) std::memcpy(&bytes[k], &value, 4);
  }
  return bytes;
}

IstFormatInfo describe_format(TiRuntime runtime, const FormatRow& row, TiImageDimension dimension) {
  IstFormatInfo info{};
  info.size = sizeof(info);
  EXPECT_EQ(ist_format_info(runtime, row.format, dimension, &info), TI_ERROR_SUCCESS) << take_error().message;
  return info;
}

uint32_t full_chain(const TiImageExtent& extent, const IstFormatInfo& info) {
  const uint32_t longest = std::max({extent.width, extent.height, extent.depth});
  return std::min(static_cast<uint32_t>(std::bit_width(longest)), info.max_mips);
}

CellImage::CellImage(TiRuntime runtime, const FormatRow& row, TiImageDimension dimension, const TiImageExtent& extent,
                     uint32_t mips, TiImageUsageFlags usage)
    : runtime_(runtime), row_(row), dimension_(dimension), extent_(extent), mips_(mips) {
  TiImageAllocateInfo info{};
  info.dimension = dimension;
  info.extent = extent;
  info.mip_level_count = mips;
  info.format = row.format;
  info.usage = usage;
  handle_ = ti_allocate_image(runtime, &info);
  EXPECT_NE(handle_, nullptr) << take_error().message;
  for (const Cell& cell : cells()) models_.emplace_back(texel_count(cell.mip) * row.texel_bytes());
}

CellImage::~CellImage() {
  if (handle_) ti_free_image(runtime_, handle_);
}

TiImageExtent CellImage::level(uint32_t mip) const {
  const auto side = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
  return {side(extent_.width), side(extent_.height), side(extent_.depth), 1};
}

size_t CellImage::texel_count(uint32_t mip) const {
  const TiImageExtent size = level(mip);
  return size_t{size.width} * size.height * size.depth;
}

std::vector<Cell> CellImage::cells() const {
  std::vector<Cell> all;
  for (uint32_t mip = 0; mip < mips_; ++mip) {
    for (uint32_t layer = 0; layer < layers(); ++layer) all.push_back({mip, layer});
  }
  return all;
}

TiArgument CellImage::arg(TiSampler sampler) const {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TEXTURE;
  argument.value.texture = {handle_, sampler, dimension_, extent_, row_.format};
  return argument;
}

void CellImage::write(Cell cell, const std::vector<uint8_t>& bytes) {
  const TiImageSlice to = slice(whole(cell));
  ASSERT_EQ(ist_write_image(runtime_, &to, bytes.data(), bytes.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
  model(cell) = bytes;
}

void CellImage::fill(Random& random, bool finite) {
  std::vector<Cell> order = cells();
  random.shuffle(order);
  for (const Cell& cell : order) {
    const size_t count = texel_count(cell.mip);
    write(cell, finite ? random.finite_texels(row_, count) : random.texels(row_, count));
  }
}

std::vector<uint8_t> CellImage::read(Cell cell) const {
  std::vector<uint8_t> bytes(texel_count(cell.mip) * row_.texel_bytes(), 0xcd);
  const TiImageSlice from = slice(whole(cell));
  EXPECT_EQ(ist_read_image(runtime_, &from, bytes.data(), bytes.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
  return bytes;
}

void CellImage::copy(const Box& to, CellImage& from_image, const Box& from) {
  const TiImageSlice target = slice(to), source = from_image.slice(from);
  ti_copy_image_device_to_device(runtime_, &target, &source);
  expect_no_error("copy");
  const size_t row_bytes = size_t{to.extent.width} * row_.texel_bytes();
  const size_t row_count = size_t{to.extent.height} * to.extent.depth;
  std::vector<uint8_t> texels(row_count * row_bytes);
  const std::vector<uint8_t>& source_model = from_image.model(from.cell);
  from_image.rows(from, row_bytes,
                  [&](size_t at, size_t row) { std::copy_n(&source_model[at], row_bytes, &texels[row]); });
  std::vector<uint8_t>& target_model = model(to.cell);
  rows(to, row_bytes, [&](size_t at, size_t row) { std::copy_n(&texels[row], row_bytes, &target_model[at]); });
}

void CellImage::expect_models(const std::string& what) {
  for (const Cell& cell : cells()) {
    std::vector<uint8_t> bytes = read(cell), expected = model(cell);
    for (size_t k = 3; row_.format == TI_FORMAT_DEPTH24STENCIL8 && k < bytes.size(); k += 4) bytes[k] = expected[k] = 0;
    const auto [at, wanted] = std::mismatch(bytes.begin(), bytes.end(), expected.begin());
    if (at == bytes.end()) continue;
    ADD_FAILURE() << what << ": mip " << cell.mip << ", layer " << cell.layer << ", byte " << at - bytes.begin()
                  << " is " << int{*at} << " and not " << int{*wanted};
    return;
  }
}

void FormatTest::TearDownTestSuite() { suite_runtime = {}; }

std::string FormatTest::name_of(const testing::TestParamInfo<ParamType>& info) {
  return arch_name({std::get<0>(info.param), 0}) + "_" + std::get<1>(info.param).name;
}

TiRuntime FormatTest::runtime() const { return suite_runtime.runtime->handle(); }

void FormatTest::SetUp() {
  const TiArch arch = std::get<0>(GetParam());
  if (!suite_runtime.runtime || suite_runtime.arch != arch) {
    suite_runtime = {};
    suite_runtime = {arch, std::make_unique<OwnRuntime>(arch)};
  }
  ASSERT_NE(runtime(), nullptr);
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
}

void FormatTest::TearDown() {
  if (!runtime()) return;
  ti_wait(runtime());
  expect_no_error("after the test");
}

}  // namespace conformance
