// The loader's work, and the driver's words for its answers.
#include "cuda/cuda_api.h"

#include <memory>
#include <mutex>
#include <string>

#include "base/library.h"

namespace ist::cuda {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";

Code code_of(int answer) {
  if (answer == k::kOutOfMemory) return Code::out_of_memory;
  return answer == k::kNotSupported ? Code::not_supported : Code::invalid_state;
}

Status fill(Driver& driver, void* library) {
#define IST_CUDA_FIND(name, symbol, parameters)                                                                  \
  if (!find_function(library, symbol, driver.name))                                                              \
    return fail(Code::invalid_state, "%s has no function %s; a driver of CUDA 11 or later is needed.", kLibrary, \
                symbol);
  IST_CUDA_FUNCTIONS(IST_CUDA_FIND)
#undef IST_CUDA_FIND
  return {};
}

Result<std::unique_ptr<Driver>> open_driver() {
  std::string said;
  void* library = open_library(kLibrary, &said);
  if (!library) return fail(Code::invalid_state, "NVIDIA's driver cannot be opened: %s.", said.c_str());
  auto driver = std::make_unique<Driver>();
  Status status = fill(*driver, library);
  if (status.ok()) status = driver->status(driver->Init(0), "cuInit");
  if (status.ok()) status = driver->status(driver->DriverGetVersion(&driver->version), "cuDriverGetVersion");
  if (status.ok()) return driver;
  close_library(library);
  return status;
}

}  // namespace

std::string Driver::name_of(int answer) const {
  const char* name = nullptr;
  const char* text = nullptr;
  if (GetErrorName(answer, &name) != k::kSuccess || !name) return "error " + std::to_string(answer);
  if (GetErrorString(answer, &text) != k::kSuccess || !text) return name;
  return std::string(name) + " (" + text + ")";
}

Status Driver::status(int answer, const char* call) const {
  if (answer == k::kSuccess) return {};
  return fail(code_of(answer), "%s fails with %s.", call, name_of(answer).c_str());
}

Result<const Driver*> driver() {
  static std::mutex mutex;
  static const Driver* opened = nullptr;
  const std::lock_guard lock(mutex);
  if (opened) return opened;
  IST_TRY(auto fresh, open_driver());
  opened = fresh.release();
  return opened;
}

}  // namespace ist::cuda
