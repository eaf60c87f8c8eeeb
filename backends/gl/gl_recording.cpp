// Appends.
#include "gl/gl_recording.h"

namespace ist::gl {

void CommandList::clear() {
  order.clear();
  dispatches.clear();
  bound.clear();
  buffer_copies.clear();
  fills.clear();
  image_copies.clear();
  uploads.clear();
  downloads.clear();
  blits.clear();
  labels.clear();
}

void Recording::finish() {
  list_.clear();
  pending_bits_ = 0;
  stamps_ = 0;
  open_ = false;
}

// Barriers one after another are one.
void Recording::settle() {
  if (!pending_bits_) return;
  list_.order.push_back({CommandList::Kind::barrier, pending_bits_});
  pending_bits_ = 0;
}

template <class Command>
void Recording::add(CommandList::Kind kind, std::vector<Command>& commands, const Command& command) {
  settle();
  list_.order.push_back({kind, static_cast<uint32_t>(commands.size())});
  commands.push_back(command);
}

void Recording::dispatch(Pipeline& pipeline, std::span<const Bound> bound, uint32_t group_count_x) {
  const auto first = static_cast<uint32_t>(list_.bound.size());
  list_.bound.insert(list_.bound.end(), bound.begin(), bound.end());
  add(CommandList::Kind::dispatch, list_.dispatches, {&pipeline, first, group_count_x});
}

void Recording::copy_buffer(const CopyBufferCommand& command) {
  add(CommandList::Kind::copy_buffer, list_.buffer_copies, command);
}

void Recording::fill_buffer(const FillBufferCommand& command) {
  add(CommandList::Kind::fill_buffer, list_.fills, command);
}

void Recording::copy_image(const CopyImageCommand& command) {
  add(CommandList::Kind::copy_image, list_.image_copies, command);
}

void Recording::upload(const TexelCommand& command) { add(CommandList::Kind::upload, list_.uploads, command); }

void Recording::download(const TexelCommand& command) { add(CommandList::Kind::download, list_.downloads, command); }

void Recording::blit_mip(const BlitMipCommand& command) { add(CommandList::Kind::blit_mip, list_.blits, command); }

void Recording::push_label(std::string_view name) {
  list_.order.push_back({CommandList::Kind::push_label, static_cast<uint32_t>(list_.labels.size())});
  list_.labels.emplace_back(name);
}

void Recording::pop_label() { list_.order.push_back({CommandList::Kind::pop_label, 0}); }

uint32_t Recording::stamp() {
  settle();
  list_.order.push_back({CommandList::Kind::stamp, stamps_});
  return stamps_++;
}

}  // namespace ist::gl
