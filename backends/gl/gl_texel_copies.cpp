// Between buffers and images by pixel buffers; between images by glCopyImageSubData or, where GL does not define that,
// through a buffer.
#include "gl/gl_texel_copies.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <optional>

#include "gl/gl_image_formats.h"
#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

// A depth of 24 bits above a stencil.
constexpr TexelsInMemory kWordsOfBoth{0x84F9, 0x84FA};
constexpr Enum kScissorTest = 0x0C11, kFramebufferSrgb = 0x8DB9, kLinear = 0x2601;
constexpr uint32_t kColorBuffer = 0x4000;
constexpr Enum kBaseLevel = 0x813C, kMaxLevel = 0x813D;
constexpr Enum kReadFormat = 0x8B9B, kReadType = 0x8B9A;
constexpr Enum kCopyReadBinding = 0x8F36, kCopyWriteBinding = 0x8F37;

const void* at(uint64_t offset_bytes) { return reinterpret_cast<const void*>(static_cast<uintptr_t>(offset_bytes)); }
void* into(uint64_t offset_bytes) { return reinterpret_cast<void*>(static_cast<uintptr_t>(offset_bytes)); }

uint32_t texel_bytes(const Image& image) { return format_info(image.desc().format).texel_bytes; }

uint64_t row_bytes(const TexelBox& box, uint32_t texel_bytes) {
  return uint64_t{texel_bytes} * static_cast<uint32_t>(box.width);
}

uint64_t row_count(const TexelBox& box) { return static_cast<uint64_t>(box.height) * static_cast<uint64_t>(box.depth); }

uint64_t pitch_bytes(const Image& image, const TexelRows& rows) {
  return uint64_t{texel_bytes(image)} * rows.row_length_texels;
}

TexelRows rows_of(const TexelCommand& command) {
  return {command.buffer->name(), command.offset_bytes,
          command.row_length_texels ? command.row_length_texels : command.region.extent.width};
}

bool overlap(Size a, Size b, Size size) { return std::abs(a - b) < size; }

bool overlap(const TexelBox& a, const TexelBox& b) {
  return a.mip == b.mip && overlap(a.x, b.x, a.width) && overlap(a.y, b.y, a.height) && overlap(a.z, b.z, a.depth);
}

// A buffer for the length of a scope.
class ScratchBuffer {
 public:
  ScratchBuffer(const Functions& gl, uint64_t size_bytes) : gl_(gl) {
    gl_.GenBuffers(1, &name_);
    const BoundBuffer bound(gl_, k::kCopyWriteBuffer, kCopyWriteBinding, name_);
    gl_.BufferData(k::kCopyWriteBuffer, static_cast<IntPtr>(size_bytes), nullptr, k::kDynamicCopy);
  }
  ~ScratchBuffer() { gl_.DeleteBuffers(1, &name_); }
  ScratchBuffer(const ScratchBuffer&) = delete;
  ScratchBuffer& operator=(const ScratchBuffer&) = delete;
  Name name() const { return name_; }

 private:
  const Functions& gl_;
  Name name_ = 0;
};

void copy_bytes(const Functions& gl, Name dst, uint64_t dst_offset, Name src, uint64_t src_offset, uint64_t size) {
  const BoundBuffer from(gl, k::kCopyReadBuffer, kCopyReadBinding, src);
  const BoundBuffer to(gl, k::kCopyWriteBuffer, kCopyWriteBinding, dst);
  gl.CopyBufferSubData(k::kCopyReadBuffer, k::kCopyWriteBuffer, static_cast<IntPtr>(src_offset),
                       static_cast<IntPtr>(dst_offset), static_cast<IntPtr>(size));
}

