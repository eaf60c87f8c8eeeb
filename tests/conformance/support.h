// What every conformance test stands on: one runtime per arch and process, owners of arrays, images and
// modules, arguments made from plain C++ values, and expectations on the last error. Knows only the public
// C headers; whatever a test expects it computes itself.
#pragma once

#include <gtest/gtest.h>
#include <taichi/taichi_core.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace conformance {

// The bits of an IEEE half. Conversions round to nearest even and are exact for what tests use.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
  bool operator==(const Half&) const = default;
};
std::ostream& operator<<(std::ostream& out, Half half);

template <class T>
constexpr TiDataType kDataType = TI_DATA_TYPE_UNKNOWN;
template <>
inline constexpr TiDataType kDataType<Half> = TI_DATA_TYPE_F16;
template <>
inline constexpr TiDataType kDataType<float> = TI_DATA_TYPE_F32;
template <>
inline constexpr TiDataType kDataType<double> = TI_DATA_TYPE_F64;
template <>
inline constexpr TiDataType kDataType<int8_t> = TI_DATA_TYPE_I8;
template <>
inline constexpr TiDataType kDataType<int16_t> = TI_DATA_TYPE_I16;
template <>
inline constexpr TiDataType kDataType<int32_t> = TI_DATA_TYPE_I32;
template <>
inline constexpr TiDataType kDataType<int64_t> = TI_DATA_TYPE_I64;
template <>
inline constexpr TiDataType kDataType<uint8_t> = TI_DATA_TYPE_U8;
template <>
inline constexpr TiDataType kDataType<uint16_t> = TI_DATA_TYPE_U16;
template <>
inline constexpr TiDataType kDataType<uint32_t> = TI_DATA_TYPE_U32;
template <>
inline constexpr TiDataType kDataType<uint64_t> = TI_DATA_TYPE_U64;

// The arch that this process runs every test on: Vulkan unless test_arch() has chosen another by its name, before
// GoogleTest is initialised. One without a device is a failure.
std::vector<TiArch> tested_archs();
bool test_arch(const std::string& name);
std::string arch_name(const testing::TestParamInfo<TiArch>& info);
// Whether the modules of the arch are LLVM IR, which knows neither the names of a kernel's parameters ("arg_0") nor
// which arrays it reads or writes.
bool is_llvm(TiArch arch);

// Full path of a module: the folder, or the .tcm when there is no such folder. In assets/modules, unless another folder
// has been chosen.
std::string module_path(const std::string& name);
void use_modules(const std::string& folder);
std::vector<uint8_t> read_file(const std::string& path);

struct LastError {
  TiError code = TI_ERROR_SUCCESS;
  std::string message;
};
// Reads this thread's last error and clears it.
LastError take_error();
void expect_no_error(const char* when);
// One of `codes` must be set and its message must hold all `words`; clears it.
void expect_error(std::initializer_list<TiError> codes, std::initializer_list<const char*> words = {});

// Gives the log to the listener that turns validation messages into failures: at the start, and after a test that
// has taken the log for itself.
void listen_to_validation();

TiArgument i32(int32_t value);
TiArgument f32(float value);

// A SCALAR argument. F16 travels as a float in x32, as the ABI has it.
template <class T>
TiArgument scalar(T value) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_SCALAR;
  argument.value.scalar.type = kDataType<T>;
  if constexpr (std::is_same_v<T, Half>) {
    const float wide = static_cast<float>(value);
    std::memcpy(&argument.value.scalar.value, &wide, sizeof(wide));
  } else {
    std::memcpy(&argument.value.scalar.value, &value, sizeof(value));
  }
  return argument;
}
TiArgument boolean(bool value);

// A TENSOR argument; matrices row-major.
template <class T>
TiArgument tensor(const std::vector<T>& values) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TENSOR;
  argument.value.tensor.type = kDataType<T>;
  argument.value.tensor.contents.length = static_cast<uint32_t>(values.size());
  std::memcpy(&argument.value.tensor.contents.data, values.data(), values.size() * sizeof(T));
  return argument;
}

TiNamedArgument named(const char* name, const TiArgument& argument);

// Owns device memory that the host can map.
class Memory {
 public:
  Memory(TiRuntime runtime, uint64_t size_bytes, TiMemoryUsageFlags usage = TI_MEMORY_USAGE_STORAGE_BIT,
         bool host_access = true);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  TiMemory handle() const { return handle_; }
  uint64_t size_bytes() const { return size_bytes_; }
  TiMemorySlice slice(uint64_t offset_bytes, uint64_t size_bytes) const;
  void free_now();
  // Both map, copy and unmap; neither submits nor waits.
  void store(const void* bytes, uint64_t size_bytes);
  void load(void* bytes, uint64_t size_bytes) const;

