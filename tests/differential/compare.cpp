// fork and exec, so that neither library shares a process with the other or with the test.
#include "compare.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <sstream>
#include <thread>

#include "script.h"

extern char** environ;

namespace differential {
namespace {

constexpr std::chrono::seconds kLongest{240};

struct Process {
  pid_t id = 0;
  std::string transcript, log;
};

Process start(const std::string& library, const std::string& kind, const std::string& what,
              const std::string& folder = committed_modules().ours) {
  static int count = 0;
  Process process;
  process.transcript =
      testing::TempDir() + "/ist_differential_" + std::to_string(getpid()) + "_" + std::to_string(count++);
  process.log = process.transcript + ".log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, process.log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  std::vector<std::string> words{IST_SIDE_PROGRAM, library, folder, process.transcript, kind, what};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (posix_spawn(&process.id, IST_SIDE_PROGRAM, &files, nullptr, arguments.data(), environ) != 0) process.id = 0;
  posix_spawn_file_actions_destroy(&files);
  return process;
}

std::string wait_for(pid_t id) {
  if (id == 0) return "not started";
  const auto deadline = std::chrono::steady_clock::now() + kLongest;
  int status = 0;
  while (waitpid(id, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(id, SIGKILL);
      waitpid(id, &status, 0);
      return "still running after " + std::to_string(kLongest.count()) + " s";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status));
}

SideResult finish(const Process& process) {
  SideResult result;
  result.end = wait_for(process.id);
  result.entries = read_transcript(process.transcript);
  std::ifstream log(process.log);
  result.log.assign(std::istreambuf_iterator<char>(log), {});
  result.log.erase(0, result.log.size() - std::min<size_t>(result.log.size(), 2000));
  unlink(process.transcript.c_str());
  unlink(process.log.c_str());
  return result;
}

std::vector<float> floats_of(const std::vector<uint8_t>& bytes, size_t size_bytes) {
  std::vector<float> values(size_bytes / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::string hex(const std::vector<uint8_t>& bytes, size_t at, size_t size) {
  std::ostringstream text;
  for (size_t i = size; i-- > 0;) text << std::hex << (bytes[at + i] >> 4) << (bytes[at + i] & 15);
  return text.str();
}

std::string exact(const Entry& first, const Entry& second, const SideNames& names) {
  const auto [a, b] = std::ranges::mismatch(first.bytes, second.bytes);
  if (a == first.bytes.end() && b == second.bytes.end()) return {};
  const size_t size = find_type(second.type)->size_bytes;
  const size_t index = static_cast<size_t>(b - second.bytes.begin()) / size;
  return "element " + std::to_string(index) + " has the bits " + hex(first.bytes, index * size, size) + " with " +
         names.first + ", " + hex(second.bytes, index * size, size) + " with " + names.second;
}

std::string near(const Entry& first, const Entry& second, double tolerance, const SideNames& names) {
  const std::vector<float> theirs = floats_of(first.bytes, first.bytes.size()),
                           values = floats_of(second.bytes, second.bytes.size());
  // The guard holds random numbers; they are equal, and must not widen the tolerance.
  const size_t count = values.size() - kGuardBytes / sizeof(float);
  double largest = 0;
  for (size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(double{theirs[i]}));
  for (size_t i = 0; i < values.size(); ++i) {
    const double apart = std::abs(double{theirs[i]} - double{values[i]});
    if (!(apart <= (i < count ? tolerance * largest : 0))) {
      return "element " + std::to_string(i) + " is " + std::to_string(theirs[i]) + " with " + names.first + ", " +
             std::to_string(values[i]) + " with " + names.second + ", the largest " + std::to_string(largest);
    }
  }
  return {};
}

// The value of an element of a float type.
double value_at(const Entry& entry, size_t index) {
  const uint8_t* at = entry.bytes.data() + index * find_type(entry.type)->size_bytes;
  if (entry.type == TI_DATA_TYPE_F64) {
    double value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  if (entry.type == TI_DATA_TYPE_F32) {
    float value;
    std::memcpy(&value, at, sizeof(value));
    return double{value};
  }
  const int bits = at[0] | at[1] << 8, exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value = exponent == 31 ? (mantissa ? NAN : HUGE_VAL)
                                : std::ldexp(exponent ? 1024 + mantissa : mantissa, std::max(exponent, 1) - 25);
  return bits & 0x8000 ? -value : value;
}

bool agree(const Entry& first, const Entry& second, size_t index, size_t size, double of_value, double apart) {
  if (std::memcmp(&first.bytes[index * size], &second.bytes[index * size], size) == 0) return true;
  if (second.type > TI_DATA_TYPE_F64) return false;
  const double a = value_at(first, index), b = value_at(second, index);
  return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= std::max(of_value * std::abs(a), apart);
}

// Every element for itself; the guard exactly.
std::string apart(const Entry& first, const Entry& second, const Tolerance& tolerance, const SideNames& names) {
  const size_t size = find_type(second.type)->size_bytes, count = (second.bytes.size() - kGuardBytes) / size;
  double largest = 0;
  const bool floats = second.type <= TI_DATA_TYPE_F64;
  for (size_t i = 0; i < count && floats; ++i) largest = std::max(largest, std::abs(value_at(first, i)));
  size_t outliers = 0, where = 0;
  for (size_t i = 0; i < count; ++i) {
    if (agree(first, second, i, size, tolerance.of_value, tolerance.of_largest * largest)) continue;
    if (outliers++ == 0) where = i;
  }
  const auto guard = static_cast<ptrdiff_t>(count * size);
  if (!std::equal(first.bytes.begin() + guard, first.bytes.end(), second.bytes.begin() + guard))
    return "the bytes behind the array differ";
  if (static_cast<double>(outliers) <= tolerance.outliers * static_cast<double>(count)) return {};
  return std::to_string(outliers) + " of " + std::to_string(count) + " elements differ; " + std::to_string(where) +
         " has the bits " + hex(first.bytes, where * size, size) + " with " + names.first + ", " +
         hex(second.bytes, where * size, size) + " with " + names.second;
}

std::string sorted(Entry first, Entry second, const SideNames& names) {
  for (Entry* entry : {&first, &second}) {
    std::vector<uint32_t> words(entry->bytes.size() / sizeof(uint32_t));
    std::memcpy(words.data(), entry->bytes.data(), entry->bytes.size());
    std::ranges::sort(words);
    std::memcpy(entry->bytes.data(), words.data(), entry->bytes.size());
  }
  return exact(first, second, names);
}

// What one invocation draws, as floats or as bits; `launch` counts those before it in the runtime.
std::string model(const Entry& entry, uint32_t launch, const std::string& side) {
  uint32_t x = 7654321u * (1234567u + 9723451u * launch) * 123456789u * 1000000007u;
  uint32_t y = 362436069u, z = 521288629u, w = 88675123u;
  std::vector<uint32_t> values((entry.bytes.size() - kGuardBytes) / sizeof(uint32_t));
  std::memcpy(values.data(), entry.bytes.data(), values.size() * sizeof(uint32_t));
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t t = x ^ (x << 11);
    x = y, y = z, z = w;
    w = w ^ (w >> 19) ^ t ^ (t >> 8);
    uint32_t expected = w * 1000000007u;
    if (entry.type == TI_DATA_TYPE_F32) expected = std::bit_cast<uint32_t>(static_cast<float>(expected) * 0x1p-32f);
    if (values[i] != expected) return side + ": element " + std::to_string(i) + " is not the model's";
  }
  return {};
}

// Mean and variance of a uniform variable within five standard errors.
std::string uniform(const Entry& entry, const std::string& side) {
  const std::vector<float> values = floats_of(entry.bytes, entry.bytes.size() - kGuardBytes);
  const double count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (float value : values) {
    if (!(value >= 0 && value <= 1)) return side + " drew " + std::to_string(value);
    sum += value;
    squares += (value - 0.5) * (value - 0.5);
  }
  if (std::abs(sum / count - 0.5) > 5 * std::sqrt(1 / (12 * count)) ||
      std::abs(squares / count - 1 / 12.0) > 5 * std::sqrt(1 / (180 * count))) {
    return side + ": mean " + std::to_string(sum / count) + ", variance " + std::to_string(squares / count);
  }
  return {};
}

}  // namespace

SideResult run_side(const std::string& library, const std::string& kind, const std::string& what) {
  return finish(start(library, kind, what));
}

Folders committed_modules() { return {IST_ASSETS_DIR "/modules", IST_ASSETS_DIR "/modules"}; }

BothSides run_both(const std::string& released_library, const std::string& kind, const std::string& what,
                   const Folders& folders, const std::string& our_library) {
  const Process released = start(released_library, kind, what, folders.released),
                ours = start(our_library.empty() ? IST_OUR_LIBRARY : our_library, kind, what, folders.ours);
  BothSides both;
  both.released = finish(released);
  both.ours = finish(ours);
  return both;
}

BothArchs run_archs(const std::string& first, const std::string& second, const std::string& what) {
  const Process one = start(IST_OUR_LIBRARY, first, what), other = start(IST_OUR_LIBRARY, second, what);
  BothArchs both;
  both.first = finish(one);
  both.second = finish(other);
  return both;
}

std::string memory_disagreement(const Entry& first, const Entry& second, const SideNames& names,
                                const Tolerance& tolerance) {
  const std::vector<std::string> words = words_of(second.label.substr(second.label.find(": ") + 2));
  const std::string mode = words.size() > 2 ? words[2] : "";
  if (first.bytes.size() != second.bytes.size() || second.bytes.size() < kGuardBytes) return "one of the reads failed";
  if (mode == "near") return near(first, second, std::stod(words.at(3)), names);
  if (mode == "sorted") return sorted(first, second, names);
  if (mode == "uniform") return uniform(first, names.first) + uniform(second, names.second);
  if (mode == "model") {
    const auto launch = static_cast<uint32_t>(std::stoul(words.at(3)));
    return model(first, launch, names.first) + model(second, launch, names.second);
  }
  if (tolerance == Tolerance{}) return exact(first, second, names);
  return apart(first, second, tolerance, names);
}

}  // namespace differential
