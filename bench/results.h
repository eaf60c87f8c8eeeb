// What a run measured: every value of every round, and the numbers made from them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "measures.h"

namespace ist::bench {

// Names of the subjects, in table order; the peer only when one was given.
inline constexpr char kLibrary[] = "library";
inline constexpr char kRaw[] = "raw";
inline constexpr char kPeer[] = "peer";

struct RowResult {
  const Row* row = nullptr;
  std::map<std::string, std::vector<double>> values;  // by subject, one per round
};

struct Results {
  std::string device;
  double load_average = 0;  // of the last minute; above the core count, times are doubtful
  int cores = 0;
  int rounds = 0;
  bool quick = false;
  std::vector<std::string> subjects;
  std::map<std::string, std::string> paths;  // of the libraries, by subject
  std::vector<RowResult> rows;
};

double median(std::vector<double> values);

// The median over the rounds of subject / base (or subject - base) *within* a round, so that what slows
// a whole round down cancels out. Nothing when one of them was not measured.
std::optional<double> paired_ratio(const RowResult& row, const std::string& subject, const std::string& base);
std::optional<double> paired_difference(const RowResult& row, const std::string& subject, const std::string& base);

}  // namespace ist::bench
