// Which Python object may stand for which parameter, and host arrays on their way to the device and back.
#include "arguments.h"

#include "image.h"

#include <taichi/taichi_cpu.h>

#include <algorithm>
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

// Null for other objects, and for those that __new__ alone has made.
template <class T>
T* as(PyObject* value) {
  static PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(nb::type<T>().ptr());
  return PyObject_TypeCheck(value, type) && nb::inst_ready(value) ? nb::inst_ptr<T>(nb::handle(value)) : nullptr;
}

// The bytes between the first and the last element, these included.
struct Span {
  const char* begin;
  const char* end;
};

Span span_of(const Py_buffer& view) {
  Span span{static_cast<const char*>(view.buf), static_cast<const char*>(view.buf) + view.itemsize};
  for (int axis = 0; axis < view.ndim; ++axis) {
    const Py_ssize_t reach = (view.shape[axis] - 1) * view.strides[axis];
    (reach < 0 ? span.begin : span.end) += reach;
  }
  return span;
}

// 1, 0, or -1: an exception is set. Elements may lie between those of the other without being shared, which NumPy
// knows to tell.
int share_elements(const Py_buffer& one, const Py_buffer& other, PyObject* one_object, PyObject* other_object) {
  if (one.len == 0 || other.len == 0) return 0;
  const Span a = span_of(one);
  const Span b = span_of(other);
  if (a.end <= b.begin || b.end <= a.begin) return 0;
  PyObject* module = PyImport_ImportModule("isthmus._types");
  PyObject* shared = module ? PyObject_CallMethod(module, "share_elements", "OO", one_object, other_object) : nullptr;
  const int result = shared ? PyObject_IsTrue(shared) : -1;
  Py_XDECREF(shared);
  Py_XDECREF(module);
  return result;
}

// Whether two views are of the same elements in the same order, for the same use.
bool same_view(const Py_buffer& one, const Py_buffer& other) {
  return one.buf == other.buf && one.len == other.len && one.itemsize == other.itemsize && one.ndim == other.ndim &&
         one.readonly == other.readonly &&
         std::strcmp(one.format ? one.format : "B", other.format ? other.format : "B") == 0 &&
         std::equal(one.shape, one.shape + one.ndim, other.shape) &&
         std::equal(one.strides, one.strides + one.ndim, other.strides);
}

bool freed(const char* what) {
  set_error(TI_ERROR_INVALID_STATE, what);
  return false;
}

}  // namespace

Arguments::Copy::~Copy() {
  if (!strides.empty()) view.strides = nullptr;
  PyBuffer_Release(&view);
}

bool Arguments::Copy::open(PyObject* array) {
  object = array;
  if (PyObject_GetBuffer(array, &view, PyBUF_FORMAT | PyBUF_STRIDES) != 0) return false;
  if (view.strides || view.ndim == 0) return true;
  strides.resize(static_cast<size_t>(view.ndim));
  PyBuffer_FillContiguousStrides(view.ndim, view.shape, strides.data(), static_cast<int>(view.itemsize), 'C');
  view.strides = strides.data();
  return true;
}

bool Arguments::wrong_type(const IstArgumentInfo& info, PyObject* value, const char* wanted) const {
  const bool blank = nb::inst_check(value) && !nb::inst_ready(value);
  PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes %s, not %s%.100s", function_, info.name, wanted,
               blank ? "an uninitialised " : "", Py_TYPE(value)->tp_name);
  return false;
}

// An object that cannot give its elements says why, but not whose they are.
void Arguments::name_failure(const IstArgumentInfo& info) const {
  for (PyObject* kind : {PyExc_ValueError, PyExc_BufferError, PyExc_TypeError}) {
    if (!PyErr_ExceptionMatches(kind)) continue;
    const nb::python_error cause;
    PyErr_Format(kind, "%s() argument '%s' gives no elements: %S", function_, info.name, cause.value().ptr());
    return;
  }
}

bool Arguments::check_alive(PyObject* value) {
  if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 2) value = PyTuple_GET_ITEM(value, 0);
  const Array* array = as<Array>(value);
  if (array && !array->memory) return freed("The array has been freed.");
  const Image* image = as<Image>(value);
  return !image || image->image || freed("The image has been freed.");
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
  if (!array->memory) return check_alive(value);
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
  if (!image->image) return check_alive(picture);
  texture = image->texture;
  texture.sampler = sampler ? sampler->sampler->handle : TI_NULL_HANDLE;
  return true;
}

