// The arguments of one launch in the making: device arrays as they are, host arrays through copies that live as long
// as the launch. Everything here needs the GIL; failures set a Python exception or throw it.
#pragma once

#include "memory.h"
#include "values.h"

#include <ist/core.h>

#include <memory>
#include <vector>

namespace ist::python {

class Arguments {
 public:
  Arguments(const std::shared_ptr<RuntimeState>& runtime, const char* function)
      : runtime_(runtime), function_(function) {}
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // Writes what `value` is for the parameter `info`. Both must stay alive as long as this.
  bool convert(const IstArgumentInfo& info, PyObject* value, TiArgument& argument);

  // Sets InvalidStateError and returns false for an array or image that has been freed; whatever else is fine.
  static bool check_alive(PyObject* value);

  // After the launch: waits and copies back what it writes. Does nothing when all arrays were the device's.
  bool finish();

 private:
  // A host array and its memory on the device.
  struct Copy {
    ~Copy();
    // Fills `view`. False: an exception is set.
    bool open(PyObject* array);

    // Its parameter, the first one of them.
    const char* name = nullptr;
    PyObject* object = nullptr;
    Py_buffer view{};
    // Of `view`, where the object gave none: ctypes leaves them out of what is contiguous.
    std::vector<Py_ssize_t> strides;
    std::shared_ptr<Memory> memory;
    // Elements of an array with gaps, one after the other.
    std::vector<char> packed;
    bool written = false;
    // The memory is the host array itself.
    bool shared = false;
  };

  bool convert_array(const IstArgumentInfo& info, PyObject* value, TiNdArray& ndarray);
  bool convert_host_array(const IstArgumentInfo& info, PyObject* value, TiNdArray& ndarray);
  bool convert_texture(const IstArgumentInfo& info, PyObject* value, TiTexture& texture);
  Copy* copy_of(const IstArgumentInfo& info, PyObject* value);
  bool check_overlap(const Copy& copy) const;
  bool check_view(const IstArgumentInfo& info, const Copy& copy) const;
  bool check_shape(const IstArgumentInfo& info, const Py_buffer& view) const;
  bool upload(Copy& copy);
  bool download(Copy& copy);
  bool wrong_type(const IstArgumentInfo& info, PyObject* value, const char* wanted) const;
  void name_failure(const IstArgumentInfo& info) const;

  const std::shared_ptr<RuntimeState>& runtime_;
  const char* function_;
  std::vector<std::unique_ptr<Copy>> copies_;
};

}  // namespace ist::python