// To the framebuffer that is bound there.
void attach(const Functions& gl, Enum framebuffer, Enum place, Image::Shown texture, Size mip, Size slice) {
  switch (texture.target) {
    case k::kTexture1D:
      return gl.FramebufferTexture(framebuffer, place, texture.name, mip);
    case k::kTexture2D:
      return gl.FramebufferTexture2D(framebuffer, place, texture.target, texture.name, mip);
    case k::kTextureCube:
      return gl.FramebufferTexture2D(framebuffer, place, k::kCubeFace0 + static_cast<Enum>(slice), texture.name, mip);
    default:
      return gl.FramebufferTextureLayer(framebuffer, place, texture.name, mip, slice);
  }
}

Size side_of(uint32_t side, uint32_t mip) { return static_cast<Size>(std::max(side >> mip, 1u)); }

}  // namespace

Status TexelCopies::outcome(const char* verb, const Image& image, const TexelBox& box) const {
  const Enum error = gpu_.gl().GetError();
  if (error == k::kNoError) return {};
  drain_errors(gpu_.gl());
  return fail(error == k::kOutOfMemory ? Code::out_of_memory : Code::invalid_state,
              "Device '%s' does not %s %d x %d x %d texels at (%d, %d, %d) in mip %d of a %s: %s.",
              gpu_.info().name.c_str(), verb, box.width, box.height, box.depth, box.x, box.y, box.z, box.mip,
              image.text().c_str(), error_text(error).c_str());
}

Status TexelCopies::upload(const TexelCommand& command) {
  drain_errors(gpu_.gl());
  return write(*command.image, texel_box(command.region), rows_of(command));
}

Status TexelCopies::download(const TexelCommand& command) {
  drain_errors(gpu_.gl());
  return read(*command.image, texel_box(command.region), rows_of(command));
}

Status TexelCopies::write(Image& image, const TexelBox& box, const TexelRows& from) {
  if (format_info(image.desc().format).has_stencil) return write_depth_stencil(image, box, from);
  if (needs_stage(image)) return write_staged(image, box, from);
  const Image::Texels& texels = image.texels();
  put(image, box, from, {texels.format, texels.type});
  return outcome("write", image, box);
}

Status TexelCopies::read(Image& image, const TexelBox& box, const TexelRows& to) {
  if (format_info(image.desc().format).has_stencil)
    read_depth_stencil(image, box, to);
  else if (needs_stage(image))
    IST_CHECK(read_staged(image, box, to));
  else
    IST_CHECK(read_framebuffer(image, box, to));
  return outcome("read", image, box);
}

// A driver may take halves through floats, where those that are no numbers lose their bits.
bool TexelCopies::needs_stage(Image& image) const {
  const FormatInfo& info = format_info(image.desc().format);
  const bool halves = info.kind == FormatKind::sfloat && info.texel_bytes == 2 * info.channels;
  return halves && gpu_.caps().copy_image && !image.texels().raw;
}

// A slice of unsigned integers.
Result<std::unique_ptr<Image>> TexelCopies::make_stage(const Image& image, const TexelBox& box) const {
  ImageDesc desc;
  desc.format = raw_format(image.desc().format);
  desc.extent = {static_cast<uint32_t>(box.width), static_cast<uint32_t>(box.height), 1};
  return Image::create_here(gpu_, desc);
}

Status TexelCopies::write_staged(Image& image, const TexelBox& box, const TexelRows& from) {
  IST_TRY(const auto stage, make_stage(image, box));
  const TexelBox slice{0, 0, 0, 0, box.width, box.height, 1};
  for (Size z = 0; z < box.depth; ++z) {
    const uint64_t offset = from.offset_bytes + static_cast<uint64_t>(z) * from.slice_bytes(box, texel_bytes(image));
    IST_CHECK(write(*stage, slice, {from.buffer, offset, from.row_length_texels}));
    copy_slices(image, {box.mip, box.x, box.y, box.z + z, box.width, box.height, 1}, *stage, slice);
  }
  return outcome("write", image, box);
}

