// Arithmetic on measured values; prints nothing.
#include "results.h"

#include <algorithm>

namespace ist::bench {
namespace {

template <class Combine>
std::optional<double> paired(const RowResult& row, const std::string& subject, const std::string& base,
                             Combine combine) {
  const auto a = row.values.find(subject), b = row.values.find(base);
  if (a == row.values.end() || b == row.values.end()) return std::nullopt;
  std::vector<double> combined;
  for (size_t i = 0; i < std::min(a->second.size(), b->second.size()); ++i)
    if (const auto value = combine(a->second[i], b->second[i])) combined.push_back(*value);
  if (combined.empty()) return std::nullopt;
  return median(std::move(combined));
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<double> paired_ratio(const RowResult& row, const std::string& subject, const std::string& base) {
  return paired(row, subject, base, [](double a, double b) { return b > 0 ? std::optional(a / b) : std::nullopt; });
}

std::optional<double> paired_difference(const RowResult& row, const std::string& subject, const std::string& base) {
  return paired(row, subject, base, [](double a, double b) { return std::optional(a - b); });
}

}  // namespace ist::bench
