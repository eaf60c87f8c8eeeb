// Clocks around the workload. Anything a program does once (preparing, first use) happens outside the clock.
#include "measures.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "fail.h"

namespace ist::bench {
namespace {

constexpr int kRecordedLaunches = 64;
constexpr int kBatch = 1000;
constexpr int kGraphBatch = 100;
constexpr int kSubsteps = 50;
constexpr int kLargeSubsteps = 20;
constexpr uint32_t kLargeCopies = 5;
constexpr int kShortWaits = 16;
constexpr uint64_t kMappedBytes = 1 << 20;

constexpr Row kRows[] = {
    {"launch_wait", "launch of a 16-element kernel + wait", Unit::microseconds, Life::shared, 200, 30},
    {"record", "one launch, not submitted (of 64)", Unit::microseconds, Life::shared, 8, 2},
    {"batch_1000", "1000 launches + one wait", Unit::microseconds, Life::shared, 2, 1},
    {"graph_wait", "graph of 6 small dispatches, same arguments, + wait", Unit::microseconds, Life::shared, 100, 10},
    {"graph_batch_100", "100 such graphs + one wait", Unit::microseconds, Life::shared, 2, 1},
    {"map_unmap", "map and unmap 1 MiB", Unit::microseconds, Life::shared, 2000, 200},
    {"module_load", "load the mpm88 module", Unit::microseconds, Life::shared, 4, 1},
    {"module_ready", "load it, launch each of its kernels once, wait", Unit::microseconds, Life::shared, 2, 1},
    {"runtime", "create and destroy a runtime beside a living one", Unit::microseconds, Life::shared, 3, 1},
    {"mpm88_frame", "50 substeps of 8192 particles + wait", Unit::milliseconds, Life::shared, 1, 1},
    {"gl_texture_1080p", "1920x1080 from a kernel to a draw of OpenGL, no copy", Unit::milliseconds, Life::shared, 20,
     3},
    {"gl_upload_1080p", "the same by ist_read_image + glTexSubImage2D", Unit::milliseconds, Life::shared, 20, 3},
    {"gl_kernel_1080p", "its kernel alone + wait", Unit::milliseconds, Life::shared, 20, 3},
    {"gl_texture_gain", "the second / the first, frames in turn", Unit::times, Life::shared, 20, 3},
    {"gl_launch_wait", "launch_wait on OpenGL", Unit::microseconds, Life::shared, 200, 30, World::opengl},
    {"gl_record", "record on OpenGL", Unit::microseconds, Life::shared, 8, 2, World::opengl},
    {"gl_batch_1000", "batch_1000 on OpenGL", Unit::microseconds, Life::shared, 2, 1, World::opengl},
    {"gl_mpm88_frame", "mpm88_frame on OpenGL", Unit::milliseconds, Life::shared, 1, 1, World::opengl},
    {"gl_alone_launch_wait", "the same with LP_NUM_THREADS=0", Unit::microseconds, Life::shared, 2000, 200,
     World::opengl_alone},
    {"gl_alone_record", "the same with LP_NUM_THREADS=0", Unit::microseconds, Life::shared, 32, 4, World::opengl_alone},
    {"gl_alone_batch_1000", "the same with LP_NUM_THREADS=0", Unit::microseconds, Life::shared, 4, 1,
     World::opengl_alone},
    {"cpu_launch_wait", "launch_wait on the CPU (TI_ARCH_X64)", Unit::microseconds, Life::shared, 500, 20, World::cpu},
    {"cpu_record", "record on the CPU", Unit::microseconds, Life::shared, 64, 4, World::cpu},
    {"cpu_batch_1000", "batch_1000 on the CPU", Unit::microseconds, Life::shared, 8, 1, World::cpu},
    {"cpu_graph_wait", "graph_wait on the CPU", Unit::microseconds, Life::shared, 200, 10, World::cpu},
    {"cpu_module_ready", "module_ready on the CPU", Unit::microseconds, Life::shared, 1, 1, World::cpu},
    {"cpu_mpm88_frame", "mpm88_frame on the CPU", Unit::milliseconds, Life::shared, 2, 1, World::cpu},
    {"cpu_mpm88_large", "one substep of 40960 particles on the CPU (mean of 20)", Unit::milliseconds, Life::shared, 2,
     1, World::cpu},
    {"cpu_open_library", "open_library, once more", Unit::microseconds, Life::fresh, 1, 1, World::cpu},
    {"cpu_first_runtime", "first_runtime on the CPU", Unit::microseconds, Life::fresh, 1, 1, World::cpu},
    {"cpu_peak", "peak of resident memory after a frame of mpm88", Unit::mebibytes, Life::fresh, 1, 1, World::cpu},
    {"cpu_first_load", "first_load on the CPU", Unit::microseconds, Life::pair, 1, 1, World::cpu},
    {"cpu_second_load", "second_load on the CPU, code kept on disk", Unit::microseconds, Life::pair, 1, 1, World::cpu},
    {"open_library", "dlopen, in a fresh process", Unit::microseconds, Life::fresh, 1, 1},
    {"first_runtime", "first runtime of a process", Unit::microseconds, Life::fresh, 1, 1},
    {"rss_runtime", "resident memory with one runtime", Unit::mebibytes, Life::fresh, 1, 1},
    {"anon_runtime", "its private (anonymous) part", Unit::mebibytes, Life::fresh, 1, 1},
    {"rss_kernel", "resident memory after one kernel ran", Unit::mebibytes, Life::fresh, 1, 1},
    {"anon_kernel", "its private (anonymous) part", Unit::mebibytes, Life::fresh, 1, 1},
    {"first_load", "load and launch all of mpm88 in a fresh process", Unit::microseconds, Life::pair, 1, 1},
    {"second_load", "the same in the next one, pipelines kept on disk", Unit::microseconds, Life::pair, 1, 1},
};

class Clock {
 public:
  double microseconds() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// These waits are so short that one preemption outweighs a hundred of them: a median, not a mean. On the CPU they are
// no longer than reading the clock, so there it is read around several.
double median_us(std::vector<double> times_us) {
  const auto middle = times_us.begin() + static_cast<ptrdiff_t>(times_us.size() / 2);
  std::ranges::nth_element(times_us, middle);
  return *middle;
}

template <class Work>
double median_launch_and_wait(Work& work, Subject& subject, int repeats, int waits) {
  std::vector<double> times_us;
  times_us.reserve(static_cast<size_t>(repeats));
  for (int i = 0; i < repeats; ++i) {
    const Clock clock;
    for (int wait = 0; wait < waits; ++wait) {
      work.launch();
      subject.wait();
    }
    times_us.push_back(clock.microseconds() / waits);
  }
  return median_us(std::move(times_us));
}

struct Resident {
  double total_mib = 0, anonymous_mib = 0, peak_mib = 0;
};

Resident read_resident() {
  Resident resident;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long kib = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %ld", &kib) == 1) resident.total_mib = kib / 1024.0;
    if (std::sscanf(line.c_str(), "VmHWM: %ld", &kib) == 1) resident.peak_mib = kib / 1024.0;
    if (std::sscanf(line.c_str(), "RssAnon: %ld", &kib) == 1) resident.anonymous_mib = kib / 1024.0;
  }
  return resident;
}

}  // namespace

std::span<const Row> all_rows() { return kRows; }

const Row* find_row(const std::string& name) {
  for (const Row& row : kRows)
    if (name == row.name) return &row;
  return nullptr;
}

const char* unit_name(Unit unit) {
  switch (unit) {
    case Unit::microseconds:
      return "us";
    case Unit::milliseconds:
      return "ms";
    case Unit::mebibytes:
      return "MiB";
    case Unit::times:
      return "x";
  }
  return "";
}

Measures::Measures(SubjectSpec spec, std::string modules_folder)
    : spec_(std::move(spec)), modules_folder_(std::move(modules_folder)) {}

Measures::~Measures() = default;

Subject& Measures::subject() {
  if (!subject_) {
    subject_ = make_subject(spec_);
    subject_->create_runtime();
  }
  return *subject_;
}

SmallKernel& Measures::kernel() {
  if (!kernel_) kernel_ = std::make_unique<SmallKernel>(subject(), modules_folder_);
  return *kernel_;
}

SmallGraph& Measures::graph() {
  if (!graph_) graph_ = std::make_unique<SmallGraph>(subject(), modules_folder_);
  return *graph_;
}

Mpm88& Measures::mpm() {
  if (!mpm_) mpm_ = std::make_unique<Mpm88>(subject(), modules_folder_);
  return *mpm_;
}

Mpm88& Measures::large_mpm() {
  if (!large_mpm_) large_mpm_ = std::make_unique<Mpm88>(subject(), modules_folder_, kLargeCopies);
  return *large_mpm_;
}

std::optional<double> Measures::measure(const std::string& row, int repeats) {
  using Method = double (Measures::*)(int);
  constexpr std::pair<const char*, Method> kMethods[] = {
      {"launch_wait", &Measures::launch_wait},
      {"record", &Measures::record},
      {"batch_1000", &Measures::batch_1000},
      {"graph_wait", &Measures::graph_wait},
      {"graph_batch_100", &Measures::graph_batch_100},
      {"map_unmap", &Measures::map_unmap},
      {"module_load", &Measures::module_load},
      {"module_ready", &Measures::module_ready},
      {"runtime", &Measures::runtime},
      {"mpm88_frame", &Measures::mpm88_frame},
      {"mpm88_large", &Measures::mpm88_large},
  };
  // C++ has no modules.
  if (row == "cpu_module_ready" && spec_.library.empty()) return std::nullopt;
  std::string work = row;
  for (const char* world : {"gl_alone_", "gl_", "cpu_"}) {
    if (find_row(row)->world != World::vulkan && work.starts_with(world)) work.erase(0, std::strlen(world));
  }
  for (const auto& [name, method] : kMethods)
    if (work == name) return (this->*method)(repeats);
  if (row.starts_with("gl_")) return gl_row(row, repeats);
  fail("There is no row '%s'.", row.c_str());
}

int Measures::waits_per_clock() const { return spec_.api == Api::cpu ? kShortWaits : 1; }

double Measures::launch_wait(int repeats) {
  return median_launch_and_wait(kernel(), subject(), repeats, waits_per_clock());
}

double Measures::record(int repeats) {
  SmallKernel& small = kernel();
  std::vector<double> times_us;
  for (int i = 0; i < repeats; ++i) {
    const Clock clock;
    for (int launch = 0; launch < kRecordedLaunches; ++launch) small.launch();
    times_us.push_back(clock.microseconds() / kRecordedLaunches);
    subject().wait();
  }
  return median_us(std::move(times_us));
}

double Measures::batch_1000(int repeats) {
  SmallKernel& small = kernel();
  const Clock clock;
  for (int i = 0; i < repeats; ++i) {
    for (int launch = 0; launch < kBatch; ++launch) small.launch();
    subject().wait();
  }
  return clock.microseconds() / repeats;
}

double Measures::graph_wait(int repeats) {
  return median_launch_and_wait(graph(), subject(), repeats, waits_per_clock());
}

double Measures::graph_batch_100(int repeats) {
  SmallGraph& small = graph();
  const Clock clock;
  for (int i = 0; i < repeats; ++i) {
    for (int launch = 0; launch < kGraphBatch; ++launch) small.launch();
    subject().wait();
  }
  return clock.microseconds() / repeats;
}

double Measures::map_unmap(int repeats) {
  if (!mapped_) mapped_ = subject().allocate(kMappedBytes, true);
  const Clock clock;
  for (int i = 0; i < repeats; ++i) {
    *static_cast<volatile char*>(subject().map(*mapped_)) = static_cast<char>(i);
    subject().unmap(*mapped_);
  }
  return clock.microseconds() / repeats;
}

double Measures::module_load(int repeats) {
  const std::string path = Mpm88::module_path(modules_folder_);
  subject();
  double total = 0;
  for (int i = 0; i < repeats; ++i) {
    const Clock clock;
    const ModuleId module = subject().load_module(path);
    total += clock.microseconds();
    subject().destroy_module(module);
  }
  return total / repeats;
}

double Measures::module_ready(int repeats) {
  Mpm88& simulation = mpm();
  subject().wait();
  const Clock clock;
  for (int i = 0; i < repeats; ++i) simulation.load_and_launch_all();
  return clock.microseconds() / repeats;
}

double Measures::runtime(int repeats) {
  subject();
  double total = 0;
  for (int i = 0; i < repeats; ++i) {
    const auto other = make_subject(spec_);
    const Clock clock;
    other->create_runtime();
    other->destroy_runtime();
    total += clock.microseconds();
  }
  return total / repeats;
}

double Measures::mpm88_frame(int repeats) { return time_mpm88(mpm(), kSubsteps, repeats); }

double Measures::mpm88_large(int repeats) { return time_mpm88(large_mpm(), kLargeSubsteps, repeats) / kLargeSubsteps; }

// Every frame starts from the same particles, so that all rounds and all subjects do the same work.
double Measures::time_mpm88(Mpm88& simulation, int substeps, int repeats) {
  double total = 0;
  for (int i = 0; i < repeats; ++i) {
    simulation.reset();
    subject().wait();
    const Clock clock;
    for (int substep = 0; substep < substeps; ++substep) simulation.launch_substep();
    subject().wait();
    total += clock.microseconds();
  }
  return total / repeats / 1000;
}

// Of libraries with ist_gl_* only; frames of both ways in turn, so that both see the same machine.
std::optional<double> Measures::gl_row(const std::string& row, int repeats) {
  if (!looked_for_gl_ && !spec_.library.empty()) {
    std::string reason;
    gl_frames_ = GlFrames::open(spec_.library, spec_.device_index, modules_folder_, reason);
    if (!gl_frames_) std::fprintf(stderr, "The rows gl_* are left out: %s.\n", reason.c_str());
  }
  looked_for_gl_ = true;
  if (!gl_frames_) return std::nullopt;
  if (row == "gl_texture_1080p") return gl_frames_->shared_ms(repeats);
  if (row == "gl_upload_1080p") return gl_frames_->uploaded_ms(repeats);
  if (row == "gl_kernel_1080p") return gl_frames_->kernel_ms(repeats);
  double shared = 0, uploaded = 0;
  for (int i = 0; i < repeats; ++i) {
    shared += gl_frames_->shared_ms(1);
    uploaded += gl_frames_->uploaded_ms(1);
  }
  return uploaded / shared;
}

std::string Measures::measure_cold() {
  if (spec_.api == Api::cpu) return measure_cold_cpu();
  const Clock opening;
  subject_ = make_subject(spec_);
  const double opened_us = opening.microseconds();
  const Clock creating;
  subject_->create_runtime();
  const double created_us = creating.microseconds();
  const Resident runtime = read_resident();
  kernel().launch();
  subject_->wait();
  const Resident ran = read_resident();
  kernel().verify();
  char text[256];
  std::snprintf(text, sizeof text, "%.3f %.3f %.3f %.3f %.3f %.3f", opened_us, created_us, runtime.total_mib,
                runtime.anonymous_mib, ran.total_mib, ran.anonymous_mib);
  // Raw Vulkan opens libvulkan as part of its first runtime, as the libraries do.
  return spec_.library.empty() ? "none" + std::string(text).substr(std::strcspn(text, " ")) : text;
}

std::string Measures::measure_cold_cpu() {
  const Clock opening;
  subject_ = make_subject(spec_);
  const double opened_us = opening.microseconds();
  const Clock creating;
  subject_->create_runtime();
  const double created_us = creating.microseconds();
  mpm88_frame(1);
  const double peak_mib = read_resident().peak_mib;
  mpm().mean_position();
  // C++ has neither a library nor a runtime.
  if (spec_.library.empty()) return "none none " + std::to_string(peak_mib);
  return std::to_string(opened_us) + " " + std::to_string(created_us) + " " + std::to_string(peak_mib);
}

double Measures::measure_load() {
  subject();
  const Clock clock;
  Mpm88& simulation = mpm();
  simulation.reset();
  simulation.launch_substep();
  subject().wait();
  const double loaded_us = clock.microseconds();
  // A library that keeps pipelines writes them at the latest now; raw Vulkan keeps none, and code is kept when made.
  if (!spec_.library.empty() && spec_.api != Api::cpu) subject().destroy_runtime();
  return loaded_us;
}

std::string Measures::verify() {
  if (kernel_) kernel_->verify();
  if (graph_) graph_->verify();
  std::string means;
  const auto add = [&means](const char* name, Mpm88& simulation) {
    const Point mean = simulation.mean_position();
    means += std::string(name) + " " + std::to_string(mean.x) + " " + std::to_string(mean.y) + " ";
  };
  if (mpm_) add("mpm88", *mpm_);
  if (large_mpm_) add("mpm88_large", *large_mpm_);
  return means;
}

std::string Measures::device() { return subject().device_name() + " | " + subject().driver_name(); }

}  // namespace ist::bench
