// Runtimes: creation, closing, waits in slices, counters and what the device is.
#include "runtime.h"

#include <ist/core.h>
#include <ist/share.h>
#include <nanobind/stl/shared_ptr.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace ist::python {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSliceSeconds = 0.05;
constexpr const char* kClosed = "The runtime is closed.";
constexpr const char* kForked = "The runtime was made before fork(), and is the parent process's.";

nb::bytes bytes_of(const uint8_t (&id)[16]) { return nb::bytes(reinterpret_cast<const char*>(id), sizeof id); }

nb::dict dict_of(const IstDeviceInfo& info) {
  nb::dict dict;
  dict["index"] = info.index;
  dict["arch"] = static_cast<uint32_t>(info.arch);
  dict["is_cpu"] = info.is_cpu != 0;
  dict["name"] = static_cast<const char*>(info.name);
  dict["driver"] = static_cast<const char*>(info.driver);
  dict["vendor_id"] = info.vendor_id;
  dict["device_id"] = info.device_id;
  dict["api_version"] = info.api_version;
  dict["driver_version"] = info.driver_version;
  dict["device_uuid"] = bytes_of(info.device_uuid);
  dict["driver_uuid"] = bytes_of(info.driver_uuid);
  return dict;
}

IstDeviceInfo device_of(TiArch arch, uint32_t index) {
  IstDeviceInfo info{};
  info.size = sizeof info;
  check_ist(Library{}, [&] { return ist_device_info(arch, index, &info); });
  return info;
}

nb::dict counters_of(RuntimeState& state) {
  state.require_open();
  IstCounters counters{};
  counters.size = sizeof counters;
  check_ist(state, [&] { return ist_counters(state.handle(), &counters); });
  nb::dict dict;
#define IST_COUNTER(name) dict[#name] = counters.name
  IST_COUNTER(launches);
  IST_COUNTER(dispatches);
  IST_COUNTER(barriers);
  IST_COUNTER(submits);
  IST_COUNTER(allocations);
  IST_COUNTER(host_bytes);
  IST_COUNTER(share_copies);
  IST_COUNTER(share_bytes);
  IST_COUNTER(blocking_waits);
  IST_COUNTER(polls);
  IST_COUNTER(gpu_waits);
  IST_COUNTER(gpu_signals);
  IST_COUNTER(lends);
  IST_COUNTER(takes);
  IST_COUNTER(refused);
  IST_COUNTER(copies);
  IST_COUNTER(pipelines);
  IST_COUNTER(pipeline_cache_hits);
#undef IST_COUNTER
  return dict;
}

nb::list capabilities_of(RuntimeState& state) {
  state.require_open();
  std::vector<TiCapabilityLevelInfo> levels;
  check_void(state, [&] {
    uint32_t count = 0;
    ti_get_runtime_capabilities(state.handle(), &count, nullptr);
    levels.resize(count);
    ti_get_runtime_capabilities(state.handle(), &count, levels.data());
    levels.resize(std::min<size_t>(count, levels.size()));
  });
  nb::list list;
  for (const auto& level : levels) list.append(nb::make_tuple(static_cast<uint32_t>(level.capability), level.level));
  return list;
}

nb::list available_archs() {
  std::vector<TiArch> archs;
  {
    const WithoutGil without_gil;
    uint32_t count = 0;
    ti_get_available_archs(&count, nullptr);
    archs.resize(count);
    ti_get_available_archs(&count, archs.data());
    archs.resize(std::min<size_t>(count, archs.size()));
  }
  nb::list list;
  for (const TiArch arch : archs) list.append(static_cast<uint32_t>(arch));
  return list;
}

nb::list devices_of(uint32_t arch) {
  uint32_t count = 0;
  check_ist(Library{}, [&] { return ist_device_count(static_cast<TiArch>(arch), &count); });
  nb::list list;
  for (uint32_t index = 0; index < count; ++index) list.append(dict_of(device_of(static_cast<TiArch>(arch), index)));
  return list;
}

std::shared_ptr<RuntimeState> create(uint32_t arch, uint32_t device) {
  const TiRuntime handle =
      check_handle(Library{}, [&] { return ti_create_runtime(static_cast<TiArch>(arch), device); });
  IstDeviceInfo info{};
  info.size = sizeof info;
  check_ist(Library{}, [&] { return ist_runtime_info(handle, &info); });
  return std::make_shared<RuntimeState>(static_cast<TiArch>(arch), handle, info.is_cpu != 0);
}

