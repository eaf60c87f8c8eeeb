// Frame by frame: write on one side, hand over, check on the other, hand back.
#include "move.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace doctor {
namespace {

using nlohmann::json;

// Adds the time of what it is given.
class Stopwatch {
 public:
  template <class F>
  Problem time(F&& f) {
    const auto start = std::chrono::steady_clock::now();
    Problem problem = f();
    us_ += std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    return problem;
  }
  double us() const { return us_; }

 private:
  double us_ = 0;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(middle), values.end());
  return values[middle];
}

std::unique_ptr<Peer> make_peer(const std::string& name) {
  if (name == "memory") return make_memory_peer();
  if (name.starts_with("device:")) return make_device_peer();
  if (name.starts_with("process:")) return make_process_peer();
  return make_gl_peer();
}

struct Times {
  std::vector<double> frame_us, upload_us;
};

class Move {
 public:
  Move(Peer& peer, const PairOptions& options) : peer_(peer), options_(options) {}

  // Stops at the first frame that arrives wrong, which `wrong` then names.
  Problem share(Problem& wrong) {
    for (uint32_t frame = 0; frame < options_.frames && !wrong; ++frame) {
      fill(written_, options_.size, frame);
      DOCTOR_TRY(forth() ? share_forth() : share_back());
      wrong = compare(got_, options_.size, frame);
    }
    return {};
  }

  // The same frames through the host.
  Problem upload(Problem& wrong) {
    for (uint32_t frame = 0; frame < options_.frames && !wrong; ++frame) {
      Stopwatch watch;
      fill(written_, options_.size, frame);
      DOCTOR_TRY(peer_.write_source(options_.direction, written_));
      DOCTOR_TRY(watch.time([&] { return forth() ? peer_.upload() : peer_.download(); }));
      times_.upload_us.push_back(watch.us());
      if (frame + 1 < options_.frames) continue;
      DOCTOR_TRY(peer_.read_result(options_.direction, got_));
      wrong = compare(got_, options_.size, frame);
    }
    return {};
  }

  const Times& times() const { return times_; }

 private:
  bool forth() const { return options_.direction == Direction::to_peer; }

  Problem share_forth() {
    Stopwatch watch;
    DOCTOR_TRY(peer_.write_here(written_));
    DOCTOR_TRY(watch.time([&] { return peer_.give(); }));
    DOCTOR_TRY(peer_.read_there(got_));
    DOCTOR_TRY(watch.time([&] { return peer_.take(); }));
    times_.frame_us.push_back(watch.us());
    return {};
  }
  Problem share_back() {
    Stopwatch watch;
    DOCTOR_TRY(watch.time([&] { return peer_.give(); }));
    DOCTOR_TRY(peer_.write_there(written_));
    DOCTOR_TRY(watch.time([&] { return peer_.take(); }));
    DOCTOR_TRY(peer_.read_here(got_));
    times_.frame_us.push_back(watch.us());
    return {};
  }

  Peer& peer_;
  const PairOptions& options_;
  Pixels written_, got_;
  Times times_;
};

Problem counters_of(TiRuntime runtime, IstCounters& counters) {
  counters.size = sizeof counters;
  return of_call(ist_counters(runtime, &counters));
}

json differences(const Row& row, uint32_t copies) {
  json found = json::array();
  if (!row.predicted) return found;
  const auto differ = [&](const char* what, const std::string& said, const std::string& happened) {
    if (said != happened) found.push_back(std::string(what) + " is " + happened + ", but " + said + " was predicted");
  };
  const IstPair& said = row.prediction;
  differ("handle", name_of(row.image ? said.image : said.memory), name_of(row.handle));
  if (!row.other_rung) differ("rung", name_of(said.forth), name_of(row.rung));
  const uint32_t copies_said = row.image ? said.image_copies : said.memory_copies;
  differ("copies", std::to_string(copies_said), std::to_string(copies));
  return found;
}

json to_json(const Row& row) {
  json made = {{"object", row.image ? "image" : "memory"},
               {"handle", name_of(row.handle)},
               {"layout", name_of(row.layout)},
               {"rung", name_of(row.rung)},
               {"reason", row.reason}};
  if (!row.predicted) return made;
  const IstPair& said = row.prediction;
  made["predicted"] = {{"handle", name_of(row.image ? said.image : said.memory)},
                       {"rung", name_of(said.forth)},
                       {"copies", row.image ? said.image_copies : said.memory_copies},
                       {"reason", said.reason}};
  return made;
}

// What the counters have gained, for each frame.
void add_counters(json& row, const IstCounters& before, const IstCounters& after, uint32_t frames) {
  const auto per_frame = [&](uint64_t IstCounters::*member) {
    return static_cast<double>(after.*member - before.*member) / frames;
  };
  row["copies"] = per_frame(&IstCounters::share_copies);
  row["copied_bytes"] = per_frame(&IstCounters::share_bytes);
  row["gpu_waits"] = per_frame(&IstCounters::gpu_waits);
  row["gpu_signals"] = per_frame(&IstCounters::gpu_signals);
}

// The way through the host, for comparison.
void add_upload(Move& frames, json& row) {
  Problem wrong;
  Problem problem = frames.upload(wrong);
  if (!problem) problem = wrong;
  if (problem) row["upload_reason"] = *problem;
  if (!problem) row["upload_us"] = median(frames.times().upload_us);
}

Problem move(const PairOptions& options, json& row) {
  OwnRuntime runtime;
  DOCTOR_TRY(runtime.create(options.device));
  const std::unique_ptr<Peer> peer = make_peer(options.peer);
  Row found;
  const Problem refused = peer->open(runtime.get(), options, found);
  row.update(to_json(found));
  Move frames(*peer, options);
  if (refused) {
    row["handle"] = name_of(IST_HANDLE_NONE);
    row["layout"] = row["rung"] = "-";
    const IstHandleType said = found.image ? found.prediction.image : found.prediction.memory;
    if (found.predicted && said != IST_HANDLE_NONE)
      row["differs"] = {std::string("it is refused, but ") + name_of(said) + " was predicted"};
    if (peer->uploads()) add_upload(frames, row);
    return refused;
  }
  IstCounters before{}, after{};
  Problem wrong;
  DOCTOR_TRY(counters_of(runtime.get(), before));
  DOCTOR_TRY(frames.share(wrong));
  DOCTOR_TRY(counters_of(runtime.get(), after));
  add_counters(row, before, after, options.frames);
  row["differs"] = differences(found, static_cast<uint32_t>(row["copies"].get<double>() + 0.5));
  row["verified"] = !wrong;
  row["state"] = wrong ? "wrong" : "ok";
  if (wrong) row["reason"] = *wrong;
  row["frame_us"] = median(frames.times().frame_us);
  add_upload(frames, row);
  return {};
}

}  // namespace

json move_pixels(const PairOptions& options) {
  json row = {{"state", "refused"}, {"object", "image"}, {"handle", "none"},        {"layout", "-"},
              {"rung", "-"},        {"copies", 0},       {"frame_us", nullptr},     {"upload_us", nullptr},
              {"verified", false},  {"reason", ""},      {"differs", json::array()}};
  if (const Problem problem = move(options, row)) row["reason"] = *problem;
  return row;
}

}  // namespace doctor
