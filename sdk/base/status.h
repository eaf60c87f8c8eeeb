// Status and Result: how a failure travels from where it is seen to the C boundary.
// Success is one null pointer; a failure owns its code and a full sentence.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ist {

// The codes of TiError (taichi_core.h), which sdk/base must not include; sdk/capi proves the values equal.
enum class Code : int {
  success = 0,
  not_supported = -1,
  corrupted_data = -2,
  name_not_found = -3,
  invalid_argument = -4,
  argument_null = -5,
  argument_out_of_range = -6,
  argument_not_found = -7,
  invalid_interop = -8,
  invalid_state = -9,
  incompatible_module = -10,
  out_of_memory = -11,
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : fault_(std::make_unique<Fault>(Fault{code, std::move(message)})) {}

  bool ok() const { return !fault_; }
  Code code() const { return fault_ ? fault_->code : Code::success; }
  std::string_view message() const { return fault_ ? std::string_view(fault_->message) : ""; }

  // Adds where the failure happened, outermost last: "<sentence> (while <context>)".
  Status&& in(std::string_view context) && {
    if (fault_) fault_->message.append(" (while ").append(context).append(")");
    return std::move(*this);
  }

 private:
  struct Fault {
    Code code;
    std::string message;
  };
  std::unique_ptr<Fault> fault_;
};

// printf-style, so that a sentence with its values is one line at the place that refuses.
[[gnu::format(printf, 2, 3)]] Status fail(Code code, const char* format, ...);

// Either a value or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {}

  bool ok() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  const Status& status() const { return std::get<1>(state_); }
  Status take_status() { return ok() ? Status() : std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Status> state_;
};

inline Status take_status_of(Status& status) { return std::move(status); }
template <class T>
Status take_status_of(Result<T>& result) {
  return result.take_status();
}

}  // namespace ist

#define IST_CONCAT_INNER(a, b) a##b
#define IST_CONCAT(a, b) IST_CONCAT_INNER(a, b)

// Leaves the function with the failure of `expression` (a Status or a Result).
#define IST_CHECK(expression)                                         \
  do {                                                                \
    auto ist_checked = (expression);                                  \
    if (!ist_checked.ok()) return ::ist::take_status_of(ist_checked); \
  } while (false)

// Declares `target` as the value of a Result, or leaves the function with its failure.
#define IST_TRY(target, expression) IST_TRY_AS(IST_CONCAT(ist_result_, __LINE__), target, expression)
#define IST_TRY_AS(result, target, expression)   \
  auto result = (expression);                    \
  if (!result.ok()) return result.take_status(); \
  target = *std::move(result)
