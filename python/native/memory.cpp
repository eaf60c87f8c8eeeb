// Arrays: allocation, host reads and writes, mapping.
#include "memory.h"

#include "dlpack.h"

#include <ist/core.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <new>
#include <vector>

namespace ist::python {
namespace {

// The bytes of a Python object, for as long as this lives.
class Bytes {
 public:
  Bytes(nb::handle object, int flags) {
    if (PyObject_GetBuffer(object.ptr(), &view_, flags) != 0) throw nb::python_error();
  }
  ~Bytes() { PyBuffer_Release(&view_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  void* data() const { return view_.buf; }
  uint64_t size_bytes() const { return static_cast<uint64_t>(view_.len); }

 private:
  Py_buffer view_{};
};

void require_size(const Bytes& bytes, uint64_t size_bytes) {
  if (bytes.size_bytes() == size_bytes) return;
  PyErr_Format(PyExc_ValueError, "The buffer has %llu bytes, the object %llu.",
               static_cast<unsigned long long>(bytes.size_bytes()), static_cast<unsigned long long>(size_bytes));
  throw nb::python_error();
}

void set_shape(TiNdShape& shape, const std::vector<uint32_t>& dims) {
  if (dims.size() > 16) throw nb::value_error("An array has at most 16 dimensions.");
  shape.dim_count = static_cast<uint32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), shape.dims);
}

uint64_t count_of(const TiNdShape& shape) {
  uint64_t count = 1;
  for (uint32_t axis = 0; axis < shape.dim_count; ++axis) {
    if (__builtin_mul_overflow(count, shape.dims[axis], &count)) {
      throw_error(TI_ERROR_OUT_OF_MEMORY, "The array has more elements than 64 bits count.");
    }
  }
  return count;
}

// 0 elements take no memory, but a kernel needs a handle all the same.
void init_array(Array* self, std::shared_ptr<RuntimeState> runtime, const std::vector<uint32_t>& shape,
                uint32_t data_type, const std::vector<uint32_t>& elem_shape, bool host_access, bool export_sharing) {
  Array array;
  array.runtime = std::move(runtime);
  array.runtime->require_open();
  set_shape(array.ndarray.shape, shape);
  set_shape(array.ndarray.elem_shape, elem_shape);
  array.ndarray.elem_type = static_cast<TiDataType>(data_type);
  const uint32_t component_bytes = size_of(array.ndarray.elem_type);
  if (component_bytes == 0) throw nb::value_error("Unknown data type.");
  uint64_t components;
  if (__builtin_mul_overflow(count_of(array.ndarray.shape), count_of(array.ndarray.elem_shape), &components) ||
      __builtin_mul_overflow(components, component_bytes, &array.size_bytes)) {
    throw_error(TI_ERROR_OUT_OF_MEMORY, "The array has more bytes than 64 bits count.");
  }
  array.host_access = host_access;
  TiMemoryAllocateInfo info{};
  info.size = array.size_bytes;
  info.host_read = info.host_write = host_access;
  info.export_sharing = export_sharing;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  array.memory = allocate(array.runtime, info);
  array.ndarray.memory = array.memory->handle();
  new (self) Array(std::move(array));
}

// Objects of Python may free the array as they give their buffer: hence `keep` comes first, here and below.
void write_bytes(Array& array, nb::handle source) {
  array.require_usable();
  const std::shared_ptr<Memory> keep = array.memory;
  const Bytes bytes(source, PyBUF_SIMPLE);
  require_size(bytes, array.size_bytes);
  if (array.size_bytes == 0) return;
  const TiMemorySlice slice{keep->handle(), 0, array.size_bytes};
  check_ist(*array.runtime, [&] { return ist_write_memory(array.runtime->handle(), &slice, bytes.data()); });
}

void read_bytes(Array& array, nb::handle target) {
  array.require_usable();
  const std::shared_ptr<Memory> keep = array.memory;
  const Bytes bytes(target, PyBUF_WRITABLE);
  require_size(bytes, array.size_bytes);
  if (array.size_bytes == 0) return;
  const TiMemorySlice slice{keep->handle(), 0, array.size_bytes};
  if (wait_for_work(*array.runtime, -1) < 0) throw nb::python_error();
  check_ist(*array.runtime, [&] { return ist_read_memory(array.runtime->handle(), &slice, bytes.data()); });
}

std::shared_ptr<HostView> map_array(Array& array) {
  array.require_usable();
  if (wait_for_work(*array.runtime, -1) < 0) throw nb::python_error();
  array.require_usable();
  return std::make_shared<HostView>(array.memory);
}

nb::object export_dlpack(Array& array, bool versioned, bool on_host) {
  array.require_usable();
  if (wait_for_work(*array.runtime, -1) < 0) throw nb::python_error();
  array.require_usable();
  return on_host ? dlpack_on_host(array, versioned) : dlpack_on_cuda(array, versioned);
}

int view_getbuffer(PyObject* self, Py_buffer* buffer, int flags) {
  if (!nb::inst_ready(self)) {
    buffer->obj = nullptr;
    PyErr_SetString(PyExc_BufferError, "The view is uninitialised.");
    return -1;
  }
  HostView& view = *nb::inst_ptr<HostView>(self);
  return PyBuffer_FillInfo(buffer, self, view.data(), static_cast<Py_ssize_t>(view.memory().size_bytes()), 0, flags);
}

}  // namespace

uint32_t size_of(TiDataType type) {
  switch (type) {
    case TI_DATA_TYPE_U1:
    case TI_DATA_TYPE_I8:
    case TI_DATA_TYPE_U8:
      return 1;
    case TI_DATA_TYPE_F16:
    case TI_DATA_TYPE_I16:
    case TI_DATA_TYPE_U16:
      return 2;
    case TI_DATA_TYPE_F32:
    case TI_DATA_TYPE_I32:
    case TI_DATA_TYPE_U32:
      return 4;
    case TI_DATA_TYPE_F64:
    case TI_DATA_TYPE_I64:
    case TI_DATA_TYPE_U64:
      return 8;
    default:
      return 0;
  }
}

Memory::~Memory() {
  if (!runtime_->alive()) return;
  const WithoutGil without_gil;
  ti_free_memory(runtime_->handle(), handle_);
}

void* Memory::map() {
  return check_handle(*runtime_, [&] {
    const std::lock_guard lock(mapping_);
    if (maps_ == 0) host_ = ti_map_memory(runtime_->handle(), handle_);
    if (host_) ++maps_;
    return host_;
  });
}

void Memory::unmap() {
  if (!runtime_->alive()) return;
  const WithoutGil without_gil;
  const std::lock_guard lock(mapping_);
  if (--maps_ == 0) ti_unmap_memory(runtime_->handle(), handle_);
}

std::shared_ptr<Memory> allocate(const std::shared_ptr<RuntimeState>& runtime, const TiMemoryAllocateInfo& info) {
  TiMemoryAllocateInfo wanted = info;
  wanted.size = std::max<uint64_t>(wanted.size, 16);
  const TiMemory handle = check_handle(*runtime, [&] { return ti_allocate_memory(runtime->handle(), &wanted); });
  return std::make_shared<Memory>(runtime, handle, info.size);
}

HostView::HostView(std::shared_ptr<Memory> memory)
    : memory_(std::move(memory)), hold_(memory_->runtime()), data_(memory_->map()) {}

void HostView::release() {
  if (released_) return;
  released_ = true;
  memory_->unmap();
}

void Array::require_usable() const {
  runtime->require_open();
  if (!memory) throw_error(TI_ERROR_INVALID_STATE, "The array has been freed.");
}

void bind_memory(nb::module_& module) {
  nb::class_<Array>(module, "Array")
      .def("__init__", &init_array, nb::arg("runtime"), nb::arg("shape"), nb::arg("data_type"), nb::arg("elem_shape"),
           nb::arg("host_access"), nb::arg("export_sharing"))
      .def_prop_ro("_freed", [](const Array& array) { return !array.memory; })
      .def_ro("nbytes", &Array::size_bytes, "Size of the contents in bytes.")
      .def_ro("host_access", &Array::host_access, "Whether the array was made for mapping.")
      .def("_free",
           [](Array& array) {
             array.ndarray.memory = TI_NULL_HANDLE;
             array.memory.reset();
           })
      .def("_write_bytes", &write_bytes, nb::arg("source"))
      .def("_read_bytes", &read_bytes, nb::arg("target"))
      .def("_map", &map_array)
      .def("_dlpack", &export_dlpack, nb::arg("versioned"), nb::arg("on_host"));

  PyType_Slot slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(view_getbuffer)}, {0, nullptr}};
  nb::class_<HostView>(module, "HostView", nb::type_slots(slots))
      .def("release", &HostView::release)
      .def_prop_ro("released", &HostView::released);
}

}  // namespace ist::python
