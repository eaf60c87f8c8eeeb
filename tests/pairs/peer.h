// The other side of a pair: sees an image of a runtime through an API, a device or a process of its own.
#pragma once

#include <ist/share.h>

#include <memory>
#include <string>
#include <vector>

#include "gl_host/shapes.h"

namespace pairs {

using gl_host::Shape;

enum class Kind { gl, gles, device, process };

// What the peer does with a loan, which chooses its layout.
enum class Use { read, write };

// One image at a time: open; then lend, read or write, take_back, as often as wanted; close. Failures fail the test.
class Peer {
 public:
  virtual ~Peer() = default;
  // The image was allocated with export_sharing and stays the caller's.
  virtual void open(TiImage image, const Shape& shape) = 0;
  virtual void close() = 0;
  virtual void lend(Use use) = 0;
  virtual void take_back() = 0;
  // Tight texels of a mip level, all layers.
  virtual std::vector<uint8_t> read(uint32_t mip) = 0;
  virtual void write(uint32_t mip, const std::vector<uint8_t>& texels) = 0;
  // By which the runtime and the peer are ordered.
  virtual IstRung to_peer() const = 0;
};

std::unique_ptr<Peer> make_gl_peer(TiRuntime runtime, bool es);
std::unique_ptr<Peer> make_device_peer(TiRuntime runtime);
std::unique_ptr<Peer> make_process_peer(TiRuntime runtime);
std::unique_ptr<Peer> make_peer(TiRuntime runtime, Kind kind);

inline TiImageLayout layout_of(Use use) {
  return use == Use::read ? TI_IMAGE_LAYOUT_SHADER_READ : TI_IMAGE_LAYOUT_TRANSFER_DST;
}

// A loan of the whole image.
inline IstHandover handover(TiImage image, Use use, IstPeer peer) {
  IstHandover object{};
  object.image = image;
  object.layout = layout_of(use);
  object.peer = peer;
  object.flags = use == Use::read ? IST_HANDOVER_READ_ONLY_BIT : 0;
  return object;
}

// An exported image: its file, closed when it goes, and its record.
struct Exported {
  IstOsHandle handle = -1;
  IstShareRecord record{};

  Exported(TiRuntime runtime, TiImage image);
  ~Exported();
  Exported(const Exported&) = delete;
  Exported& operator=(const Exported&) = delete;
  // To an API that takes the file over.
  int release();
};

// Makes the checksum of a changed record right.
void seal(IstShareRecord& record);

}  // namespace pairs
