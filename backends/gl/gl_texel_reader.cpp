// One invocation for each 32-bit word of a row; rows that do not end at a word go through a buffer of their own.
#include "gl/gl_texel_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kStorageBuffer = 0x90D2, kStorageBinding = 0x90D3, kStorageStart = 0x90D4, kStorageSize = 0x90D5;
constexpr Enum kActiveTexture = 0x84E0, kTexture0 = 0x84C0, kSamplerBinding = 0x8919;
constexpr Enum kComputeShader = 0x91B9, kCompiled = 0x8B81, kLinked = 0x8B82;
constexpr uint32_t kBeforeRead = 0x2008;  // texture fetches, storage
constexpr uint32_t kAllBarriers = UINT32_MAX;
constexpr uint32_t kGroup = 64, kMostGroups = 4096;
constexpr Enum kCopyReadBinding = 0x8F36, kCopyWriteBinding = 0x8F37;

int32_t ask(const Functions& gl, Enum what) {
  int32_t value = 0;
  gl.GetIntegerv(what, &value);
  return value;
}

// What a dispatch of ours touches beside the buffers and textures that are bound for it.
class DispatchState {
 public:
  DispatchState(const Functions& gl, Name sampler)
      : gl_(gl), program_(current_program(gl)), unit_(ask(gl, kActiveTexture)) {
    gl_.GetIntegeri_v(kStorageBinding, 0, &storage_);
    gl_.GetInteger64i_v(kStorageStart, 0, &start_);
    gl_.GetInteger64i_v(kStorageSize, 0, &size_);
    gl_.ActiveTexture(kTexture0);
    sampler_ = ask(gl, kSamplerBinding);
    gl_.BindSampler(0, sampler);
  }
  ~DispatchState() {
    if (size_)
      gl_.BindBufferRange(kStorageBuffer, 0, static_cast<Name>(storage_), static_cast<IntPtr>(start_),
                          static_cast<IntPtr>(size_));
    else
      gl_.BindBufferBase(kStorageBuffer, 0, static_cast<Name>(storage_));
    gl_.BindSampler(0, static_cast<Name>(sampler_));
    gl_.ActiveTexture(static_cast<Enum>(unit_));
    gl_.UseProgram(program_);
  }
  DispatchState(const DispatchState&) = delete;
  DispatchState& operator=(const DispatchState&) = delete;

 private:
  const Functions& gl_;
  Name program_;
  int32_t unit_, sampler_ = 0, storage_ = 0;
  int64_t start_ = 0, size_ = 0;
};

// How a shader names a texel of each kind of texture.
struct Place {
  const char* sampler;
  const char* texel;
};

Place place_of(Enum target) {
  switch (target) {
    case k::kTexture1D:
      return {"sampler1D", "from.x + x"};
    case k::kTexture1DArray:
      return {"sampler1DArray", "ivec2(from.x + x, from.z)"};
    case k::kTexture2D:
      return {"sampler2D", "ivec2(from.x + x, from.y + row)"};
    case k::kTexture3D:
      return {"sampler3D", "ivec3(from.x + x, from.y + row, from.z)"};
    default:
      return {"sampler2DArray", "ivec3(from.x + x, from.y + row, from.z)"};
  }
}

// The sampler's type and what makes the bits of a channel out of what it gives.
struct Source {
  const char* prefix;
  const char* bits;
};

Source source_of(const FormatInfo& info, bool raw) {
  const bool byte = info.texel_bytes == info.channels, half = info.texel_bytes == 2 * info.channels;
  if (raw || info.kind == FormatKind::uint) return {"u", "t[c]"};
  if (info.kind == FormatKind::sint) return {"i", "uint(t[c])"};
  if (byte) return {"", "uint(round(t[c] * 255.0))"};
  if (!half) return {"", "floatBitsToUint(t[c])"};
  if (info.kind == FormatKind::sfloat) return {"", "packHalf2x16(vec2(t[c], 0.0))"};
  return {"", "uint(round(t[c] * 65535.0))"};
}

std::string version_text(bool es) {
  return std::string(es ? "#version 310 es\nprecision highp float;\nprecision highp int;\n" : "#version 430\n") +
         "layout(local_size_x = " + std::to_string(kGroup) + ") in;\n";
}

constexpr const char* kMergeText =
    "layout(std430, binding = 0) buffer Words { uint words[]; };\n"
    "void main() {\n"
    "  uint step = gl_NumWorkGroups.x * gl_WorkGroupSize.x, count = uint(words.length()) / 2u;\n"
    "  for (uint i = gl_GlobalInvocationID.x; i < count; i += step)\n"
    "    words[i] = (words[count + i] << 8) | (words[i] & 255u);\n"
    "}\n";

