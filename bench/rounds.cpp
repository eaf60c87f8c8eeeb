// Starts one worker per contestant and asks them in turn, round by round, so that whatever else the machine does hits
// all of them alike.
#include "rounds.h"

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
#include "report.h"
#include "worker.h"
#include "x_server.h"

namespace ist::bench {
namespace {

// Float atomics add in any order; over one frame the mean position still agrees far better than this.
constexpr double kMeanTolerance = 0.005;

constexpr World kWorlds[] = {World::vulkan, World::opengl, World::opengl_alone, World::cpu};

struct Contestant {
  std::string name;
  // How its processes are started; without a world it has no part in the rows of it.
  std::map<World, WorkerSpec> specs;
  std::map<World, std::unique_ptr<Worker>> workers;
};

bool wants_world(const std::vector<RowResult>& rows, World world) {
  return std::ranges::any_of(rows, [&](const RowResult& row) { return row.row->world == world; });
}

bool wants_life(const std::vector<RowResult>& rows, World world, Life life) {
  return std::ranges::any_of(rows,
                             [&](const RowResult& row) { return row.row->world == world && row.row->life == life; });
}

// Modules are folders here, as the released library can load nothing else on the CPU; it also wants to be told where
// its runtime is, which lies beside it.
WorkerSpec spec_on_cpu(const Options& options, const std::string& library) {
  WorkerSpec spec;
  spec.subject = {library, 0, Api::cpu};
  spec.modules_folder = options.modules_x64 + "/folders";
  const auto bitcode = std::filesystem::path(library).parent_path().parent_path() / "runtime";
  if (!library.empty() && std::filesystem::is_directory(bitcode)) spec.bitcode_folder = bitcode;
  return spec;
}

Contestant make_contestant(const Options& options, const char* name, const std::string& library,
                           const std::string& display) {
  Contestant made{name, {}, {}};
  WorkerSpec spec;
  spec.subject = {library, options.device_index};
  spec.modules_folder = options.modules_folder;
  made.specs[World::vulkan] = spec;
  if (!options.modules_x64.empty()) made.specs[World::cpu] = spec_on_cpu(options, library);
  // Only the peer gets a display: libraries may need one for OpenGL.
  const bool is_peer = made.name == kPeer;
  if (is_peer && display.empty()) return made;
  spec.subject.api = Api::opengl;
  if (is_peer) spec.display = display;
  made.specs[World::opengl] = spec;
  spec.llvmpipe_alone = true;
  made.specs[World::opengl_alone] = spec;
  return made;
}

std::vector<Contestant> make_contestants(const Options& options, const std::string& display) {
  std::vector<Contestant> all;
  all.push_back(make_contestant(options, kLibrary, options.library, display));
  all.push_back(make_contestant(options, kRaw, "", display));
  if (!options.peer.empty()) all.push_back(make_contestant(options, kPeer, options.peer, display));
  return all;
}

// One process for each contestant and world that a row asks for. Who cannot work there is left out, but on Vulkan all
// must.
void start_workers(std::vector<Contestant>& all, const std::vector<RowResult>& rows) {
  for (Contestant& contestant : all) {
    for (const World world : kWorlds) {
      const auto spec = contestant.specs.find(world);
      if (!wants_world(rows, world) || spec == contestant.specs.end()) continue;
      auto worker = std::make_unique<Worker>(contestant.name, spec->second);
      std::string reason;
      if (world == World::vulkan || worker->answers("device", reason)) {
        contestant.workers[world] = std::move(worker);
        continue;
      }
      std::fprintf(stderr, "'%s' is left out of the rows on %s: %s\n", contestant.name.c_str(),
                   world == World::cpu ? "the CPU" : "OpenGL", reason.c_str());
      contestant.specs.erase(spec);
    }
  }
}

// The names of the devices that every contestant runs on; fails when they do not run on the same one.
std::string common_devices(std::vector<Contestant>& all) {
  std::string devices;
  for (const World world : {World::vulkan, World::cpu}) {
    std::string device;
    for (Contestant& contestant : all) {
      const auto worker = contestant.workers.find(world);
      if (worker == contestant.workers.end()) continue;
      const std::string own = worker->second->ask("device");
      if (own.find("unknown") != std::string::npos) continue;
      if (device.empty()) device = own;
      if (own != device) fail("The contestants run on different devices: '%s' and '%s'.", device.c_str(), own.c_str());
    }
    if (!device.empty()) devices += (devices.empty() ? "" : "; ") + device;
  }
  return devices.empty() ? "OpenGL alone" : devices;
}

void measure_warm(const Row& row, int repeats, Contestant& contestant, RowResult* result) {
  const std::string request = std::string("measure ") + row.name + " " + std::to_string(repeats);
  const auto worker = contestant.workers.find(row.world);
  if (worker == contestant.workers.end()) return;
  const std::string reply = worker->second->ask(request);
  if (result && reply != "none") result->values[contestant.name].push_back(std::atof(reply.c_str()));
}

void measure_cold(const Contestant& contestant, World world, std::vector<RowResult>& rows) {
  const auto spec = contestant.specs.find(world);
  if (spec == contestant.specs.end()) return;
  Worker fresh(contestant.name + " (fresh)", spec->second);
  std::istringstream reply(fresh.ask("cold"));
  for (const Row& row : all_rows()) {
    if (row.life != Life::fresh || row.world != world) continue;
    std::string value;
    reply >> value;
    const auto wanted = std::ranges::find(rows, &row, &RowResult::row);
    if (wanted != rows.end() && value != "none") wanted->values[contestant.name].push_back(std::atof(value.c_str()));
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

// Both rows, whichever is wanted: the second has no meaning without the first. C++ has nothing to load.
void measure_loads(const Contestant& contestant, World world, std::vector<RowResult>& rows) {
  const auto found = contestant.specs.find(world);
  if (found == contestant.specs.end() || (world == World::cpu && contestant.name == kRaw)) return;
  const TemporaryFolder folder;
  WorkerSpec spec = found->second;
  spec.pipeline_cache = folder.path();
  for (const Row& row : all_rows()) {
    if (row.life != Life::pair || row.world != world) continue;
    Worker fresh(contestant.name + " (fresh)", spec);
    const double value = std::atof(fresh.ask("load").c_str());
    const auto wanted = std::ranges::find(rows, &row, &RowResult::row);
    if (wanted != rows.end()) wanted->values[contestant.name].push_back(value);
  }
}

// Each round begins with another contestant, so that none is always the one after a certain other.
template <class Do>
void in_turn(std::vector<Contestant>& all, int round, Do act) {
  for (size_t i = 0; i < all.size(); ++i) act(all[(i + static_cast<size_t>(round)) % all.size()]);
}

void measure_all(const Options& options, std::vector<Contestant>& all, Results& results) {
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
    if (round < 0) continue;
    for (const World world : kWorlds) {
      if (wants_life(results.rows, world, Life::fresh))
        in_turn(all, round, [&](Contestant& contestant) { measure_cold(contestant, world, results.rows); });
      if (wants_life(results.rows, world, Life::pair))
        in_turn(all, round, [&](Contestant& contestant) { measure_loads(contestant, world, results.rows); });
    }
  }
  if (shows_progress) std::fprintf(stderr, "\n");
}

// Of each simulation, whatever it ran on.
void check_results(std::vector<Contestant>& all) {
  struct First {
    std::string subject;
    Point mean;
  };
  std::map<std::string, First> firsts;
  for (Contestant& contestant : all) {
    for (const auto& [world, worker] : contestant.workers) {
      std::istringstream reply(worker->ask("check"));
      std::string simulation;
      for (Point mean; reply >> simulation >> mean.x >> mean.y;) {
        const auto& [subject, first] = firsts.try_emplace(simulation, First{contestant.name, mean}).first->second;
        if (!(std::abs(mean.x - first.x) < kMeanTolerance && std::abs(mean.y - first.y) < kMeanTolerance))
          fail("The mean particle of %s by '%s' is at (%g, %g), that by '%s' at (%g, %g).", simulation.c_str(),
               contestant.name.c_str(), mean.x, mean.y, subject.c_str(), first.x, first.y);
      }
    }
  }
}

// Modules for the CPU hold functions of Taichi's runtime, so they do not come with this library.
void leave_out_cpu(const Options& options, std::vector<RowResult>& rows) {
  if (!options.modules_x64.empty() || !wants_world(rows, World::cpu)) return;
  std::erase_if(rows, [](const RowResult& row) { return row.row->world == World::cpu; });
  std::fprintf(
      stderr,
      "The rows cpu_* are left out: with taichi from PyPI, assets/build.py --arch x64 --only graphs --only mpm88 "
      "--out DIR makes their modules, for --modules-x64 DIR.\n");
}

}  // namespace

int run_rounds(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  // A display makes some libraries open windows; bench is headless for all.
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");

  Results results;
  results.rounds = options.rounds;
  results.quick = options.quick;
  for (const Row& row : all_rows())
    if (options.wants(row.name)) results.rows.push_back({&row, {}});
  leave_out_cpu(options, results.rows);
  const bool on_gl = wants_world(results.rows, World::opengl) || wants_world(results.rows, World::opengl_alone);
  std::optional<XServer> x_server;
  if (on_gl && !options.peer.empty()) x_server.emplace();
  std::vector<Contestant> all = make_contestants(options, x_server ? x_server->display() : "");
  for (const Contestant& contestant : all) {
    results.subjects.push_back(contestant.name);
    const std::string& library = contestant.specs.at(World::vulkan).subject.library;
    if (!library.empty()) results.paths[contestant.name] = library;
  }
  start_workers(all, results.rows);
  results.device = common_devices(all);
  measure_all(options, all, results);
  check_results(all);
  if (getloadavg(&results.load_average, 1) < 1) results.load_average = 0;
  results.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));

  if (options.as_json)
    std::fputs(to_json(results).c_str(), stdout);
  else
    print_table(results);
  if (!options.json_file.empty()) write_json(results, options.json_file);
  const int missed = options.check_file.empty() ? 0 : print_goals(results, options.check_file);
  return missed > 0 && options.strict ? 2 : 0;
}

}  // namespace ist::bench
