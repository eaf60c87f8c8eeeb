// The structs are DLPack's published ABI (github.com/dmlc/dlpack), versions 0 and 1.0.
#include "dlpack.h"

#include <ist/core.h>
#include <taichi/taichi_cuda.h>

#include <optional>
#include <vector>

namespace ist::python {
namespace {

enum DeviceType : int32_t { kDLCPU = 1, kDLCUDA = 2 };
enum TypeCode : uint8_t { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBool = 6 };

struct DLDevice {
  int32_t device_type;
  int32_t device_id;
};

struct DLDataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};

struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};

struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor*);
};

struct DLPackVersion {
  uint32_t major;
  uint32_t minor;
};

struct DLManagedTensorVersioned {
  DLPackVersion version;
  void* manager_ctx;
  void (*deleter)(DLManagedTensorVersioned*);
  uint64_t flags;
  DLTensor dl_tensor;
};

// What a capsule keeps alive. One allocation holds the tensor, its shape and the owners.
template <class Managed>
struct Export {
  Managed managed{};
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  std::shared_ptr<Memory> memory;
  std::optional<HostView> view;
  // A CUDA pointer is a view too: the runtime must outlive it.
  std::optional<RuntimeHold> hold;
};

// Consumers may call this on any thread, with or without the GIL.
template <class Managed>
void release(Managed* managed) {
  if (!Py_IsInitialized()) return;
  const PyGILState_STATE state = PyGILState_Ensure();
  delete static_cast<Export<Managed>*>(managed->manager_ctx);
  PyGILState_Release(state);
}

DLDataType type_of(TiDataType type) {
  const auto bits = static_cast<uint8_t>(8 * size_of(type));
  switch (type) {
    case TI_DATA_TYPE_F16:
    case TI_DATA_TYPE_F32:
    case TI_DATA_TYPE_F64:
      return {kDLFloat, bits, 1};
    case TI_DATA_TYPE_I8:
    case TI_DATA_TYPE_I16:
    case TI_DATA_TYPE_I32:
    case TI_DATA_TYPE_I64:
      return {kDLInt, bits, 1};
    case TI_DATA_TYPE_U1:
      return {kDLBool, bits, 1};
    default:
      return {kDLUInt, bits, 1};
  }
}

template <class Managed>
constexpr const char* kName = "dltensor";
template <>
constexpr const char* kName<DLManagedTensorVersioned> = "dltensor_versioned";
template <class Managed>
constexpr const char* kUsedName = "used_dltensor";
template <>
constexpr const char* kUsedName<DLManagedTensorVersioned> = "used_dltensor_versioned";

// A consumer renames the capsule when it takes the tensor over; one that nobody took is ours to delete.
template <class Managed>
void destroy_capsule(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, kUsedName<Managed>)) return;
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, kName<Managed>));
  if (managed) managed->deleter(managed);
}

void append(std::vector<int64_t>& shape, const TiNdShape& dims) {
  shape.insert(shape.end(), dims.dims, dims.dims + dims.dim_count);
}

template <class Managed>
nb::object capsule_of(const Array& array, void* data, DLDevice device, std::unique_ptr<Export<Managed>> owner) {
  append(owner->shape, array.ndarray.shape);
  append(owner->shape, array.ndarray.elem_shape);
  owner->strides.resize(owner->shape.size());
  int64_t stride = 1;
  for (size_t axis = owner->shape.size(); axis-- > 0;) {
    owner->strides[axis] = stride;
    stride *= owner->shape[axis];
  }
  DLTensor& tensor = owner->managed.dl_tensor;
  tensor.data = data;
  tensor.device = device;
  tensor.ndim = static_cast<int32_t>(owner->shape.size());
  tensor.dtype = type_of(array.ndarray.elem_type);
  tensor.shape = owner->shape.data();
  tensor.strides = owner->strides.data();
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) owner->managed.version = {1, 0};
  owner->managed.manager_ctx = owner.get();
  owner->managed.deleter = &release<Managed>;
  PyObject* capsule = PyCapsule_New(&owner->managed, kName<Managed>, &destroy_capsule<Managed>);
  if (!capsule) throw nb::python_error();
  owner.release();
  return nb::steal(capsule);
}

template <class Managed>
nb::object on_host(Array& array) {
  auto owner = std::make_unique<Export<Managed>>();
  owner->memory = array.memory;
  void* data = owner->view.emplace(array.memory).data();
  return capsule_of(array, data, {kDLCPU, 0}, std::move(owner));
}

template <class Managed>
nb::object on_cuda(Array& array) {
  auto owner = std::make_unique<Export<Managed>>();
  owner->memory = array.memory;
  owner->hold.emplace(array.runtime);
  const RuntimeState& runtime = *array.runtime;
  TiCudaMemoryInteropInfo info{};
  check_void(runtime, [&] { ti_export_cuda_memory(runtime.handle(), owner->memory->handle(), &info); });
  IstDeviceInfo device{};
  device.size = sizeof device;
  check_ist(runtime, [&] { return ist_runtime_info(runtime.handle(), &device); });
  return capsule_of(array, info.ptr, {kDLCUDA, static_cast<int32_t>(device.index)}, std::move(owner));
}

}  // namespace

nb::object dlpack_on_host(Array& array, bool versioned) {
  return versioned ? on_host<DLManagedTensorVersioned>(array) : on_host<DLManagedTensor>(array);
}

nb::object dlpack_on_cuda(Array& array, bool versioned) {
  return versioned ? on_cuda<DLManagedTensorVersioned>(array) : on_cuda<DLManagedTensor>(array);
}

}  // namespace ist::python
