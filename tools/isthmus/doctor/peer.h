// The other side of a runtime, and a runtime of our own with the image that both share. Each kind of other side is one
// file (peer_*.cpp); how they are used, one frame after the other, is in move.cpp.
#pragma once

#include <ist/share.h>

#include <memory>
#include <string>

#include "pixels.h"

namespace doctor {

enum class Direction { to_peer, to_runtime };

// What is found out about a pair in one direction.
struct Row {
  bool image = true;  // else a memory
  IstHandleType handle = IST_HANDLE_NONE;
  TiImageLayout layout = TI_IMAGE_LAYOUT_UNDEFINED;
  IstRung rung = IST_RUNG_AUTO;
  // Why it is no better.
  std::string reason;
  // What ist_describe_pair has said; without where it cannot be asked.
  bool predicted = false;
  // The rung was not followed on purpose (reason says why).
  bool other_rung = false;
  IstPair prediction{};
};

// A runtime that goes with this.
class OwnRuntime {
 public:
  OwnRuntime() = default;
  ~OwnRuntime() {
    if (runtime_) ti_destroy_runtime(runtime_);
  }
  OwnRuntime(const OwnRuntime&) = delete;
  OwnRuntime& operator=(const OwnRuntime&) = delete;
  Problem create(uint32_t device_index);
  TiRuntime get() const { return runtime_; }

 private:
  TiRuntime runtime_ = TI_NULL_HANDLE;
};

// A shareable RGBA8 image that kernels can write and anybody can sample.
Problem make_image(TiRuntime runtime, Size size, bool shared, TiImage* image);
Problem write_image(TiRuntime runtime, TiImage image, Size size, const Pixels& pixels);
Problem read_image(TiRuntime runtime, TiImage image, Size size, Pixels& pixels);
// Submits all that was recorded, and waits for it.
Problem finish(TiRuntime runtime);

// What both sides of a pair are opened with.
struct PairOptions {
  uint32_t device = 0;
  // "gl:device0", "gles:surfaceless", "device:1", "process:0", "memory".
  std::string peer;
  Direction direction = Direction::to_peer;
  Size size;
  uint32_t frames = 20;
};

class Peer {
 public:
  virtual ~Peer() = default;
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Makes what is shared and says how it will be. The object is the runtime's afterwards.
  virtual Problem open(TiRuntime runtime, const PairOptions& options, Row& row) = 0;

  // The runtime's side of the shared object; what they do has finished when they return.
  virtual Problem write_here(const Pixels& pixels) = 0;
  virtual Problem read_here(Pixels& pixels) = 0;

  // Hand-overs. The new holder can use the object when they return.
  virtual Problem give() = 0;
  virtual Problem take() = 0;
  // The other side's use of it, between give and take.
  virtual Problem write_there(const Pixels& pixels) = 0;
  virtual Problem read_there(Pixels& pixels) = 0;

  // The way without sharing: from the runtime's own image through the host to an object of the other side, and back.
  virtual Problem upload() = 0;
  virtual Problem download() = 0;
  // Whether that way is there although open has failed.
  virtual bool uploads() const { return false; }
  // The contents where an upload or download has brought them, and where it brings them from.
  virtual Problem write_source(Direction direction, const Pixels& pixels) = 0;
  virtual Problem read_result(Direction direction, Pixels& pixels) = 0;
};

// Sharing an image: the runtime's side is the same whoever has the other.
class ImagePeer : public Peer {
 public:
  Problem write_here(const Pixels& pixels) override { return write_image(runtime_, image_, size_, pixels); }
  Problem read_here(Pixels& pixels) override { return read_image(runtime_, image_, size_, pixels); }
  Problem write_source(Direction direction, const Pixels& pixels) override;
  Problem read_result(Direction direction, Pixels& pixels) override;

 protected:
  // The runtime's images: the shared one, and one that is not.
  Problem open_here(TiRuntime runtime, const PairOptions& options);
  // The other side's own object.
  virtual Problem write_own_there(const Pixels& pixels) = 0;
  virtual Problem read_own_there(Pixels& pixels) = 0;

  TiRuntime runtime_ = TI_NULL_HANDLE;
  TiImage image_ = TI_NULL_HANDLE;
  TiImage own_image_ = TI_NULL_HANDLE;
  Size size_;
  Direction direction_ = Direction::to_peer;
  Pixels host_;
};

std::unique_ptr<Peer> make_gl_peer();
std::unique_ptr<Peer> make_device_peer();
std::unique_ptr<Peer> make_process_peer();
std::unique_ptr<Peer> make_memory_peer();

// The other process of make_process_peer, on the socket it was given; returns its exit code.
int run_party(int socket);

}  // namespace doctor