std::string source_text(bool es, Enum target, const FormatInfo& info, bool raw) {
  const Source source = source_of(info, raw);
  const std::string prefix = source.prefix;
  const Place place = place_of(target);
  const std::string channels = std::to_string(info.channels);
  const uint32_t unit_bytes = info.texel_bytes / info.channels;
  const std::string units = std::to_string(4 / unit_bytes), bits = std::to_string(8 * unit_bytes);
  return version_text(es) + "layout(binding = 0) uniform highp " + prefix + place.sampler + " image_texels;\n" +
         "layout(std430, binding = 0) writeonly buffer Words { uint words[]; };\n"
         "layout(location = 0) uniform ivec4 from;\n"  // x, y, z, mip
         "layout(location = 1) uniform ivec4 rows;\n"  // words of one, words from one to the next, first word, texels
         "void main() {\n"
         "  int word = int(gl_GlobalInvocationID.x), row = int(gl_GlobalInvocationID.y);\n"
         "  if (word >= rows.x) return;\n"
         "  uint bits = 0u;\n"
         "  for (int k = 0; k < " +
         units +
         "; ++k) {\n"
         "    int unit = word * " +
         units + " + k, x = unit / " + channels + ", c = unit % " + channels +
         ";\n"
         "    if (x >= rows.w) break;\n"
         "    " +
         prefix + "vec4 t = texelFetch(image_texels, " + place.texel +
         ", from.w);\n"
         "    uint value = " +
         source.bits + ";\n" +
         (unit_bytes == 4 ? "    bits = value;\n"
                          : "    bits |= (value & ((1u << " + bits + ") - 1u)) << (" + bits + " * k);\n") +
         "  }\n"
         "  words[rows.z + row * rows.y + word] = bits;\n"
         "}\n";
}

uint64_t round_down(uint64_t value, uint64_t step) { return value - value % step; }

}  // namespace

void TexelReader::release() {
  for (const Program& program : programs_) gpu_.graveyard.bury(Graveyard::Kind::program, program.name);
  programs_.clear();
  gpu_.graveyard.bury(Graveyard::Kind::program, std::exchange(merge_, 0));
  gpu_.graveyard.bury(Graveyard::Kind::sampler, std::exchange(sampler_, 0));
}

Result<Name> TexelReader::program(const Image& image, const Image::Texels& texels) {
  const Format format = image.desc().format;
  for (const Program& known : programs_)
    if (known.target == texels.target.target && known.format == format && known.raw == texels.raw) return known.name;
  const std::string source = source_text(gpu_.es(), texels.target.target, format_info(format), texels.raw);
  IST_TRY(const Name name, compile(source, image));
  programs_.push_back({texels.target.target, format, texels.raw, name});
  return name;
}

Result<Name> TexelReader::compile(const std::string& source, const Image& image) const {
  const Functions& gl = gpu_.gl();
  const char* text = source.c_str();
  const Name shader = gl.CreateShader(kComputeShader);
  gl.ShaderSource(shader, 1, &text, nullptr);
  gl.CompileShader(shader);
  int32_t good = 0;
  char log[512] = "";
  gl.GetShaderiv(shader, kCompiled, &good);
  if (!good) gl.GetShaderInfoLog(shader, sizeof log, nullptr, log);
  Name program = 0;
  if (good) {
    program = gl.CreateProgram();
    gl.AttachShader(program, shader);
    gl.LinkProgram(program);
    gl.GetProgramiv(program, kLinked, &good);
    if (!good) gl.GetProgramInfoLog(program, sizeof log, nullptr, log);
  }
  gl.DeleteShader(shader);
  if (good) return program;
  if (program) gl.DeleteProgram(program);
  return fail(Code::not_supported, "Device '%s' does not compile the shader that reads a %s: %s",
              gpu_.info().name.c_str(), image.text().c_str(), log);
}

// Integers would be black with GL's own filters.
Name TexelReader::sampler() {
  if (sampler_) return sampler_;
  const Functions& gl = gpu_.gl();
  gl.GenSamplers(1, &sampler_);
  gl.SamplerParameteri(sampler_, k::kMagFilter, k::kNearest);
  gl.SamplerParameteri(sampler_, k::kMinFilter, k::kNearestMipmapNearest);
  return sampler_;
}

