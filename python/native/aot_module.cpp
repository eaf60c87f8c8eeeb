// Modules: loading, what they hold, and look-up of what they hold.
#include "aot_module.h"

#include "launchable.h"

#include <ist/core.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <string>
#include <utility>

namespace ist::python {
namespace {

std::shared_ptr<ModuleState> load(std::shared_ptr<RuntimeState> runtime, const nb::bytes& path) {
  runtime->require_open();
  const TiAotModule handle =
      check_handle(*runtime, [&] { return ti_load_aot_module(runtime->handle(), path.c_str()); });
  return std::make_shared<ModuleState>(std::move(runtime), handle);
}

std::shared_ptr<ModuleState> load_bytes(std::shared_ptr<RuntimeState> runtime, nb::handle bytes) {
  runtime->require_open();
  Py_buffer view{};
  if (PyObject_GetBuffer(bytes.ptr(), &view, PyBUF_SIMPLE) != 0) throw nb::python_error();
  const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&view, PyBuffer_Release);
  const TiAotModule handle = check_handle(
      *runtime, [&] { return ti_create_aot_module(runtime->handle(), view.buf, static_cast<uint64_t>(view.len)); });
  return std::make_shared<ModuleState>(std::move(runtime), handle);
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

IstModuleInfo info_of(const ModuleHold& module) {
  IstModuleInfo info{};
  info.size = sizeof info;
  check_ist(module, [&] { return ist_module_info(module.handle(), &info); });
  return info;
}

// Of each kernel: name, parameters, results, tasks. Compiles nothing.
nb::list kernels_of(std::shared_ptr<ModuleState> state) {
  const ModuleHold module(std::move(state));
  const uint32_t count = info_of(module).kernel_count;
  nb::list list;
  for (uint32_t index = 0; index < count; ++index) {
    TiKernel kernel;
    check_ist(module, [&] { return ist_module_kernel(module.handle(), index, &kernel); });
    const IstKernelInfo info = kernel_info(module, kernel);
    list.append(nb::make_tuple(info.name, tuple_of(info.arguments, info.argument_count),
                               tuple_of(info.results, info.result_count), info.task_count));
  }
  return list;
}

nb::list graphs_of(std::shared_ptr<ModuleState> state) {
  const ModuleHold module(std::move(state));
  const uint32_t count = info_of(module).graph_count;
  nb::list list;
  for (uint32_t index = 0; index < count; ++index) {
    TiComputeGraph graph;
    check_ist(module, [&] { return ist_module_graph(module.handle(), index, &graph); });
    const IstGraphInfo info = graph_info(module, graph);
    list.append(nb::make_tuple(info.name, tuple_of(info.arguments, info.argument_count), nb::tuple(), info.node_count));
  }
  return list;
}

nb::list capabilities_of(std::shared_ptr<ModuleState> state) {
  const ModuleHold module(std::move(state));
  const IstModuleInfo info = info_of(module);
  nb::list list;
  for (uint32_t index = 0; index < info.capability_count; ++index) {
    const TiCapabilityLevelInfo& level = info.capabilities[index];
    list.append(nb::make_tuple(static_cast<uint32_t>(level.capability), level.level));
  }
  return list;
}

std::string taichi_version_of(std::shared_ptr<ModuleState> state) {
  const ModuleHold module(std::move(state));
  return info_of(module).taichi_version;
}

nb::object kernel_named(std::shared_ptr<ModuleState> state, const std::string& name) {
  const ModuleHold module(std::move(state));
  return make_kernel(module,
                     check_handle(module, [&] { return ti_get_aot_module_kernel(module.handle(), name.c_str()); }));
}

nb::object graph_named(std::shared_ptr<ModuleState> state, const std::string& name) {
  const ModuleHold module(std::move(state));
  return make_graph(
      module, check_handle(module, [&] { return ti_get_aot_module_compute_graph(module.handle(), name.c_str()); }));
}

}  // namespace

void ModuleState::free() {
  freed_ = true;
  if (holds_ == 0) destroy();
}

void ModuleState::destroy() {
  const TiAotModule module = std::exchange(handle_, TiAotModule{});
  if (!module || !runtime->alive()) return;
  const WithoutGil without_gil;
  ti_destroy_aot_module(module);
}

bool ModuleState::check_usable() const {
  if (!runtime->check_open()) return false;
  if (freed_) set_error(TI_ERROR_INVALID_STATE, "The module has been freed.");
  return !freed_;
}

ModuleHold::ModuleHold(std::shared_ptr<ModuleState> state) : state_(std::move(state)) {
  if (!state_->check_usable()) throw nb::python_error();
  runtime_.emplace(state_->runtime);
  ++state_->holds_;
}

ModuleHold::~ModuleHold() {
  if (--state_->holds_ == 0 && state_->freed_) state_->destroy();
}

void bind_module(nb::module_& module) {
  nb::class_<ModuleState>(module, "ModuleState")
      .def("free", &ModuleState::free)
      .def_prop_ro("freed", &ModuleState::freed)
      .def_prop_ro("taichi_version", &taichi_version_of)
      .def("capabilities", &capabilities_of)
      .def("kernels", &kernels_of)
      .def("graphs", &graphs_of)
      .def("kernel", &kernel_named, nb::arg("name"))
      .def("graph", &graph_named, nb::arg("name"));
  module.def("load_module", &load, nb::arg("runtime"), nb::arg("path"));
  module.def("load_module_bytes", &load_bytes, nb::arg("runtime"), nb::arg("data"));
}

}  // namespace ist::python
