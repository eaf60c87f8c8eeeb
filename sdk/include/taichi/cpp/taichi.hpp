// C++ owners over the C API: header-only, C++14 and up, adds no state of its own to the library.
// Owners free what they own when destroyed, move but do not copy; borrow() gives a second name for
// the same object that frees nothing and must not outlive the owner. A moved-from or failed owner
// is not valid (is_valid). No function here throws but check_last_error under TI_WITH_EXCEPTIONS:
// as with the C API, look at get_last_error. One C++ object is for one thread at a time; the
// objects of one runtime may be used from several threads.
#ifndef TAICHI_HPP
#define TAICHI_HPP

#include <taichi/taichi.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace ti {

// A version as TI_C_API_VERSION encodes it.
struct Version {
  uint32_t version;

  Version(uint32_t version) : version(version) {}
  Version(uint32_t major, uint32_t minor, uint32_t patch) : version(major * 1000000 + minor * 1000 + patch) {}
  Version(const Version&) = default;
  Version(Version&&) = default;
  Version& operator=(const Version&) = default;
  Version& operator=(Version&&) = default;

  uint32_t major() const { return version / 1000000; }
  uint32_t minor() const { return version / 1000 % 1000; }
  uint32_t patch() const { return version % 1000; }
};

// The library's version; compare with TI_C_API_VERSION of the headers.
inline Version get_version() { return Version(ti_get_version()); }

// All archs that a Runtime can be made for here.
inline std::vector<TiArch> get_available_archs() {
  uint32_t count = 0;
  ti_get_available_archs(&count, nullptr);
  std::vector<TiArch> archs(count);
  ti_get_available_archs(&count, archs.data());
  archs.resize(std::min<size_t>(count, archs.size()));
  return archs;
}

// Those of expect_archs that are available, in the order of expect_archs.
inline std::vector<TiArch> get_available_archs(const std::vector<TiArch>& expect_archs) {
  const std::vector<TiArch> available = get_available_archs();
  std::vector<TiArch> archs;
  for (TiArch arch : expect_archs) {
    if (std::find(available.begin(), available.end(), arch) != available.end()) {
      archs.push_back(arch);
    }
  }
  return archs;
}

inline bool is_arch_available(TiArch arch) { return !get_available_archs(std::vector<TiArch>{arch}).empty(); }

// An error code and its text.
struct Error {
  TiError error;
  std::string message;

  operator TiError() const { return error; }
};

// The calling thread's last error; reading does not clear it.
inline Error get_last_error() {
  uint64_t size = 0;
  ti_get_last_error(&size, nullptr);
  std::vector<char> text(static_cast<size_t>(size) + 1, '\0');
  const TiError error = ti_get_last_error(&size, text.data());
  return Error{error, std::string(text.data())};
}

namespace detail {

// Puts value into storage and returns what was there.
template <typename T, typename U = T>
inline T exchange(T& storage, U&& value) {
  T old = std::move(storage);
  storage = std::forward<U>(value);
  return old;
}

// Takes a handle away, leaving the null handle.
template <typename THandle>
inline THandle move_handle(THandle& handle) {
  return exchange<THandle>(handle, static_cast<THandle>(TI_NULL_HANDLE));
}

// What check_last_error throws: caught as ti::Error or as std::exception, as the program likes.
struct LastErrorException : public std::runtime_error, public Error {
  explicit LastErrorException(const Error& error) : std::runtime_error(error.message), Error(error) {}
};

// The TiDataType of a C++ number. Other types can only be used where a TiDataType is given.
template <typename T>
struct DataTypeOf {
  static_assert(std::is_arithmetic<T>::value && !std::is_same<T, bool>::value && sizeof(T) <= 8,
                "No TiDataType corresponds to this type; give one.");
  static constexpr int kLog2Size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  static constexpr TiDataType value =
      static_cast<TiDataType>(std::is_floating_point<T>::value ? TI_DATA_TYPE_F16 + kLog2Size - 1
                              : std::is_signed<T>::value       ? TI_DATA_TYPE_I8 + kLog2Size
                                                               : TI_DATA_TYPE_U8 + kLog2Size);
};

// Bytes of one component; 0 for what is no type of data.
inline size_t size_of(TiDataType type) {
  switch (type) {
    case TI_DATA_TYPE_I8:
    case TI_DATA_TYPE_U8:
    case TI_DATA_TYPE_U1:
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

inline size_t product(const TiNdShape& shape) {
  size_t count = 1;
  for (uint32_t i = 0; i < shape.dim_count && i < 16; ++i) {
    count *= shape.dims[i];
  }
  return count;
}

// Sets ARGUMENT_OUT_OF_RANGE and returns false for more than the 16 dimensions a TiNdShape holds.
inline bool set_shape(TiNdShape& out, const std::vector<uint32_t>& dims) {
  const size_t max_dim_count = sizeof(out.dims) / sizeof(out.dims[0]);
  if (dims.size() > max_dim_count) {
    ti_set_last_error(TI_ERROR_ARGUMENT_OUT_OF_RANGE, "An ndarray has at most 16 dimensions.");
    return false;
  }
  out.dim_count = static_cast<uint32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), out.dims);
  return true;
}

}  // namespace detail

