// The verbs of an open batch: appends to its command list and nothing else.
#pragma once

#include "gl/gl_commands.h"

namespace ist::gl {

class Recording {
 public:
  bool open() const { return open_; }
  void start() { open_ = true; }
  // The batch as it was recorded, with the barriers after its last command; call finish() when it has been carried out
  // or is given up.
  const CommandList& commands() {
    settle();
    return list_;
  }
  void finish();

  // Bits of a glMemoryBarrier before the next command.
  void barrier(uint32_t bits) { pending_bits_ |= bits; }
  void dispatch(Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x);
  void copy_buffer(const CopyBufferCommand& command);
  void fill_buffer(const FillBufferCommand& command);
  void copy_image(const CopyImageCommand& command);
  void upload(const TexelCommand& command);
  void download(const TexelCommand& command);
  void blit_mip(const BlitMipCommand& command);
  void push_label(std::string_view name);
  void pop_label();
  uint32_t stamp();
  uint32_t stamp_count() const { return stamps_; }

 private:
  template <class Command>
  void add(CommandList::Kind kind, std::vector<Command>& commands, const Command& command);
  void settle();

  CommandList list_;
  uint32_t pending_bits_ = 0;
  uint32_t stamps_ = 0;
  bool open_ = false;
};

}  // namespace ist::gl
