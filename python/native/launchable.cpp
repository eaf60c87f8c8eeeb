// The two callable types: argument binding as of a Python function, launch, results.
#include "launchable.h"

#include "arguments.h"
#include "values.h"

#include <structmember.h>

#include <chrono>
#include <cstddef>
#include <new>
#include <string>
#include <vector>

namespace ist::python {
namespace {

constexpr uint32_t kFewArguments = 12;

// What a callable knows beside its Python object.
struct Target {
  std::shared_ptr<ModuleState> module;
  // One of the two.
  TiKernel kernel = TI_NULL_HANDLE;
  TiComputeGraph graph = TI_NULL_HANDLE;
  // Copies, because the module may be freed by another thread in the midst of a call. The texts are those of
  // `strings`.
  const char* name = nullptr;
  std::vector<IstArgumentInfo> arguments;
  std::vector<IstArgumentInfo> results;
  uint32_t argument_count = 0;
  uint32_t result_count = 0;
  // Names of the arguments, interned: most look-ups end with comparing pointers. Then the callable's name.
  std::vector<nb::object> strings;
};

struct Launchable {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* dict;
  PyObject* weakrefs;
  Target* target;
};

PyTypeObject* kernel_type = nullptr;
PyTypeObject* graph_type = nullptr;

Target& target_of(PyObject* self) { return *reinterpret_cast<Launchable*>(self)->target; }

// A few of T on the stack, more on the heap; not initialised.
template <class T, size_t kFew>
class Scratch {
 public:
  explicit Scratch(size_t count) : heap_(count > kFew ? new T[count] : nullptr) {}
  T* data() { return heap_ ? heap_.get() : few_; }
  T& operator[](size_t index) { return data()[index]; }

 private:
  std::unique_ptr<T[]> heap_;
  T few_[kFew];
};

// Which parameter has this name; argument_count: none.
uint32_t position_of(const Target& target, PyObject* name) {
  const uint32_t count = target.argument_count;
  for (uint32_t index = 0; index < count; ++index) {
    if (target.strings[index].ptr() == name) return index;
  }
  for (uint32_t index = 0; index < count; ++index) {
    if (PyUnicode_Compare(target.strings[index].ptr(), name) == 0) return index;
  }
  return count;
}

bool unknown_name(const Target& target, PyObject* name) {
  std::string known;
  for (uint32_t index = 0; index < target.argument_count; ++index) {
    known += (index ? ", " : "") + std::string(target.arguments[index].name);
  }
  PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'; its arguments are (%s)", target.name,
               name, known.c_str());
  return false;
}

bool missing(const Target& target, PyObject* const* values) {
  std::string names;
  uint32_t count = 0;
  for (uint32_t index = 0; index < target.argument_count; ++index) {
    if (values[index]) continue;
    names += (count++ ? ", '" : "'") + std::string(target.arguments[index].name) + "'";
  }
  PyErr_Format(PyExc_TypeError, "%s() missing %u required argument%s: %s", target.name, count, count == 1 ? "" : "s",
               names.c_str());
  return false;
}

// Positional and named arguments in the order of the parameters, borrowed.
bool bind(const Target& target, PyObject* const* args, Py_ssize_t positional, PyObject* names, PyObject** values) {
  const uint32_t count = target.argument_count;
  if (positional > static_cast<Py_ssize_t>(count)) {
    PyErr_Format(PyExc_TypeError, "%s() takes %u argument%s but %zd were given", target.name, count,
                 count == 1 ? "" : "s", positional);
    return false;
  }
  for (Py_ssize_t index = 0; index < positional; ++index) values[index] = args[index];
  for (uint32_t index = static_cast<uint32_t>(positional); index < count; ++index) values[index] = nullptr;
  const Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
  for (Py_ssize_t index = 0; index < named; ++index) {
    PyObject* name = PyTuple_GET_ITEM(names, index);
    const uint32_t position = position_of(target, name);
    if (position == count) return unknown_name(target, name);
    if (values[position]) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", target.name, name);
      return false;
    }
    values[position] = args[positional + index];
  }
  return positional + named == static_cast<Py_ssize_t>(count) || missing(target, values);
}

