// Every format in every dimension with every usage that the device offers: made, written, copied and read by each mip
// level and layer of its own, through memory too, and filtered into mips. What it does not offer is refused by name.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "formats_support.h"

namespace conformance {
namespace {

constexpr TiImageUsageFlags kAllUsages =
    TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_ATTACHMENT_BIT;

class FormatsTest : public FormatTest {
 protected:
  TiImage allocate(const Dimension& dimension, const TiImageExtent& extent, uint32_t mips, TiImageUsageFlags usage) {
    TiImageAllocateInfo wanted{};
    wanted.dimension = dimension.dimension;
    wanted.extent = extent;
    wanted.mip_level_count = mips;
    wanted.format = row().format;
    wanted.usage = usage;
    return ti_allocate_image(runtime(), &wanted);
  }
  // A box that fits into both cells, at a place of its own in each.
  struct BoxPair {
    Box to, from;
  };
  static BoxPair boxes(const CellImage& dst, Cell to, const CellImage& src, Cell from, Random& random) {
    BoxPair pair{dst.whole(to), src.whole(from)};
    const auto choose = [&](uint32_t TiImageExtent::*side, uint32_t TiImageOffset::*at) {
      const uint32_t target = pair.to.extent.*side, source = pair.from.extent.*side;
      const uint32_t size = 1 + random.below(std::min(target, source));
      pair.to.extent.*side = pair.from.extent.*side = size;
      pair.to.offset.*at = random.below(target - size + 1);
      pair.from.offset.*at = random.below(source - size + 1);
    };
    choose(&TiImageExtent::width, &TiImageOffset::x);
    choose(&TiImageExtent::height, &TiImageOffset::y);
    choose(&TiImageExtent::depth, &TiImageOffset::z);
    return pair;
  }
  // Whole cells to another layer, then boxes from every cell to any other.
  static void copy_cells(CellImage& dst, CellImage& src, Random& random) {
    std::vector<Cell> from = src.cells(), to = dst.cells();
    random.shuffle(from);
    for (const Cell& cell : from) {
      const Cell target{cell.mip, (cell.layer + 1) % dst.layers()};
      dst.copy(dst.whole(target), src, src.whole(cell));
    }
    random.shuffle(from);
    random.shuffle(to);
    for (size_t k = 0; k < from.size(); ++k) {
      const BoxPair pair = boxes(dst, to[k], src, from[k], random);
      dst.copy(pair.to, src, pair.from);
    }
  }
  // Within one image: from one cell to another, and from one half of a cell to the other.
  static void copy_inside(CellImage& image, Random& random) {
    const std::vector<Cell> cells = image.cells();
    for (size_t k = 1; k < cells.size(); ++k) {
      const BoxPair pair = boxes(image, cells[k - 1], image, cells[k], random);
      image.copy(pair.to, image, pair.from);
    }
    for (const Cell& cell : cells) {
      BoxPair pair{image.whole(cell), image.whole(cell)};
      const uint32_t half = pair.to.extent.width / 2;
      if (half == 0) continue;
      pair.to.extent.width = pair.from.extent.width = half;
      pair.to.offset.x = image.level(cell.mip).width - half;
      image.copy(pair.to, image, pair.from);
    }
  }
};
IST_FORMAT_SUITE(FormatsTest, format_rows());

TEST_P(FormatsTest, UsagesAreTakenAsOffered) {
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    EXPECT_EQ(offered.usage & ~kAllUsages, 0u);
    if (offered.usage == 0) {
      EXPECT_EQ(offered.linear_filter + offered.max_mips + offered.max_layers + offered.texel_bytes, 0u);
    } else {
      EXPECT_EQ(offered.texel_bytes, row().texel_bytes());
      EXPECT_GE(offered.max_mips, 1u);
      EXPECT_GE(offered.max_layers, dimension.extent.array_layer_count);
    }
    for (TiImageUsageFlags usage = 0; usage <= kAllUsages; ++usage) {
      SCOPED_TRACE(std::string(dimension.name) + ", usage " + std::to_string(usage));
      const bool possible = offered.usage != 0 && (usage & ~offered.usage) == 0;
      const uint32_t mips = std::max(full_chain(dimension.extent, offered), 1u);
      TiImage image = allocate(dimension, dimension.extent, mips, usage);
      EXPECT_EQ(image != nullptr, possible) << take_error().message;
      if (possible) {
        ti_free_image(runtime(), image);
      } else {
        expect_error({TI_ERROR_NOT_SUPPORTED}, {row().name, dimension.name});
      }
    }
  }
}

TEST_P(FormatsTest, LimitsAreThoseOffered) {
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    const bool is_array = dimension.extent.array_layer_count == 3;
    if (offered.usage == 0 || !is_array) continue;
    SCOPED_TRACE(dimension.name);
    TiImageExtent extent = dimension.extent;
    extent.array_layer_count = offered.max_layers;
    TiImage image = allocate(dimension, extent, 1, offered.usage);
    EXPECT_NE(image, nullptr) << take_error().message;
    if (image) ti_free_image(runtime(), image);
    ++extent.array_layer_count;
    EXPECT_EQ(allocate(dimension, extent, 1, offered.usage), nullptr);
    expect_error({TI_ERROR_NOT_SUPPORTED}, {row().name, std::to_string(extent.array_layer_count).c_str()});
  }
}

