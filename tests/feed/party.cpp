// One side of a feed as a process of its own, for process_test.cpp. Public headers only.
//   feed_party produce NAME WIDTH HEIGHT rgba8|r32f SLOTS FRAMES
//     Publishes frames (0: until told to stop). Lines on stdin: go (one frame more, when FRAMES is "step"), pause,
//     resume, state, stop. Answers with lines on stdout.
//   feed_party consume NAME FRAMES [hold MS | keep N]
//     Checks every texel of the frames it gets. hold: that long each. keep N: has the Nth for ever, and checks it
//     again when a line comes on stdin.
// Every texel depends on the frame's number and its place, so that neither a torn nor a stale frame passes.
#include <dirent.h>
#include <ist/feed.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

uint64_t validation_messages = 0;

void TI_API_CALL on_log(void*, IstLogLevel level, const char* line) {
  if (level > IST_LOG_ERROR) return;
  if (std::strncmp(line, "validation:", 11) == 0) ++validation_messages;
  std::fprintf(stderr, "%s\n", line);
}

size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (folder && readdir(folder)) ++count;
  if (folder) closedir(folder);
  return count;
}

[[noreturn]] void fail(const char* what) {
  char text[1024] = "";
  uint64_t size = sizeof text;
  const TiError error = ti_get_last_error(&size, text);
  std::printf("failed %s: %d %s\n", what, static_cast<int>(error), text);
  std::fflush(stdout);
  std::_Exit(3);
}

