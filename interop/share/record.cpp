// Every field of a record, and its checksum.
#include "share/record.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cinttypes>
#include <cstddef>
#include <cstring>

#include "contract/formats.h"

namespace ist::share {
namespace {

static_assert(std::endian::native == std::endian::little, "The struct is the wire form.");
static_assert(sizeof(IstShareRecord) == 256);

constexpr uint32_t kMagic = 0x52545349;  // "ISTR"
constexpr uint32_t kVersion = 1;
constexpr uint32_t kMemory = 1;
constexpr uint32_t kImage = 2;
constexpr uint32_t kDedicated = 1;

// CRC-32 (ISO-HDLC): reflected polynomial 0x04c11db7.
uint32_t crc32_of(const IstShareRecord& record) {
  std::array<std::byte, offsetof(IstShareRecord, crc32)> bytes;
  std::memcpy(bytes.data(), &record, bytes.size());
  uint32_t crc = ~0u;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) ? 0xedb88320u : 0);
  }
  return ~crc;
}

IstShareRecord start(const DeviceInfo& device, uint32_t kind, const SharedAllocation& allocation, HandleType type,
                     const std::string& name) {
  IstShareRecord record{};
  record.magic = kMagic;
  record.version = kVersion;
  record.bytes = sizeof record;
  record.kind = kind;
  record.handle_type = static_cast<uint32_t>(type);
  record.flags = allocation.dedicated ? kDedicated : 0;
  std::memcpy(record.device_uuid, device.device_uuid, sizeof record.device_uuid);
  std::memcpy(record.driver_uuid, device.driver_uuid, sizeof record.driver_uuid);
  record.allocation_bytes = allocation.allocation_bytes;
  record.offset_bytes = allocation.offset_bytes;
  record.size_bytes = allocation.size_bytes;
  record.native_format = allocation.native_format;
  record.native_usage = allocation.native_usage;
  std::memcpy(record.name, name.data(), std::min(name.size(), sizeof record.name - 1));
  return record;
}

Status check_frame(const IstShareRecord& record, uint32_t kind) {
  const auto damaged = [](const char* what, uint64_t is, uint64_t wanted) {
    return fail(Code::corrupted_data, "record->%s is %" PRIu64 ", not %" PRIu64 ".", what, is, wanted);
  };
  if (record.magic != kMagic) return damaged("magic", record.magic, kMagic);
  if (record.version != kVersion) return damaged("version", record.version, kVersion);
  if (record.bytes != sizeof record) return damaged("bytes", record.bytes, sizeof record);
  if (record.crc32 != crc32_of(record)) return damaged("crc32", record.crc32, crc32_of(record));
  if (record.kind != kind) return damaged("kind", record.kind, kind);
  if (record.flags & ~kDedicated) return damaged("flags", record.flags, record.flags & kDedicated);
  for (const uint8_t byte : record.reserved)
    if (byte != 0) return damaged("reserved", byte, 0);
  if (record.name[sizeof record.name - 1] != '\0') return damaged("name[63]", 1, 0);
  if (record.handle_type == 0 || record.handle_type > static_cast<uint32_t>(HandleType::opaque_win32))
    return damaged("handle_type", record.handle_type, 1);
  return {};
}

// Opaque handles of another driver crash some drivers, so this comes before they are asked.
Status check_identity(const DeviceInfo& device, const IstShareRecord& record) {
  if (may_be_same({record.device_uuid, record.driver_uuid}, {device.device_uuid, device.driver_uuid})) return {};
  return fail(Code::invalid_interop,
              "The record is of device %s with driver %s, but the runtime's device '%s' is %s with driver %s.",
              hex(record.device_uuid).c_str(), hex(record.driver_uuid).c_str(), device.name.c_str(),
              hex(device.device_uuid).c_str(), hex(device.driver_uuid).c_str());
}