bool Arguments::convert_host_array(const IstArgumentInfo& info, PyObject* value, TiNdArray& ndarray) {
  Copy* copy = copy_of(info, value);
  if (!copy || !check_view(info, *copy)) return false;
  if (info.access & 2) copy->written = true;
  if (!check_overlap(*copy)) return false;
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

// One host array given twice, be it by two objects, is one memory: what a kernel writes through one parameter it reads
// through the other.
Arguments::Copy* Arguments::copy_of(const IstArgumentInfo& info, PyObject* value) {
  for (auto& copy : copies_) {
    if (copy->object == value) return copy.get();
  }
  if (!PyObject_CheckBuffer(value)) {
    wrong_type(info, value, "an array (isthmus.Array or numpy.ndarray)");
    return nullptr;
  }
  auto copy = std::make_unique<Copy>();
  if (!copy->open(value)) return name_failure(info), nullptr;
  for (auto& other : copies_) {
    if (same_view(other->view, copy->view)) return other.get();
  }
  copy->name = info.name;
  copies_.push_back(std::move(copy));
  return copies_.back().get();
}

// Two copies of the same elements would each miss what the kernel writes to the other.
bool Arguments::check_overlap(const Copy& copy) const {
  for (const auto& other : copies_) {
    if (other.get() == &copy || !(other->written || copy.written)) continue;
    const int shared = share_elements(other->view, copy.view, other->object, copy.object);
    if (shared < 0) return false;
    if (shared == 0) continue;
    PyErr_Format(PyExc_ValueError,
                 "%s() arguments '%s' and '%s' overlap in the host's memory, and the kernel writes to one of them",
                 function_, other->name, copy.name);
    return false;
  }
  return true;
}

bool Arguments::check_view(const IstArgumentInfo& info, const Copy& copy) const {
  const Py_buffer& view = copy.view;
  if (kind_of(view.format) != kind_of(info.data_type) || view.itemsize != size_of(info.data_type)) {
    PyErr_Format(PyExc_TypeError, "%s() argument '%s' takes an array of %s, not of format '%s'; see astype(numpy.%s)",
                 function_, info.name, name_of(info.data_type), view.format ? view.format : "B",
                 numpy_name(info.data_type));
    return false;
  }
  if (!check_shape(info, view)) return false;
  if ((info.access & 2) && view.readonly) {
    PyErr_Format(PyExc_ValueError, "%s() argument '%s' is written by the kernel, but the array is read-only", function_,
                 info.name);
    return false;
  }
  return true;
}

bool Arguments::check_shape(const IstArgumentInfo& info, const Py_buffer& view) const {
  bool fits = view.ndim == static_cast<int>(info.rank + info.elem_rank);
  for (uint32_t axis = 0; fits && axis < info.elem_rank; ++axis) {
    fits = static_cast<uint64_t>(view.shape[info.rank + axis]) == info.elem_shape[axis];
  }
  if (!fits) {
    nb::list shape;
    for (int axis = 0; axis < view.ndim; ++axis) shape.append(view.shape[axis]);
    PyErr_Format(PyExc_ValueError,
                 "%s() argument '%s' takes %u dimensions and elements of %u, not an array of shape %R", function_,
                 info.name, info.rank, info.elem_rank, nb::tuple(shape).ptr());
    return false;
  }
  for (uint32_t axis = 0; axis < info.rank; ++axis) {
    if (static_cast<uint64_t>(view.shape[axis]) <= UINT32_MAX) continue;
    PyErr_Format(PyExc_ValueError, "%s() argument '%s' takes extents up to %u, not %zd (dimension %u)", function_,
                 info.name, UINT32_MAX, view.shape[axis], axis);
    return false;
  }
  return true;
}

bool Arguments::upload(Copy& copy) {
  const Py_buffer& view = copy.view;
  const auto size_bytes = static_cast<uint64_t>(view.len);
  const bool contiguous = PyBuffer_IsContiguous(&view, 'C');
  if (contiguous && size_bytes > 0 && runtime_->is_cpu_arch()) {
    const TiMemory handle =
        check_handle(*runtime_, [&] { return ti_import_cpu_memory(runtime_->handle(), view.buf, size_bytes); });
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
  const void* source = view.buf;
  if (!contiguous) {
    copy.packed.resize(size_bytes);
    if (PyBuffer_ToContiguous(copy.packed.data(), &copy.view, view.len, 'C') != 0) return false;
    source = copy.packed.data();
  }
  const TiMemorySlice slice{copy.memory->handle(), 0, size_bytes};
  check_ist(*runtime_, [&] { return ist_write_memory(runtime_->handle(), &slice, source); });
  return true;
}

bool Arguments::download(Copy& copy) {
  const auto size_bytes = static_cast<uint64_t>(copy.view.len);
  const TiMemorySlice slice{copy.memory->handle(), 0, size_bytes};
  const bool contiguous = copy.packed.empty();
  void* target = contiguous ? copy.view.buf : copy.packed.data();
  if (!run_ist(*runtime_, [&] { return ist_read_memory(runtime_->handle(), &slice, target); })) return false;
  return contiguous || PyBuffer_FromContiguous(&copy.view, target, copy.view.len, 'C') == 0;
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
