// Goals: {"row", "subject", "base", and one of "at_most_ratio", "at_least_ratio", "at_most_more"}.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fail.h"
#include "report.h"

namespace ist::bench {
namespace {

using nlohmann::json;

enum class Verdict { met, missed, not_measured };

struct Judged {
  Verdict verdict = Verdict::not_measured;
  std::string text;
};

Judged judge(const Results& results, const json& goal) {
  const std::string row_name = goal.at("row"), subject = goal.at("subject"), base = goal.at("base");
  const bool difference = goal.contains("at_most_more");
  const bool at_least = goal.contains("at_least_ratio");
  const double limit = goal.at(difference ? "at_most_more" : at_least ? "at_least_ratio" : "at_most_ratio");
  char text[160];
  std::snprintf(text, sizeof text, "%-20s %s %s %s %s %g", row_name.c_str(), subject.c_str(), difference ? "-" : "/",
                base.c_str(), at_least ? ">=" : "<=", limit);
  Judged judged{Verdict::not_measured, text};
  for (const RowResult& row : results.rows) {
    if (row_name != row.row->name) continue;
    const auto value = difference ? paired_difference(row, subject, base) : paired_ratio(row, subject, base);
    if (!value) continue;
    judged.verdict = (at_least ? *value >= limit : *value <= limit) ? Verdict::met : Verdict::missed;
    std::snprintf(text, sizeof text, ": %.2f", *value);
    judged.text += text;
  }
  return judged;
}

}  // namespace

int print_goals(const Results& results, const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("File '%s' does not open.", path.c_str());
  const json goals = json::parse(file, nullptr, false);
  if (!goals.is_array()) fail("File '%s' is not a JSON array of goals.", path.c_str());
  int missed = 0;
  std::printf("\n");
  for (const json& goal : goals) {
    const Judged judged = judge(results, goal);
    const char* word = judged.verdict == Verdict::met      ? "met"
                       : judged.verdict == Verdict::missed ? "MISSED"
                                                           : "not measured";
    std::printf("%-12s %s\n", word, judged.text.c_str());
    if (judged.verdict == Verdict::missed) ++missed;
  }
  return missed;
}

}  // namespace ist::bench
