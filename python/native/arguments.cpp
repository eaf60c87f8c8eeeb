// Which Python object may stand for which parameter, and host arrays on their way to the device and back.
#include "arguments.h"

#include "image.h"

#include <taichi/taichi_cpu.h>

#include <cstring>

namespace ist::python {
namespace {

// What a format of the buffer protocol holds: 'f', 'i', 'u', 'b' (boolean), or 0.
char kind_of(const char* format) {
  if (!format) return 'u';
  if (*format == '@' || *format == '=' || *format == '<' || *format == '|') ++format;
  if (!*format || format[1]) return 0;
  if (std::strchr("efd", *format)) return 'f';
  if (std::strchr("bhilqn", *format)) return 'i';
  if (std::strchr("BHILQN", *format)) return 'u';
  return *format == '?' ? 'b' : 0;
}

char kind_of(TiDataType type) {
  if (type <= TI_DATA_TYPE_F64) return 'f';
  if (type <= TI_DATA_TYPE_I64) return 'i';
  return type == TI_DATA_TYPE_U1 ? 'b' : 'u';
}

const char* numpy_name(TiDataType type) {
  constexpr const char* kNames[] = {"float16", "float32", "float64", "int8",   "int16",  "int32",
                                    "int64",   "bool_",   "uint8",   "uint16", "uint32", "uint64"};
  return static_cast<uint32_t>(type) < std::size(kNames) ? kNames[type] : "?";
}

template <class T>
T* as(PyObject* value) {
  static PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(nb::type<T>().ptr());
  return PyObject_TypeCheck(value, type) ? nb::inst_ptr<T>(nb::handle(value)) : nullptr;
}

bool freed(const char* what) {
  set_error(TI_ERROR_INVALID_STATE, what);
  return false;
}

}  // namespace

Arguments::~Arguments() {
  for (auto& copy : copies_) PyBuffer_Release(&copy->view);
}

bool Arguments::wrong_type(const IstArgumentInfo& info, PyObject* value, const char* wanted) const {
  PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes %s, not %.100s", function_, info.name, wanted,
               Py_TYPE(value)->tp_name);
  return false;
}

bool Arguments::convert(const IstArgumentInfo& info, PyObject* value, TiArgument& argument) {
  argument.type = info.type;
  const Place place{function_, info.name};
  switch (info.type) {
    case TI_ARGUMENT_TYPE_NDARRAY:
      return convert_array(info, value, argument.value.ndarray);
    case TI_ARGUMENT_TYPE_I32:
    case TI_ARGUMENT_TYPE_F32: {
      TiScalarValue scalar;
      if (!scalar_from(value, place, info.data_type, scalar)) return false;
      std::memcpy(&argument.value.i32, &scalar.x32, sizeof scalar.x32);
      return true;
    }
    case TI_ARGUMENT_TYPE_SCALAR:
      argument.value.scalar.type = info.data_type;
      return scalar_from(value, place, info.data_type, argument.value.scalar.value);
    case TI_ARGUMENT_TYPE_TENSOR:
      return tensor_from(value, place, info, argument.value.tensor);
    case TI_ARGUMENT_TYPE_TEXTURE:
      return convert_texture(info, value, argument.value.texture);
    default:
      return wrong_type(info, value, "what cannot be passed");
  }
}

bool Arguments::convert_array(const IstArgumentInfo& info, PyObject* value, TiNdArray& ndarray) {
  const Array* array = as<Array>(value);
  if (!array) return convert_host_array(info, value, ndarray);
  if (!array->memory) return freed("The array has been freed.");
  ndarray = array->ndarray;
  return true;
}

bool Arguments::convert_texture(const IstArgumentInfo& info, PyObject* value, TiTexture& texture) {
  PyObject* picture = value;
  const Sampler* sampler = nullptr;
  if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 2) {
    picture = PyTuple_GET_ITEM(value, 0);
    sampler = as<Sampler>(PyTuple_GET_ITEM(value, 1));
    if (!sampler) return wrong_type(info, PyTuple_GET_ITEM(value, 1), "an isthmus.Sampler beside the image");
  }
  const Image* image = as<Image>(picture);
  if (!image) return wrong_type(info, picture, "an isthmus.Image or (image, sampler)");
  if (!image->image) return freed("The image has been freed.");
  texture = image->texture;
  texture.sampler = sampler ? sampler->sampler->handle : TI_NULL_HANDLE;
  return true;
}

bool Arguments::convert_host_array(const IstArgumentInfo& info, PyObject* value, TiNdArray& ndarray) {
  Copy* copy = copy_of(info, value);
  if (!copy || !check_view(info, *copy)) return false;
  if (info.access & 2) copy->written = true;
  if (!copy->memory && !upload(*copy)) return false;
  ndarray.memory = copy->memory->handle();
  ndarray.elem_type = info.data_type;
  ndarray.shape.dim_count = info.rank;
  for (uint32_t axis = 0; axis < info.rank; ++axis) {
    ndarray.shape.dims[axis] = static_cast<uint32_t>(copy->view.shape[axis]);
  }
  ndarray.elem_shape.dim_count = info.elem_rank;
  for (uint32_t axis = 0; axis < info.elem_rank; ++axis) ndarray.elem_shape.dims[axis] = info.elem_shape[axis];
  return true;
}

