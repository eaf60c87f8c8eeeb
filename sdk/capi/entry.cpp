// Resolving runtimes, and the thread's last error.
#include "capi/entry.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"

namespace ist::capi {
namespace {

static_assert(static_cast<int>(Code::not_supported) == TI_ERROR_NOT_SUPPORTED);
static_assert(static_cast<int>(Code::corrupted_data) == TI_ERROR_CORRUPTED_DATA);
static_assert(static_cast<int>(Code::name_not_found) == TI_ERROR_NAME_NOT_FOUND);
static_assert(static_cast<int>(Code::invalid_argument) == TI_ERROR_INVALID_ARGUMENT);
static_assert(static_cast<int>(Code::argument_null) == TI_ERROR_ARGUMENT_NULL);
static_assert(static_cast<int>(Code::argument_out_of_range) == TI_ERROR_ARGUMENT_OUT_OF_RANGE);
static_assert(static_cast<int>(Code::argument_not_found) == TI_ERROR_ARGUMENT_NOT_FOUND);
static_assert(static_cast<int>(Code::invalid_interop) == TI_ERROR_INVALID_INTEROP);
static_assert(static_cast<int>(Code::invalid_state) == TI_ERROR_INVALID_STATE);
static_assert(static_cast<int>(Code::incompatible_module) == TI_ERROR_INCOMPATIBLE_MODULE);
static_assert(static_cast<int>(Code::out_of_memory) == TI_ERROR_OUT_OF_MEMORY);

// Trivial to destroy, so that it can be asked until the very end of a thread; a sentence that is longer
// than its room is cut.
struct LastError {
  TiError code;
  uint32_t length;
  char message[1020];

  void set(TiError error) {
    code = error;
    length = 0;
    message[0] = '\0';
  }
  void append(std::string_view text) {
    const size_t taken = std::min(text.size(), sizeof message - 1 - length);
    std::memcpy(message + length, text.data(), taken);
    length += static_cast<uint32_t>(taken);
    message[length] = '\0';
  }
};
thread_local constinit LastError last_error{};

Result<Call> lock(HandleBits handle, Pin pin) {
  auto& runtime = static_cast<Runtime&>(*pin.get());
  std::unique_lock<std::mutex> guard(runtime.mutex());
  if (runtime.handle() != handle) return Status(Code::invalid_state, "The runtime is not ready.");
  return Call{std::move(pin), std::move(guard), runtime};
}

}  // namespace

void record_failure(const char* call, Code code, std::string_view sentence) noexcept {
  last_error.set(static_cast<TiError>(static_cast<int>(code)));
  last_error.append(call);
  last_error.append(": ");
  last_error.append(sentence);
  try {
    log(LogLevel::info, "%s", last_error.message);
  } catch (const std::bad_alloc&) {
    return;  // the error itself is kept
  }
}

Result<Call> open(TiRuntime runtime) {
  const auto handle = reinterpret_cast<HandleBits>(runtime);
  Pin pin(handle, Kind::runtime);
  if (!pin) {
    auto found = HandleTable::instance().find(handle, Kind::runtime);
    if (found.liveness == Liveness::alive) found.liveness = Liveness::destroyed;  // it was, a moment ago
    return unresolved(found, Kind::runtime, runtime, "runtime");
  }
  return lock(handle, std::move(pin));
}

Result<Call> open_owner(Kind kind, const void* handle, const char* what) {
  const auto found = HandleTable::instance().find(reinterpret_cast<HandleBits>(handle), kind);
  if (found.liveness == Liveness::alive) {
    Pin pin(found.owner, Kind::runtime);
    if (!pin) return fail(Code::invalid_argument, "%s is a %s whose runtime was destroyed.", what, kind_name(kind));
    return lock(found.owner, std::move(pin));
  }
  return unresolved(found, kind, handle, what);
}

}  // namespace ist::capi

extern "C" {

TiError ti_get_last_error(uint64_t* message_size, char* message) {
  const auto& error = ist::capi::last_error;
  if (message_size) {
    const uint64_t room = *message_size;
    if (message && room > 0) {
      const uint64_t length = std::min<uint64_t>(room - 1, error.length);
      std::memcpy(message, error.message, length);
      message[length] = '\0';
    }
    *message_size = error.length + 1;
  }
  return error.code;
}

void ti_set_last_error(TiError error, const char* message) {
  // A caller in C may give what the enum has room for, but C++ no value.
  const auto code = static_cast<TiError>(std::max<int64_t>(error, INT32_MIN));
  const bool failure = code < 0;
  ist::capi::last_error.set(failure ? code : TI_ERROR_SUCCESS);
  if (failure && message) ist::capi::last_error.append(message);
}

}  // extern "C"