PyObject* results_of(const Target& target, const TiTensor* results) {
  if (target.result_count == 1) return result_from(results[0], target.results[0]);
  PyObject* tuple = PyTuple_New(target.result_count);
  for (uint32_t index = 0; tuple && index < target.result_count; ++index) {
    PyObject* value = result_from(results[index], target.results[index]);
    if (!value) return Py_DECREF(tuple), nullptr;
    PyTuple_SET_ITEM(tuple, index, value);
  }
  return tuple;
}

// The owner of the call that launches: what it uses may have been freed by another thread in its midst.
struct Launch {
  const Target& target;
  PyObject* const* values;

  void set_call_error() const {
    if (!target.module->check_usable()) return;
    for (uint32_t index = 0; index < target.argument_count; ++index) {
      if (!Arguments::check_alive(values[index])) return;
    }
    set_last_error();
  }
};

PyObject* launch_kernel(const Target& target, PyObject* const* values) {
  Arguments arguments(target.module->runtime, target.name);
  Scratch<TiArgument, kFewArguments> args(target.argument_count);
  for (uint32_t index = 0; index < target.argument_count; ++index) {
    if (!arguments.convert(target.arguments[index], values[index], args[index])) return nullptr;
  }
  const Launch launch{target, values};
  const TiRuntime runtime = target.module->runtime->handle();
  if (target.result_count == 0) {
    const bool fine =
        run_void(launch, [&] { ti_launch_kernel(runtime, target.kernel, target.argument_count, args.data()); });
    if (!fine || !arguments.finish()) return nullptr;
    Py_RETURN_NONE;
  }
  Scratch<TiTensor, 4> results(target.result_count);
  uint32_t room = target.result_count;
  const bool fine = run_ist(launch, [&] {
    return ist_call_kernel(runtime, target.kernel, target.argument_count, args.data(), &room, results.data());
  });
  if (!fine || !arguments.finish()) return nullptr;
  return results_of(target, results.data());
}

PyObject* launch_graph(const Target& target, PyObject* const* values) {
  Arguments arguments(target.module->runtime, target.name);
  Scratch<TiNamedArgument, kFewArguments> args(target.argument_count);
  for (uint32_t index = 0; index < target.argument_count; ++index) {
    args[index].name = target.arguments[index].name;
    if (!arguments.convert(target.arguments[index], values[index], args[index].argument)) return nullptr;
  }
  const TiRuntime runtime = target.module->runtime->handle();
  const bool fine = run_void(Launch{target, values}, [&] {
    ti_launch_compute_graph(runtime, target.graph, target.argument_count, args.data());
  });
  if (!fine || !arguments.finish()) return nullptr;
  Py_RETURN_NONE;
}

// No exception of C++ gets into the interpreter's C.
template <class Function>
PyObject* guarded(Function&& call) {
  try {
    return call();
  } catch (nb::python_error& error) {
    error.restore();
    return nullptr;
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* call(PyObject* self, PyObject* const* args, size_t flagged, PyObject* names) {
  const Target& target = target_of(self);
  if (!target.module->check_usable()) return nullptr;
  Scratch<PyObject*, kFewArguments> values(target.argument_count);
  if (!bind(target, args, PyVectorcall_NARGS(flagged), names, values.data())) return nullptr;
  return target.kernel ? launch_kernel(target, values.data()) : launch_graph(target, values.data());
}

PyObject* vectorcall(PyObject* self, PyObject* const* args, size_t flagged, PyObject* names) {
  return guarded([&] { return call(self, args, flagged, names); });
}

PyObject* time_launches(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  const Target& target = target_of(self);
  if (!target.module->check_usable()) return nullptr;
  if (count != static_cast<Py_ssize_t>(target.argument_count) + 1 || !target.kernel) {
    PyErr_SetString(PyExc_TypeError, "_time_launches(count, *args) is for kernels and takes all their arguments");
    return nullptr;
  }
  const long launches = PyLong_AsLong(args[0]);
  if (launches < 0) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "_time_launches() takes no negative count");
    return nullptr;
  }
  Arguments arguments(target.module->runtime, target.name);
  std::vector<TiArgument> converted(target.argument_count);
  for (uint32_t index = 0; index < target.argument_count; ++index) {
    if (!arguments.convert(target.arguments[index], args[index + 1], converted[index])) return nullptr;
  }
  const TiRuntime runtime = target.module->runtime->handle();
  const auto start = std::chrono::steady_clock::now();
  const bool fine = run_void(Launch{target, args + 1}, [&] {
    for (long launch = 0; launch < launches; ++launch) {
      ti_launch_kernel(runtime, target.kernel, target.argument_count, converted.data());
    }
  });
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  return fine && arguments.finish() ? PyFloat_FromDouble(spent.count()) : nullptr;
}

