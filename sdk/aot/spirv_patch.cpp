// Copies the words and edits the preamble on the way.
#include "aot/spirv_patch.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace ist::aot {

namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void append(std::vector<uint32_t>& out, std::span<const uint32_t> words) {
  out.insert(out.end(), words.begin(), words.end());
}

void append_capability(std::vector<uint32_t>& out, uint32_t capability) {
  out.push_back(2u << 16 | spv::OpCapability);
  out.push_back(capability);
}

void append_extension(std::vector<uint32_t>& out, const std::string& name) {
  const auto string_words = static_cast<uint32_t>(name.size() / 4 + 1);
  out.push_back((string_words + 1) << 16 | spv::OpExtension);
  const size_t first = out.size();
  out.resize(first + string_words, 0);
  for (size_t i = 0; i < name.size(); ++i) {
    out[first + i / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(name[i])) << (i % 4 * 8);
  }
}

void append_entry_point(std::vector<uint32_t>& out, std::span<const uint32_t> words,
                        const std::vector<uint32_t>& more) {
  const size_t length = std::min<size_t>(words.size() + more.size(), 0xffff);
  out.push_back(static_cast<uint32_t>(length) << 16 | spv::OpEntryPoint);
  append(out, words.subspan(1));
  append(out, std::span(more).first(length - words.size()));
}

// With version 1.0 the producer gives pointers into BufferBlocks the storage class of later
// versions in one place (the random generator's state). Returns a fitting type that the module
// already has, 0 when nothing is wrong or nothing fits.
uint32_t better_pointer_type(const SpirvModule& shader, const Instruction& chain) {
  const uint32_t base_class = shader.storage_class_of(shader.word(chain, 3));
  if (base_class == ~0u || base_class == shader.storage_class_of(chain.result)) return 0;
  for (const Instruction& type : shader.instructions()) {
    if (type.opcode == spv::OpTypePointer && shader.word(type, 2) == base_class &&
        shader.word(type, 3) == shader.pointee(chain.type)) {
      return type.result;
    }
  }
  return 0;
}

// 'i' or 'u' for formats of integer texels, 0 for all others.
char integer_texels(uint32_t format) {
  if (format >= spv::ImageFormatRgba32i && format <= spv::ImageFormatR8i) return 'i';
  if (format >= spv::ImageFormatRgba32ui && format <= spv::ImageFormatR8ui && format != spv::ImageFormatRgb10a2ui)
    return 'u';
  return 0;
}

class Patcher {
 public:
  Patcher(const SpirvModule& shader, const ShaderScan& scan) : shader_(shader), scan_(scan) {
    out_.reserve(shader.words().size() + 32);
  }

  std::vector<uint32_t> patch() {
    append(out_, shader_.words().first(5));
    out_[1] = scan_.version;
    next_id_ = out_[3];
    for (size_t i = 1; i < shader_.instructions().size(); ++i) add(shader_.instructions()[i]);
    out_[3] = next_id_;
    return std::move(out_);
  }

 private:
  struct IntegerTypes {
    uint32_t scalar = 0, vector = 0;
  };

  void add(const Instruction& instruction) {
    position_ = instruction.at;
    const auto words = shader_.words().subspan(instruction.at, instruction.length);
    if (instruction.opcode != spv::OpCapability) add_missing_capabilities();
    if (instruction.opcode != spv::OpCapability && instruction.opcode != spv::OpExtension) {
      add_missing_extensions();
    }
    switch (instruction.opcode) {
      case spv::OpCapability:
        if (!contains(scan_.unused_capabilities, shader_.word(instruction, 1))) append(out_, words);
        return;
      case spv::OpExtension:
        if (!contains(scan_.unused_extensions, shader_.literal_string(instruction, 1))) append(out_, words);
        return;
      case spv::OpEntryPoint:
        append_entry_point(out_, words, scan_.missing_interface);
        return;
      case spv::OpAccessChain: {
        append(out_, words);
        const uint32_t type = better_pointer_type(shader_, instruction);
        if (type != 0 && words.size() > 1) out_[out_.size() - words.size() + 1] = type;
        return;
      }
      case spv::OpTypeInt:
      case spv::OpTypeVector:
        if (!contains(hoisted_, instruction.result)) append(out_, words);
        return;
      case spv::OpTypeImage:
        return add_image_type(instruction, words);
      case spv::OpImageRead:
        return add_image_read(instruction, words);
      case spv::OpImageWrite:
        return add_image_write(instruction, words);
      default:
        append(out_, words);
    }
  }

