// feed_producer: a Taichi kernel paints a moving fractal straight into the images of a feed, which any number of
// feed_viewers look at, each in a process of its own. The example to copy for the producing side.
#include <ist/feed.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <thread>

#include "arguments.h"
#include "check.h"

namespace {

constexpr uint32_t kWidth = 640;
constexpr uint32_t kHeight = 360;

volatile std::sig_atomic_t stopped = 0;

TiArgument i32(int32_t value) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_I32;
  argument.value.i32 = value;
  return argument;
}

TiArgument f32(float value) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_F32;
  argument.value.f32 = value;
  return argument;
}

TiArgument texture(TiImage image) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TEXTURE;
  argument.value.texture.image = image;
  argument.value.texture.dimension = TI_IMAGE_DIMENSION_2D;
  argument.value.texture.extent = {kWidth, kHeight, 1, 1};
  argument.value.texture.format = TI_FORMAT_RGBA8;
  return argument;
}

// The picture of one moment: the constant of the Julia set goes round.
void paint(TiRuntime runtime, TiKernel kernel, const IstFrame& frame) {
  const float angle = 0.02f * static_cast<float>(frame.sequence);
  const TiArgument arguments[] = {
      texture(frame.image),           i32(kWidth), i32(kHeight), f32(0.7885f * std::cos(angle)),
      f32(0.7885f * std::sin(angle)), f32(1.3f),   i32(120)};
  ti_launch_kernel(runtime, kernel, 7, arguments);
}

void produce(const demo::FeedArguments& wanted) {
  const TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, wanted.device);
  demo::check_handle(runtime, "create a runtime");
  const TiAotModule module = ti_load_aot_module(runtime, DEMO_MODULE_FOLDER "/fractal");
  demo::check_handle(module, "load the module 'fractal'");
  const TiKernel kernel = ti_get_aot_module_kernel(module, "paint");
  demo::check_handle(kernel, "find the kernel 'paint'");

  IstFeedInfo info{};
  info.size = sizeof info;
  info.slot_count = 4;
  info.name = wanted.name.c_str();
  info.image.dimension = TI_IMAGE_DIMENSION_2D;
  info.image.extent = {kWidth, kHeight, 1, 1};
  info.image.mip_level_count = 1;
  info.image.format = TI_FORMAT_RGBA8;
  info.image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  IstFeed feed = nullptr;
  demo::check(ist_feed_create(runtime, &info, &feed));

  auto next = std::chrono::steady_clock::now();
  for (uint64_t frame = 0; !stopped && (wanted.frames == 0 || frame < wanted.frames); ++frame) {
    IstFrame slot{};
    slot.size = sizeof slot;
    demo::check(ist_feed_begin(feed, 0, &slot));
    paint(runtime, kernel, slot);
    demo::check(ist_feed_end(feed, &slot, IST_FEED_PUBLISH));
    next += std::chrono::microseconds(16667);
    std::this_thread::sleep_until(next);
  }
  ti_wait(runtime);

  IstFeedState state{};
  state.size = sizeof state;
  demo::check(ist_feed_state(feed, &state));
  std::printf("{\"published\": %llu, \"dropped\": %llu, \"skipped\": %llu, \"leases_reclaimed\": %llu}\n",
              static_cast<unsigned long long>(state.published), static_cast<unsigned long long>(state.dropped),
              static_cast<unsigned long long>(state.skipped), static_cast<unsigned long long>(state.leases_reclaimed));
  demo::check(ist_feed_close(feed));
  ti_destroy_runtime(runtime);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGTERM, [](int) { stopped = 1; });
  return demo::run(argc, argv, "feed_producer", "frames to publish; 0: until interrupted", produce);
}