// _time_launches(count, *args): seconds that `count` launches take in C alone, for the bench.
PyObject* guarded_time_launches(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&] { return time_launches(self, args, count); });
}

template <class Function>
PyObject* from_info(PyObject* self, Function&& read) {
  return guarded([&] {
    const Target& target = target_of(self);
    const ModuleHold hold(target.module);
    return PyLong_FromUnsignedLongLong(read(kernel_info(hold, target.kernel)));
  });
}

PyObject* get_launches(PyObject* self, void*) {
  return from_info(self, [](const IstKernelInfo& info) { return info.launches; });
}

PyObject* get_gpu_ns_last(PyObject* self, void*) {
  return from_info(self, [](const IstKernelInfo& info) { return info.gpu_ns_last; });
}

PyObject* get_gpu_ns_total(PyObject* self, void*) {
  return from_info(self, [](const IstKernelInfo& info) { return info.gpu_ns_total; });
}

PyObject* repr(PyObject* self) {
  PyObject* text = PyDict_GetItemString(reinterpret_cast<Launchable*>(self)->dict, "_text");
  return PyUnicode_FromFormat("<%s %S>", Py_TYPE(self)->tp_name, text ? text : Py_None);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(reinterpret_cast<Launchable*>(self)->dict);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(reinterpret_cast<Launchable*>(self)->dict);
  return 0;
}

void dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  auto* object = reinterpret_cast<Launchable*>(self);
  if (object->weakrefs) PyObject_ClearWeakRefs(self);
  clear(self);
  delete object->target;
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

constexpr const char* kKernelDoc =
    "A kernel of a module: call it with its arguments, by name or position.\n\n"
    "Arrays may be isthmus.Array (no copy) or numpy.ndarray of the same dtype (copied to the device, and what the\n"
    "kernel writes copied back, which waits). Textures are isthmus.Image or (image, sampler). Scalars are Python or\n"
    "NumPy numbers that the type holds; vectors and matrices are sequences or rows.\n\n"
    "A launch returns at once and takes effect in the order of the calls; kernels that return values, and calls with\n"
    "NumPy arrays that the kernel writes, wait. On the CPU (\"x64\", \"arm64\") the kernel runs inside the call, and\n"
    "Ctrl-C is looked at when it has ended. Any thread may call; the GIL is released meanwhile.\n\n"
    "Raises TypeError, ValueError or OverflowError for arguments that do not fit, isthmus.Error when the library\n"
    "refuses the launch; nothing has been launched then.";

constexpr const char* kGraphDoc =
    "A compute graph of a module: call it with its arguments, by name or position in the order of its signature.\n\n"
    "Launches all its kernels in order. Rules for arguments, threads and errors are those of isthmus.Kernel.";

PyMemberDef members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(Launchable, vectorcall), READONLY, nullptr},
                         {"__dictoffset__", T_PYSSIZET, offsetof(Launchable, dict), READONLY, nullptr},
                         {"__weaklistoffset__", T_PYSSIZET, offsetof(Launchable, weakrefs), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

PyMethodDef methods[] = {
    {"_time_launches", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(guarded_time_launches)),
     METH_FASTCALL, "Seconds that `count` launches take in C alone."},
    {nullptr, nullptr, 0, nullptr}};

