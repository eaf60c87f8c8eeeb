// Implementation of the conformance tests' common ground: owners, arguments, errors, the shared runtime.
#include "support.h"

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "conformance/devices.h"

namespace conformance {
namespace {

struct SharedRuntime {
  TiArch arch = TI_ARCH_RESERVED;
  TiRuntime handle = nullptr;
};
SharedRuntime shared_runtime;

void release_shared_runtime() {
  if (shared_runtime.handle) ti_destroy_runtime(shared_runtime.handle);
  shared_runtime = {};
}

TiRuntime acquire_shared_runtime(TiArch arch) {
  if (shared_runtime.arch != arch) {
    release_shared_runtime();
    shared_runtime = {arch, create_runtime(arch)};
  }
  return shared_runtime.handle;
}

}  // namespace

Half::Half(float value) {
  const uint32_t word = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (word >> 16) & 0x8000u;
  const int exponent = static_cast<int>((word >> 23) & 0xffu) - 127 + 15;
  uint32_t mantissa = (word & 0x7fffffu) | 0x800000u;
  if (exponent >= 31) {
    bits = static_cast<uint16_t>(sign | 0x7c00u);
    return;
  }
  // Normal halves keep 10 bits of mantissa; below that each exponent step costs one more.
  const int shift = exponent > 0 ? 13 : 14 - exponent;
  if (shift > 24) {
    bits = static_cast<uint16_t>(sign);
    return;
  }
  const uint32_t rest = mantissa & ((1u << shift) - 1);
  const uint32_t middle = 1u << (shift - 1);
  mantissa >>= shift;
  if (rest > middle || (rest == middle && (mantissa & 1u))) ++mantissa;
  const uint32_t base = exponent > 0 ? static_cast<uint32_t>(exponent - 1) << 10 : 0u;
  bits = static_cast<uint16_t>(sign | (base + mantissa));
}

Half::operator float() const {
  const float sign = (bits & 0x8000u) ? -1.0f : 1.0f;
  const int exponent = (bits >> 10) & 0x1f;
  const float mantissa = static_cast<float>(bits & 0x3ffu) / 1024.0f;
  if (exponent == 0) return sign * std::ldexp(mantissa, -14);
  return sign * std::ldexp(1.0f + mantissa, exponent - 15);
}

std::ostream& operator<<(std::ostream& out, Half half) { return out << static_cast<float>(half) << "h"; }

namespace {
TiArch tested_arch = TI_ARCH_VULKAN;
}

std::vector<TiArch> tested_archs() { return {tested_arch}; }

bool test_arch(const std::string& name) {
  for (const TiArch arch : {TI_ARCH_VULKAN, TI_ARCH_OPENGL, TI_ARCH_GLES, TI_ARCH_X64, TI_ARCH_CUDA}) {
    if (arch_name({arch, 0}) != name) continue;
    tested_arch = arch;
    return true;
  }
  return false;
}

bool is_llvm(TiArch arch) { return arch == TI_ARCH_X64 || arch == TI_ARCH_ARM64 || arch == TI_ARCH_CUDA; }

std::string arch_name(const testing::TestParamInfo<TiArch>& info) {
  switch (info.param) {
    case TI_ARCH_VULKAN:
      return "vulkan";
    case TI_ARCH_OPENGL:
      return "opengl";
    case TI_ARCH_GLES:
      return "gles";
    case TI_ARCH_X64:
      return "x64";
    case TI_ARCH_ARM64:
      return "arm64";
    case TI_ARCH_CUDA:
      return "cuda";
    default:
      return "arch" + std::to_string(info.param);
  }
}

namespace {
std::filesystem::path modules_folder = std::filesystem::path(IST_ASSETS_DIR) / "modules";
}

void use_modules(const std::string& folder) { modules_folder = folder; }

std::string module_path(const std::string& name) {
  const std::filesystem::path folder = modules_folder / name;
  return std::filesystem::is_directory(folder) ? folder.string() : folder.string() + ".tcm";
}

std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

LastError take_error() {
  uint64_t size_bytes = 0;
  ti_get_last_error(&size_bytes, nullptr);
  std::string message(size_bytes, '\0');
  LastError error;
  error.code = ti_get_last_error(&size_bytes, message.data());
  error.message = message.c_str();
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
  return error;
}

void expect_no_error(const char* when) {
  const LastError error = take_error();
  EXPECT_EQ(error.code, TI_ERROR_SUCCESS) << when << ": " << error.message;
}

void expect_error(std::initializer_list<TiError> codes, std::initializer_list<const char*> words) {
  const LastError error = take_error();
  bool known = false;
  for (TiError code : codes) known = known || code == error.code;
  EXPECT_TRUE(known) << "code " << static_cast<long long>(error.code) << ", first expected "
                     << static_cast<long long>(*codes.begin()) << ": " << error.message;
  for (const char* word : words) {
    EXPECT_NE(error.message.find(word), std::string::npos) << "'" << word << "' is not in: " << error.message;
  }
}

TiArgument i32(int32_t value) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_I32;
  argument.value.i32 = value;
  return argument;
}

TiArgument f32(float value) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_F32;
  argument.value.f32 = value;
  return argument;
}