// Throws the last error (a ti::Error that is also a std::runtime_error) under TI_WITH_EXCEPTIONS,
// else asserts that there is none.
inline void check_last_error() {
#ifdef TI_WITH_EXCEPTIONS
  const Error error = get_last_error();
  if (error.error != TI_ERROR_SUCCESS) {
    throw detail::LastErrorException(error);
  }
#else
  assert(ti_get_last_error(nullptr, nullptr) == TI_ERROR_SUCCESS);
#endif
}

// Replace the calling thread's last error.
inline void set_last_error(TiError error) { ti_set_last_error(error, ""); }
inline void set_last_error(TiError error, const std::string& message) { ti_set_last_error(error, message.c_str()); }
inline void set_last_error(const Error& error) { set_last_error(error.error, error.message); }

// Part of a piece of memory; owns nothing.
class MemorySlice {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiMemorySlice slice_ = {};

 public:
  MemorySlice() = default;
  MemorySlice(TiRuntime runtime, const TiMemorySlice& slice) : runtime_(runtime), slice_(slice) {}
  MemorySlice(const MemorySlice&) = default;
  MemorySlice(MemorySlice&&) = default;
  MemorySlice& operator=(const MemorySlice&) = default;
  MemorySlice& operator=(MemorySlice&&) = default;

  // Records a copy into dst, which has the same size.
  void copy_to(const MemorySlice& dst) const { ti_copy_memory_device_to_device(runtime_, &dst.slice_, &slice_); }

  TiMemory memory() const { return slice_.memory; }
  uint64_t offset() const { return slice_.offset; }
  uint64_t size() const { return slice_.size; }
  const TiMemorySlice& slice() const { return slice_; }
  operator const TiMemorySlice&() const { return slice_; }
};

// A piece of device memory.
class Memory {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiMemory memory_ = TI_NULL_HANDLE;
  size_t size_ = 0;
  bool should_destroy_ = false;

  // False, with the error set, when a host copy of size bytes does not fit.
  bool fits(size_t size) const {
    if (size > size_) {
      ti_set_last_error(TI_ERROR_ARGUMENT_OUT_OF_RANGE, "A host copy is larger than the memory it reads or writes.");
      return false;
    }
    return true;
  }

 public:
  bool is_valid() const { return memory_ != TI_NULL_HANDLE; }
  // Frees now what the destructor would free.
  void destroy() {
    if (should_destroy_ && memory_ != TI_NULL_HANDLE) {
      ti_free_memory(runtime_, memory_);
    }
    runtime_ = TI_NULL_HANDLE;
    memory_ = TI_NULL_HANDLE;
    size_ = 0;
    should_destroy_ = false;
  }

  Memory() = default;
  Memory(const Memory&) = delete;
  Memory(Memory&& b)
      : runtime_(detail::move_handle(b.runtime_)),
        memory_(detail::move_handle(b.memory_)),
        size_(detail::exchange<size_t>(b.size_, 0)),
        should_destroy_(detail::exchange(b.should_destroy_, false)) {}
  Memory(TiRuntime runtime, TiMemory memory, size_t size, bool should_destroy)
      : runtime_(runtime), memory_(memory), size_(size), should_destroy_(should_destroy) {}
  ~Memory() { destroy(); }

  Memory& operator=(const Memory&) = delete;
  Memory& operator=(Memory&& b) {
    if (this != &b) {
      destroy();
      runtime_ = detail::move_handle(b.runtime_);
      memory_ = detail::move_handle(b.memory_);
      size_ = detail::exchange<size_t>(b.size_, 0);
      should_destroy_ = detail::exchange(b.should_destroy_, false);
    }
    return *this;
  }

  Memory borrow() const { return Memory(runtime_, memory_, size_, false); }

  // As ti_map_memory: neither submits nor waits.
  void* map() const { return ti_map_memory(runtime_, memory_); }
  void unmap() const { ti_unmap_memory(runtime_, memory_); }

  // Maps, copies the first size bytes, unmaps. Does not wait for recorded work.
  void read(void* dst, size_t size) const {
    if (!fits(size)) {
      return;
    }
    if (const void* src = map()) {
      if (size != 0) {
        std::memcpy(dst, src, size);
      }
      unmap();
    }
  }
  void write(const void* src, size_t size) const {
    if (!fits(size)) {
      return;
    }
    if (void* dst = map()) {
      if (size != 0) {
        std::memcpy(dst, src, size);
      }
      unmap();
    }
  }

  // Records a copy of all bytes.
  void copy_to(const ti::Memory& dst) const { slice().copy_to(dst.slice()); }

  MemorySlice slice(size_t offset, size_t size) const {
    TiMemorySlice slice = {};
    slice.memory = memory_;
    slice.offset = offset;
    slice.size = size;
    return MemorySlice(runtime_, slice);
  }
  MemorySlice slice() const { return slice(0, size_); }

