// A buffer object, ours or the host's.
#pragma once

#include <memory>
#include <vector>

#include "gl/gl_gpu.h"

namespace ist::gl {

// Mapped for its whole life where the host may look at it. A context that cannot do that (no buffer storage) has a
// copy in host memory instead, which batches that use the buffer bring to the device and back.
class Buffer final : public ist::Buffer {
 public:
  // not_supported: export_sharing. out_of_memory names the size. Binds the context.
  static Result<std::unique_ptr<Buffer>> create(const Gpu& gpu, const BufferDesc& desc);
  // The same where the context is current already.
  static Result<std::unique_ptr<Buffer>> create_in(const Gpu& gpu, const BufferDesc& desc);
  // A buffer of the host, which stays its owner, with all the bytes that it has: parts of it may be imported one by
  // one. No host address. The context is current.
  static std::unique_ptr<Buffer> wrap(const Gpu& gpu, Name name, uint64_t size_bytes);
  ~Buffer() override;

  Name name() const { return name_; }
  // What may be bound: size_bytes() and the room behind it.
  uint64_t padded_bytes() const { return padded_bytes_; }
  // Whether host() is a copy: a batch that uses the buffer uploads it first, and one that writes it downloads it at its
  // end. The context is current.
  bool shadowed() const { return !shadow_.empty(); }
  void upload_shadow();
  void download_shadow();

 private:
  explicit Buffer(const Gpu& gpu) : gpu_(gpu) {}
  Status make(const BufferDesc& desc);

  const Gpu& gpu_;
  Name name_ = 0;
  uint64_t padded_bytes_ = 0;
  bool owned_ = true;
  std::vector<std::byte> shadow_;
};

}  // namespace ist::gl