// One host array given twice is one memory: what a kernel writes through one parameter it reads through the other.
Arguments::Copy* Arguments::copy_of(const IstArgumentInfo& info, PyObject* value) {
  for (auto& copy : copies_) {
    if (copy->object == value) return copy.get();
  }
  if (!PyObject_CheckBuffer(value)) {
    wrong_type(info, value, "an array (isthmus.Array or numpy.ndarray)");
    return nullptr;
  }
  auto copy = std::make_unique<Copy>();
  if (PyObject_GetBuffer(value, &copy->view, PyBUF_FORMAT | PyBUF_STRIDES) != 0) return nullptr;
  copy->object = value;
  copies_.push_back(std::move(copy));
  return copies_.back().get();
}

bool Arguments::check_view(const IstArgumentInfo& info, const Copy& copy) const {
  const Py_buffer& view = copy.view;
  if (kind_of(view.format) != kind_of(info.data_type) || view.itemsize != size_of(info.data_type)) {
    PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes an array of %s, not of format '%s'; see astype(numpy.%s)",
                 function_, info.name, name_of(info.data_type), view.format ? view.format : "B",
                 numpy_name(info.data_type));
    return false;
  }
  const auto wanted = static_cast<int>(info.rank + info.elem_rank);
  bool fits = view.ndim == wanted;
  for (int axis = 0; fits && axis < view.ndim; ++axis) {
    const auto extent = static_cast<uint64_t>(view.shape[axis]);
    const bool of_element = axis >= static_cast<int>(info.rank);
    fits = of_element ? extent == info.elem_shape[axis - static_cast<int>(info.rank)] : extent <= UINT32_MAX;
  }
  if (!fits) {
    PyErr_Format(PyExc_ValueError,
                 "%s() argument '%s' takes %u dimensions and elements of %u, not an array of shape %R", function_,
                 info.name, info.rank, info.elem_rank, nb::getattr(nb::handle(copy.object), "shape", nb::none()).ptr());
    return false;
  }
  if ((info.access & 2) && view.readonly) {
    PyErr_Format(PyExc_ValueError, "%s() argument '%s' is written by the kernel, but the array is read-only", function_,
                 info.name);
    return false;
  }
  return true;
}

bool Arguments::upload(Copy& copy) {
  const Py_buffer& view = copy.view;
  const auto size_bytes = static_cast<uint64_t>(view.len);
  const bool contiguous = PyBuffer_IsContiguous(&view, 'C');
  try {
    if (contiguous && size_bytes > 0 && runtime_->is_cpu_arch()) {
      const TiMemory handle =
          check_handle([&] { return ti_import_cpu_memory(runtime_->handle(), view.buf, size_bytes); });
      copy.memory = std::make_shared<Memory>(runtime_, handle, size_bytes);
      copy.shared = true;
      return true;
    }
    TiMemoryAllocateInfo info{};
    info.size = size_bytes;
    // Where the processor is the device, copies through staging memory would only cost.
    info.host_read = info.host_write = runtime_->on_processor();
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    copy.memory = allocate(runtime_, info);
    if (size_bytes == 0) return true;
    std::vector<char> packed;
    const void* source = view.buf;
    if (!contiguous) {
      packed.resize(size_bytes);
      if (PyBuffer_ToContiguous(packed.data(), &copy.view, view.len, 'C') != 0) return false;
      source = packed.data();
    }
    const TiMemorySlice slice{copy.memory->handle(), 0, size_bytes};
    check_ist([&] { return ist_write_memory(runtime_->handle(), &slice, source); });
    return true;
  } catch (nb::python_error& error) {
    error.restore();
    return false;
  }
}

bool Arguments::download(Copy& copy) {
  const auto size_bytes = static_cast<uint64_t>(copy.view.len);
  const TiMemorySlice slice{copy.memory->handle(), 0, size_bytes};
  const bool contiguous = PyBuffer_IsContiguous(&copy.view, 'C');
  std::vector<char> packed(contiguous ? 0 : size_bytes);
  void* target = contiguous ? copy.view.buf : packed.data();
  TiError code;
  {
    const WithoutGil without_gil;
    code = ist_read_memory(runtime_->handle(), &slice, target);
  }
  if (code < TI_ERROR_SUCCESS) return set_last_error(), false;
  return contiguous || PyBuffer_FromContiguous(&copy.view, packed.data(), copy.view.len, 'C') == 0;
}

bool Arguments::finish() {
  bool wait = false;
  for (const auto& copy : copies_) wait |= copy->written || copy->shared;
  if (!wait) return true;
  if (wait_for_work(*runtime_, -1) < 0) return false;
  for (const auto& copy : copies_) {
    if (copy->written && !copy->shared && copy->view.len > 0 && !download(*copy)) return false;
  }
  return true;
}

}  // namespace ist::python