  size_t size() const { return size_; }
  TiMemory memory() const { return memory_; }
  operator TiMemory_t*() const { return memory_; }
};

// An array in device memory. T is a scalar or what one element is to the host.
template <typename T>
class NdArray {
  Memory memory_;
  TiNdArray ndarray_ = {};

 public:
  bool is_valid() const { return memory_.is_valid(); }
  void destroy() {
    memory_.destroy();
    ndarray_ = TiNdArray();
  }

  NdArray() = default;
  NdArray(const NdArray<T>&) = delete;
  NdArray(NdArray<T>&& b) : memory_(std::move(b.memory_)), ndarray_(detail::exchange(b.ndarray_, TiNdArray())) {}
  // Takes over memory, which ndarray describes.
  NdArray(Memory&& memory, const TiNdArray& ndarray) : memory_(std::move(memory)), ndarray_(ndarray) {}

  NdArray<T>& operator=(const NdArray<T>&) = delete;
  NdArray<T>& operator=(NdArray<T>&& b) {
    if (this != &b) {
      memory_ = std::move(b.memory_);
      ndarray_ = detail::exchange(b.ndarray_, TiNdArray());
    }
    return *this;
  }

  NdArray<T> borrow() const { return NdArray<T>(memory_.borrow(), ndarray_); }

  void* map() const { return memory_.map(); }
  void unmap() const { memory_.unmap(); }

  // Components of all elements, and elements.
  size_t scalar_count() const { return elem_count() * detail::product(ndarray_.elem_shape); }
  size_t elem_count() const { return detail::product(ndarray_.shape); }

  // Copy from and to the host, from the first byte on: count values of T, or as many as the vector
  // holds (it is not resized).
  void read(T* dst, size_t count) const { memory_.read(dst, count * sizeof(T)); }
  void read(std::vector<T>& dst) const { read(dst.data(), dst.size()); }
  template <typename U>
  void read(std::vector<U>& dst) const {
    memory_.read(dst.data(), dst.size() * sizeof(U));
  }
  void write(const T* src, size_t count) const { memory_.write(src, count * sizeof(T)); }
  void write(const std::vector<T>& src) const { write(src.data(), src.size()); }
  template <typename U>
  void write(const std::vector<U>& src) const {
    memory_.write(src.data(), src.size() * sizeof(U));
  }

  // Records a copy of all bytes.
  template <typename U>
  void copy_to(const ti::NdArray<U>& dst) const {
    slice().copy_to(dst.slice());
  }

  MemorySlice slice() const { return memory_.slice(); }

  TiDataType elem_type() const { return ndarray_.elem_type; }
  const TiNdShape& shape() const { return ndarray_.shape; }
  const TiNdShape& elem_shape() const { return ndarray_.elem_shape; }
  const Memory& memory() const { return memory_; }
  const TiNdArray& ndarray() const { return ndarray_; }
  operator TiNdArray() const { return ndarray_; }
};

// A region of one mip level; owns nothing.
class ImageSlice {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiImageSlice slice_ = {};

 public:
  ImageSlice() = default;
  ImageSlice(TiRuntime runtime, const TiImageSlice& slice) : runtime_(runtime), slice_(slice) {}
  ImageSlice(const ImageSlice&) = default;
  ImageSlice(ImageSlice&&) = default;
  ImageSlice& operator=(const ImageSlice&) = default;
  ImageSlice& operator=(ImageSlice&&) = default;

  // Records a copy into dst, which has the same extent.
  void copy_to(const ImageSlice& dst) const { ti_copy_image_device_to_device(runtime_, &dst.slice_, &slice_); }

  TiImage image() const { return slice_.image; }
  const TiImageOffset& offset() const { return slice_.offset; }
  const TiImageExtent& extent() const { return slice_.extent; }
  const uint32_t& mip_level() const { return slice_.mip_level; }
  const TiImageSlice& slice() const { return slice_; }
  operator TiImageSlice() const { return slice_; }
};

// A device image.
class Image {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiImage image_ = TI_NULL_HANDLE;
  TiImageDimension dimension_ = TI_IMAGE_DIMENSION_MAX_ENUM;
  TiImageExtent extent_ = {};
  uint32_t mip_level_count_ = 0;
  TiFormat format_ = TI_FORMAT_UNKNOWN;
  bool should_destroy_ = false;

  void take(Image& b) {
    runtime_ = detail::move_handle(b.runtime_);
    image_ = detail::move_handle(b.image_);
    dimension_ = detail::exchange(b.dimension_, TI_IMAGE_DIMENSION_MAX_ENUM);
    extent_ = detail::exchange(b.extent_, TiImageExtent());
    mip_level_count_ = detail::exchange<uint32_t>(b.mip_level_count_, 0);
    format_ = detail::exchange(b.format_, TI_FORMAT_UNKNOWN);
    should_destroy_ = detail::exchange(b.should_destroy_, false);
  }