TEST_P(FormatsTest, EveryMipAndLayerByItself) {
  Random random;
  int tried = 0;
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    for (TiImageUsageFlags usage = 0; offered.usage != 0 && usage <= kAllUsages; ++usage) {
      if ((usage & ~offered.usage) != 0) continue;
      SCOPED_TRACE(std::string(dimension.name) + ", usage " + std::to_string(usage));
      const uint32_t mips = full_chain(dimension.extent, offered);
      CellImage src(runtime(), row(), dimension.dimension, dimension.extent, mips, usage);
      CellImage dst(runtime(), row(), dimension.dimension, dimension.extent, mips, usage);
      ASSERT_TRUE(src.handle() && dst.handle());
      src.fill(random);
      dst.fill(random);
      copy_cells(dst, src, random);
      if (usage == offered.usage) {
        copy_inside(dst, random);
        src.expect_models("source");
      }
      dst.expect_models("target");
      ++tried;
    }
  }
  RecordProperty("images", tried);
}

// Boxes of texels between rows that lie apart in memory, and what lies between them stays.
TEST_P(FormatsTest, RowsInMemoryHaveTheirPitch) {
  Random random;
  const uint32_t texel = row().texel_bytes(), unit = std::lcm(texel, 4u);
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    if (offered.usage == 0) continue;
    SCOPED_TRACE(dimension.name);
    CellImage image(runtime(), row(), dimension.dimension, dimension.extent, full_chain(dimension.extent, offered),
                    offered.usage);
    ASSERT_NE(image.handle(), nullptr);
    image.fill(random);
    const uint32_t pitch = (dimension.extent.width + 3) * texel;
    const size_t bytes = unit + size_t{pitch} * dimension.extent.height * dimension.extent.depth;
    Memory up(runtime(), bytes, TI_MEMORY_USAGE_STORAGE_BIT, false), down(runtime(), bytes);
    for (const Cell& cell : image.cells()) {
      const std::vector<uint8_t> texels = random.texels(row(), bytes / texel);
      const TiMemorySlice all = up.slice(0, texels.size()), source = up.slice(unit, bytes - unit);
      const BoxPair pair = boxes(image, cell, image, cell, random);
      const TiImageSlice box = image.slice(pair.to);
      ASSERT_EQ(ist_write_memory(runtime(), &all, texels.data()), TI_ERROR_SUCCESS) << take_error().message;
      ASSERT_EQ(ist_copy_memory_to_image(runtime(), &box, &source, pitch), TI_ERROR_SUCCESS) << take_error().message;
      const size_t row_bytes = size_t{pair.to.extent.width} * texel;
      std::vector<uint8_t>& model = image.model(cell);
      image.rows(pair.to, pitch,
                 [&](size_t at, size_t from) { std::copy_n(&texels[unit + from], row_bytes, &model[at]); });
    }
    image.expect_models("from memory");
    for (const Cell& cell : image.cells()) {
      std::vector<uint8_t> before(bytes, 0xcd), after(bytes);
      const TiMemorySlice target = down.slice(unit, bytes - unit);
      const BoxPair pair = boxes(image, cell, image, cell, random);
      const TiImageSlice box = image.slice(pair.from);
      ti_wait(runtime());
      down.store(before.data(), bytes);
      ASSERT_EQ(ist_copy_image_to_memory(runtime(), &target, &box, pitch), TI_ERROR_SUCCESS) << take_error().message;
      ti_wait(runtime());
      down.load(after.data(), bytes);
      const size_t row_bytes = size_t{pair.from.extent.width} * texel;
      const std::vector<uint8_t>& model = image.model(cell);
      image.rows(pair.from, pitch, [&](size_t at, size_t to) {
        std::copy_n(&model[at], row_bytes, &before[unit + to]);
        if (row().format != TI_FORMAT_DEPTH24STENCIL8) return;
        for (size_t k = 3; k < row_bytes; k += 4) before[unit + to + k] = after[unit + to + k];
      });
      ASSERT_TRUE(after == before) << "mip " << cell.mip << ", layer " << cell.layer << ": the box, and only it";
    }
  }
}