Status TexelCopies::read_staged(Image& image, const TexelBox& box, const TexelRows& to) {
  IST_TRY(const auto stage, make_stage(image, box));
  const TexelBox slice{0, 0, 0, 0, box.width, box.height, 1};
  for (Size z = 0; z < box.depth; ++z) {
    const uint64_t offset = to.offset_bytes + static_cast<uint64_t>(z) * to.slice_bytes(box, texel_bytes(image));
    copy_slices(*stage, slice, image, {box.mip, box.x, box.y, box.z + z, box.width, box.height, 1});
    IST_CHECK(read(*stage, slice, {to.buffer, offset, to.row_length_texels}));
  }
  return {};
}

void TexelCopies::copy_slices(const Image& dst, const TexelBox& to, const Image& src, const TexelBox& from) {
  gpu_.gl().CopyImageSubData(src.name(), src.target(), from.mip, from.x, from.y, from.z, dst.name(), dst.target(),
                             to.mip, to.x, to.y, to.z, from.width, from.height, from.depth);
}

void TexelCopies::put(Image& image, const TexelBox& box, const TexelRows& from, TexelsInMemory in) {
  const Functions& gl = gpu_.gl();
  const Image::Texels& texels = image.texels();
  const Enum target = texels.target.target, format = in.format, type = in.type;
  const PixelRows rows(gl, gpu_.facts.caps, PixelRows::Way::unpack, from.buffer, from.row_length_texels);
  const BoundTexture bound(gl, texels.target, texels.name);
  switch (target) {
    case k::kTexture1D:
      return gl.TexSubImage1D(target, box.mip, box.x, box.width, format, type, at(from.offset_bytes));
    case k::kTexture1DArray:
      return gl.TexSubImage2D(target, box.mip, box.x, box.z, box.width, box.depth, format, type, at(from.offset_bytes));
    case k::kTexture2D:
      return gl.TexSubImage2D(target, box.mip, box.x, box.y, box.width, box.height, format, type,
                              at(from.offset_bytes));
    case k::kTextureCube:
      for (Size i = 0; i < box.depth; ++i) {
        const uint64_t offset =
            from.offset_bytes + static_cast<uint64_t>(i) * from.slice_bytes(box, texel_bytes(image));
        gl.TexSubImage2D(k::kCubeFace0 + static_cast<Enum>(box.z + i), box.mip, box.x, box.y, box.width, box.height,
                         format, type, at(offset));
      }
      return;
    default:
      return gl.TexSubImage3D(target, box.mip, box.x, box.y, box.z, box.width, box.height, box.depth, format, type,
                              at(from.offset_bytes));
  }
}

void TexelCopies::get_depth_stencil(Image& image, const TexelBox& box, Name into_buffer) {
  const Functions& gl = gpu_.gl();
  const Image::Texels& texels = image.texels();
  const PixelRows rows(gl, gpu_.facts.caps, PixelRows::Way::pack, into_buffer, 0);
  const bool lines = texels.target.target == k::kTexture1DArray;
  gl.GetTextureSubImage(texels.name, box.mip, box.x, lines ? box.z : box.y, lines ? 0 : box.z, box.width,
                        lines ? box.depth : box.height, lines ? 1 : box.depth, kWordsOfBoth.format, kWordsOfBoth.type,
                        INT_MAX, nullptr);
}

// OpenGL ES takes one pair for each kind of framebuffer, and one more that the driver chooses.
bool TexelCopies::reads_as(const Image::Texels& texels) const {
  if (!gpu_.es()) return true;
  if (texels.format == k::kRgba && texels.type == k::kUnsignedByte) return true;
  if (texels.format == k::kRgbaInteger && (texels.type == k::kUnsignedInt || texels.type == k::kInt)) return true;
  int32_t format = 0, type = 0;
  gpu_.gl().GetIntegerv(kReadFormat, &format);
  gpu_.gl().GetIntegerv(kReadType, &type);
  return texels.format == static_cast<Enum>(format) && texels.type == static_cast<Enum>(type);
}