 public:
  bool is_valid() const { return image_ != TI_NULL_HANDLE; }
  void destroy() {
    if (should_destroy_ && image_ != TI_NULL_HANDLE) {
      ti_free_image(runtime_, image_);
    }
    Image empty;
    take(empty);
  }

  Image() = default;
  Image(const Image& b) = delete;
  Image(Image&& b) { take(b); }
  Image(TiRuntime runtime, TiImage image, TiImageDimension dimension, const TiImageExtent& extent,
        uint32_t mip_level_count, TiFormat format, bool should_destroy)
      : runtime_(runtime),
        image_(image),
        dimension_(dimension),
        extent_(extent),
        mip_level_count_(mip_level_count),
        format_(format),
        should_destroy_(should_destroy) {}
  ~Image() {
    if (should_destroy_ && image_ != TI_NULL_HANDLE) {
      ti_free_image(runtime_, image_);
    }
  }

  Image& operator=(const Image&) = delete;
  Image& operator=(Image&& b) {
    if (this != &b) {
      destroy();
      take(b);
    }
    return *this;
  }

  Image borrow() const { return Image(runtime_, image_, dimension_, extent_, mip_level_count_, format_, false); }

  // Records a copy of mip level 0.
  void copy_to(const Image& dst) const { slice().copy_to(dst.slice()); }
  // As ti_transition_image.
  void transition_to(TiImageLayout layout) const { ti_transition_image(runtime_, image_, layout); }

  ImageSlice slice(const TiImageOffset& offset, const TiImageExtent& extent, uint32_t mip_level) const {
    TiImageSlice slice = {};
    slice.image = image_;
    slice.offset = offset;
    slice.extent = extent;
    slice.mip_level = mip_level;
    return ImageSlice(runtime_, slice);
  }
  // All of mip level 0.
  ImageSlice slice() const { return slice(TiImageOffset(), extent_, 0); }

  TiImageDimension dimension() const { return dimension_; }
  const TiImageExtent& extent() const { return extent_; }
  uint32_t mip_level_count() const { return mip_level_count_; }
  TiFormat format() const { return format_; }
  TiImage image() const { return image_; }
  operator TiImage_t*() const { return image_; }
};

// An image with the sampler it is read by. Owns the image, not the sampler.
class Texture {
  Image image_;
  TiTexture texture_ = {};

 public:
  bool is_valid() const { return image_.is_valid(); }
  void destroy() {
    image_.destroy();
    texture_ = TiTexture();
  }

  Texture() = default;
  Texture(const Texture& b) = delete;
  Texture(Texture&& b) : image_(std::move(b.image_)), texture_(detail::exchange(b.texture_, TiTexture())) {}
  // Takes over image, which texture describes.
  Texture(Image&& image, const TiTexture& texture) : image_(std::move(image)), texture_(texture) {}

  Texture& operator=(const Texture&) = delete;
  Texture& operator=(Texture&& b) {
    if (this != &b) {
      image_ = std::move(b.image_);
      texture_ = detail::exchange(b.texture_, TiTexture());
    }
    return *this;
  }

  Texture borrow() const { return Texture(image_.borrow(), texture_); }

  // Records a copy of mip level 0.
  void copy_to(const Texture& dst) const { slice().copy_to(dst.slice()); }
  ImageSlice slice() const { return image_.slice(); }

  const Image& image() const { return image_; }
  TiTexture texture() const { return texture_; }
  operator TiTexture() const { return texture_; }
};

// One argument of a kernel or graph, to be assigned. It points into its kernel or graph: use it
// before the next argument is named.
class ArgumentEntry {
  TiArgument* arg_;

  void set_scalar_x16(TiDataType type, uint16_t bits) {
    *arg_ = TiArgument();
    arg_->type = TI_ARGUMENT_TYPE_SCALAR;
    arg_->value.scalar.type = type;
    arg_->value.scalar.value.x16 = bits;
  }

  // Appends a row to a tensor argument; false, with the error set, when 128 bytes do not hold it.
  template <typename T>
  bool append_row(TiTensorValueWithLength& contents, const std::vector<T>& row) {
    const size_t offset = contents.length * sizeof(T);
    if (offset + row.size() * sizeof(T) > sizeof(contents.data)) {
      ti_set_last_error(TI_ERROR_ARGUMENT_OUT_OF_RANGE, "A matrix argument is larger than 128 bytes.");
      return false;
    }
    if (!row.empty()) {
      std::memcpy(contents.data.x8 + offset, row.data(), row.size() * sizeof(T));
    }
    contents.length += static_cast<uint32_t>(row.size());
    return true;
  }

 public:
  ArgumentEntry() = delete;
  ArgumentEntry(const ArgumentEntry&) = delete;
  ArgumentEntry(ArgumentEntry&& b) : arg_(detail::exchange(b.arg_, nullptr)) {}
  ArgumentEntry(TiArgument* arg) : arg_(arg) {}