Status check_place(const IstShareRecord& record) {
  if (record.size_bytes == 0) return fail(Code::corrupted_data, "record->size_bytes is 0.");
  if (record.size_bytes <= record.allocation_bytes &&
      record.offset_bytes <= record.allocation_bytes - record.size_bytes)
    return {};
  return fail(Code::argument_out_of_range,
              "The object takes %" PRIu64 " bytes from byte %" PRIu64 " on, but its allocation has %" PRIu64 ".",
              record.size_bytes, record.offset_bytes, record.allocation_bytes);
}

SharedAllocation allocation_in(const IstShareRecord& record) {
  return {record.allocation_bytes,          record.offset_bytes,  record.size_bytes,
          (record.flags & kDedicated) != 0, record.native_format, record.native_usage};
}

Status check(const DeviceInfo& device, const IstShareRecord& record, uint32_t kind) {
  IST_CHECK(check_frame(record, kind));
  IST_CHECK(check_identity(device, record));
  return check_place(record);
}

}  // namespace

bool may_be_same(const Identity& a, const Identity& b) {
  static constexpr uint8_t kUnknown[16] = {};
  const auto equal = [](const uint8_t(&x)[16], const uint8_t(&y)[16]) { return std::memcmp(x, y, sizeof x) == 0; };
  return equal(a.device, b.device) && !equal(a.device, kUnknown) &&
         (equal(a.driver, b.driver) || equal(a.driver, kUnknown) || equal(b.driver, kUnknown));
}

std::string hex(const uint8_t (&uuid)[16]) {
  std::string text;
  for (const uint8_t byte : uuid) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

IstShareRecord record_of(const DeviceInfo& device, const BufferDesc& desc, const SharedAllocation& allocation,
                         HandleType type, const std::string& name) {
  IstShareRecord record = start(device, kMemory, allocation, type, name);
  record.usage = desc.usage;
  record.size_bytes = desc.size_bytes;
  record.tiling = 1;
  record.row_bytes = desc.size_bytes;
  record.crc32 = crc32_of(record);
  return record;
}

IstShareRecord record_of(const DeviceInfo& device, const ImageDesc& desc, const SharedAllocation& allocation,
                         HandleType type, Layout layout, const std::string& name) {
  IstShareRecord record = start(device, kImage, allocation, type, name);
  record.dimension = static_cast<uint32_t>(desc.dimension);
  record.format = desc.format;
  record.width = desc.extent.width;
  record.height = desc.extent.height;
  record.depth = desc.extent.depth;
  record.layers = desc.layer_count;
  record.mips = desc.mip_count;
  record.usage = desc.usage;
  record.layout = static_cast<uint32_t>(layout);
  record.crc32 = crc32_of(record);
  return record;
}

Result<MemoryRecord> read_memory_record(const DeviceInfo& device, const IstShareRecord& record) {
  IST_CHECK(check(device, record, kMemory));
  MemoryRecord read;
  read.desc.size_bytes = record.size_bytes;
  read.desc.usage = record.usage;
  read.desc.imported = true;
  read.allocation = allocation_in(record);
  read.type = static_cast<HandleType>(record.handle_type);
  read.name = record.name;
  return read;
}

Result<ImageRecord> read_image_record(const DeviceInfo& device, const IstShareRecord& record) {
  IST_CHECK(check(device, record, kImage));
  if (record.dimension > static_cast<uint32_t>(ImageDimension::cube) || record.format == 0 ||
      record.format >= kFormatCount || record.layout > static_cast<uint32_t>(Layout::present_src) ||
      record.tiling != 0) {
    return fail(Code::corrupted_data, "record has dimension %u, format %u, layout %u and tiling %u; one is unknown.",
                record.dimension, record.format, record.layout, record.tiling);
  }
  ImageRecord read;
  read.desc.dimension = static_cast<ImageDimension>(record.dimension);
  read.desc.extent = {record.width, record.height, record.depth};
  read.desc.mip_count = record.mips;
  read.desc.layer_count = record.layers;
  read.desc.format = record.format;
  read.desc.usage = record.usage;
  read.desc.imported = true;
  read.allocation = allocation_in(record);
  read.type = static_cast<HandleType>(record.handle_type);
  read.layout = static_cast<Layout>(record.layout);
  read.name = record.name;
  return read;
}

}  // namespace ist::share
