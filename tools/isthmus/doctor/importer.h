// A second runtime that has imported another one's image: in this process (peer_device.cpp) or in one of its own
// (peer_process.cpp).
#pragma once

#include "peer.h"

namespace doctor {

class Importer {
 public:
  ~Importer();
  // `handle` stays the caller's. The image starts with the exporter. When only the import has failed, write_own and
  // read_own work all the same.
  Problem open(uint32_t device_index, IstOsHandle handle, const IstShareRecord& record, Size size);
  TiRuntime runtime() const { return runtime_.get(); }

  // The image comes from the exporter and goes back to it, in `layout`. With a point: ordered on the device; without:
  // finished when they return.
  Problem take(TiImageLayout layout, const IstSyncPoint* done);
  Problem give(TiImageLayout layout, IstSyncPoint* ready);
  Problem write(const Pixels& pixels) { return write_image(runtime_.get(), image_, size_, pixels); }
  Problem read(Pixels& pixels) { return read_image(runtime_.get(), image_, size_, pixels); }
  // Of an image that is not shared.
  Problem write_own(const Pixels& pixels) { return write_image(runtime_.get(), own_image_, size_, pixels); }
  Problem read_own(Pixels& pixels) { return read_image(runtime_.get(), own_image_, size_, pixels); }

 private:
  OwnRuntime runtime_;
  TiImage image_ = TI_NULL_HANDLE;
  TiImage own_image_ = TI_NULL_HANDLE;
  Size size_;
};

// The whole of an image that goes to, or comes from, another device or process.
IstHandover external(TiImage image, TiImageLayout layout);

// What is written goes over for sampling, what is to be written for anything.
inline TiImageLayout layout_of(Direction direction) {
  return direction == Direction::to_peer ? TI_IMAGE_LAYOUT_SHADER_READ : TI_IMAGE_LAYOUT_SHADER_READ_WRITE;
}

// Exports the image by the best handle that the pair has; the caller closes it.
Problem export_image(TiRuntime runtime, TiImage image, uint32_t other_device, const PairOptions& options, Row& row,
                     IstOsHandle* handle, IstShareRecord* record);

}  // namespace doctor