  // An f16 argument is given as a 32-bit float; the library converts it.
  void set_f16(float value) {
    *arg_ = TiArgument();
    arg_->type = TI_ARGUMENT_TYPE_SCALAR;
    arg_->value.scalar.type = TI_DATA_TYPE_F16;
    std::memcpy(&arg_->value.scalar.value.x32, &value, sizeof(value));
  }
  void set_u16(uint16_t value) { set_scalar_x16(TI_DATA_TYPE_U16, value); }
  void set_i16(int16_t value) { set_scalar_x16(TI_DATA_TYPE_I16, static_cast<uint16_t>(value)); }

  ArgumentEntry& operator=(const TiArgument& b) {
    *arg_ = b;
    return *this;
  }
  ArgumentEntry& operator=(int32_t i32) {
    arg_->type = TI_ARGUMENT_TYPE_I32;
    arg_->value.i32 = i32;
    return *this;
  }
  ArgumentEntry& operator=(float f32) {
    arg_->type = TI_ARGUMENT_TYPE_F32;
    arg_->value.f32 = f32;
    return *this;
  }
  ArgumentEntry& operator=(uint16_t u16) {
    set_u16(u16);
    return *this;
  }
  ArgumentEntry& operator=(int16_t i16) {
    set_i16(i16);
    return *this;
  }
  ArgumentEntry& operator=(const TiNdArray& ndarray) {
    arg_->type = TI_ARGUMENT_TYPE_NDARRAY;
    arg_->value.ndarray = ndarray;
    return *this;
  }
  ArgumentEntry& operator=(const TiTexture& texture) {
    arg_->type = TI_ARGUMENT_TYPE_TEXTURE;
    arg_->value.texture = texture;
    return *this;
  }
  // A vector by value.
  template <typename T>
  ArgumentEntry& operator=(const std::vector<T>& matrix) {
    return *this = std::vector<std::vector<T>>{matrix};
  }
  // A matrix by value, row after row. Left as it was, with ARGUMENT_OUT_OF_RANGE set, when too
  // large.
  template <typename T>
  ArgumentEntry& operator=(const std::vector<std::vector<T>>& matrix) {
    TiArgument argument = {};
    argument.type = TI_ARGUMENT_TYPE_TENSOR;
    argument.value.tensor.type = detail::DataTypeOf<T>::value;
    argument.value.tensor.contents.length = 0;
    for (const std::vector<T>& row : matrix) {
      if (!append_row(argument.value.tensor.contents, row)) {
        return *this;
      }
    }
    *arg_ = argument;
    return *this;
  }
};

// A compute graph with the arguments of its next launch. Its module must outlive it.
class ComputeGraph {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiComputeGraph compute_graph_ = TI_NULL_HANDLE;
  // A list, so that the names stay where args_ points to, also when moved.
  std::list<std::string> names_;
  std::vector<TiNamedArgument> args_;

 public:
  bool is_valid() const { return compute_graph_ != TI_NULL_HANDLE; }

  ComputeGraph() = default;
  ComputeGraph(const ComputeGraph&) = delete;
  ComputeGraph(ComputeGraph&& b)
      : runtime_(detail::move_handle(b.runtime_)),
        compute_graph_(detail::move_handle(b.compute_graph_)),
        names_(std::move(b.names_)),
        args_(std::move(b.args_)) {}
  ComputeGraph(TiRuntime runtime, TiComputeGraph compute_graph) : runtime_(runtime), compute_graph_(compute_graph) {}

  ComputeGraph& operator=(const ComputeGraph&) = delete;
  ComputeGraph& operator=(ComputeGraph&& b) {
    if (this != &b) {
      runtime_ = detail::move_handle(b.runtime_);
      compute_graph_ = detail::move_handle(b.compute_graph_);
      args_ = std::move(b.args_);
      names_ = std::move(b.names_);
    }
    return *this;
  }

  // The argument of this name, added if it is new.
  ArgumentEntry at(const char* name) {
    for (TiNamedArgument& arg : args_) {
      if (std::strcmp(arg.name, name) == 0) {
        return ArgumentEntry(&arg.argument);
      }
    }
    names_.emplace_back(name);
    args_.push_back(TiNamedArgument());
    args_.back().name = names_.back().c_str();
    return ArgumentEntry(&args_.back().argument);
  }
  ArgumentEntry at(const std::string& name) { return at(name.c_str()); }
  ArgumentEntry operator[](const char* name) { return at(name); }
  ArgumentEntry operator[](const std::string& name) { return at(name); }

  // As ti_launch_compute_graph, with these arguments or with those assigned, which stay for the
  // next launch.
  void launch(uint32_t argument_count, const TiNamedArgument* arguments) const {
    ti_launch_compute_graph(runtime_, compute_graph_, argument_count, arguments);
  }
  void launch() const { launch(args_); }
  void launch(const std::vector<TiNamedArgument>& arguments) const {
    launch(static_cast<uint32_t>(arguments.size()), arguments.data());
  }

