// feed_viewer: looks at a feed of another process and writes its frames as pictures, without a window. The example
// to copy for the consuming side.
#include <ist/feed.h>

#include <cstdio>
#include <vector>

#include "arguments.h"
#include "check.h"
#include "common/png.h"

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

std::vector<uint8_t> read_pixels(TiRuntime runtime, TiImage image, const TiImageExtent& extent) {
  TiImageSlice whole{};
  whole.image = image;
  whole.extent = {extent.width, extent.height, 1, 1};
  std::vector<uint8_t> pixels(size_t{extent.width} * extent.height * 4);
  demo::check(ist_read_image(runtime, &whole, pixels.data(), pixels.size(), 0));
  return pixels;
}

void view(const demo::FeedArguments& wanted) {
  const TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, wanted.device);
  demo::check_handle(runtime, "create a runtime");
  IstFeed feed = nullptr;
  demo::check(ist_feed_open(runtime, wanted.name.c_str(), 10 * kSecond, &feed));
  IstFeedState state{};
  state.size = sizeof state;
  demo::check(ist_feed_state(feed, &state));
  if (state.image.format != TI_FORMAT_RGBA8) throw std::runtime_error("The feed's format is not RGBA8.");

  std::vector<uint8_t> pixels;
  for (uint64_t taken = 0; taken < wanted.frames;) {
    IstFrame frame{};
    frame.size = sizeof frame;
    demo::check(ist_feed_begin(feed, kSecond, &frame));
    if (!frame.image) continue;  // the producer has nothing new
    pixels = read_pixels(runtime, frame.image, state.image.extent);
    demo::check(ist_feed_end(feed, &frame, IST_FEED_RELEASE));
    ++taken;
  }
  if (!wanted.out.empty()) demo::write_png(wanted.out, state.image.extent.width, state.image.extent.height, pixels);

  demo::check(ist_feed_state(feed, &state));
  std::printf("{\"producer\": %u, \"taken\": %llu, \"skipped\": %llu, \"picture\": \"%s\"}\n", state.pid,
              static_cast<unsigned long long>(state.published), static_cast<unsigned long long>(state.skipped),
              wanted.out.c_str());
  demo::check(ist_feed_close(feed));
  ti_destroy_runtime(runtime);
}

}  // namespace

int main(int argc, char** argv) {
  return demo::run(argc, argv, "feed_viewer", "frames to look at; --out gets the last", view);
}