bool wait(RuntimeState& state, double timeout_s) {
  state.require_open();
  const int result = wait_for_work(state, timeout_s);
  if (result < 0) throw nb::python_error();
  return result > 0;
}

// Waits until the point fires, between slices looking at signals. As wait_for_work.
int finish_in_slices(RuntimeState& state, const IstSyncPoint& point, double timeout_s) {
  const auto start = Clock::now();
  for (;;) {
    const double spent_s = std::chrono::duration<double>(Clock::now() - start).count();
    const double left_s = timeout_s < 0 ? kSliceSeconds : std::max(0.0, timeout_s - spent_s);
    const auto slice_ns = static_cast<uint64_t>(std::min(left_s, kSliceSeconds) * 1e9);
    TiBool done = TI_FALSE;
    if (!run_ist(state, [&] { return ist_finish_point(state.handle(), &point, slice_ns, &done); })) return -1;
    if (done) return 1;
    if (PyErr_CheckSignals() != 0) return -1;
    if (!state.check_open()) return -1;
    if (timeout_s >= 0 && spent_s >= timeout_s) return 0;
  }
}

}  // namespace

RuntimeState::~RuntimeState() { destroy(); }

void RuntimeState::close() {
  closed_ = true;
  if (holds_ == 0) destroy();
}

void RuntimeState::drop_hold() {
  if (--holds_ == 0 && closed_) destroy();
}

void RuntimeState::destroy() {
  if (forked()) return;
  const TiRuntime handle = handle_.exchange(TI_NULL_HANDLE);
  if (!handle) return;
  const WithoutGil without_gil;
  ti_destroy_runtime(handle);
}

void RuntimeState::require_open() const {
  if (!check_open()) throw nb::python_error();
}

bool RuntimeState::check_open() const {
  if (!closed_ && !forked()) return true;
  set_error(TI_ERROR_INVALID_STATE, closed_ ? kClosed : kForked);
  return false;
}

void RuntimeState::set_call_error() const {
  if (check_open()) set_last_error();
}

int wait_for_work(RuntimeState& state, double timeout_s) {
  IstSyncPoint point{};
  point.rung = IST_RUNG_HOST;
  TiError code;
  {
    const WithoutGil without_gil;
    code = ist_signal_point(state.handle(), &point);
  }
  if (code < TI_ERROR_SUCCESS && code != TI_ERROR_NOT_SUPPORTED) return state.set_call_error(), -1;
  if (code == TI_ERROR_SUCCESS) {
    const int result = finish_in_slices(state, point, timeout_s);
    if (result <= 0) return result;
  }
  // Nothing is left to wait for; but this is where failed assertions of kernels are told.
  return run_void(state, [&] { ti_wait(state.handle()); }) ? 1 : -1;
}

void bind_runtime(nb::module_& module) {
  const nb::object at_fork = nb::getattr(nb::module_::import_("os"), "register_at_fork", nb::none());
  if (!at_fork.is_none()) at_fork(nb::arg("after_in_child") = nb::cpp_function([] { ++RuntimeState::forks_so_far; }));
  nb::class_<RuntimeState>(module, "RuntimeState")
      .def_prop_ro("arch", [](const RuntimeState& state) { return static_cast<uint32_t>(state.arch()); })
      .def_prop_ro("closed", &RuntimeState::closed)
      .def("close", &RuntimeState::close)
      .def("require_open", &RuntimeState::require_open)
      .def("wait", &wait, nb::arg("timeout_s"))
      .def("flush",
           [](RuntimeState& state) {
             state.require_open();
             check_void(state, [&] { ti_flush(state.handle()); });
           })
      .def("counters", &counters_of)
      .def("capabilities", &capabilities_of)
      .def("device",
           [](RuntimeState& state) {
             state.require_open();
             IstDeviceInfo info{};
             info.size = sizeof info;
             check_ist(state, [&] { return ist_runtime_info(state.handle(), &info); });
             return dict_of(info);
           })
      .def("set_option", [](RuntimeState& state, uint32_t option, uint64_t value) {
        state.require_open();
        check_ist(state, [&] { return ist_set_option(state.handle(), static_cast<IstOption>(option), value); });
      });
  module.def("create_runtime", &create, nb::arg("arch"), nb::arg("device"));
  module.def("available_archs", &available_archs);
  module.def("devices", &devices_of, nb::arg("arch"));
  module.def("version", [] { return nb::make_tuple(ist_version(), ti_get_version()); });
}

}  // namespace ist::python
