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

// The functions below call the library for an owner, which sets the exception when the call has failed: an owner that
// another thread has closed or freed meanwhile says so, and not what the library makes of its handle. This one owns
// calls on no object.
struct Library {
  void set_call_error() const { set_last_error(); }
};

// Calls a function of ti_* that tells failures by the last error alone, without the GIL. False: the exception is set.
template <class Owner, class Function>
bool run_void(const Owner& owner, Function&& call) {
  TiError code;
  {
    const WithoutGil without_gil;
    ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
    call();
    code = ti_get_last_error(nullptr, nullptr);
  }
  if (code >= TI_ERROR_SUCCESS) return true;
  owner.set_call_error();
  return false;
}

// Calls a function of ist_* without the GIL. False: the exception is set.
template <class Owner, class Function>
bool run_ist(const Owner& owner, Function&& call) {
  TiError code;
  {
    const WithoutGil without_gil;
    code = call();
  }
  if (code >= TI_ERROR_SUCCESS) return true;
  owner.set_call_error();
  return false;
}

// The same for binding functions: throw.
template <class Owner, class Function>
void check_void(const Owner& owner, Function&& call) {
  if (!run_void(owner, call)) throw nb::python_error();
}

template <class Owner, class Function>
void check_ist(const Owner& owner, Function&& call) {
  if (!run_ist(owner, call)) throw nb::python_error();
}

// Calls a function of ti_* that returns a handle or pointer, null on failure, without the GIL; throws.
template <class Owner, class Function>
auto check_handle(const Owner& owner, Function&& call) {
  decltype(call()) handle;
  {
    const WithoutGil without_gil;
    handle = call();
  }
  if (!handle) {
    owner.set_call_error();
    throw nb::python_error();
  }
  return handle;
}

}  // namespace ist::python
