// isthmus._native: what the Python layer is made of. It has the C API's rules and no conveniences; those are in
// src/isthmus/*.py.
#include "image.h"
#include "launchable.h"
#include "memory.h"
#include "runtime.h"

namespace {

// Types, and what C++ keeps of Python, are the process's.
bool initialised = false;

}  // namespace

// nanobind's own way in gets another name: what is refused must be so before nanobind sets anything up.
#define PyInit__native init_by_nanobind

NB_MODULE(_native, module) {
  using namespace ist::python;
  initialised = true;
  // Objects that live until the interpreter ends are no fault of the program.
  nanobind::set_leak_warnings(false);
  bind_runtime(module);
  bind_memory(module);
  bind_image(module);
  bind_module(module);
  bind_launchable(module);
}

#undef PyInit__native

extern "C" NB_EXPORT PyObject* PyInit__native() {
  if (initialised || PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(PyExc_ImportError, "isthmus cannot be loaded more than once per process, nor in a subinterpreter.");
    return nullptr;
  }
  return init_by_nanobind();
}
