// Modules: loading, what they hold, and look-up of what they hold.
#include "aot_module.h"

#include "launchable.h"

#include <ist/core.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <string>

namespace ist::python {
namespace {

std::shared_ptr<ModuleState> load(std::shared_ptr<RuntimeState> runtime, const std::string& path) {
  runtime->require_open();
  const TiAotModule handle = check_handle([&] { return ti_load_aot_module(runtime->handle(), path.c_str()); });
  return std::make_shared<ModuleState>(std::move(runtime), handle);
}

std::shared_ptr<ModuleState> load_bytes(std::shared_ptr<RuntimeState> runtime, nb::handle bytes) {
  runtime->require_open();
  Py_buffer view{};
  if (PyObject_GetBuffer(bytes.ptr(), &view, PyBUF_SIMPLE) != 0) throw nb::python_error();
  const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&view, PyBuffer_Release);
  const TiAotModule handle =
      check_handle([&] { return ti_create_aot_module(runtime->handle(), view.buf, static_cast<uint64_t>(view.len)); });
  return std::make_shared<ModuleState>(std::move(runtime), handle);
}

void require_usable(const ModuleState& state) {
  if (!state.check_usable()) throw nb::python_error();
}

nb::tuple tuple_of(const IstArgumentInfo& info) {
  nb::list elem_shape;
  for (uint32_t axis = 0; axis < info.elem_rank; ++axis) elem_shape.append(info.elem_shape[axis]);
  return nb::make_tuple(static_cast<const char*>(info.name), static_cast<uint32_t>(info.type),
                        static_cast<uint32_t>(info.data_type), info.rank, nb::tuple(elem_shape), info.access,
                        static_cast<uint32_t>(info.dimension), static_cast<uint32_t>(info.format));
}

nb::tuple tuple_of(const IstArgumentInfo* infos, uint32_t count) {
  nb::list list;
  for (uint32_t index = 0; index < count; ++index) list.append(tuple_of(infos[index]));
  return nb::tuple(list);
}

IstModuleInfo info_of(const ModuleState& state) {
  require_usable(state);
  IstModuleInfo info{};
  info.size = sizeof info;
  check_ist([&] { return ist_module_info(state.handle, &info); });
  return info;
}

// Of each kernel: name, parameters, results, tasks. Compiles nothing.
nb::list kernels_of(const ModuleState& state) {
  const IstModuleInfo module = info_of(state);
  nb::list list;
  for (uint32_t index = 0; index < module.kernel_count; ++index) {
    TiKernel kernel;
    check_ist([&] { return ist_module_kernel(state.handle, index, &kernel); });
    const IstKernelInfo info = kernel_info(kernel);
    list.append(nb::make_tuple(info.name, tuple_of(info.arguments, info.argument_count),
                               tuple_of(info.results, info.result_count), info.task_count));
  }
  return list;
}

nb::list graphs_of(const ModuleState& state) {
  const IstModuleInfo module = info_of(state);
  nb::list list;
  for (uint32_t index = 0; index < module.graph_count; ++index) {
    TiComputeGraph graph;
    check_ist([&] { return ist_module_graph(state.handle, index, &graph); });
    const IstGraphInfo info = graph_info(graph);
    list.append(nb::make_tuple(info.name, tuple_of(info.arguments, info.argument_count), nb::tuple(), info.node_count));
  }
  return list;
}

nb::list capabilities_of(const ModuleState& state) {
  const IstModuleInfo info = info_of(state);
  nb::list list;
  for (uint32_t index = 0; index < info.capability_count; ++index) {
    const TiCapabilityLevelInfo& level = info.capabilities[index];
    list.append(nb::make_tuple(static_cast<uint32_t>(level.capability), level.level));
  }
  return list;
}

nb::object kernel_named(const std::shared_ptr<ModuleState>& state, const std::string& name) {
  require_usable(*state);
  return make_kernel(state, check_handle([&] { return ti_get_aot_module_kernel(state->handle, name.c_str()); }));
}

nb::object graph_named(const std::shared_ptr<ModuleState>& state, const std::string& name) {
  require_usable(*state);
  return make_graph(state, check_handle([&] { return ti_get_aot_module_compute_graph(state->handle, name.c_str()); }));
}

}  // namespace

void ModuleState::free() {
  const TiAotModule module = handle;
  handle = TI_NULL_HANDLE;
  if (!module || !runtime->alive()) return;
  const WithoutGil without_gil;
  ti_destroy_aot_module(module);
}

bool ModuleState::check_usable() const {
  if (!runtime->check_open()) return false;
  if (!handle) set_error(TI_ERROR_INVALID_STATE, "The module has been freed.");
  return handle != TI_NULL_HANDLE;
}

void bind_module(nb::module_& module) {
  nb::class_<ModuleState>(module, "ModuleState")
      .def("free", &ModuleState::free)
      .def_prop_ro("freed", [](const ModuleState& state) { return !state.handle; })
      .def_prop_ro("taichi_version",
                   [](const ModuleState& state) { return std::string(info_of(state).taichi_version); })
      .def("capabilities", &capabilities_of)
      .def("kernels", &kernels_of)
      .def("graphs", &graphs_of)
      .def("kernel", &kernel_named, nb::arg("name"))
      .def("graph", &graph_named, nb::arg("name"));
  module.def("load_module", &load, nb::arg("runtime"), nb::arg("path"));
  module.def("load_module_bytes", &load_bytes, nb::arg("runtime"), nb::arg("data"));
}

}  // namespace ist::python