// Texels of one size are copied bit by bit, whatever they mean; depths only among their own.
TEST_P(FormatsTest, CopyToEveryFormatOfTheirSize) {
  const IstFormatInfo offered = info(TI_IMAGE_DIMENSION_2D);
  if (offered.usage == 0) return;  // nothing to test
  Random random;
  CellImage src(runtime(), row(), TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 4, offered.usage);
  src.fill(random);
  for (const FormatRow& other : format_rows()) {
    if (describe_format(runtime(), other, TI_IMAGE_DIMENSION_2D).usage == 0) continue;
    SCOPED_TRACE(other.name);
    CellImage dst(runtime(), other, TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 4, 0);
    dst.fill(random);
    const Box to{{1, 0}, {2, 0, 0, 0}, {3, 3, 1, 1}}, from{{0, 0}, {9, 4, 0, 0}, {3, 3, 1, 1}};
    const bool depth = row().numbers == Numbers::depth || other.numbers == Numbers::depth;
    if (depth ? row().format == other.format : row().texel_bytes() == other.texel_bytes()) {
      dst.copy(to, src, from);
    } else {
      const TiImageSlice target = dst.slice(to), source = src.slice(from);
      ti_copy_image_device_to_device(runtime(), &target, &source);
      expect_error({TI_ERROR_INVALID_ARGUMENT}, {row().name, other.name});
    }
    dst.expect_models("target");
  }
}

