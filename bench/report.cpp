// The table and the JSON file.
#include "report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fail.h"

namespace ist::bench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.3f" : value < 1000 ? "%.1f" : "%.0f", value);
  return text;
}

std::string cell(const RowResult& row, const std::string& subject) {
  const auto found = row.values.find(subject);
  if (found == row.values.end()) return "";
  return number(median(found->second)) + " (" + number(std::ranges::min(found->second)) + ")";
}

// Memory is compared by difference: a ratio of sizes says little about what a runtime adds.
std::string comparison(const RowResult& row, const std::string& subject, const std::string& base) {
  char text[32] = "";
  if (row.row->unit == Unit::mebibytes) {
    if (const auto more = paired_difference(row, subject, base)) std::snprintf(text, sizeof text, "%+.1f", *more);
  } else if (const auto ratio = paired_ratio(row, subject, base)) {
    std::snprintf(text, sizeof text, "%.2fx", *ratio);
  }
  return text;
}

}  // namespace

void print_table(const Results& results) {
  const bool peer = results.paths.contains(kPeer);
  std::printf("device   %s\n", results.device.c_str());
  std::printf("load     %.1f on %d cores\n", results.load_average, results.cores);
  for (const auto& [subject, path] : results.paths) std::printf("%-8s %s\n", subject.c_str(), path.c_str());
  std::printf(
      "rounds   %d%s; cells are median (minimum); ratios and differences are medians over "
      "the rounds\n\n",
      results.rounds, results.quick ? ", quick: too few repeats to quote" : "");
  std::printf("%-20s %-4s %20s %20s %12s", "row", "unit", kLibrary, kRaw, "library/raw");
  if (peer) std::printf(" %20s %12s %12s", kPeer, "peer/raw", "peer/library");
  std::printf("\n");
  for (const RowResult& row : results.rows) {
    std::printf("%-20s %-4s %20s %20s %12s", row.row->name, unit_name(row.row->unit), cell(row, kLibrary).c_str(),
                cell(row, kRaw).c_str(), comparison(row, kLibrary, kRaw).c_str());
    if (peer)
      std::printf(" %20s %12s %12s", cell(row, kPeer).c_str(), comparison(row, kPeer, kRaw).c_str(),
                  comparison(row, kPeer, kLibrary).c_str());
    std::printf("\n");
  }
}

std::string to_json(const Results& results) {
  nlohmann::json out = {{"device", results.device},       {"rounds", results.rounds},
                        {"quick", results.quick},         {"load_average", results.load_average},
                        {"cores", results.cores},         {"libraries", results.paths},
                        {"rows", nlohmann::json::array()}};
  for (const RowResult& row : results.rows) {
    nlohmann::json entry = {{"name", row.row->name}, {"what", row.row->what}, {"unit", unit_name(row.row->unit)}};
    for (const auto& [subject, values] : row.values)
      entry["subjects"][subject] = {
          {"median", median(values)}, {"minimum", std::ranges::min(values)}, {"values", values}};
    out["rows"].push_back(std::move(entry));
  }
  return out.dump(2) + "\n";
}

void write_json(const Results& results, const std::string& path) {
  std::ofstream file(path);
  file << to_json(results);
  if (!file.flush()) fail("File '%s' cannot be written.", path.c_str());
}

}  // namespace ist::bench