  // The producer types the texels of all storage images as floats, also where the format holds integers, which Vulkan
  // forbids (VUID-vkCmdDispatch-format-07753). Its values are the integers' bits: the image gets the integer type, and
  // what is read or written a bit cast.
  void add_image_type(const Instruction& image, std::span<const uint32_t> words) {
    const char kind = integer_texels(shader_.word(image, 8));
    const bool wrong = kind != 0 && shader_.word(image, 7) == 2 && shader_.float_width(shader_.word(image, 2)) == 32;
    if (!wrong) return append(out_, words);
    const IntegerTypes& types = integer_types(kind);
    recast_[image.result] = types.vector;
    append(out_, words);
    out_[out_.size() - words.size() + 2] = types.scalar;
  }

  void add_image_read(const Instruction& read, std::span<const uint32_t> words) {
    append(out_, words);
    const uint32_t texel = recast(shader_.word(read, 3), read.type);
    if (texel == 0) return;
    const size_t first = out_.size() - words.size();
    out_[first + 1] = texel;
    out_[first + 2] = next_id_;
    append(out_, std::array{4u << 16 | spv::OpBitcast, read.type, read.result, next_id_++});
  }

  void add_image_write(const Instruction& write, std::span<const uint32_t> words) {
    const uint32_t value = shader_.word(write, 3);
    const uint32_t texel = recast(shader_.word(write, 1), shader_.type_of(value));
    if (texel == 0) return append(out_, words);
    append(out_, std::array{4u << 16 | spv::OpBitcast, texel, next_id_, value});
    append(out_, words);
    out_[out_.size() - words.size() + 3] = next_id_++;
  }

  // The integer vector to cast a float one to for this image; 0 when it stays as it is.
  uint32_t recast(uint32_t image, uint32_t vector) const {
    const Instruction& type = shader_.definition(vector);
    const bool floats = type.opcode == spv::OpTypeVector && shader_.word(type, 3) == 4 &&
                        shader_.float_width(shader_.word(type, 2)) == 32;
    if (!floats || recast_.empty()) return 0;
    const auto found = recast_.find(shader_.type_of(image));
    return found == recast_.end() ? 0 : found->second;
  }

  // The type of integer texels, and of one of them, emitted by now: found or made once.
  const IntegerTypes& integer_types(char kind) {
    IntegerTypes& types = kind == 'i' ? signed_ : unsigned_;
    if (types.vector == 0) {
      types.scalar = type_id(spv::OpTypeInt, 32, kind == 'i' ? 1 : 0);
      types.vector = type_id(spv::OpTypeVector, types.scalar, 4);
    }
    return types;
  }

  // Types are declared once: one that comes later in the shader moves here.
  uint32_t type_id(spv::Op opcode, uint32_t first, uint32_t second) {
    const auto emit = [&](uint32_t id) {
      append(out_, std::array{4u << 16 | static_cast<uint32_t>(opcode), id, first, second});
      hoisted_.push_back(id);
      return id;
    };
    for (const Instruction& type : shader_.instructions()) {
      if (type.opcode != opcode || shader_.word(type, 2) != first || shader_.word(type, 3) != second) continue;
      const bool emitted = contains(hoisted_, type.result) || type.at < position_;
      return emitted ? type.result : emit(type.result);
    }
    return emit(next_id_++);
  }

  void add_missing_capabilities() {
    if (capabilities_added_) return;
    capabilities_added_ = true;
    for (const uint32_t capability : scan_.missing_capabilities) append_capability(out_, capability);
  }

  void add_missing_extensions() {
    if (extensions_added_) return;
    extensions_added_ = true;
    for (const std::string& extension : scan_.missing_extensions) append_extension(out_, extension);
  }

  const SpirvModule& shader_;
  const ShaderScan& scan_;
  std::vector<uint32_t> out_;
  std::unordered_map<uint32_t, uint32_t> recast_;  // image type with integer texels -> type of its texels
  IntegerTypes signed_, unsigned_;
  std::vector<uint32_t> hoisted_;  // types that stand before their place, or are new: four at most
  uint32_t next_id_ = 0;
  uint32_t position_ = 0;  // of the instruction being added
  bool capabilities_added_ = false;
  bool extensions_added_ = false;
};

}  // namespace

std::vector<uint32_t> patch_shader(const SpirvModule& shader, const ShaderScan& scan) {
  return Patcher(shader, scan).patch();
}

}  // namespace ist::aot
