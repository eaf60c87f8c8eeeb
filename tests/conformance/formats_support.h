// The matrix of image formats and dimensions: one row of facts for each, images whose every mip level and layer has a
// model in plain bytes, and the fixture of tests that run once per format. Knows only the public C headers.
#pragma once

#include <ist/core.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "support.h"

namespace conformance {

enum class Numbers { unorm, srgb, uint, sint, sfloat, depth };

struct FormatRow {
  TiFormat format;
  const char* name;
  uint32_t channels;
  uint32_t channel_bytes;
  Numbers numbers;
  // Of a texel in memory. The depth of depth24stencil8 lies in the low 24 bits of a word, the others are undefined.
  uint32_t texel_bytes() const { return format == TI_FORMAT_DEPTH24STENCIL8 ? 4 : channels * channel_bytes; }
  bool is_integer() const { return numbers == Numbers::uint || numbers == Numbers::sint; }
};
std::ostream& operator<<(std::ostream& out, const FormatRow& row);

// All 43, in the order of TiFormat.
const std::vector<FormatRow>& format_rows();
// Those for which `wanted` is true.
std::vector<FormatRow> format_rows(bool (*wanted)(const FormatRow&));

// What a texel of the format reads as in a shader: missing channels are 0, alpha 1.
std::array<double, 4> decode(const FormatRow& row, const uint8_t* texel);

// Numbers that look random and are the same in every run.
class Random {
 public:
  uint32_t below(uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 33) % limit);
  }
  // Texels of any bits, NaNs included: copies move bits. 32-bit depths lie in [0, 1], all others are undefined.
  std::vector<uint8_t> texels(const FormatRow& row, size_t count);
  // Texels without NaNs and infinities.
  std::vector<uint8_t> finite_texels(const FormatRow& row, size_t count);
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (size_t k = items.size(); k > 1; --k) std::swap(items[k - 1], items[below(static_cast<uint32_t>(k))]);
  }

 private:
  uint64_t state_ = 1;
};

struct Dimension {
  const char* name;
  TiImageDimension dimension;
  // Odd everywhere, so that mips round down.
  TiImageExtent extent;
  // Of the kernel's texture that such an image is bound to.
  int rank;
};
inline constexpr Dimension kDimensions[] = {
    {"1D", TI_IMAGE_DIMENSION_1D, {13, 1, 1, 1}, 1},              //
    {"2D", TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 2},              //
    {"3D", TI_IMAGE_DIMENSION_3D, {5, 3, 7, 1}, 3},               //
    {"1D array", TI_IMAGE_DIMENSION_1D_ARRAY, {13, 1, 1, 3}, 1},  //
    {"2D array", TI_IMAGE_DIMENSION_2D_ARRAY, {13, 7, 1, 3}, 2},  //
    {"cube", TI_IMAGE_DIMENSION_CUBE, {9, 9, 1, 6}, 2},
};

// What the runtime says of a format in a dimension.
IstFormatInfo describe_format(TiRuntime runtime, const FormatRow& row, TiImageDimension dimension);
// The levels down to one texel, or as many as the device has.
uint32_t full_chain(const TiImageExtent& extent, const IstFormatInfo& info);

// A mip level of one layer.
struct Cell {
  uint32_t mip, layer;
};
// A box of texels in a cell.
struct Box {
  Cell cell;
  TiImageOffset offset;
  TiImageExtent extent;
};

// Owns an image, and knows what the bytes of every cell should be.
class CellImage {
 public:
  CellImage(TiRuntime runtime, const FormatRow& row, TiImageDimension dimension, const TiImageExtent& extent,
            uint32_t mips, TiImageUsageFlags usage);
  ~CellImage();
  CellImage(const CellImage&) = delete;
  CellImage& operator=(const CellImage&) = delete;

  TiImage handle() const { return handle_; }
  uint32_t mips() const { return mips_; }
  uint32_t layers() const { return extent_.array_layer_count; }
  // Extent of a level of one layer.
  TiImageExtent level(uint32_t mip) const;
  size_t texel_count(uint32_t mip) const;
  std::vector<Cell> cells() const;
  std::vector<uint8_t>& model(Cell cell) { return models_[cell.mip * layers() + cell.layer]; }
  Box whole(Cell cell) const { return {cell, {0, 0, 0, cell.layer}, level(cell.mip)}; }
  TiImageSlice slice(const Box& box) const { return {handle_, box.offset, box.extent, box.cell.mip}; }
  TiArgument arg(TiSampler sampler = nullptr) const;

  // Writes a cell from the host.
  void write(Cell cell, const std::vector<uint8_t>& bytes);
  // Writes every cell by itself, in some order.
  void fill(Random& random, bool finite = false);
  std::vector<uint8_t> read(Cell cell) const;
  // Records a copy on the device; both boxes have one extent.
  void copy(const Box& to, CellImage& from_image, const Box& from);
  // Reads every cell by itself and compares it with its model.
  void expect_models(const std::string& what);
  // Calls visit(first byte in the model, first byte in rows) for each row of a box.
  template <class Visit>
  void rows(const Box& box, size_t row_bytes, Visit&& visit) const {
    const TiImageExtent size = level(box.cell.mip);
    size_t row = 0;
    for (uint32_t z = 0; z < box.extent.depth; ++z) {
      for (uint32_t y = 0; y < box.extent.height; ++y, ++row) {
        const size_t line = (size_t{box.offset.z} + z) * size.height + box.offset.y + y;
        visit((line * size.width + box.offset.x) * row_.texel_bytes(), row * row_bytes);
      }
    }
  }

 private:
  TiRuntime runtime_;
  FormatRow row_;
  TiImageDimension dimension_;
  TiImageExtent extent_;
  uint32_t mips_;
  TiImage handle_;
  std::vector<std::vector<uint8_t>> models_;
};

// Base of suites that run once per arch and format; the tests of a suite share a runtime.
class FormatTest : public testing::TestWithParam<std::tuple<TiArch, FormatRow>> {
 public:
  static void TearDownTestSuite();
  static std::string name_of(const testing::TestParamInfo<ParamType>& info);

 protected:
  void SetUp() override;
  void TearDown() override;
  TiRuntime runtime() const;
  const FormatRow& row() const { return std::get<1>(GetParam()); }
  IstFormatInfo info(TiImageDimension dimension) const { return describe_format(runtime(), row(), dimension); }
};

}  // namespace conformance

#define IST_FORMAT_SUITE(suite, rows)                                                                         \
  INSTANTIATE_TEST_SUITE_P(                                                                                   \
      on, suite, testing::Combine(testing::ValuesIn(::conformance::tested_archs()), testing::ValuesIn(rows)), \
      ::conformance::FormatTest::name_of)
