// The commands of a batch as plain records, in the order they were given: recording calls no GL function.
#pragma once

#include <string>
#include <vector>

#include "gl/gl_buffer.h"
#include "gl/gl_image.h"
#include "gl/gl_pipeline.h"

namespace ist::gl {

struct DispatchCommand {
  Pipeline* pipeline = nullptr;
  uint32_t first_bound = 0;  // in CommandList::bound, as many as the pipeline has slots
  uint32_t group_count_x = 0;
};

struct CopyBufferCommand {
  Buffer* dst = nullptr;
  Buffer* src = nullptr;
  uint64_t dst_offset = 0;
  uint64_t src_offset = 0;
  uint64_t size_bytes = 0;
};

struct FillBufferCommand {
  Buffer* dst = nullptr;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  uint32_t word = 0;
};

struct CopyImageCommand {
  Image* dst = nullptr;
  Image* src = nullptr;
  ImageRegion to;
  ImageRegion from;
};

// Texels between a buffer and an image.
struct TexelCommand {
  Image* image = nullptr;
  Buffer* buffer = nullptr;
  ImageRegion region;
  uint64_t offset_bytes = 0;
  uint32_t row_length_texels = 0;  // 0: tight
};

struct BlitMipCommand {
  Image* image = nullptr;
  uint32_t from_mip = 0;
};

struct CommandList {
  enum class Kind : uint8_t {
    barrier,  // index: bits of glMemoryBarrier
    dispatch,
    copy_buffer,
    fill_buffer,
    copy_image,
    upload,
    download,
    blit_mip,
    push_label,  // index: in labels
    pop_label,
    stamp,  // index: the slot
  };
  struct Entry {
    Kind kind;
    uint32_t index;  // in the vector of its kind
  };

  std::vector<Entry> order;
  std::vector<DispatchCommand> dispatches;
  std::vector<Bound> bound;
  std::vector<CopyBufferCommand> buffer_copies;
  std::vector<FillBufferCommand> fills;
  std::vector<CopyImageCommand> image_copies;
  std::vector<TexelCommand> uploads;
  std::vector<TexelCommand> downloads;
  std::vector<BlitMipCommand> blits;
  std::vector<std::string> labels;

  // Empty again; the memory stays.
  void clear();
};

}  // namespace ist::gl