Status TexelCopies::read_framebuffer(Image& image, const TexelBox& box, const TexelRows& to) {
  const Functions& gl = gpu_.gl();
  const Image::Texels& texels = image.texels();
  const FormatInfo& info = format_info(image.desc().format);
  const bool depth = info.kind == FormatKind::depth;
  if (info.channels == 3 || (depth && gpu_.es())) return reader_.read(image, box, to);
  const ReadFramebuffer framebuffer(gl);
  const Enum place = depth ? k::kDepthAttachment : k::kColorAttachment0;
  attach(gl, k::kReadFramebuffer, place, {texels.target.target, texels.name}, box.mip, box.z);
  if (gl.CheckFramebufferStatus(k::kReadFramebuffer) != k::kFramebufferComplete || !reads_as(texels))
    return reader_.read(image, box, to);
  const PixelRows rows(gl, gpu_.facts.caps, PixelRows::Way::pack, to.buffer, to.row_length_texels);
  for (Size i = 0; i < box.depth; ++i) {
    if (i > 0) attach(gl, k::kReadFramebuffer, place, {texels.target.target, texels.name}, box.mip, box.z + i);
    gl.ReadPixels(box.x, box.y, box.width, box.height, texels.format, texels.type,
                  into(to.offset_bytes + static_cast<uint64_t>(i) * to.slice_bytes(box, info.texel_bytes)));
  }
  return {};
}

// GL has the depth in the high three bytes of a word and the stencil in the first; we have the depth in the low three.
// A byte further on in memory, one is the other.
void TexelCopies::read_depth_stencil(Image& image, const TexelBox& box, const TexelRows& to) {
  const Functions& gl = gpu_.gl();
  const uint64_t row = row_bytes(box, texel_bytes(image)), count = row_count(box), pitch = pitch_bytes(image, to);
  const ScratchBuffer scratch(gl, row * count);
  get_depth_stencil(image, box, scratch.name());
  if (pitch == row) return copy_bytes(gl, to.buffer, to.offset_bytes, scratch.name(), 1, row * count - 1);
  for (uint64_t i = 0; i < count; ++i)
    copy_bytes(gl, to.buffer, to.offset_bytes + i * pitch, scratch.name(), i * row + 1, row - 1);
}

// In bands of rows that a shader can see at once.
Status TexelCopies::write_depth_stencil(Image& image, const TexelBox& box, const TexelRows& from) {
  const uint64_t most = gpu_.info().limits.max_storage_range_bytes / 2 / row_bytes(box, texel_bytes(image));
  const auto band_rows = static_cast<Size>(std::clamp<uint64_t>(most, 1, static_cast<uint64_t>(box.height)));
  uint64_t offset = from.offset_bytes;
  for (Size z = 0; z < box.depth; ++z) {
    for (Size y = 0; y < box.height; y += band_rows) {
      TexelBox band = box;
      band.z = box.z + z;
      band.depth = 1;
      band.y = box.y + y;
      band.height = std::min(band_rows, box.height - y);
      IST_CHECK(merge_depths(image, band, {from.buffer, offset, from.row_length_texels}));
      offset += pitch_bytes(image, from) * static_cast<uint64_t>(band.height);
    }
  }
  return outcome("write", image, box);
}

// The stencil stays: it is read, and the depth is put above it.
Status TexelCopies::merge_depths(Image& image, const TexelBox& band, const TexelRows& from) {
  const Functions& gl = gpu_.gl();
  const uint64_t row = row_bytes(band, texel_bytes(image)), count = row_count(band), pitch = pitch_bytes(image, from);
  const ScratchBuffer scratch(gl, 2 * row * count);
  get_depth_stencil(image, band, scratch.name());
  for (uint64_t i = 0; i < count; ++i)
    copy_bytes(gl, scratch.name(), (count + i) * row, from.buffer, from.offset_bytes + i * pitch, row);
  IST_CHECK(reader_.merge_depths(image, scratch.name(), 2 * row * count));
  put(image, band, {scratch.name(), 0, static_cast<uint32_t>(band.width)}, kWordsOfBoth);
  return {};
}

