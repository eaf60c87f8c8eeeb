// isthmus_bench: starts one worker per contestant and asks them in turn, round by round, so that
// whatever else the machine does hits all of them alike.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

#include "fail.h"
#include "options.h"
#include "report.h"
#include "worker.h"
#include "x_server.h"

namespace ist::bench {
namespace {

// Float atomics add in any order; over one frame the mean position still agrees far better than this.
constexpr double kMeanTolerance = 0.005;

struct Contestant {
  std::string name;
  WorkerSpec spec;
  std::map<World, std::unique_ptr<Worker>> workers;
};

bool wants_world(const std::vector<RowResult>& rows, World world) {
  return std::ranges::any_of(rows, [&](const RowResult& row) { return row.row->world == world; });
}

WorkerSpec in_world(WorkerSpec spec, World world, const std::string& display) {
  if (world == World::vulkan) return spec;
  spec.subject.api = Api::opengl;
  spec.llvmpipe_alone = world == World::opengl_alone;
  spec.display = display;
  return spec;
}

// One process for each contestant and world that a row asks for. Only the peer gets a display: libraries may need one
// for OpenGL. Without it the peer has no part in those rows.
void start_workers(std::vector<Contestant>& all, const std::vector<RowResult>& rows, const std::string& display) {
  for (Contestant& contestant : all) {
    for (const World world : {World::vulkan, World::opengl, World::opengl_alone}) {
      const bool is_peer = contestant.name == kPeer;
      if (!wants_world(rows, world) || (world != World::vulkan && is_peer && display.empty())) continue;
      const WorkerSpec spec = in_world(contestant.spec, world, is_peer ? display : "");
      auto worker = std::make_unique<Worker>(contestant.name, spec);
      std::string reason;
      if (world == World::vulkan || worker->answers("device", reason)) {
        contestant.workers[world] = std::move(worker);
      } else {
        std::fprintf(stderr, "'%s' is left out of the rows on OpenGL: %s\n", contestant.name.c_str(), reason.c_str());
      }
    }
  }
}

std::vector<Contestant> make_contestants(const Options& options) {
  std::vector<Contestant> all;
  const auto add = [&](const char* name, const std::string& library) {
    WorkerSpec spec;
    spec.subject = {library, options.device_index};
    spec.modules_folder = options.modules_folder;
    all.push_back({name, std::move(spec), {}});
  };
  add(kLibrary, options.library);
  add(kRaw, "");
  if (!options.peer.empty()) add(kPeer, options.peer);
  return all;
}

// The names of the device that every contestant runs on; fails when they do not run on the same one.
std::string common_device(std::vector<Contestant>& all) {
  std::string device;
  for (Contestant& contestant : all) {
    if (!contestant.workers.contains(World::vulkan)) return "OpenGL alone";
    const std::string own = contestant.workers[World::vulkan]->ask("device");
    if (device.empty()) device = own;
    if (own != device && own.find("unknown") == std::string::npos)
      fail("The contestants run on different devices: '%s' and '%s'.", device.c_str(), own.c_str());
  }
  return device;
}

void measure_warm(const Row& row, int repeats, Contestant& contestant, RowResult* result) {
  const std::string request = std::string("measure ") + row.name + " " + std::to_string(repeats);
  const auto worker = contestant.workers.find(row.world);
  if (worker == contestant.workers.end()) return;
  const std::string reply = worker->second->ask(request);
  if (result && reply != "none") result->values[contestant.name].push_back(std::atof(reply.c_str()));
}

void measure_cold(Contestant& contestant, std::vector<RowResult>& rows) {
  Worker fresh(contestant.name + " (fresh)", contestant.spec);
  std::istringstream reply(fresh.ask("cold"));
  for (const Row& row : all_rows()) {
    if (row.life != Life::fresh) continue;
    double value = 0;
    reply >> value;
    const auto wanted = std::ranges::find(rows, &row, &RowResult::row);
    // Raw Vulkan opens libvulkan as part of its first runtime, as the libraries do.
    const bool has_it = contestant.name != kRaw || std::string(row.name) != "open_library";
    if (wanted != rows.end() && has_it) wanted->values[contestant.name].push_back(value);
  }
}

// A folder that is there for a scope.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "isthmus_bench_XXXXXX") {
    if (!mkdtemp(path_.data())) fail("No folder '%s': %s.", path_.c_str(), std::strerror(errno));
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Both rows, whichever is wanted: the second has no meaning without the first.
void measure_loads(const Contestant& contestant, std::vector<RowResult>& rows) {
  const TemporaryFolder folder;
  WorkerSpec spec = contestant.spec;
  spec.pipeline_cache = folder.path();
  for (const Row& row : all_rows()) {
    if (row.life != Life::pair) continue;
    Worker fresh(contestant.name + " (fresh)", spec);
    const double value = std::atof(fresh.ask("load").c_str());
    const auto wanted = std::ranges::find(rows, &row, &RowResult::row);
    if (wanted != rows.end()) wanted->values[contestant.name].push_back(value);
  }
}

bool any_of_life(const std::vector<RowResult>& rows, Life life) {
  return std::ranges::any_of(rows, [&](const RowResult& row) { return row.row->life == life; });
}

// Each round begins with another contestant, so that none is always the one after a certain other.
template <class Do>
void in_turn(std::vector<Contestant>& all, int round, Do act) {
  for (size_t i = 0; i < all.size(); ++i) act(all[(i + static_cast<size_t>(round)) % all.size()]);
}

void run_rounds(const Options& options, std::vector<Contestant>& all, Results& results) {
  const bool any_cold = any_of_life(results.rows, Life::fresh);
  const bool any_load = any_of_life(results.rows, Life::pair);
  const bool shows_progress = isatty(STDERR_FILENO);
  // Round -1 warms caches, pipelines and the driver's compiler; its values are dropped.
  for (int round = -1; round < options.rounds; ++round) {
    if (shows_progress) std::fprintf(stderr, "\rround %d of %d ", round + 1, options.rounds);
    for (RowResult& result : results.rows) {
      const Row& row = *result.row;
      if (row.life != Life::shared) continue;
      const int repeats = options.quick || round < 0 ? row.quick_repeats : row.repeats;
      in_turn(all, std::max(round, 0),
              [&](Contestant& contestant) { measure_warm(row, repeats, contestant, round < 0 ? nullptr : &result); });
    }
    if (any_cold && round >= 0)
      in_turn(all, round, [&](Contestant& contestant) { measure_cold(contestant, results.rows); });
    if (any_load && round >= 0)
      in_turn(all, round, [&](Contestant& contestant) { measure_loads(contestant, results.rows); });
  }
  if (shows_progress) std::fprintf(stderr, "\n");
}

void check_results(std::vector<Contestant>& all) {
  std::optional<Point> first;
  for (Contestant& contestant : all) {
    for (const auto& [world, worker] : contestant.workers) {
      std::istringstream reply(worker->ask("check"));
      Point mean;
      if (!(reply >> mean.x >> mean.y)) continue;
      if (!first) first = mean;
      if (!(std::abs(mean.x - first->x) < kMeanTolerance && std::abs(mean.y - first->y) < kMeanTolerance))
        fail("The mean particle of '%s' is at (%g, %g), that of '%s' at (%g, %g).", contestant.name.c_str(), mean.x,
             mean.y, all[0].name.c_str(), first->x, first->y);
    }
  }
}

int run(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  // A display makes some libraries open windows; bench is headless for all.
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");

  std::vector<Contestant> all = make_contestants(options);
  Results results;
  results.rounds = options.rounds;
  results.quick = options.quick;
  for (const Contestant& contestant : all) {
    results.subjects.push_back(contestant.name);
    if (!contestant.spec.subject.library.empty()) results.paths[contestant.name] = contestant.spec.subject.library;
  }
  for (const Row& row : all_rows())
    if (options.wants(row.name)) results.rows.push_back({&row, {}});
  const bool on_gl = wants_world(results.rows, World::opengl) || wants_world(results.rows, World::opengl_alone);
  std::optional<XServer> x_server;
  if (on_gl && !options.peer.empty()) x_server.emplace();
  start_workers(all, results.rows, x_server ? x_server->display() : "");
  results.device = common_device(all);
  run_rounds(options, all, results);
  check_results(all);
  if (getloadavg(&results.load_average, 1) < 1) results.load_average = 0;
  results.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));

  print_table(results);
  if (!options.json_file.empty()) write_json(results, options.json_file);
  const int missed = options.check_file.empty() ? 0 : print_goals(results, options.check_file);
  return missed > 0 && options.strict ? 2 : 0;
}

}  // namespace
}  // namespace ist::bench

int main(int argc, char** argv) {
  if (ist::bench::is_worker(argc, argv)) return ist::bench::run_worker(argv);
  return ist::bench::run(ist::bench::read_options(argc, argv));
}
