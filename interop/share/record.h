// IstShareRecord: written for what is exported, checked before it is believed. Untrusted: it may come from
// another process.
#pragma once

#include <ist/share.h>

#include "contract/share_ops.h"

namespace ist::share {

// 32 digits.
std::string hex(const uint8_t (&uuid)[16]);

// Of a device and its driver. CUDA tells the device only: a driver of zeros may be any.
struct Identity {
  const uint8_t (&device)[16];
  const uint8_t (&driver)[16];
};
// Whether opaque handles may cross between two.
bool may_be_same(const Identity& a, const Identity& b);

// Kind, handle type, sizes and identity, name and checksum filled in; the rest by what the object is.
IstShareRecord record_of(const DeviceInfo& device, const BufferDesc& desc, const SharedAllocation& allocation,
                         HandleType type, const std::string& name);
IstShareRecord record_of(const DeviceInfo& device, const ImageDesc& desc, const SharedAllocation& allocation,
                         HandleType type, Layout layout, const std::string& name);

// What an object on the record's allocation is.
struct MemoryRecord {
  BufferDesc desc;
  SharedAllocation allocation;
  HandleType type = HandleType::none;
  std::string name;
};
struct ImageRecord {
  ImageDesc desc;
  SharedAllocation allocation;
  HandleType type = HandleType::none;
  Layout layout = Layout::undefined;
  std::string name;
};

// corrupted_data: damaged, or no record of this version and kind; invalid_interop: of another device or driver;
// argument_out_of_range: the object lies outside its allocation.
Result<MemoryRecord> read_memory_record(const DeviceInfo& device, const IstShareRecord& record);
Result<ImageRecord> read_image_record(const DeviceInfo& device, const IstShareRecord& record);

}  // namespace ist::share
