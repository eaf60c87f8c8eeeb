// Copies the words and edits the preamble on the way.
#include "aot/spirv_patch.h"

#include <algorithm>
#include <string>

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

class Patcher {
 public:
  Patcher(const SpirvModule& shader, const ShaderScan& scan) : shader_(shader), scan_(scan) {
    out_.reserve(shader.words().size() + 32);
  }

  std::vector<uint32_t> patch() {
    append(out_, shader_.words().first(5));
    out_[1] = scan_.version;
    for (size_t i = 1; i < shader_.instructions().size(); ++i) add(shader_.instructions()[i]);
    return std::move(out_);
  }

 private:
  void add(const Instruction& instruction) {
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
      default:
        append(out_, words);
    }
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
  bool capabilities_added_ = false;
  bool extensions_added_ = false;
};

}  // namespace

std::vector<uint32_t> patch_shader(const SpirvModule& shader, const ShaderScan& scan) {
  return Patcher(shader, scan).patch();
}

}  // namespace ist::aot
