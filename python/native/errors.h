// How failures of the library become Python exceptions, and how calls are made without the GIL.
// Knows nothing of runtimes or arguments.
#pragma once

#include <nanobind/nanobind.h>

#include <taichi/taichi_core.h>

namespace ist::python {

namespace nb = nanobind;

// Takes the GIL again. When the interpreter ends meanwhile, Python ends other threads right here, by unwinding their
// stacks; but what is on ours needs the GIL to go. So the thread sleeps instead, until the process ends.
void restore_thread(PyThreadState* state);

// The GIL is released while this lives. Only for threads that hold it.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() { restore_thread(state_); }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

// Sets isthmus.Error (the subclass of `code`) as the Python exception. Needs the GIL.
void set_error(TiError code, const char* message);

// As set_error, with the code and text of the calling thread's last error.
void set_last_error();

// set_error, then throws it through nanobind.
[[noreturn]] void throw_error(TiError code, const char* message);
[[noreturn]] void throw_last_error();

// Calls a function of ti_* that tells failures by the last error alone, without the GIL. False: set_last_error
// has been called for it.
template <class Function>
bool run_void(Function&& call) {
  TiError code;
  {
    const WithoutGil without_gil;
    ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
    call();
    code = ti_get_last_error(nullptr, nullptr);
  }
  if (code >= TI_ERROR_SUCCESS) return true;
  set_last_error();
  return false;
}

// The same for binding functions: throws.
template <class Function>
void check_void(Function&& call) {
  if (!run_void(call)) throw nb::python_error();
}

// Calls a function of ti_* that returns a handle or pointer, null on failure, without the GIL; throws.
template <class Function>
auto check_handle(Function&& call) {
  decltype(call()) handle;
  {
    const WithoutGil without_gil;
    handle = call();
  }
  if (!handle) throw_last_error();
  return handle;
}

// Calls a function of ist_* without the GIL; throws.
template <class Function>
void check_ist(Function&& call) {
  TiError code;
  {
    const WithoutGil without_gil;
    code = call();
  }
  if (code < TI_ERROR_SUCCESS) throw_last_error();
}

}  // namespace ist::python