PyGetSetDef kernel_properties[] = {
    {"launches", get_launches, nullptr, "Launches since the module was loaded, those by graphs included.", nullptr},
    {"gpu_ns_last", get_gpu_ns_last, nullptr,
     "Nanoseconds of the last launch on the device; 0 unless the runtime measures (Runtime.kernel_timing).", nullptr},
    {"gpu_ns_total", get_gpu_ns_total, nullptr, "Nanoseconds of all launches on the device.", nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyGetSetDef graph_properties[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
                                  {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyTypeObject* make_type(nb::module_& module, const char* name, const char* attribute, const char* doc,
                        PyGetSetDef* properties) {
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                         {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(clear)},
                         {Py_tp_repr, reinterpret_cast<void*>(repr)},
                         {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                         {Py_tp_members, members},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, properties},
                         {Py_tp_doc, const_cast<char*>(doc)},
                         {0, nullptr}};
  PyType_Spec spec{name, sizeof(Launchable), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
                   slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (!type) throw nb::python_error();
  reinterpret_cast<PyTypeObject*>(type)->tp_new = nullptr;  // made by modules only
  module.attr(attribute) = nb::handle(type);
  return reinterpret_cast<PyTypeObject*>(type);
}

const char* keep(Target& target, const char* text) {
  PyObject* string = PyUnicode_InternFromString(text);
  if (!string) throw nb::python_error();
  target.strings.push_back(nb::steal(string));
  return PyUnicode_AsUTF8(string);
}

nb::object make(PyTypeObject* type, std::unique_ptr<Target> target) {
  target->argument_count = static_cast<uint32_t>(target->arguments.size());
  target->result_count = static_cast<uint32_t>(target->results.size());
  for (IstArgumentInfo& info : target->arguments) info.name = keep(*target, info.name);
  target->name = keep(*target, target->name);
  auto* object = PyObject_GC_New(Launchable, type);
  if (!object) throw nb::python_error();
  object->vectorcall = vectorcall;
  object->weakrefs = nullptr;
  object->dict = PyDict_New();
  object->target = target.release();
  PyObject_GC_Track(reinterpret_cast<PyObject*>(object));
  return nb::steal(reinterpret_cast<PyObject*>(object));
}

}  // namespace

IstKernelInfo kernel_info(const ModuleHold& module, TiKernel kernel) {
  IstKernelInfo info{};
  info.size = sizeof info;
  check_ist(module, [&] { return ist_kernel_info(kernel, &info); });
  return info;
}

IstGraphInfo graph_info(const ModuleHold& module, TiComputeGraph graph) {
  IstGraphInfo info{};
  info.size = sizeof info;
  check_ist(module, [&] { return ist_graph_info(graph, &info); });
  return info;
}

nb::object make_kernel(const ModuleHold& module, TiKernel kernel) {
  const IstKernelInfo info = kernel_info(module, kernel);
  auto target = std::make_unique<Target>();
  target->module = module.state();
  target->kernel = kernel;
  target->name = info.name;
  target->arguments.assign(info.arguments, info.arguments + info.argument_count);
  target->results.assign(info.results, info.results + info.result_count);
  return make(kernel_type, std::move(target));
}

nb::object make_graph(const ModuleHold& module, TiComputeGraph graph) {
  const IstGraphInfo info = graph_info(module, graph);
  auto target = std::make_unique<Target>();
  target->module = module.state();
  target->graph = graph;
  target->name = info.name;
  target->arguments.assign(info.arguments, info.arguments + info.argument_count);
  return make(graph_type, std::move(target));
}

void bind_launchable(nb::module_& module) {
  kernel_type = make_type(module, "isthmus.Kernel", "Kernel", kKernelDoc, kernel_properties);
  graph_type = make_type(module, "isthmus.Graph", "Graph", kGraphDoc, graph_properties);
}

}  // namespace ist::python