Status TexelCopies::copy(const CopyImageCommand& command) {
  const Functions& gl = gpu_.gl();
  drain_errors(gl);
  Image &dst = *command.dst, &src = *command.src;
  const TexelBox to = texel_box(command.to), from = texel_box(command.from);
  if (!gpu_.caps().copy_image || (dst.name() == src.name() && overlap(to, from))) return copy_by_buffer(command);
  copy_slices(dst, to, src, from);
  if (gl.GetError() == k::kNoError) return {};
  return copy_by_buffer(command);  // formats that this context does not know to be alike
}

Status TexelCopies::copy_by_buffer(const CopyImageCommand& command) {
  const Functions& gl = gpu_.gl();
  drain_errors(gl);
  TexelBox to = texel_box(command.to);
  const TexelBox from = texel_box(command.from);
  to.width = from.width;
  to.height = from.height;
  to.depth = from.depth;
  TexelRows rows{0, 0, command.from.extent.width};
  const ScratchBuffer scratch(
      gl, rows.slice_bytes(from, texel_bytes(*command.src)) * static_cast<uint32_t>(from.depth) + 4);
  rows.buffer = scratch.name();
  IST_CHECK(read(*command.src, from, rows));
  return write(*command.dst, to, rows);
}

Status TexelCopies::blit(const BlitMipCommand& command) {
  drain_errors(gpu_.gl());
  Image& image = *command.image;
  if (image.desc().dimension != ImageDimension::d3) return blit_layers(image, command.from_mip);
  average_slices(image, command.from_mip);
  return outcome("filter", image, {static_cast<Size>(command.from_mip)});
}

Status TexelCopies::blit_layers(Image& image, uint32_t from_mip) {
  const Functions& gl = gpu_.gl();
  const Extent& e = image.desc().extent;
  const Size width = side_of(e.width, from_mip), height = side_of(e.height, from_mip);
  const Size half_width = side_of(e.width, from_mip + 1), half_height = side_of(e.height, from_mip + 1);
  const auto mip = static_cast<Size>(from_mip);
  const TexelBox whole{mip, 0, 0, 0, width, height, static_cast<Size>(image.desc().layer_count)};
  const ReadFramebuffer source(gl);
  const DrawFramebuffer target(gl);
  const Switched scissor(gl, kScissorTest, false);
  std::optional<Switched> srgb;
  if (format_info(image.desc().format).kind == FormatKind::srgb && converts_srgb_on_demand())
    srgb.emplace(gl, kFramebufferSrgb, true);
  const Image::Shown texture{image.target(), image.name()};
  for (Size layer = 0; layer < whole.depth; ++layer) {
    attach(gl, k::kReadFramebuffer, k::kColorAttachment0, texture, mip, layer);
    attach(gl, k::kDrawFramebuffer, k::kColorAttachment0, texture, mip + 1, layer);
    gl.BlitFramebuffer(0, 0, width, height, 0, 0, half_width, half_height, kColorBuffer, kLinear);
  }
  return outcome("filter", image, whole);
}

// A blit filters within one slice only.
void TexelCopies::average_slices(Image& image, uint32_t from_mip) {
  const Functions& gl = gpu_.gl();
  const Enum target = image.target();
  const BoundTexture bound(gl, image_target(gpu_.facts.caps, ImageDimension::d3), image.name());
  int32_t base = 0, most = 0;
  gl.GetTexParameteriv(target, kBaseLevel, &base);
  gl.GetTexParameteriv(target, kMaxLevel, &most);
  gl.TexParameteri(target, kBaseLevel, static_cast<int32_t>(from_mip));
  gl.TexParameteri(target, kMaxLevel, static_cast<int32_t>(from_mip + 1));
  gl.GenerateMipmap(target);
  gl.TexParameteri(target, kBaseLevel, base);
  gl.TexParameteri(target, kMaxLevel, most);
}

// OpenGL ES always converts, unless an extension brings the switch.
bool TexelCopies::converts_srgb_on_demand() {
  if (srgb_switch_ < 0) srgb_switch_ = !gpu_.es() || has_extension(gpu_.gl(), "GL_EXT_sRGB_write_control");
  return srgb_switch_ == 1;
}

}  // namespace ist::gl
