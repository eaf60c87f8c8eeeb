// Libraries at run time: opening, refusing with a sentence, looking up, and the folder of one's own code.
#include "base/library.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ist {
namespace {

constexpr const char* kThere = "libm.so.6";
constexpr const char* kMissing = "libno_such_library.so.7";

TEST(Library, OpensAndFindsFunctions) {
  std::string said = "nothing";
  void* library = open_library(kThere, &said);
  ASSERT_NE(library, nullptr) << said;
  EXPECT_EQ(said, "nothing");
  double (*root)(double) = nullptr;
  ASSERT_TRUE(find_function(library, "sqrt", root));
  EXPECT_EQ(root(81), 9);
  close_library(library);
}

TEST(Library, FindsNoFunctionThatIsNotThere) {
  void* library = open_library(kThere);
  ASSERT_NE(library, nullptr);
  void (*function)() = [] {};
  EXPECT_FALSE(find_function(library, "no_such_function", function));
  EXPECT_EQ(function, nullptr);
  EXPECT_EQ(find_global_symbol("no_such_function"), nullptr);
  close_library(library);
}

TEST(Library, SaysWhatCannotBeOpened) {
  std::string said;
  EXPECT_EQ(open_library(kMissing, &said), nullptr);
  EXPECT_NE(said.find(kMissing), std::string::npos) << said;
  EXPECT_EQ(open_library(kMissing), nullptr);
}

TEST(Library, HoldsOnlyWhatIsLoaded) {
  EXPECT_EQ(hold_loaded_library(kMissing), nullptr);
  void* library = hold_loaded_library("libc.so.6");
  ASSERT_NE(library, nullptr);
  const void* inside = find_symbol(library, "fopen");  // sanitizers put one of their own in its place elsewhere
  close_library(library);
  void* same = hold_library_of(inside);
  EXPECT_EQ(same, library);
  close_library(same);
  const int nowhere = 0;  // on the stack
  EXPECT_EQ(hold_library_of(&nowhere), nullptr);
}

TEST(Library, KnowsItsOwnFolder) {
  const std::string folder = own_folder();
  ASSERT_FALSE(folder.empty());
  EXPECT_EQ(folder.back(), '/');
  EXPECT_TRUE(std::ifstream(folder + "unit_tests").good()) << folder;
}

}  // namespace
}  // namespace ist