  TiComputeGraph compute_graph() const { return compute_graph_; }
  operator TiComputeGraph_t*() const { return compute_graph_; }
};

// A kernel with the arguments of its next launch. Its module must outlive it.
class Kernel {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiKernel kernel_ = TI_NULL_HANDLE;
  std::vector<TiArgument> args_;

 public:
  bool is_valid() const { return kernel_ != TI_NULL_HANDLE; }

  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel(Kernel&& b)
      : runtime_(detail::move_handle(b.runtime_)), kernel_(detail::move_handle(b.kernel_)), args_(std::move(b.args_)) {}
  Kernel(TiRuntime runtime, TiKernel kernel) : runtime_(runtime), kernel_(kernel) {}

  Kernel& operator=(const Kernel&) = delete;
  Kernel& operator=(Kernel&& b) {
    if (this != &b) {
      runtime_ = detail::move_handle(b.runtime_);
      kernel_ = detail::move_handle(b.kernel_);
      args_ = std::move(b.args_);
    }
    return *this;
  }

  // The i-th argument; those before it that were never assigned are I32 zeros.
  ArgumentEntry at(uint32_t i) {
    if (i >= args_.size()) {
      args_.resize(static_cast<size_t>(i) + 1);
    }
    return ArgumentEntry(&args_[i]);
  }
  ArgumentEntry operator[](uint32_t i) { return at(i); }

  // Appends an argument.
  template <typename T>
  void push_arg(const std::vector<T>& v) {
    at(static_cast<uint32_t>(args_.size())) = v;
  }
  template <typename T>
  void push_arg(const T& arg) {
    at(static_cast<uint32_t>(args_.size())) = arg;
  }
  void clear_args() { args_.clear(); }

  // As ti_launch_kernel, with these arguments or with those assigned, which stay for the next
  // launch.
  void launch(uint32_t argument_count, const TiArgument* arguments) const {
    ti_launch_kernel(runtime_, kernel_, argument_count, arguments);
  }
  void launch() const { launch(args_); }
  void launch(const std::vector<TiArgument>& arguments) const {
    launch(static_cast<uint32_t>(arguments.size()), arguments.data());
  }

  TiKernel kernel() const { return kernel_; }
  operator TiKernel_t*() const { return kernel_; }
};

// A loaded module.
class AotModule {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiAotModule aot_module_ = TI_NULL_HANDLE;
  bool should_destroy_ = false;

 public:
  bool is_valid() const { return aot_module_ != TI_NULL_HANDLE; }
  void destroy() {
    if (should_destroy_ && aot_module_ != TI_NULL_HANDLE) {
      ti_destroy_aot_module(aot_module_);
    }
    runtime_ = TI_NULL_HANDLE;
    aot_module_ = TI_NULL_HANDLE;
    should_destroy_ = false;
  }

  AotModule() = default;
  AotModule(const AotModule&) = delete;
  AotModule(AotModule&& b)
      : runtime_(detail::move_handle(b.runtime_)),
        aot_module_(detail::move_handle(b.aot_module_)),
        should_destroy_(detail::exchange(b.should_destroy_, false)) {}
  AotModule(TiRuntime runtime, TiAotModule aot_module, bool should_destroy)
      : runtime_(runtime), aot_module_(aot_module), should_destroy_(should_destroy) {}
  ~AotModule() { destroy(); }

  AotModule& operator=(const AotModule&) = delete;
  AotModule& operator=(AotModule&& b) {
    if (this != &b) {
      destroy();
      runtime_ = detail::move_handle(b.runtime_);
      aot_module_ = detail::move_handle(b.aot_module_);
      should_destroy_ = detail::exchange(b.should_destroy_, false);
    }
    return *this;
  }

  AotModule borrow() const { return AotModule(runtime_, aot_module_, false); }

  // Not valid when the module has no such name.
  Kernel get_kernel(const char* name) const { return Kernel(runtime_, ti_get_aot_module_kernel(aot_module_, name)); }
  ComputeGraph get_compute_graph(const char* name) const {
    return ComputeGraph(runtime_, ti_get_aot_module_compute_graph(aot_module_, name));
  }

  TiAotModule aot_module() const { return aot_module_; }
  operator TiAotModule_t*() const { return aot_module_; }
};

class CapabilityLevelConfigBuilder;

// A list of capabilities and their levels, each capability once.
struct CapabilityLevelConfig {
  std::vector<TiCapabilityLevelInfo> cap_level_infos;

  CapabilityLevelConfig() = default;
  CapabilityLevelConfig(std::vector<TiCapabilityLevelInfo>&& capabilities) : cap_level_infos(std::move(capabilities)) {}

  static CapabilityLevelConfigBuilder builder();

  // 0 for a capability that is not in the list.
  uint32_t get(TiCapability capability) const {
    for (const TiCapabilityLevelInfo& info : cap_level_infos) {
      if (info.capability == capability) {
        return info.level;
      }
    }
    return 0;
  }
  void set(TiCapability capability, uint32_t level) {
    for (TiCapabilityLevelInfo& info : cap_level_infos) {
      if (info.capability == capability) {
        info.level = level;
        return;
      }
    }
    TiCapabilityLevelInfo info = {};
    info.capability = capability;
    info.level = level;
    cap_level_infos.push_back(info);
  }
};

