// Samplers as texture arguments bind them, against a model in doubles: filters, address modes, levels of detail, what a
// null sampler is, and what formats without linear filtering get instead.
#include <algorithm>
#include <cmath>
#include <limits>

#include "formats_support.h"

namespace conformance {
namespace {

struct Sampling {
  TiFilter filter;
  TiAddressMode mode;
};

int wrapped(int at, int size, TiAddressMode mode) {
  const auto modulo = [](int value, int divisor) { return (value % divisor + divisor) % divisor; };
  if (mode == TI_ADDRESS_MODE_REPEAT) return modulo(at, size);
  if (mode == TI_ADDRESS_MODE_CLAMP_TO_EDGE) return std::clamp(at, 0, size - 1);
  const int folded = modulo(at, 2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}

// Texels of one cell, in memory order, as a shader reads them.
struct Level {
  std::array<int, 3> size;
  std::vector<std::array<double, 4>> texels;

  std::array<double, 4> sample(std::array<double, 3> at, int rank, Sampling sampling) const {
    std::array<int, 3> first{};
    std::array<double, 3> weight{};
    for (size_t d = 0; d < static_cast<size_t>(rank); ++d) {
      const double place = at[d] * size[d] - (sampling.filter == TI_FILTER_LINEAR ? 0.5 : 0.0);
      first[d] = static_cast<int>(std::floor(place));
      weight[d] = sampling.filter == TI_FILTER_LINEAR ? place - first[d] : 0.0;
    }
    std::array<double, 4> sum{};
    for (int corner = 0; corner < 1 << rank; ++corner) {
      double share = 1;
      size_t index = 0;
      for (size_t d = 3; d-- > 0;) {
        const int step = d < static_cast<size_t>(rank) ? corner >> d & 1 : 0;
        if (d < static_cast<size_t>(rank)) share *= step ? weight[d] : 1 - weight[d];
        index = index * static_cast<size_t>(size[d]) +
                static_cast<size_t>(wrapped(first[d] + step, size[d], sampling.mode));
      }
      for (size_t c = 0; c < 4; ++c) sum[c] += share * texels[index][c];
    }
    return sum;
  }
};

Level level_of(CellImage& image, const FormatRow& row, uint32_t mip) {
  const TiImageExtent size = image.level(mip);
  Level level{{static_cast<int>(size.width), static_cast<int>(size.height), static_cast<int>(size.depth)}, {}};
  const std::vector<uint8_t>& bytes = image.model({mip, 0});
  for (size_t k = 0; k < bytes.size(); k += row.texel_bytes()) level.texels.push_back(decode(row, &bytes[k]));
  return level;
}

// Owns a sampler.
class Sampler {
 public:
  Sampler(TiRuntime runtime, TiFilter mag, TiFilter min, TiAddressMode mode, float anisotropy = 0) : runtime_(runtime) {
    const TiSamplerCreateInfo info{mag, min, mode, anisotropy};
    handle_ = ti_create_sampler(runtime, &info);
    EXPECT_NE(handle_, nullptr) << take_error().message;
  }
  ~Sampler() { ti_destroy_sampler(runtime_, handle_); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  TiSampler handle() const { return handle_; }

 private:
  TiRuntime runtime_;
  TiSampler handle_;
};

// Coordinates inside, outside, on edges and corners of texels. `snaps`: a nearest filter takes the next texel, so that
// nothing lies on an edge between two.
std::vector<std::array<double, 3>> coordinates(const Level& level, int rank, bool snaps) {
  constexpr double kLine[] = {-1.3, -0.45, -0.02, 0.0, 0.07, 0.4, 0.5, 0.93, 1.0, 1.01, 1.35, 2.6};
  std::vector<std::array<double, 3>> points = {{0, 0, 0}};
  for (size_t d = 0; d < static_cast<size_t>(rank); ++d) {
    std::vector<std::array<double, 3>> more;
    for (const auto& point : points) {
      for (double value : kLine) {
        const double place = value * level.size[d];
        if (snaps && std::abs(place - std::round(place)) < 0.01) continue;
        more.push_back(point);
        more.back()[d] = value;
      }
    }
    points = std::move(more);
  }
  return points;
}

// Launches a sampling kernel; neither waits nor compares before check().
class Shot {
 public:
  Shot(TiRuntime runtime, const Module& module, int rank, std::vector<std::array<double, 3>> points,
       const TiArgument& texture, float lod)
      : points_(std::move(points)),
        rank_(rank),
        at_(runtime, {static_cast<uint32_t>(points_.size())},
            rank == 1 ? std::vector<uint32_t>{} : std::vector<uint32_t>{static_cast<uint32_t>(rank)}),
        out_(runtime, {static_cast<uint32_t>(points_.size())}, {4}) {
    std::vector<float> values;
    for (const auto& point : points_) {
      for (size_t d = 0; d < static_cast<size_t>(rank); ++d) values.push_back(static_cast<float>(point[d]));
    }
    at_.write(values);
    out_.fill(-77.0f);
    module.launch("sample_" + std::to_string(rank) + "d", {texture, at_.arg(), out_.arg(), f32(lod)});
  }
  void check(const Level& level, Sampling sampling, uint32_t channels, double tolerance) const {
    const std::vector<float> values = out_.read();
    for (size_t k = 0; k < points_.size(); ++k) {
      const std::array<double, 4> expected = level.sample(points_[k], rank_, sampling);
      for (uint32_t c = 0; c < channels; ++c) {
        ASSERT_NEAR(values[4 * k + c], expected[c], tolerance)
            << "channel " << c << " at (" << points_[k][0] << ", " << points_[k][1] << ", " << points_[k][2] << ")";
      }
    }
  }

 private:
  std::vector<std::array<double, 3>> points_;
  int rank_;
  Array<float> at_, out_;
};

const FormatRow& row_of(TiFormat format) { return format_rows()[static_cast<size_t>(format) - 1]; }

class SamplersTest : public ArchTest {
 protected:
  void SetUp() override {
    ArchTest::SetUp();
    if (!HasFatalFailure()) module_ = std::make_unique<Module>(runtime(), "formats");
  }
  void TearDown() override {
    module_.reset();
    ArchTest::TearDown();
  }
  std::unique_ptr<CellImage> image(TiImageDimension dimension, TiImageExtent extent, uint32_t mips = 1,
                                   TiFormat format = TI_FORMAT_RGBA8,
                                   TiImageUsageFlags usage = TI_IMAGE_USAGE_SAMPLED_BIT) {
    Random random;
    auto made = std::make_unique<CellImage>(runtime(), row_of(format), dimension, extent, mips, usage);
    made->fill(random, true);
    return made;
  }
  void paint(CellImage& image, uint32_t mip, uint8_t value) {
    image.write({mip, 0}, std::vector<uint8_t>(image.texel_count(mip) * 4, value));
  }
  // The red of a level of detail, wherever it is looked at.
  float look(const CellImage& image, TiSampler sampler, float lod) {
    Array<float> at(runtime(), {1}, {2}), out(runtime(), {1}, {4});
    at.write({0.5f, 0.5f});
    module().launch("sample_2d", {image.arg(sampler), at.arg(), out.arg(), f32(lod)});
    return out.read()[0];
  }
  Module& module() { return *module_; }

  static constexpr struct {
    TiImageDimension dimension;
    TiImageExtent extent;
    int rank;
    // Weights have at least 8 bits, each dimension has its own; values lie in [0, 1].
    double tolerance() const { return 1.0 / 256 * rank + 1e-5; }
  } kImages[] = {{TI_IMAGE_DIMENSION_1D, {5, 1, 1, 1}, 1},
                 {TI_IMAGE_DIMENSION_2D, {5, 4, 1, 1}, 2},
                 {TI_IMAGE_DIMENSION_3D, {5, 4, 3, 1}, 3}};

 private:
  std::unique_ptr<Module> module_;
};
IST_CONFORMANCE_SUITE(SamplersTest);

TEST_P(SamplersTest, FiltersAndAddressModesAreThoseAskedFor) {
  for (const auto& shape : kImages) {
    auto picture = image(shape.dimension, shape.extent);
    const Level level = level_of(*picture, row_of(TI_FORMAT_RGBA8), 0);
    for (TiFilter filter : {TI_FILTER_NEAREST, TI_FILTER_LINEAR}) {
      for (TiAddressMode mode :
           {TI_ADDRESS_MODE_REPEAT, TI_ADDRESS_MODE_MIRRORED_REPEAT, TI_ADDRESS_MODE_CLAMP_TO_EDGE}) {
        SCOPED_TRACE(std::to_string(shape.rank) + "D, filter " + std::to_string(filter) + ", mode " +
                     std::to_string(mode));
        Sampler sampler(runtime(), filter, filter, mode);
        Shot shot(runtime(), module(), shape.rank, coordinates(level, shape.rank, filter == TI_FILTER_NEAREST),
                  picture->arg(sampler.handle()), 0);
        shot.check(level, {filter, mode}, 4, shape.tolerance());
      }
    }
  }
}

TEST_P(SamplersTest, NullIsLinearAndRepeats) {
  for (const auto& shape : kImages) {
    SCOPED_TRACE(shape.rank);
    auto picture = image(shape.dimension, shape.extent);
    const Level level = level_of(*picture, row_of(TI_FORMAT_RGBA8), 0);
    Shot shot(runtime(), module(), shape.rank, coordinates(level, shape.rank, false), picture->arg(), 0);
    shot.check(level, {TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT}, 4, shape.tolerance());
  }
}

// Each launch keeps the sampler it was given, though nothing is waited for between them.
TEST_P(SamplersTest, LaunchesInARowHaveTheirOwn) {
  const auto& shape = kImages[1];
  auto picture = image(shape.dimension, shape.extent);
  const Level level = level_of(*picture, row_of(TI_FORMAT_RGBA8), 0);
  const Sampling samplings[] = {{TI_FILTER_NEAREST, TI_ADDRESS_MODE_REPEAT},
                                {TI_FILTER_LINEAR, TI_ADDRESS_MODE_CLAMP_TO_EDGE},
                                {TI_FILTER_NEAREST, TI_ADDRESS_MODE_MIRRORED_REPEAT},
                                {TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT}};
  std::vector<std::unique_ptr<Shot>> shots;
  for (int k = 0; k < 12; ++k) {
    const Sampling& sampling = samplings[k % 4];
    Sampler sampler(runtime(), sampling.filter, sampling.filter, sampling.mode);
    shots.push_back(std::make_unique<Shot>(runtime(), module(), shape.rank, coordinates(level, shape.rank, true),
                                           picture->arg(k % 4 == 3 ? nullptr : sampler.handle()), 0.0f));
  }
  for (size_t k = 0; k < shots.size(); ++k) {
    SCOPED_TRACE(k);
    shots[k]->check(level, samplings[k % 4], 4, shape.tolerance());
  }
}

// An explicit level of 0 or less magnifies, above it minifies.
TEST_P(SamplersTest, MagnifyAndMinifyHaveTheirFilters) {
  auto picture = image(TI_IMAGE_DIMENSION_2D, {8, 6, 1, 1}, 3);
  for (TiFilter mag : {TI_FILTER_NEAREST, TI_FILTER_LINEAR}) {
    const TiFilter min = mag == TI_FILTER_LINEAR ? TI_FILTER_NEAREST : TI_FILTER_LINEAR;
    Sampler sampler(runtime(), mag, min, TI_ADDRESS_MODE_CLAMP_TO_EDGE);
    for (uint32_t mip = 0; mip < picture->mips(); ++mip) {
      SCOPED_TRACE("mag " + std::to_string(mag) + ", mip " + std::to_string(mip));
      const Level level = level_of(*picture, row_of(TI_FORMAT_RGBA8), mip);
      Shot shot(runtime(), module(), 2, coordinates(level, 2, true), picture->arg(sampler.handle()),
                static_cast<float>(mip));
      shot.check(level, {mip == 0 ? mag : min, TI_ADDRESS_MODE_CLAMP_TO_EDGE}, 4, 2.0 / 256 + 1e-5);
    }
  }
}

TEST_P(SamplersTest, LevelsBlendWhenLinearAndSnapWhenNearest) {
  auto picture = image(TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 4);
  const double values[] = {0.0, 1.0, 0.2, 0.6};
  for (uint32_t mip = 0; mip < 4; ++mip) paint(*picture, mip, static_cast<uint8_t>(std::lround(255 * values[mip])));
  Sampler nearest(runtime(), TI_FILTER_NEAREST, TI_FILTER_NEAREST, TI_ADDRESS_MODE_REPEAT);
  Sampler linear(runtime(), TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT);
  for (float lod : {-3.0f, 0.0f, 0.25f, 0.7f, 1.0f, 1.3f, 2.0f, 2.75f, 3.0f, 3.6f, 50.0f}) {
    SCOPED_TRACE(lod);
    const double clamped = std::clamp(double{lod}, 0.0, 3.0);
    const auto below = static_cast<size_t>(clamped), above = std::min<size_t>(below + 1, 3);
    const double share = clamped - static_cast<double>(below);
    const double blended = (1 - share) * values[below] + share * values[above];
    // Levels of detail have at least 4 bits below the point.
    EXPECT_NEAR(look(*picture, nullptr, lod), blended, 1.0 / 16 + 1e-5) << "null";
    EXPECT_NEAR(look(*picture, linear.handle(), lod), blended, 1.0 / 16 + 1e-5) << "linear";
    EXPECT_NEAR(look(*picture, nearest.handle(), lod), values[share < 0.5 ? below : above], 1e-5) << "nearest";
  }
}

// What filter anisotropy is, Vulkan leaves to the device, also with explicit levels: one colour stays what it is.
TEST_P(SamplersTest, AnisotropyIsAcceptedFromZeroUp) {
  auto plain = image(TI_IMAGE_DIMENSION_2D, {5, 4, 1, 1}), picture = image(TI_IMAGE_DIMENSION_2D, {5, 4, 1, 1});
  paint(*plain, 0, 77);
  const Level one = level_of(*plain, row_of(TI_FORMAT_RGBA8), 0);
  const Level many = level_of(*picture, row_of(TI_FORMAT_RGBA8), 0);
  const Sampling sampling{TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT};
  for (float anisotropy : {0.0f, 0.5f, 1.0f, 2.0f, 16.0f, 1e6f}) {
    SCOPED_TRACE(anisotropy);
    Sampler sampler(runtime(), TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT, anisotropy);
    const auto points = coordinates(one, 2, false);
    Shot(runtime(), module(), 2, points, plain->arg(sampler.handle()), 0).check(one, sampling, 4, 1.0 / 256);
    if (anisotropy > 1) continue;
    Shot(runtime(), module(), 2, points, picture->arg(sampler.handle()), 0).check(many, sampling, 4, 2.0 / 256 + 1e-5);
  }
}

TEST_P(SamplersTest, UnknownWordsAreRefused) {
  struct {
    TiSamplerCreateInfo info;
    TiError code;
    const char* word;
  } const bad[] = {
      {{static_cast<TiFilter>(2), TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT, 0}, TI_ERROR_ARGUMENT_OUT_OF_RANGE, "mag"},
      {{TI_FILTER_LINEAR, static_cast<TiFilter>(9), TI_ADDRESS_MODE_REPEAT, 0}, TI_ERROR_ARGUMENT_OUT_OF_RANGE, "min"},
      {{TI_FILTER_LINEAR, TI_FILTER_LINEAR, static_cast<TiAddressMode>(3), 0}, TI_ERROR_ARGUMENT_OUT_OF_RANGE, "mode"},
      {{TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT, -1}, TI_ERROR_INVALID_ARGUMENT, "anisotropy"},
      {{TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT, std::numeric_limits<float>::quiet_NaN()},
       TI_ERROR_INVALID_ARGUMENT,
       "anisotropy"},
  };
  for (const auto& row : bad) {
    EXPECT_EQ(ti_create_sampler(runtime(), &row.info), nullptr);
    expect_error({row.code}, {row.word});
  }
  EXPECT_EQ(ti_create_sampler(runtime(), nullptr), nullptr);
  expect_error({TI_ERROR_ARGUMENT_NULL});
}

class LevelsTest : public SamplersTest {
 protected:
  // A kernel stores, mips are made of it, and a kernel samples each; nothing is waited for between.
  void check_generated(TiFormat format, const std::string& name, double tolerance) {
    SCOPED_TRACE(name);
    const FormatRow& row = row_of(format);
    auto picture = image(TI_IMAGE_DIMENSION_2D, {16, 16, 1, 1}, 5, format,
                         TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT);
    module().launch("store_2d_" + name, {picture->arg(), i32(16), i32(16), i32(1)});
    ASSERT_EQ(ist_generate_mips(runtime(), picture->handle()), TI_ERROR_SUCCESS) << take_error().message;
    std::vector<std::unique_ptr<Shot>> shots;
    Sampler nearest(runtime(), TI_FILTER_NEAREST, TI_FILTER_NEAREST, TI_ADDRESS_MODE_REPEAT);
    for (uint32_t mip = 0; mip < 5; ++mip) {
      const Level level{{16 >> mip, 16 >> mip, 1}, {}};
      shots.push_back(std::make_unique<Shot>(runtime(), module(), 2, coordinates(level, 2, true),
                                             picture->arg(nearest.handle()), static_cast<float>(mip)));
    }
    for (uint32_t mip = 0; mip < 5; ++mip) {
      SCOPED_TRACE(mip);
      picture->model({mip, 0}) = picture->read({mip, 0});
      const Level level = level_of(*picture, row, mip);
      shots[mip]->check(level, {TI_FILTER_NEAREST, TI_ADDRESS_MODE_REPEAT}, 4, 1e-5);
      if (mip == 0) continue;
      const Level above = level_of(*picture, row, mip - 1);
      for (int y = 0; y < level.size[1]; ++y) {
        for (int x = 0; x < level.size[0]; ++x) {
          const auto at = static_cast<size_t>(y * level.size[0] + x);
          const auto four = static_cast<size_t>(2 * y * above.size[0] + 2 * x);
          const auto below = four + static_cast<size_t>(above.size[0]);
          const double mean = (above.texels[four][0] + above.texels[four + 1][0] + above.texels[below][0] +
                               above.texels[below + 1][0]) /
                              4;
          ASSERT_NEAR(level.texels[at][0], mean, tolerance) << x << ", " << y;
        }
      }
    }
  }
};
IST_CONFORMANCE_SUITE(LevelsTest);

// Writes of one level come between samples of it and of others, in recorded order.
TEST_P(LevelsTest, AreSampledAsTheyAreWritten) {
  auto picture = image(TI_IMAGE_DIMENSION_2D, {13, 7, 1, 1}, 4);
  std::vector<std::unique_ptr<Shot>> shots;
  std::vector<Level> levels;
  Random random;
  const FormatRow& row = row_of(TI_FORMAT_RGBA8);
  const Sampling sampling{TI_FILTER_LINEAR, TI_ADDRESS_MODE_REPEAT};
  for (uint32_t step = 0; step < 12; ++step) {
    picture->write({step % 4, 0}, random.texels(row, picture->texel_count(step % 4)));
    for (uint32_t mip : {step % 4, (step + 1) % 4}) {
      levels.push_back(level_of(*picture, row, mip));
      shots.push_back(std::make_unique<Shot>(runtime(), module(), 2, coordinates(levels.back(), 2, false),
                                             picture->arg(), static_cast<float>(mip)));
    }
  }
  for (size_t k = 0; k < shots.size(); ++k) {
    SCOPED_TRACE(k);
    shots[k]->check(levels[k], sampling, 4, 2.0 / 256 + 1e-5);
  }
}

TEST_P(LevelsTest, AreSampledAsTheyAreGenerated) {
  check_generated(TI_FORMAT_RGBA8, "rgba8", 1.5 / 255);
  check_generated(TI_FORMAT_RGBA16F, "rgba16f", 0.25);
}

TEST_P(LevelsTest, OfFloatsAreSampledAsTheyAreGenerated) { check_generated(TI_FORMAT_R32F, "r32f", 1e-3); }

class FilteredFormatsTest : public FormatTest {};
IST_FORMAT_SUITE(FilteredFormatsTest, format_rows([](const FormatRow& row) { return !row.is_integer(); }));

// Every format is filtered where the device can, and else read as by a nearest filter, whatever the sampler says.
TEST_P(FilteredFormatsTest, AreLinearWhereTheDeviceSaysSo) {
  Module module(runtime(), "formats");
  Random random;
  for (const Dimension& dimension : kDimensions) {
    const IstFormatInfo offered = info(dimension.dimension);
    if ((offered.usage & TI_IMAGE_USAGE_SAMPLED_BIT) == 0) continue;
    SCOPED_TRACE(dimension.name);
    CellImage image(runtime(), row(), dimension.dimension, dimension.extent, 2, TI_IMAGE_USAGE_SAMPLED_BIT);
    ASSERT_NE(image.handle(), nullptr);
    image.fill(random, true);
    const bool is_float = row().numbers == Numbers::sfloat;
    // Floats lie in [-256, 256]; sRGB is decoded to half a step of 8 bits.
    const double tolerance =
        dimension.rank / 256.0 * (is_float ? 512 : 1) + (row().numbers == Numbers::srgb ? 4e-3 : 1e-5);
    const uint32_t channels = row().numbers == Numbers::depth ? 1 : 4;
    Sampler sampler(runtime(), TI_FILTER_LINEAR, TI_FILTER_LINEAR, TI_ADDRESS_MODE_MIRRORED_REPEAT);
    for (uint32_t mip : {0u, 1u}) {
      const Level level = level_of(image, row(), mip);
      const TiFilter filter = offered.linear_filter ? TI_FILTER_LINEAR : TI_FILTER_NEAREST;
      const auto points = coordinates(level, dimension.rank, filter == TI_FILTER_NEAREST);
      const auto lod = static_cast<float>(mip);
      Shot defaults(runtime(), module, dimension.rank, points, image.arg(), lod);
      Shot mirrored(runtime(), module, dimension.rank, points, image.arg(sampler.handle()), lod);
      defaults.check(level, {filter, TI_ADDRESS_MODE_REPEAT}, channels, tolerance);
      mirrored.check(level, {filter, TI_ADDRESS_MODE_MIRRORED_REPEAT}, channels, tolerance);
    }
  }
}

}  // namespace
}  // namespace conformance