 private:
  TiRuntime runtime_;
  TiMemory handle_;
  uint64_t size_bytes_;
};

// An ndarray of T with its memory. `elements` is empty for scalars, {n} for vectors, {r, c} for matrices.
template <class T>
class Array {
 public:
  Array(TiRuntime runtime, std::vector<uint32_t> shape, std::vector<uint32_t> elements = {})
      : runtime_(runtime),
        shape_(std::move(shape)),
        elements_(std::move(elements)),
        memory_(runtime, count() * sizeof(T)) {
    write(std::vector<T>(count()));
  }

  size_t count() const {
    size_t n = 1;
    for (uint32_t dim : shape_) n *= dim;
    for (uint32_t dim : elements_) n *= dim;
    return n;
  }
  void write(const std::vector<T>& values) {
    ASSERT_EQ(values.size(), count());
    memory_.store(values.data(), values.size() * sizeof(T));
  }
  void fill(T value) { write(std::vector<T>(count(), value)); }
  // Waits for all work of the runtime first.
  std::vector<T> read() const {
    ti_wait(runtime_);
    return read_now();
  }
  std::vector<T> read_now() const {
    std::vector<T> values(count());
    memory_.load(values.data(), values.size() * sizeof(T));
    return values;
  }
  TiArgument arg() const {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_NDARRAY;
    TiNdArray& array = argument.value.ndarray;
    array.memory = memory_.handle();
    array.elem_type = kDataType<T>;
    array.shape.dim_count = static_cast<uint32_t>(shape_.size());
    for (size_t d = 0; d < shape_.size(); ++d) array.shape.dims[d] = shape_[d];
    array.elem_shape.dim_count = static_cast<uint32_t>(elements_.size());
    for (size_t d = 0; d < elements_.size(); ++d) array.elem_shape.dims[d] = elements_[d];
    return argument;
  }
  Memory& memory() { return memory_; }

 private:
  TiRuntime runtime_;
  std::vector<uint32_t> shape_, elements_;
  Memory memory_;
};

// Owns an image of one mip and one layer.
class Image {
 public:
  struct Size {
    uint32_t width = 1, height = 1, depth = 1;
    size_t texels() const { return size_t{width} * height * depth; }
  };
  static constexpr TiImageUsageFlags kUsage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;

  Image(TiRuntime runtime, TiImageDimension dimension, Size size, TiFormat format, TiImageUsageFlags usage = kUsage);
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  TiImage handle() const { return handle_; }
  Size size() const { return size_; }
  TiImageSlice whole() const;
  TiImageSlice region(TiImageOffset offset, Size size) const;
  TiArgument arg() const;
  void free_now();

 private:
  TiRuntime runtime_;
  TiImageDimension dimension_;
  Size size_;
  TiFormat format_;
  TiImage handle_;
};

// Owns a loaded module. Names that are missing fail the test and give null.
class Module {
 public:
  Module(TiRuntime runtime, const std::string& name);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  TiAotModule handle() const { return handle_; }
  TiKernel kernel(const std::string& name) const;
  TiComputeGraph graph(const std::string& name) const;
  // Launches and expects no error; does not wait.
  void launch(const std::string& kernel_name, const std::vector<TiArgument>& args) const;
  void run_graph(const std::string& graph_name, const std::vector<TiNamedArgument>& args) const;

 private:
  TiRuntime runtime_;
  TiAotModule handle_;
};

// A runtime of its own, for tests that need a second or a fresh one.
class OwnRuntime {
 public:
  explicit OwnRuntime(TiArch arch);
  ~OwnRuntime();
  OwnRuntime(const OwnRuntime&) = delete;
  OwnRuntime& operator=(const OwnRuntime&) = delete;
  TiRuntime handle() const { return handle_; }

 private:
  TiRuntime handle_;
};

// Base of all suites: runtime() is shared by the tests of one suite and arch. A test must leave no last
// error behind that it did not expect.
class ArchTest : public testing::TestWithParam<TiArch> {
 public:
  static void TearDownTestSuite();

 protected:
  void SetUp() override;
  void TearDown() override;
  TiRuntime runtime() const { return runtime_; }
  TiArch arch() const { return GetParam(); }

 private:
  TiRuntime runtime_ = nullptr;
};

}  // namespace conformance

#define IST_CONFORMANCE_SUITE(suite) \
  INSTANTIATE_TEST_SUITE_P(on, suite, testing::ValuesIn(::conformance::tested_archs()), ::conformance::arch_name)
