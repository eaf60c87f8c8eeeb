// The same calls through our library and the released one: memory bit by bit, and error codes. Needs the released
// library (IST_RELEASED_LIBRARY); skips without it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "calls.h"
#include "compare.h"
#include "differences.h"
#include "generate.h"
#include "script_file.h"

namespace differential {
namespace {

std::string released_library() {
  const char* path = std::getenv("IST_RELEASED_LIBRARY");
  return path && std::filesystem::is_regular_file(path) ? path : "";
}

#define IST_NEED_RELEASED()                        \
  const std::string released = released_library(); \
  if (released.empty()) GTEST_SKIP() << "there is no released library to compare with: IST_RELEASED_LIBRARY"

const Api& our_api() {
  static const Api api = [] {
    std::string problem;
    const Api opened = open_api(IST_OUR_LIBRARY, &problem);
    if (!problem.empty()) throw std::runtime_error(problem);
    return opened;
  }();
  return api;
}

struct Compared {
  size_t launches = 0, reads = 0, bytes = 0;
};

// Every step must succeed on both sides and leave the same memory.
Compared expect_equal_run(const std::string& released, const std::string& script_text) {
  const ScriptFile script(script_text);
  const BothSides both = run_both(released, "script", script.path());
  EXPECT_EQ(both.released.end, "exit 0") << both.released.log;
  EXPECT_EQ(both.ours.end, "exit 0") << both.ours.log;
  EXPECT_EQ(both.released.entries.size(), both.ours.entries.size());
  Compared compared;
  for (size_t i = 0; i < std::min(both.released.entries.size(), both.ours.entries.size()); ++i) {
    const Entry &theirs = both.released.entries[i], &ours = both.ours.entries[i];
    EXPECT_EQ(theirs.label, ours.label);
    EXPECT_EQ(theirs.outcome, "ok") << "released, line " << theirs.label;
    EXPECT_EQ(ours.outcome, "ok") << "ours, line " << ours.label;
    if (ours.label.find(": launch ") != std::string::npos || ours.label.find(": graph ") != std::string::npos ||
        ours.label.find(": times ") != std::string::npos) {
      ++compared.launches;
    }
    if (ours.type == TI_DATA_TYPE_UNKNOWN && theirs.type == TI_DATA_TYPE_UNKNOWN) continue;
    EXPECT_EQ(memory_disagreement(theirs, ours), "") << "line " << ours.label;
    ++compared.reads;
    compared.bytes += ours.bytes.size();
  }
  return compared;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) { return info.param; }

class Module : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(differential, Module, testing::ValuesIn(module_names()), name_of);

// All kernels and graphs, but exactly those that the table of exclusions names.
TEST_P(Module, LeavesTheSameMemory) {
  IST_NEED_RELEASED();
  const ModuleScript script = write_module_script(our_api(), GetParam());
  ASSERT_FALSE(script.all.empty());
  const std::set<std::string> excluded = excluded_names(GetParam());
  std::set<std::string> left_out;
  for (const std::string& name : script.all) {
    if (!script.launched.contains(name)) left_out.insert(name);
  }
  if (excluded == std::set<std::string>{"*"}) {
    EXPECT_EQ(left_out, script.all);
    std::cout << GetParam() << ": 0 compared, " << left_out.size() << " excluded\n";
    return;
  }
  EXPECT_EQ(left_out, excluded);
  EXPECT_EQ(script.partly, partly_compared_names(GetParam()));
  const Compared compared = expect_equal_run(released, script.text);
  std::cout << GetParam() << ": " << script.all.size() - left_out.size() << " kernels and graphs compared ("
            << script.partly.size() << " in part), " << left_out.size() << " excluded; " << compared.launches
            << " launches, " << compared.reads << " reads of " << compared.bytes << " bytes\n";
}

// The sum over all modules, for who wants to know how much is compared.
TEST(Modules, AreCountedTogether) {
  IST_NEED_RELEASED();
  size_t all = 0, compared = 0, partly = 0;
  for (const std::string& module : module_names()) {
    const ModuleScript script = write_module_script(our_api(), module);
    all += script.all.size();
    compared += script.launched.size();
    partly += script.partly.size();
    for (const std::string& name : script.launched) EXPECT_TRUE(script.all.contains(name)) << module << " " << name;
  }
  std::cout << "all modules: " << compared << " kernels and graphs compared (" << partly << " in part), "
            << all - compared << " excluded\n";
  EXPECT_GT(compared, all - compared);
}

// Whoever is excluded has a reason: the released library refuses it, dies of it, or computes something else.
TEST_P(Module, ExclusionsAreNeeded) {
  IST_NEED_RELEASED();
  for (const std::string& name : excluded_names(GetParam())) {
    SCOPED_TRACE(name);
    const ScriptFile script(write_excluded_script(our_api(), GetParam(), name));
    const BothSides both = run_both(released, "script", script.path());
    EXPECT_EQ(both.ours.end, "exit 0") << both.ours.log;
    bool differs = both.released.end != both.ours.end;
    for (size_t i = 0; i < both.ours.entries.size(); ++i) {
      const Entry& ours = both.ours.entries[i];
      EXPECT_EQ(ours.outcome, "ok") << ours.label;
      differs = differs || i >= both.released.entries.size() || both.released.entries[i].outcome != ours.outcome ||
                both.released.entries[i].bytes != ours.bytes;
    }
    EXPECT_TRUE(differs) << "the released library runs it as ours does";
  }
}

class Script : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(differential, Script, testing::Values("images", "together"), name_of);

TEST_P(Script, LeavesTheSameMemory) {
  IST_NEED_RELEASED();
  const std::string text = read_script(GetParam());
  ASSERT_FALSE(text.empty());
  expect_equal_run(released, text);
}

std::vector<std::string> group_names() {
  std::vector<std::string> names;
  for (const CallGroup& group : call_groups()) names.emplace_back(group.name);
  return names;
}

class CallsOf : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(differential, CallsOf, testing::ValuesIn(group_names()), name_of);

const Difference* difference_of(const std::string& label) {
  for (const Difference& difference : differences()) {
    if (difference.label == label) return &difference;
  }
  return nullptr;
}

TEST_P(CallsOf, GiveTheSameErrors) {
  IST_NEED_RELEASED();
  const BothSides both = run_both(released, "calls", GetParam());
  EXPECT_EQ(both.ours.end, "exit 0") << both.ours.log;
  EXPECT_EQ(both.released.entries.size(), both.ours.entries.size()) << both.released.end << "\n" << both.released.log;
  size_t as_listed = 0;
  for (size_t i = 0; i < std::min(both.released.entries.size(), both.ours.entries.size()); ++i) {
    const Entry &theirs = both.released.entries[i], &ours = both.ours.entries[i];
    ASSERT_EQ(theirs.label, ours.label);
    const Difference* difference = difference_of(ours.label);
    const bool equal = theirs.outcome == ours.outcome;
    const bool listed = difference && theirs.outcome == difference->released && ours.outcome == difference->ours;
    as_listed += listed;
    const bool as_expected = listed || (equal && (!difference || difference->depends_on_device));
    EXPECT_TRUE(as_expected) << ours.label << " gives '" << theirs.outcome << "' with the released library and '"
                             << ours.outcome << "' with ours";
  }
  std::cout << GetParam() << ": " << both.ours.entries.size() << " calls, " << as_listed
            << " of them differ as listed\n";
}

// Entries for calls that nobody makes would go unnoticed.
TEST(Differences, BelongToCalls) {
  IST_NEED_RELEASED();
  std::set<std::string> labels;
  for (const std::string& group : group_names()) {
    for (const Entry& entry : run_side(IST_OUR_LIBRARY, "calls", group).entries) labels.insert(entry.label);
  }
  for (const Difference& difference : differences()) EXPECT_TRUE(labels.contains(difference.label)) << difference.label;
}

// The left column of every row of the page.
std::set<std::string> rows_of_the_page() {
  std::ifstream in(IST_ABI_PAGE);
  std::set<std::string> rows;
  for (std::string line; std::getline(in, line);) {
    const size_t end = line.find(" | ", 2);
    if (line.starts_with("| ") && end != std::string::npos) rows.insert(line.substr(2, end - 2));
  }
  return rows;
}

TEST(Differences, AreOnThePage) {
  IST_NEED_RELEASED();
  const std::set<std::string> rows = rows_of_the_page();
  std::set<std::string> missing;
  for (const Difference& difference : differences()) {
    if (!rows.contains(difference.row)) missing.insert(difference.row);
  }
  for (const std::string& row : exclusion_rows()) {
    if (!rows.contains(row)) missing.insert(row);
  }
  EXPECT_EQ(missing, std::set<std::string>{}) << "docs/abi.md has no row that begins so";
}

}  // namespace
}  // namespace differential