// Collects capabilities; every call sets one, also when false.
class CapabilityLevelConfigBuilder {
  using Self = CapabilityLevelConfigBuilder;

  CapabilityLevelConfig config_;

  Self& set(TiCapability capability, bool value) {
    config_.set(capability, value ? TI_TRUE : TI_FALSE);
    return *this;
  }

 public:
  CapabilityLevelConfigBuilder() {}
  CapabilityLevelConfigBuilder(const Self&) = delete;
  Self& operator=(const Self&) = delete;

  Self& spirv_version(uint32_t major, uint32_t minor) {
    config_.set(TI_CAPABILITY_SPIRV_VERSION, major << 16 | minor << 8);
    return *this;
  }
  Self& spirv_has_int8(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_INT8, value); }
  Self& spirv_has_int16(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_INT16, value); }
  Self& spirv_has_int64(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_INT64, value); }
  Self& spirv_has_float16(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_FLOAT16, value); }
  Self& spirv_has_float64(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_FLOAT64, value); }
  Self& spirv_has_atomic_int64(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_INT64, value); }
  Self& spirv_has_atomic_float16(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16, value); }
  Self& spirv_has_atomic_float16_add(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_ADD, value);
  }
  Self& spirv_has_atomic_float16_minmax(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT16_MINMAX, value);
  }
  Self& spirv_has_atomic_float64(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64, value); }
  Self& spirv_has_atomic_float64_add(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_ATOMIC_FLOAT64_ADD, value);
  }
  Self& spirv_has_variable_ptr(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_VARIABLE_PTR, value); }
  Self& spirv_has_physical_storage_buffer(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_PHYSICAL_STORAGE_BUFFER, value);
  }
  Self& spirv_has_subgroup_basic(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BASIC, value); }
  Self& spirv_has_subgroup_vote(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_VOTE, value); }
  Self& spirv_has_subgroup_arithmetic(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_ARITHMETIC, value);
  }
  Self& spirv_has_subgroup_ballot(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_SUBGROUP_BALLOT, value); }
  Self& spirv_has_non_semantic_info(bool value = true) { return set(TI_CAPABILITY_SPIRV_HAS_NON_SEMANTIC_INFO, value); }
  Self& spirv_has_no_integer_wrap_decoration(bool value = true) {
    return set(TI_CAPABILITY_SPIRV_HAS_NO_INTEGER_WRAP_DECORATION, value);
  }

  CapabilityLevelConfig build() { return config_; }
};

// Braces instead of a named type: C++14 would ask for the deleted copy.
inline CapabilityLevelConfigBuilder CapabilityLevelConfig::builder() { return {}; }

// A runtime. Objects made from it go before it.
class Runtime {
  TiArch arch_ = TI_ARCH_MAX_ENUM;
  TiRuntime runtime_ = TI_NULL_HANDLE;
  bool should_destroy_ = false;

 public:
  bool is_valid() const { return runtime_ != TI_NULL_HANDLE; }
  void destroy() {
    if (should_destroy_ && runtime_ != TI_NULL_HANDLE) {
      ti_destroy_runtime(runtime_);
    }
    arch_ = TI_ARCH_MAX_ENUM;
    runtime_ = TI_NULL_HANDLE;
    should_destroy_ = false;
  }

  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime(Runtime&& b)
      : arch_(detail::exchange(b.arch_, TI_ARCH_MAX_ENUM)),
        runtime_(detail::move_handle(b.runtime_)),
        should_destroy_(detail::exchange(b.should_destroy_, false)) {}
  Runtime(TiArch arch, uint32_t device_index = 0)
      : arch_(arch), runtime_(ti_create_runtime(arch, device_index)), should_destroy_(true) {}
  Runtime(TiArch arch, TiRuntime runtime, bool should_destroy)
      : arch_(arch), runtime_(runtime), should_destroy_(should_destroy) {}
  ~Runtime() { destroy(); }

  Runtime& operator=(const Runtime&) = delete;
  Runtime& operator=(Runtime&& b) {
    if (this != &b) {
      destroy();
      arch_ = detail::exchange(b.arch_, TI_ARCH_MAX_ENUM);
      runtime_ = detail::move_handle(b.runtime_);
      should_destroy_ = detail::exchange(b.should_destroy_, false);
    }
    return *this;
  }

  Runtime borrow() const { return Runtime(arch_, runtime_, false); }

