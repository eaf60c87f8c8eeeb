// The native side of our objects, for the C API's OpenGL functions: expose what we own, wrap what the host owns.
#pragma once

#include "gl/gl_device.h"

namespace ist::gl {

struct NativeBuffer {
  Name name = 0;
  uint64_t size_bytes = 0;  // as GL has it: memory may have less
};

struct NativeTexture {
  Name name = 0;
  Enum target = 0;
  uint32_t levels = 0;
  Enum internal_format = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t depth = 0;  // or layers
};

// The casts are unchecked: the caller has seen Arch::opengl or Arch::gles in info().arch of the owning device.
GetProc expose(const ist::Device& device);
NativeBuffer expose(const ist::Buffer& buffer);
NativeTexture expose(const ist::Image& image);

// Wraps an object of the host's context, which keeps it alive until our work on it is done, and deletes it. Errors
// name the member that contradicts what GL says of the object. The host's context is current (invalid_state).
Result<std::unique_ptr<ist::Buffer>> import_buffer(ist::Device& device, const NativeBuffer& native);

struct ImportedImage {
  std::unique_ptr<ist::Image> image;
  ImageDesc desc;   // as told: it may have fewer levels than the texture
  ImageDesc whole;  // of the texture, which may be imported again
};
Result<ImportedImage> import_image(ist::Device& device, const NativeTexture& native);

// invalid_interop: the texture behind the image was another when it was imported (names are used again).
Status check_same_storage(const ist::Image& known, const ImportedImage& now);

}  // namespace ist::gl