TiArgument boolean(bool value) {
  TiArgument argument = scalar<uint32_t>(value ? 1 : 0);
  argument.value.scalar.type = TI_DATA_TYPE_U1;
  return argument;
}

TiNamedArgument named(const char* name, const TiArgument& argument) { return {name, argument}; }

Memory::Memory(TiRuntime runtime, uint64_t size_bytes, TiMemoryUsageFlags usage, bool host_access)
    : runtime_(runtime), size_bytes_(size_bytes) {
  TiMemoryAllocateInfo info{};
  info.size = size_bytes;
  info.host_read = info.host_write = host_access ? TI_TRUE : TI_FALSE;
  info.usage = usage;
  handle_ = ti_allocate_memory(runtime, &info);
  EXPECT_NE(handle_, nullptr) << take_error().message;
}

Memory::~Memory() { free_now(); }

void Memory::free_now() {
  if (handle_) ti_free_memory(runtime_, handle_);
  handle_ = nullptr;
}

TiMemorySlice Memory::slice(uint64_t offset_bytes, uint64_t size_bytes) const {
  return {handle_, offset_bytes, size_bytes};
}

void Memory::store(const void* bytes, uint64_t size_bytes) {
  void* mapped = ti_map_memory(runtime_, handle_);
  ASSERT_NE(mapped, nullptr) << take_error().message;
  std::memcpy(mapped, bytes, size_bytes);
  ti_unmap_memory(runtime_, handle_);
}

void Memory::load(void* bytes, uint64_t size_bytes) const {
  const void* mapped = ti_map_memory(runtime_, handle_);
  ASSERT_NE(mapped, nullptr) << take_error().message;
  std::memcpy(bytes, mapped, size_bytes);
  ti_unmap_memory(runtime_, handle_);
}

Image::Image(TiRuntime runtime, TiImageDimension dimension, Size size, TiFormat format, TiImageUsageFlags usage)
    : runtime_(runtime), dimension_(dimension), size_(size), format_(format) {
  TiImageAllocateInfo info{};
  info.dimension = dimension;
  info.extent = {size.width, size.height, size.depth, 1};
  info.mip_level_count = 1;
  info.format = format;
  info.usage = usage;
  handle_ = ti_allocate_image(runtime, &info);
  EXPECT_NE(handle_, nullptr) << take_error().message;
}

Image::~Image() { free_now(); }

void Image::free_now() {
  if (handle_) ti_free_image(runtime_, handle_);
  handle_ = nullptr;
}

TiImageSlice Image::whole() const { return region({}, size_); }

TiImageSlice Image::region(TiImageOffset offset, Size size) const {
  return {handle_, offset, {size.width, size.height, size.depth, 1}, 0};
}

TiArgument Image::arg() const {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TEXTURE;
  TiTexture& texture = argument.value.texture;
  texture.image = handle_;
  texture.dimension = dimension_;
  texture.extent = {size_.width, size_.height, size_.depth, 1};
  texture.format = format_;
  return argument;
}

Module::Module(TiRuntime runtime, const std::string& name) : runtime_(runtime) {
  handle_ = ti_load_aot_module(runtime, module_path(name).c_str());
  EXPECT_NE(handle_, nullptr) << name << ": " << take_error().message;
}

Module::~Module() {
  if (handle_) ti_destroy_aot_module(handle_);
}

TiKernel Module::kernel(const std::string& name) const {
  TiKernel kernel = ti_get_aot_module_kernel(handle_, name.c_str());
  EXPECT_NE(kernel, nullptr) << take_error().message;
  return kernel;
}

TiComputeGraph Module::graph(const std::string& name) const {
  TiComputeGraph graph = ti_get_aot_module_compute_graph(handle_, name.c_str());
  EXPECT_NE(graph, nullptr) << take_error().message;
  return graph;
}

void Module::launch(const std::string& kernel_name, const std::vector<TiArgument>& args) const {
  TiKernel found = kernel(kernel_name);
  ASSERT_NE(found, nullptr);
  ti_launch_kernel(runtime_, found, static_cast<uint32_t>(args.size()), args.data());
  expect_no_error(kernel_name.c_str());
}

void Module::run_graph(const std::string& graph_name, const std::vector<TiNamedArgument>& args) const {
  TiComputeGraph found = graph(graph_name);
  ASSERT_NE(found, nullptr);
  ti_launch_compute_graph(runtime_, found, static_cast<uint32_t>(args.size()), args.data());
  expect_no_error(graph_name.c_str());
}

OwnRuntime::OwnRuntime(TiArch arch) : handle_(create_runtime(arch)) {
  EXPECT_NE(handle_, nullptr) << take_error().message;
}

OwnRuntime::~OwnRuntime() {
  if (handle_) ti_destroy_runtime(handle_);
}

void ArchTest::TearDownTestSuite() { release_shared_runtime(); }

void ArchTest::SetUp() {
  runtime_ = acquire_shared_runtime(GetParam());
  ASSERT_NE(runtime_, nullptr) << take_error().message;
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
}

void ArchTest::TearDown() {
  if (!runtime_) return;
  ti_wait(runtime_);
  expect_no_error("after the test");
}

}  // namespace conformance