void check(TiError error, const char* what) {
  if (error != TI_ERROR_SUCCESS) fail(what);
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// The bits of a texel; of floats, small enough to be exact.
uint32_t texel(uint64_t sequence, uint32_t x, uint32_t y, TiFormat format) {
  const uint32_t mixed = (x * 2654435761u) ^ (y * 2246822519u) ^ (static_cast<uint32_t>(sequence) * 3266489917u);
  if (format == TI_FORMAT_RGBA8) return mixed;
  const float value = static_cast<float>(mixed >> 8);
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

struct Picture {
  uint32_t width, height;
  TiFormat format;

  TiImageSlice of(TiImage image) const {
    TiImageSlice slice{};
    slice.image = image;
    slice.extent = {width, height, 1, 1};
    return slice;
  }
  std::vector<uint32_t> texels(uint64_t sequence) const {
    std::vector<uint32_t> all(size_t{width} * height);
    for (uint32_t y = 0; y < height; ++y)
      for (uint32_t x = 0; x < width; ++x) all[size_t{y} * width + x] = texel(sequence, x, y, format);
    return all;
  }
  // Texels of an image that are not those of this frame.
  uint64_t wrong(TiRuntime runtime, TiImage image, uint64_t sequence) const {
    std::vector<uint32_t> all(size_t{width} * height);
    const TiImageSlice slice = of(image);
    check(ist_read_image(runtime, &slice, all.data(), all.size() * 4, 0), "ist_read_image");
    const std::vector<uint32_t> expected = texels(sequence);
    uint64_t count = 0;
    for (size_t i = 0; i < all.size(); ++i) count += all[i] != expected[i];
    return count;
  }
};

uint64_t blocking_waits(TiRuntime runtime) {
  IstCounters counters{};
  counters.size = sizeof counters;
  check(ist_counters(runtime, &counters), "ist_counters");
  return counters.blocking_waits;
}

// A line of stdin if there is one, "stop" at its end.
bool next_command(std::string& command, int timeout_ms) {
  pollfd wanted{STDIN_FILENO, POLLIN, 0};
  if (poll(&wanted, 1, timeout_ms) <= 0) return false;
  command.clear();
  char letter;
  while (read(STDIN_FILENO, &letter, 1) == 1) {
    if (letter == '\n') return true;
    command += letter;
  }
  command = "stop";
  return true;
}

void say_state(IstFeed feed, uint64_t blocked) {
  IstFeedState s{};
  s.size = sizeof s;
  check(ist_feed_state(feed, &s), "ist_feed_state");
  char line[512];
  std::snprintf(line, sizeof line,
                "state consumers=%u leased=%u available=%u published=%llu dropped=%llu skipped=%llu reclaimed=%llu "
                "blocked=%llu",
                s.consumers, s.leased, s.available, static_cast<unsigned long long>(s.published),
                static_cast<unsigned long long>(s.dropped), static_cast<unsigned long long>(s.skipped),
                static_cast<unsigned long long>(s.leases_reclaimed), static_cast<unsigned long long>(blocked));
  say(line);
}

int produce(char** args) {
  const char* name = args[0];
  const bool floats = std::strcmp(args[3], "r32f") == 0;
  const Picture picture{static_cast<uint32_t>(std::atoi(args[1])), static_cast<uint32_t>(std::atoi(args[2])),
                        floats ? TI_FORMAT_R32F : TI_FORMAT_RGBA8};
  const bool step = std::strcmp(args[5], "step") == 0;
  const uint64_t frames = static_cast<uint64_t>(std::atoll(args[5]));
  const TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  if (!runtime) fail("ti_create_runtime");
  const size_t files_before = open_files();

  IstFeedInfo info{};
  info.size = sizeof info;
  info.slot_count = static_cast<uint32_t>(std::atoi(args[4]));
  info.name = name;
  info.image.dimension = TI_IMAGE_DIMENSION_2D;
  info.image.extent = {picture.width, picture.height, 1, 1};
  info.image.mip_level_count = 1;
  info.image.format = picture.format;
  info.image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  IstFeed feed = nullptr;
  check(ist_feed_create(runtime, &info, &feed), "ist_feed_create");
  say("ready");

  uint64_t done = 0, allowed = 0, blocked = 0;
  bool paused = false, told = false;
  for (std::string command;;) {
    const bool idle = paused || (step ? done == allowed : frames && done == frames);
    if (idle && !step && !paused && !told) {
      told = true;
      say("done");
    }
    while (next_command(command, idle ? 1000 : 0)) {
      if (command == "stop") {
        check(ist_feed_close(feed), "ist_feed_close");
        ti_wait(runtime);
        say("files " + std::to_string(files_before) + " " + std::to_string(open_files()) + " validation " +
            std::to_string(validation_messages));
        ti_destroy_runtime(runtime);
        return 0;
      }
      if (command == "go") ++allowed;
      if (command == "pause" || command == "resume") paused = command == "pause";
      if (command == "pause") ti_wait(runtime);
      if (command == "state") say_state(feed, blocked);
      if (command == "go" || command == "resume") break;
    }
    if (paused || (step ? done == allowed : frames && done == frames)) continue;

    IstFrame frame{};
    frame.size = sizeof frame;
    uint64_t before = blocking_waits(runtime);
    check(ist_feed_begin(feed, 0, &frame), "ist_feed_begin");
    blocked += blocking_waits(runtime) - before;
    const std::vector<uint32_t> texels = picture.texels(frame.sequence);
    const TiImageSlice slice = picture.of(frame.image);
    check(ist_write_image(runtime, &slice, texels.data(), texels.size() * 4, 0), "ist_write_image");
    frame.user[0] = uint64_t{picture.width} << 32 | picture.height;
    frame.user[1] = ~frame.sequence;
    before = blocking_waits(runtime);
    check(ist_feed_end(feed, &frame, IST_FEED_PUBLISH), "ist_feed_end");
    blocked += blocking_waits(runtime) - before;
    ++done;
    if (done % 8 == 0) ti_wait(runtime);
  }
}

int consume(int count, char** args) {
  const char* name = args[0];
  const uint64_t frames = static_cast<uint64_t>(std::atoll(args[1]));
  const bool holds = count > 3 && std::strcmp(args[2], "hold") == 0;
  const bool keeps = count > 3 && std::strcmp(args[2], "keep") == 0;
  const int amount = count > 3 ? std::atoi(args[3]) : 0;
  const TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  if (!runtime) fail("ti_create_runtime");
  const size_t files_before = open_files();
  IstFeed feed = nullptr;
  check(ist_feed_open(runtime, name, 10'000'000'000, &feed), "ist_feed_open");
  IstFeedState state{};
  state.size = sizeof state;
  check(ist_feed_state(feed, &state), "ist_feed_state");
  const Picture picture{state.image.extent.width, state.image.extent.height, state.image.format};
  say("open");

  uint64_t wrong = 0, disorder = 0, last = 0, last_ns = 0;
  for (uint64_t i = 1; i <= frames;) {
    IstFrame frame{};
    frame.size = sizeof frame;
    check(ist_feed_begin(feed, 1'000'000'000, &frame), "ist_feed_begin");
    if (!frame.image) continue;
    disorder += frame.sequence <= last || frame.time_ns < last_ns || frame.user[1] != ~frame.sequence;
    last = frame.sequence;
    last_ns = frame.time_ns;
    if (holds) std::this_thread::sleep_for(std::chrono::milliseconds(amount));
    wrong += picture.wrong(runtime, frame.image, frame.sequence);
    if (keeps && i == static_cast<uint64_t>(amount)) {
      say("keeps " + std::to_string(frame.sequence));
      std::string command;
      while (!next_command(command, 1000)) {
      }
      say("wrong " + std::to_string(picture.wrong(runtime, frame.image, frame.sequence)));
    }
    check(ist_feed_end(feed, &frame, IST_FEED_RELEASE), "ist_feed_end");
    say("frame " + std::to_string(frame.sequence));
    ++i;
  }
  check(ist_feed_state(feed, &state), "ist_feed_state");
  check(ist_feed_close(feed), "ist_feed_close");
  ti_wait(runtime);
  say("took " + std::to_string(state.published) + " skipped " + std::to_string(state.skipped) + " wrong " +
      std::to_string(wrong) + " disorder " + std::to_string(disorder) + " files " + std::to_string(files_before) + " " +
      std::to_string(open_files()) + " validation " + std::to_string(validation_messages));
  ti_destroy_runtime(runtime);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ist_set_log(on_log, nullptr, IST_LOG_ERROR);
  if (argc == 8 && std::strcmp(argv[1], "produce") == 0) return produce(argv + 2);
  if (argc >= 4 && std::strcmp(argv[1], "consume") == 0) return consume(argc - 2, argv + 2);
  std::fprintf(stderr, "usage: feed_party produce|consume ...\n");
  return 2;
}
