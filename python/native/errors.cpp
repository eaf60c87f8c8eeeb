// The exception classes live in isthmus._errors; they are looked up when the first error happens.
#include "errors.h"

#include <chrono>
#include <cstring>
#include <string>
#include <thread>

namespace ist::python {

void restore_thread(PyThreadState* state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {  // pthread_exit
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

void set_error(TiError code, const char* message) {
  PyObject* module = PyImport_ImportModule("isthmus._errors");
  if (!module) return;
  // Messages quote paths and names, which need not be UTF-8. "N" takes the text over, null as a failure.
  PyObject* text = PyUnicode_DecodeUTF8(message, static_cast<Py_ssize_t>(std::strlen(message)), "replace");
  PyObject* error = PyObject_CallMethod(module, "error_of", "LN", static_cast<long long>(code), text);
  Py_DECREF(module);
  if (!error) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
  Py_DECREF(error);
}

void set_last_error() {
  uint64_t size_bytes = 0;
  ti_get_last_error(&size_bytes, nullptr);
  std::string message(size_bytes, '\0');
  const TiError code = ti_get_last_error(&size_bytes, message.data());
  set_error(code, message.c_str());
}

void throw_error(TiError code, const char* message) {
  set_error(code, message);
  throw nb::python_error();
}

}  // namespace ist::python