  // Replaces the whole list.
  void set_capabilities_ext(const std::vector<TiCapabilityLevelInfo>& capabilities) const {
    ti_set_runtime_capabilities_ext(runtime_, static_cast<uint32_t>(capabilities.size()), capabilities.data());
  }
  void set_capabilities_ext(const CapabilityLevelConfig& capabilities) const {
    set_capabilities_ext(capabilities.cap_level_infos);
  }
  CapabilityLevelConfig get_capabilities() const {
    uint32_t count = 0;
    ti_get_runtime_capabilities(runtime_, &count, nullptr);
    std::vector<TiCapabilityLevelInfo> capabilities(count);
    ti_get_runtime_capabilities(runtime_, &count, capabilities.data());
    capabilities.resize(std::min<size_t>(count, capabilities.size()));
    return CapabilityLevelConfig(std::move(capabilities));
  }

  // Not valid on failure, like all that follow.
  Memory allocate_memory(const TiMemoryAllocateInfo& allocate_info) const {
    return Memory(runtime_, ti_allocate_memory(runtime_, &allocate_info), static_cast<size_t>(allocate_info.size),
                  true);
  }
  // Storage memory; host_access lets the host map it for reading and writing.
  Memory allocate_memory(size_t size, bool host_access = false) const {
    TiMemoryAllocateInfo info = {};
    info.size = size;
    info.host_write = host_access ? TI_TRUE : TI_FALSE;
    info.host_read = info.host_write;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    return allocate_memory(info);
  }

  // An array whose component type follows from T.
  template <typename T>
  NdArray<T> allocate_ndarray(const std::vector<uint32_t>& shape = {}, const std::vector<uint32_t>& elem_shape = {},
                              bool host_access = false) const {
    return allocate_ndarray<T>(detail::DataTypeOf<T>::value, shape, elem_shape, host_access);
  }
  // An array of dtype components that the host sees as T.
  template <typename T>
  NdArray<T> allocate_ndarray(TiDataType dtype, const std::vector<uint32_t>& shape = {},
                              const std::vector<uint32_t>& elem_shape = {}, bool host_access = false) const {
    TiNdArray ndarray = {};
    ndarray.elem_type = dtype;
    if (!detail::set_shape(ndarray.shape, shape) || !detail::set_shape(ndarray.elem_shape, elem_shape)) {
      return NdArray<T>();
    }
    // T may stand for a component or for a whole element: room for as many of either as there are.
    const size_t elem_count = detail::product(ndarray.shape);
    const size_t elem_size = detail::product(ndarray.elem_shape) * detail::size_of(dtype);
    Memory memory = allocate_memory(elem_count * std::max(elem_size, sizeof(T)), host_access);
    ndarray.memory = memory;
    return NdArray<T>(std::move(memory), ndarray);
  }

  Image allocate_image(const TiImageAllocateInfo& allocate_info) const {
    return Image(runtime_, ti_allocate_image(runtime_, &allocate_info), allocate_info.dimension, allocate_info.extent,
                 allocate_info.mip_level_count, allocate_info.format, true);
  }
  // A texture without mips for storage and sampling; sampler may be null and stays the caller's.
  Texture allocate_texture2d(uint32_t width, uint32_t height, TiFormat format,
                             TiSampler sampler = TI_NULL_HANDLE) const {
    TiImageAllocateInfo info = {};
    info.dimension = TI_IMAGE_DIMENSION_2D;
    info.extent.width = width;
    info.extent.height = height;
    info.extent.depth = 1;
    info.extent.array_layer_count = 1;
    info.mip_level_count = 1;
    info.format = format;
    info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    Image image = allocate_image(info);
    TiTexture texture = {};
    texture.image = image;
    texture.sampler = sampler;
    texture.dimension = info.dimension;
    texture.extent = info.extent;
    texture.format = format;
    return Texture(std::move(image), texture);
  }

  // From a folder or a .tcm file, or from the bytes of one.
  AotModule load_aot_module(const char* path) const {
    return AotModule(runtime_, ti_load_aot_module(runtime_, path), true);
  }
  AotModule load_aot_module(const std::string& path) const { return load_aot_module(path.c_str()); }
  AotModule create_aot_module(const void* tcm, size_t size) const {
    return AotModule(runtime_, ti_create_aot_module(runtime_, tcm, size), true);
  }
  AotModule create_aot_module(const std::vector<uint8_t>& tcm) const {
    return create_aot_module(tcm.data(), tcm.size());
  }

  // Record copies and layout changes; destination first.
  void copy_memory_device_to_device(const MemorySlice& dst_memory, const MemorySlice& src_memory) const {
    ti_copy_memory_device_to_device(runtime_, &dst_memory.slice(), &src_memory.slice());
  }
  void copy_image_device_to_device(const ImageSlice& dst_image, const ImageSlice& src_image) const {
    ti_copy_image_device_to_device(runtime_, &dst_image.slice(), &src_image.slice());
  }
  void transition_image(TiImage image, TiImageLayout layout) const { ti_transition_image(runtime_, image, layout); }

  void flush() const { ti_flush(runtime_); }
  void wait() const { ti_wait(runtime_); }

  TiArch arch() const { return arch_; }
  TiRuntime runtime() const { return runtime_; }
  operator TiRuntime_t*() const { return runtime_; }
};

}  // namespace ti

#endif  // TAICHI_HPP
