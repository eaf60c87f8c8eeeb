// What a contestant can do: one runtime, driven through the C ABI of a library or in raw Vulkan, OpenGL or C++.
// Every call fails the process when it cannot do its work; none is safe to call from two threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ist::bench {

using MemoryId = uint32_t;
using ModuleId = uint32_t;
using LaunchId = uint32_t;

enum class Element : uint32_t { f32 = 1, i32 = 5 };  // values of TiDataType

struct Array {
  MemoryId memory = 0;
  Element element = Element::f32;
  std::vector<uint32_t> shape;
  std::vector<uint32_t> element_shape;

  uint64_t count() const;       // elements, whatever the shape of each
  uint64_t size_bytes() const;  // tightly packed, as every ndarray is
};

struct Argument {
  std::string name;
  std::variant<int32_t, Array> value;
};

class Subject {
 public:
  virtual ~Subject() = default;

  virtual void create_runtime() = 0;
  virtual void destroy_runtime() = 0;
  // "unknown" when the library offers no way to ask.
  virtual std::string device_name() = 0;
  virtual std::string driver_name() = 0;

  // Folder or archive of an AOT module.
  virtual ModuleId load_module(const std::string& path) = 0;
  virtual void destroy_module(ModuleId module) = 0;

  virtual MemoryId allocate(uint64_t size_bytes, bool host_access) = 0;
  virtual void* map(MemoryId memory) = 0;
  virtual void unmap(MemoryId memory) = 0;

  // Everything that a program does once per (kernel, arguments); arguments come in signature order
  // for kernels and in any order for graphs. Dies with the module.
  virtual LaunchId prepare_kernel(ModuleId module, const std::string& name, std::vector<Argument> arguments) = 0;
  virtual LaunchId prepare_graph(ModuleId module, const std::string& name, std::vector<Argument> arguments) = 0;
  // Changes an integer argument of a prepared kernel for the launches to come.
  virtual void set_i32(LaunchId launch, uint32_t index, int32_t value) = 0;

  // Records one launch and hands its arguments over; when work is submitted is the subject's choice.
  virtual void launch(LaunchId launch) = 0;
  // Submits what is pending and returns when all of it is done and visible to the host.
  virtual void wait() = 0;
};

enum class Api { vulkan, opengl, cpu };

struct SubjectSpec {
  std::string library;  // empty: raw Vulkan, OpenGL or C++
  uint32_t device_index = 0;
  Api api = Api::vulkan;
};

// Opens the library (for raw work nothing yet), creates no runtime.
std::unique_ptr<Subject> make_subject(const SubjectSpec& spec);
std::unique_ptr<Subject> make_capi_subject(const SubjectSpec& spec);
std::unique_ptr<Subject> make_raw_vulkan_subject(const SubjectSpec& spec);
std::unique_ptr<Subject> make_raw_gl_subject(const SubjectSpec& spec);
std::unique_ptr<Subject> make_raw_cpu_subject();

}  // namespace ist::bench
