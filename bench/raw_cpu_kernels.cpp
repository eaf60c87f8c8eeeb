// After assets/kernels/graphs.py and mpm88.py, which say what the numbers mean.
#include "raw_cpu_kernels.h"

#include <algorithm>
#include <cmath>

#include "fail.h"

namespace ist::bench {
namespace {

constexpr uint32_t kPerBlob = 2048;
constexpr int kGrid = 128;
constexpr int kWall = 3;
constexpr int kWater = 2;
constexpr float kInverseDx = kGrid;
constexpr float kDx = 1 / kInverseDx;
constexpr float kDt = 2e-4f;
constexpr float kVolume = (kDx / 2) * (kDx / 2);
constexpr float kMass = kVolume;
constexpr float kGravity = 9.8f;
constexpr float kWaterStiffness = 400;
constexpr float kPoisson = 0.25f;

struct Vec {
  float x, y;
};

struct Mat {
  float xx, xy, yx, yy;
};

Vec operator+(Vec a, Vec b) { return {a.x + b.x, a.y + b.y}; }
Vec operator-(Vec a, Vec b) { return {a.x - b.x, a.y - b.y}; }
Vec operator*(float s, Vec v) { return {s * v.x, s * v.y}; }
Vec operator*(const Mat& m, Vec v) { return {m.xx * v.x + m.xy * v.y, m.yx * v.x + m.yy * v.y}; }
Mat operator+(const Mat& a, const Mat& b) { return {a.xx + b.xx, a.xy + b.xy, a.yx + b.yx, a.yy + b.yy}; }
Mat operator*(float s, const Mat& m) { return {s * m.xx, s * m.xy, s * m.yx, s * m.yy}; }
Mat operator*(const Mat& a, const Mat& b) {
  return {a.xx * b.xx + a.xy * b.yx, a.xx * b.xy + a.xy * b.yy, a.yx * b.xx + a.yy * b.yx, a.yx * b.xy + a.yy * b.yy};
}

template <class T>
T* array(const CpuArgument& argument) {
  return static_cast<T*>(argument.data);
}

// Unsigned, as these numbers wrap around.
void run_add_to(const CpuArgument* arguments) {
  auto* a = array<uint32_t>(arguments[0]);
  const auto value = static_cast<uint32_t>(arguments[1].number);
  for (uint32_t i = 0; i < arguments[0].extents[0]; ++i) a[i] += value;
}

void run_chain(const CpuArgument* arguments) {
  auto* a = array<uint32_t>(arguments[0]);
  const auto* b = array<uint32_t>(arguments[1]);
  auto* out = array<uint32_t>(arguments[2]);
  const uint32_t count = arguments[0].extents[0];
  const auto step = static_cast<uint32_t>(arguments[3].number), factor = static_cast<uint32_t>(arguments[4].number);
  const auto add = [&] {
    for (uint32_t i = 0; i < count; ++i) a[i] += step;
  };
  add();
  for (uint32_t i = 0; i < count; ++i) a[i] *= factor;
  for (int i = 0; i < 3; ++i) add();
  for (uint32_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

uint32_t mix(uint32_t bits) {
  uint32_t h = bits;
  h = (h ^ (h >> 16)) * 0x7FEB352D;
  h = (h ^ (h >> 15)) * 0x846CA68B;
  return h ^ (h >> 16);
}

float unit(uint32_t bits) { return static_cast<float>(bits >> 8) * (1.0f / 16777216.0f); }

struct Place {
  Vec centre, arm;
};

Place place(uint32_t blob, uint32_t rank, uint32_t key) {
  if (blob == 0) {
    const float radius = 0.132f * std::sqrt((static_cast<float>(rank) + 0.5f) / kPerBlob);
    const float angle = 2.39996323f * static_cast<float>(rank);
    return {{0.28f, 0.58f}, {radius * std::cos(angle), radius * std::sin(angle)}};
  }
  const float a = unit(rank * 3242174889u + mix(key + 1)) - 0.5f;
  const float b = unit(rank * 2447445414u + mix(key + 2)) - 0.5f;
  if (blob == kWater) return {{0.5f, 0.0575f}, {a * 0.94f, b * 0.055f}};
  if (blob > 2) return {{0.60f, 0.80f}, {a * 0.31f, b * 0.115f}};
  const Vec side = 0.235f * Vec{a, b};
  return {{0.70f, 0.38f}, {0.8f * side.x - 0.6f * side.y, 0.6f * side.x + 0.8f * side.y}};
}

void run_init(const CpuArgument* arguments) {
  auto *x = array<Vec>(arguments[1]), *v = array<Vec>(arguments[2]);
  auto *C = array<Mat>(arguments[3]), *F = array<Mat>(arguments[4]);
  auto* J = array<float>(arguments[5]);
  auto* material = array<int32_t>(arguments[6]);
  for (uint32_t i = 0; i < arguments[1].extents[0]; ++i) {
    const uint32_t blob = i / kPerBlob, rank = i % kPerBlob;
    const uint32_t key = static_cast<uint32_t>(arguments[0].number) * 0x9E3779B9 + blob * 0x85EBCA6B;
    const auto [centre, arm] = place(blob, rank, key);
    Vec shift{unit(mix(key + 3)) - 0.5f, unit(mix(key + 4)) - 0.5f};
    if (blob == kWater) shift = {0, 0};
    const float spin = (unit(mix(key + 5)) - 0.5f) * 8;
    x[i] = centre + arm + 0.06f * shift;
    v[i] = blob == kWater ? Vec{0, 0} : Vec{1.5f * shift.x - spin * arm.y, -2.5f + spin * arm.x};
    C[i] = {0, 0, 0, 0};
    F[i] = {1, 0, 0, 1};
    J[i] = 1;
    material[i] = static_cast<int32_t>(blob);
  }
}

void run_reset_grid(const CpuArgument* arguments) {
  const uint32_t cells = arguments[1].extents[0] * arguments[1].extents[1];
  std::fill_n(array<Vec>(arguments[0]), cells, Vec{0, 0});
  std::fill_n(array<float>(arguments[1]), cells, 0.0f);
}

// The 3 x 3 cells around a particle: the first of them, where it is among them, and their weights.
struct Stencil {
  int i, j;
  Vec at;
  Vec weights[3];

  explicit Stencil(Vec x) {
    const Vec cell = kInverseDx * x;
    i = static_cast<int>(cell.x - 0.5f);
    j = static_cast<int>(cell.y - 0.5f);
    at = cell - Vec{static_cast<float>(i), static_cast<float>(j)};
    const auto square = [](float value) { return value * value; };
    weights[0] = {0.5f * square(1.5f - at.x), 0.5f * square(1.5f - at.y)};
    weights[1] = {0.75f - square(at.x - 1), 0.75f - square(at.y - 1)};
    weights[2] = {0.5f * square(at.x - 0.5f), 0.5f * square(at.y - 0.5f)};
  }
};

Mat stress_of(const Mat& f, float j, int material) {
  if (material == kWater) {
    const float pressure = kWaterStiffness * (j - 1);
    return {pressure, 0, 0, pressure};
  }
  const float young = material == 1 ? 150 : 35;
  const float mu = young / (2 * (1 + kPoisson));
  const float la = young * kPoisson / ((1 + kPoisson) * (1 - 2 * kPoisson));
  const float c = f.xx + f.yy, s = f.yx - f.xy;
  const float n = 1 / std::sqrt(c * c + s * s);
  const Mat off = {f.xx - c * n, f.xy + s * n, f.yx - s * n, f.yy - c * n};
  const float det = f.xx * f.yy - f.xy * f.yx;
  const float volume_term = la * det * (det - 1);
  return 2 * mu * (off * Mat{f.xx, f.yx, f.xy, f.yy}) + Mat{volume_term, 0, 0, volume_term};
}

void run_p2g(const CpuArgument* arguments) {
  const auto *x = array<Vec>(arguments[0]), *v = array<Vec>(arguments[1]);
  const auto *C = array<Mat>(arguments[2]), *F = array<Mat>(arguments[3]);
  const auto* J = array<float>(arguments[4]);
  const auto* material = array<int32_t>(arguments[5]);
  auto* grid_v = array<Vec>(arguments[6]);
  auto* grid_m = array<float>(arguments[7]);
  for (uint32_t p = 0; p < arguments[0].extents[0]; ++p) {
    const Stencil stencil(x[p]);
    const Mat stress = stress_of(F[p], J[p], material[p]);
    const Mat affine = (-kDt * kVolume * 4 * kInverseDx * kInverseDx) * stress + kMass * C[p];
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        const Vec dpos = kDx * (Vec{static_cast<float>(i), static_cast<float>(j)} - stencil.at);
        const float weight = stencil.weights[i].x * stencil.weights[j].y;
        const int cell = (stencil.i + i) * kGrid + stencil.j + j;
        grid_v[cell] = grid_v[cell] + weight * (kMass * v[p] + affine * dpos);
        grid_m[cell] += weight * kMass;
      }
    }
  }
}

void run_update_grid_v(const CpuArgument* arguments) {
  auto* grid_v = array<Vec>(arguments[0]);
  const auto* grid_m = array<float>(arguments[1]);
  for (int i = 0; i < kGrid; ++i) {
    for (int j = 0; j < kGrid; ++j) {
      const int cell = i * kGrid + j;
      Vec g = grid_v[cell];
      if (grid_m[cell] > 0) g = (1 / grid_m[cell]) * g;
      g.y -= kDt * kGravity;
      if (i < kWall) g.x = std::max(g.x, 0.0f);
      if (i > kGrid - kWall) g.x = std::min(g.x, 0.0f);
      if (j < kWall) g.y = std::max(g.y, 0.0f);
      if (j > kGrid - kWall) g.y = std::min(g.y, 0.0f);
      grid_v[cell] = g;
    }
  }
}

void run_g2p(const CpuArgument* arguments) {
  auto *x = array<Vec>(arguments[0]), *v = array<Vec>(arguments[1]);
  auto *C = array<Mat>(arguments[2]), *F = array<Mat>(arguments[3]);
  auto* J = array<float>(arguments[4]);
  const auto* material = array<int32_t>(arguments[5]);
  const auto* grid_v = array<Vec>(arguments[6]);
  for (uint32_t p = 0; p < arguments[0].extents[0]; ++p) {
    const Stencil stencil(x[p]);
    Vec new_v{0, 0};
    Mat new_C{0, 0, 0, 0};
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        const Vec dpos = Vec{static_cast<float>(i), static_cast<float>(j)} - stencil.at;
        const float weight = stencil.weights[i].x * stencil.weights[j].y;
        const Vec g = grid_v[(stencil.i + i) * kGrid + stencil.j + j];
        new_v = new_v + weight * g;
        new_C = new_C + (4 * kInverseDx * weight) * Mat{g.x * dpos.x, g.x * dpos.y, g.y * dpos.x, g.y * dpos.y};
      }
    }
    v[p] = new_v;
    x[p] = x[p] + kDt * new_v;
    C[p] = new_C;
    if (material[p] == kWater) {
      J[p] *= 1 + kDt * (new_C.xx + new_C.yy);
    } else {
      F[p] = F[p] + kDt * (new_C * F[p]);
    }
  }
}

}  // namespace

CpuKernel find_cpu_kernel(const std::string& name) {
  constexpr std::pair<const char*, CpuKernel> kKernels[] = {
      {"add_to", run_add_to},   {"chain", run_chain},
      {"init", run_init},       {"substep_reset_grid", run_reset_grid},
      {"substep_p2g", run_p2g}, {"substep_update_grid_v", run_update_grid_v},
      {"substep_g2p", run_g2p},
  };
  for (const auto& [known, kernel] : kKernels)
    if (name == known) return kernel;
  fail("bench has no C++ for '%s'.", name.c_str());
}

}  // namespace ist::bench
