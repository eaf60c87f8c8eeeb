// What every backend's device can do. The core drives it; no backend knows the core.
//
// Threads: a Device is driven under its runtime's lock, one call at a time. Only wait() and
// completed_serial() may be called from any thread without it.
//
// Recording: commands go into one open batch, in order; begin() opens it when none is open. Commands
// do not order themselves: whoever records says so with barrier(). Between begin() and submit()
// nothing is executed. A batch has a serial, known before it is submitted, that counts up by one.
//
// Lifetime: objects must outlive every batch that uses them: the core keeps a dead object until
// completed_serial() has reached the serial of its last batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aot/features.h"
#include "base/status.h"
#include "contract/types.h"

namespace ist {

// The values of TiArch.
enum class Arch : uint32_t { vulkan = 1, metal = 2, cuda = 3, x64 = 4, arm64 = 5, opengl = 6, gles = 7 };

struct DeviceLimits {
  uint32_t max_group_count_x = 65535;
  uint32_t max_group_size_x = 128;  // also at most the invocations of a group
  uint32_t max_shared_memory_bytes = 16384;
  uint64_t max_storage_range_bytes = uint64_t{1} << 27;
  uint64_t max_uniform_range_bytes = 16384;
  uint32_t max_storage_buffers = 4;  // bound to one task
  uint32_t max_storage_images = 4;
  uint32_t max_sampled_images = 16;
  uint32_t max_uniform_buffers = 12;
  uint32_t max_bindings = 64;  // of all kinds together
  uint64_t max_allocation_bytes = uint64_t{1} << 30;
};

// The values of IstHandleType.
enum class HandleType : uint32_t {
  none = 0,
  opaque_fd = 1,
  dma_buf = 2,
  sync_fd = 3,
  opaque_win32 = 4,
  host_pointer = 5,
};

// Masks of 1u << HandleType, as the driver answers and the device is enabled for.
struct ShareSupport {
  uint32_t memory_export = 0;
  uint32_t memory_import = 0;
  uint32_t image_export = 0;  // of 2D rgba8 unless asked for others
  uint32_t image_import = 0;
  uint32_t timeline_export = 0;
  uint32_t timeline_import = 0;
  uint32_t binary_export = 0;
  uint32_t binary_import = 0;
  bool timeline = false;  // the device has timeline semaphores at all
};

// Facts of a device; immutable once it is created.
struct DeviceInfo {
  Arch arch = Arch::vulkan;
  uint32_t index = 0;
  bool adopted = false;          // the host's: what is enabled there is the host's word
  bool undeclared = false;       // and the host has not given it
  bool maps_all_memory = false;  // also what was not allocated for the host
  bool immediate = false;        // commands are carried out while they are recorded: no batch fails or takes time
  bool is_cpu = false;           // for what is compiled to groups, many small ones cost more than few
  uint32_t vendor_id = 0;
  uint32_t device_id = 0;
  uint32_t api_version = 0;  // as the API counts: VK_MAKE_API_VERSION for Vulkan
  uint32_t driver_version = 0;
  uint8_t device_uuid[16] = {};
  uint8_t driver_uuid[16] = {};
  std::string name;
  std::string driver;
  std::string api;                   // for people: "Vulkan 1.1"
  aot::FeatureSet features;          // enabled, not merely present
  aot::FeatureSet assumed;           // those among them that an adopted device has, and nobody has said are enabled
  uint32_t spirv_version = 0x10000;  // newest that the device takes, as 0x00MMmm00
  std::vector<std::pair<uint32_t, uint32_t>>
      capabilities;  // TiCapability, level: what ti_get_runtime_capabilities says
  DeviceLimits limits;
  ShareSupport share;
};

class DeviceObject {
 public:
  virtual ~DeviceObject() = default;
};

// Bits of BufferDesc::usage and ImageDesc::usage: the values of TiMemoryUsageFlagBits and TiImageUsageFlagBits.
namespace memory_usage {
inline constexpr uint32_t kStorage = 1, kUniform = 2, kVertex = 4, kIndex = 8;
}
namespace image_usage {
inline constexpr uint32_t kStorage = 1, kSampled = 2, kAttachment = 4;
}

struct BufferDesc {
  uint64_t size_bytes = 0;  // positive
  bool host_read = false;   // either one: Buffer::host() is not null
  bool host_write = false;
  bool export_sharing = false;
  uint32_t usage = 0;
  // Always so for what a device creates; a host's object may have been made without.
  bool copy_source = true;
  bool copy_target = true;
  bool owned = true;      // freeing it destroys the native object
  bool imported = false;  // on an allocation of somebody else's (ShareOps)
};

// Contents are undefined at creation.
class Buffer : public DeviceObject {
 public:
  // Host address of byte 0, mapped for the buffer's whole life and coherent; null for device-only memory.
  std::byte* host() const { return host_; }
  // Somebody reads it through the CPU: we, or the host whose own memory it is.
  bool seen_by_cpu() const { return host_ != nullptr || foreign_; }
  // 64-bit device address, 0 where the device has none.
  uint64_t device_address() const { return device_address_; }
  uint64_t size_bytes() const { return size_bytes_; }