Status TexelReader::merge_depths(const Image& image, Name buffer, uint64_t size_bytes) {
  const Functions& gl = gpu_.gl();
  if (!merge_) {
    IST_TRY(merge_, compile(version_text(gpu_.es()) + kMergeText, image));
  }
  const BoundBuffer generic(gl, kStorageBuffer, kStorageBinding, 0);
  const DispatchState state(gl, sampler());
  gl.UseProgram(merge_);
  gl.BindBufferRange(kStorageBuffer, 0, buffer, 0, static_cast<IntPtr>(size_bytes));
  gl.MemoryBarrier(kBeforeRead);
  gl.DispatchCompute(static_cast<uint32_t>(std::min<uint64_t>(size_bytes / 8 / kGroup + 1, kMostGroups)), 1, 1);
  gl.MemoryBarrier(kAllBarriers);
  return {};
}

Status TexelReader::read(Image& image, const TexelBox& box, const TexelRows& to) {
  const Functions& gl = gpu_.gl();
  const Image::Texels& texels = image.texels();
  IST_TRY(const Name name, program(image, texels));
  const uint32_t texel_bytes = format_info(image.desc().format).texel_bytes;
  const uint32_t row_bytes = static_cast<uint32_t>(box.width) * texel_bytes;
  const uint32_t pitch_bytes = to.row_length_texels * texel_bytes;
  const uint32_t tight_bytes = (row_bytes + 3) / 4 * 4;
  const bool direct = row_bytes % 4 == 0 && pitch_bytes % 4 == 0 && to.offset_bytes % 4 == 0;

  const BoundBuffer generic(gl, kStorageBuffer, kStorageBinding, 0);
  const DispatchState state(gl, sampler());
  const BoundTexture texture(gl, texels.target, texels.name);
  Name scratch = 0;
  if (!direct) {
    gl.GenBuffers(1, &scratch);
    gl.BindBuffer(kStorageBuffer, scratch);
    gl.BufferData(kStorageBuffer, static_cast<IntPtr>(tight_bytes) * box.height, nullptr, k::kDynamicCopy);
  }
  gl.UseProgram(name);
  gl.MemoryBarrier(kBeforeRead);
  for (Size z = 0; z < box.depth; ++z) {
    TexelBox slice = box;
    slice.z += z;
    const uint64_t start = to.offset_bytes + static_cast<uint64_t>(z) * to.slice_bytes(box, texel_bytes);
    if (direct) {
      dispatch(name, slice, {to.buffer, start, 0}, row_bytes, pitch_bytes);
      continue;
    }
    dispatch(name, slice, {scratch, 0, 0}, tight_bytes, tight_bytes);
    gl.MemoryBarrier(kAllBarriers);
    const BoundBuffer from(gl, k::kCopyReadBuffer, kCopyReadBinding, scratch);
    const BoundBuffer into(gl, k::kCopyWriteBuffer, kCopyWriteBinding, to.buffer);
    for (Size row = 0; row < box.height; ++row)
      gl.CopyBufferSubData(k::kCopyReadBuffer, k::kCopyWriteBuffer, static_cast<IntPtr>(tight_bytes) * row,
                           static_cast<IntPtr>(start + uint64_t{pitch_bytes} * static_cast<uint32_t>(row)),
                           static_cast<IntPtr>(row_bytes));
  }
  gl.MemoryBarrier(kAllBarriers);  // nobody else knows that a shader has written
  if (scratch) gl.DeleteBuffers(1, &scratch);
  return {};
}

// Of one slice, with words that lie in the range that is bound.
void TexelReader::dispatch(Name program, const TexelBox& box, const TexelRows& to, uint32_t row_bytes,
                           uint32_t pitch_bytes) {
  const Functions& gl = gpu_.gl();
  const uint64_t base = round_down(to.offset_bytes, gpu_.caps().storage_alignment);
  const auto rows = static_cast<uint32_t>(box.height);
  const uint64_t end = to.offset_bytes + uint64_t{pitch_bytes} * (rows - 1) + row_bytes;
  gl.BindBufferRange(kStorageBuffer, 0, to.buffer, static_cast<IntPtr>(base), static_cast<IntPtr>(end - base));
  const auto words = static_cast<int32_t>(row_bytes / 4);
  gl.ProgramUniform4i(program, 0, box.x, box.y, box.z, box.mip);
  gl.ProgramUniform4i(program, 1, words, static_cast<int32_t>(pitch_bytes / 4),
                      static_cast<int32_t>((to.offset_bytes - base) / 4), box.width);
  gl.DispatchCompute((static_cast<uint32_t>(words) + kGroup - 1) / kGroup, rows, 1);
}

}  // namespace ist::gl
