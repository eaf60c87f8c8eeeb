// isthmus._native: what the Python layer is made of. It has the C API's rules and no conveniences; those are in
// src/isthmus/*.py.
#include "image.h"
#include "launchable.h"
#include "memory.h"
#include "runtime.h"

NB_MODULE(_native, module) {
  using namespace ist::python;
  // Objects that live until the interpreter ends are no fault of the program.
  nanobind::set_leak_warnings(false);
  bind_runtime(module);
  bind_memory(module);
  bind_image(module);
  bind_module(module);
  bind_launchable(module);
}
