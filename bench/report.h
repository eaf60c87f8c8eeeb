// Results as a table for people, as JSON for programs, and against a list of goals.
#pragma once

#include <string>

#include "results.h"

namespace ist::bench {

void print_table(const Results& results);
std::string to_json(const Results& results);
void write_json(const Results& results, const std::string& path);

// Prints one line per goal of the file; returns how many are missed. Goals whose row or subject was
// not measured are named and count as neither.
int print_goals(const Results& results, const std::string& path);

}  // namespace ist::bench