 protected:
  std::byte* host_ = nullptr;
  bool foreign_ = false;
  uint64_t device_address_ = 0;
  uint64_t size_bytes_ = 0;
};

// The kind of descriptor a shader declares at a binding.
enum class DescriptorKind : uint8_t { uniform_buffer, storage_buffer, sampled_image, storage_image };

struct PipelineBinding {
  uint32_t binding = 0;
  DescriptorKind kind = DescriptorKind::storage_buffer;
};

struct PipelineDesc {
  std::span<const uint32_t> words;  // SPIR-V, entry point `main`; need not outlive the call
  std::span<const PipelineBinding> bindings;
  std::string_view name;  // for debuggers and messages
};

class Pipeline : public DeviceObject {};

struct PipelineCounts {
  uint64_t made = 0;
  uint64_t cache_hits = 0;  // of those made: found in a pipeline cache, as far as the driver tells
};

class Image : public DeviceObject {};
class Sampler : public DeviceObject {};

// What is bound at one binding of a dispatch: element i belongs to PipelineDesc::bindings[i].
struct Bound {
  Buffer* buffer = nullptr;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  Image* image = nullptr;                    // storage: mip 0 in shader_read_write; sampled: all mips
  Sampler* sampler = nullptr;                // sampled image; null: the default sampler
  Layout layout = Layout::undefined;         // of the image while the dispatch runs
  ImageDimension view = ImageDimension::d2;  // as the shader declares it
};

// Who else works with an object, by the values of IstPeer; family is read for queue_family only.
struct Peer {
  enum class Kind : uint32_t { same_device = 0, queue_family = 1, external = 2, foreign = 3 };
  Kind kind = Kind::same_device;
  uint32_t family = 0;
  friend bool operator==(const Peer&, const Peer&) = default;
};

// Half of an ownership transfer: to the peer, or from it. Layouts are then equal on both sides.
enum class Transfer : uint8_t { none, release, acquire };

struct ImageBarrierCommand {
  Image* image = nullptr;
  SubresourceRange range;
  Layout from = Layout::undefined;  // undefined: contents may be lost
  Layout to = Layout::undefined;
  Scope src;
  Scope dst;
  Transfer transfer = Transfer::none;
  Peer peer = {};
};

// The whole of a buffer changes its owner.
struct BufferTransferCommand {
  Buffer* buffer = nullptr;
  Transfer transfer = Transfer::none;
  Peer peer;
  Scope ours;  // what we have done, or will do, with it
};

// A barrier of everything before on everything after: memory in general, and images by range.
struct BarrierCommand {
  Scope src;  // of buffers; empty when only images are concerned
  Scope dst;
  std::span<const ImageBarrierCommand> images;
  std::span<const BufferTransferCommand> buffers = {};
};

// Bytes of the args ring, written by the host, valid for the open batch.
struct ArgsBlock {
  Buffer* buffer = nullptr;
  uint64_t offset_bytes = 0;
  std::byte* host = nullptr;
};

class ImageOps;
class ProgramOps;
class RecordingOps;
class ShareOps;
class TimingOps;

class Device {
 public:
  virtual ~Device() = default;  // waits for the device's own work first

  virtual const DeviceInfo& info() const = 0;
  // Driver allocations of device memory since creation.
  virtual uint64_t allocation_count() const = 0;
  // Pipelines since creation.
  virtual PipelineCounts pipeline_counts() const = 0;

  virtual Result<std::unique_ptr<Buffer>> create_buffer(const BufferDesc& desc) = 0;
  virtual Result<std::unique_ptr<Pipeline>> create_pipeline(const PipelineDesc& desc) = 0;
  // Null when the device has no images; then image_ops() says nothing more.
  virtual ImageOps* image_ops() { return nullptr; }
  // Null when the device runs SPIR-V. One that is not null makes no pipelines and takes no barriers.
  virtual ProgramOps* program_ops() { return nullptr; }
  // Null when the device shares nothing.
  virtual ShareOps* share_ops() { return nullptr; }
  // Null when the device records into its own command buffers only.
  virtual RecordingOps* recording_ops() { return nullptr; }
  // Null when the device has no timestamps.
  virtual TimingOps* timing_ops() { return nullptr; }

  // invalid_state where this thread cannot drive the device: a context of the host's is not current on it. Then
  // begin() and submit() would fail too, and a batch be lost.
  virtual Status usable() { return {}; }

  // Makes sure a batch is open. After success the commands below cannot fail visibly: what goes
  // wrong in one (host memory, device loss) is kept and returned by submit().
  virtual Status begin() = 0;
  virtual bool recording() const = 0;
  // Serial of the open batch, or of the next one to be opened.
  virtual uint64_t recording_serial() const = 0;

  // `size_bytes` zeroed bytes for uniform data, aligned for binding at an offset; the host writes
  // them before submit(). Fails with out_of_memory.
  virtual Result<ArgsBlock> allocate_args(uint32_t size_bytes) = 0;
  virtual void barrier(const BarrierCommand& command) = 0;
  virtual void dispatch(Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) = 0;
  virtual void copy_buffer(Buffer& dst, uint64_t dst_offset, Buffer& src, uint64_t src_offset, uint64_t size_bytes) = 0;
  // Offset and size are multiples of 4.
  virtual void fill_buffer(Buffer& dst, uint64_t offset, uint64_t size_bytes, uint32_t word) = 0;
  // Names an object in debuggers; a no-op where none listens.
  virtual void set_name(Buffer& buffer, const std::string& name) = 0;
  // A region that debuggers show under this name, until pop_label().
  virtual void push_label(std::string_view name) = 0;
  virtual void pop_label() = 0;

  // Hands the open batch to the device; a no-op without one. Returns the serial of the newest batch
  // handed over (0: none ever). A batch that cannot be handed over is gone: recording_serial() is then as before.
  // Device loss is sticky: every later call repeats the first cause.
  virtual Result<uint64_t> submit() = 0;
  // Blocks until the batch `serial` has finished, or for timeout_ns; false on timeout. Any thread. A batch in a
  // command buffer of the host counts as finished when a later batch has (RecordingOps::awaitable).
  virtual Result<bool> wait(uint64_t serial, uint64_t timeout_ns) = 0;
  // The newest batch known to have finished; one cheap look at the device. Any thread.
  virtual uint64_t completed_serial() = 0;
};

}  // namespace ist
