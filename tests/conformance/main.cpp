// Runs the conformance tests with the validation layer on; any message of it fails the test it appears in.
// --device=NAME chooses the device (devices.h), --arch=NAME the arch (support.h), --driver=ARCH or ARCH-NAME the arch
// and the list of what it lacks (lacks.h), --modules=FOLDER other modules than those of assets: for LLVM archs they are
// made when tests run, and without that folder the program ends with 77, a skip.
#include <gtest/gtest.h>
#include <ist/core.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/devices.h"
#include "conformance/lacks.h"
#include "support.h"

namespace {

// Validation errors since the last look. The library may log from any thread.
class ValidationErrors {
 public:
  void add(std::string line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

ValidationErrors validation_errors;

void TI_API_CALL on_log(void*, IstLogLevel level, const char* line) {
  if (level == IST_LOG_ERROR && std::string_view(line).starts_with("validation:")) validation_errors.add(line);
}

class ValidationListener : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo&) override {
    for (const std::string& line : validation_errors.take()) ADD_FAILURE() << line;
  }
};

std::optional<std::string> value_of(std::string_view argument, std::string_view option) {
  if (!argument.starts_with(option)) return std::nullopt;
  return std::string(argument.substr(option.size()));
}

}  // namespace

void conformance::listen_to_validation() { ist_set_log(on_log, nullptr, IST_LOG_WARN); }

int main(int argc, char** argv) {
  setenv("IST_VALIDATION", "sync", 1);
  for (int i = 1; i < argc; ++i) {
    if (const auto arch = value_of(argv[i], "--arch="))
      (void)conformance::test_arch(*arch);  // tests are named after it
    if (const auto driver = value_of(argv[i], "--driver="); driver && !conformance::use_driver(*driver)) return 2;
    if (const auto modules = value_of(argv[i], "--modules=")) {
      if (!std::filesystem::is_directory(*modules)) return 77;
      conformance::use_modules(*modules);
    }
  }
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const auto device = value_of(argv[i], "--device=");
    const auto arch = value_of(argv[i], "--arch=");
    if ((device && conformance::use_device(*device)) || (arch && conformance::test_arch(*arch))) continue;
    if (value_of(argv[i], "--driver=") || value_of(argv[i], "--modules=")) continue;
    std::fprintf(stderr, "Unknown argument '%s'.\n", argv[i]);
    return 2;
  }
  conformance::listen_to_validation();
  testing::UnitTest::GetInstance()->listeners().Append(new ValidationListener);
  if (!conformance::leave_out_what_is_lacking()) return 1;
  int result = RUN_ALL_TESTS();
  conformance::release_device();
  // What the destruction of a suite's runtime reports comes after its last test has ended.
  for (const std::string& line : validation_errors.take()) {
    std::fprintf(stderr, "After the tests: %s\n", line.c_str());
    result = 1;
  }
  return result;
}