class FormatMipsTest : public FormatsTest {
 protected:
  // The value of a channel in the format's own steps, where a filter's result is rounded.
  double steps(double value, uint32_t channel) const {
    if (row().numbers == Numbers::srgb && channel < 3)
      value = value <= 0.0031308 ? 12.92 * value : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
    if (row().numbers == Numbers::unorm || row().numbers == Numbers::srgb)
      return value * (row().channel_bytes == 1 ? 255 : 65535);
    return value;
  }
  // Half a step for each of two dimensions that a device may filter after another. Floats go up to 256: halves have
  // 11 bits.
  double tolerance() const {
    if (row().numbers == Numbers::sfloat) return row().channel_bytes == 2 ? 0.25 : 1e-3;
    return 1.001;
  }
  bool filtered(const IstFormatInfo& offered) const {
    return offered.linear_filter && !row().is_integer() && row().numbers != Numbers::depth;
  }
  // Devices may sample texels of three channels without being able to blit them.
  bool may_lack_blits() const { return row().channels == 3; }
  std::vector<std::array<double, 4>> values(const CellImage& image, uint32_t mip) const {
    const std::vector<uint8_t> bytes = image.read({mip, 0});
    std::vector<std::array<double, 4>> decoded;
    for (size_t k = 0; k < bytes.size(); k += row().texel_bytes()) decoded.push_back(decode(row(), &bytes[k]));
    return decoded;
  }
  void expect_mean(const CellImage& image, uint32_t mip) const {
    const auto above = values(image, mip - 1), here = values(image, mip);
    const TiImageExtent from = image.level(mip - 1), to = image.level(mip);
    const uint32_t sx = from.width / to.width, sy = from.height / to.height;
    for (uint32_t y = 0; y < to.height; ++y) {
      for (uint32_t x = 0; x < to.width; ++x) {
        for (uint32_t c = 0; c < row().channels; ++c) {
          double sum = 0;
          for (uint32_t k = 0; k < sx * sy; ++k) sum += above[(y * sy + k / sx) * from.width + x * sx + k % sx][c];
          ASSERT_NEAR(steps(here[y * to.width + x][c], c), steps(sum / (sx * sy), c), tolerance())
              << "mip " << mip << ", texel (" << x << ", " << y << "), channel " << c;
        }
      }
    }
  }
};
IST_FORMAT_SUITE(FormatMipsTest, format_rows());

TEST_P(FormatMipsTest, AreMeansOrAreRefused) {
  const IstFormatInfo offered = info(TI_IMAGE_DIMENSION_2D);
  if (offered.usage == 0) return;  // nothing to test
  Random random;
  CellImage image(runtime(), row(), TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, 5, offered.usage);
  image.fill(random, true);
  const TiError error = ist_generate_mips(runtime(), image.handle());
  if (!filtered(offered) || (may_lack_blits() && error != TI_ERROR_SUCCESS)) {
    EXPECT_EQ(error, TI_ERROR_NOT_SUPPORTED);
    expect_error({TI_ERROR_NOT_SUPPORTED}, {row().name});
    image.expect_models("refused");
    return;
  }
  ASSERT_EQ(error, TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_TRUE(image.read({0, 0}) == image.model({0, 0})) << "level 0 stays";
  for (uint32_t mip = 1; mip < image.mips(); ++mip) expect_mean(image, mip);
}

TEST_P(FormatMipsTest, OfOddSidesStayWithinTheirSource) {
  for (const Dimension& dimension : {kDimensions[1], kDimensions[2], kDimensions[5]}) {
    const IstFormatInfo offered = info(dimension.dimension);
    if (!filtered(offered) || may_lack_blits()) continue;
    SCOPED_TRACE(dimension.name);
    Random random;
    CellImage image(runtime(), row(), dimension.dimension, dimension.extent, full_chain(dimension.extent, offered),
                    offered.usage);
    image.fill(random, true);
    ASSERT_EQ(ist_generate_mips(runtime(), image.handle()), TI_ERROR_SUCCESS) << take_error().message;
    std::array<double, 4> least, most;
    least.fill(1e9);
    most.fill(-1e9);
    for (const auto& texel : values(image, 0)) {
      for (size_t c = 0; c < 4; ++c) least[c] = std::min(least[c], texel[c]), most[c] = std::max(most[c], texel[c]);
    }
    for (uint32_t mip = 1; mip < image.mips(); ++mip) {
      for (const auto& texel : values(image, mip)) {
        for (uint32_t c = 0; c < row().channels; ++c) {
          ASSERT_GE(steps(texel[c], c), steps(least[c], c) - tolerance()) << "mip " << mip;
          ASSERT_LE(steps(texel[c], c), steps(most[c], c) + tolerance()) << "mip " << mip;
        }
      }
    }
  }
}

}  // namespace
}  // namespace conformance
