// A linked compute program and where its bindings went, from the SPIR-V of a module.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gl/gl_gpu.h"
#include "gl/gl_translate.h"

namespace ist::gl {

class Pipeline final : public ist::Pipeline {
 public:
  // Element i belongs to PipelineDesc::bindings[i].
  struct Slot {
    DescriptorKind kind = DescriptorKind::storage_buffer;
    uint32_t point = kNoSlot;  // of its kind: binding point, texture unit or image unit; kNoSlot: nothing is bound
    Enum image_format = 0;     // storage images: the unit's format, as the shader declares it
    Enum image_access = 0;     // and GL_READ_ONLY, GL_WRITE_ONLY or GL_READ_WRITE
  };

  Pipeline(const Gpu& gpu, Name program, std::vector<Slot> slots);
  ~Pipeline() override;

  Name program() const { return program_; }
  std::span<const Slot> slots() const { return slots_; }
  // Points in use, by DescriptorKind.
  uint32_t count(DescriptorKind kind) const { return counts_[static_cast<size_t>(kind)]; }

 private:
  const Gpu& gpu_;
  Name program_;
  std::vector<Slot> slots_;
  uint32_t counts_[kKinds] = {};
};

// Thread-safety: serialised by the runtime.
class PipelineFactory {
 public:
  explicit PipelineFactory(const Gpu& gpu);
  ~PipelineFactory();

  // Binds the context. incompatible_module names the kernel and the feature, limit or message of the driver.
  Result<std::unique_ptr<Pipeline>> create(const PipelineDesc& desc);
  PipelineCounts counts() const { return counts_; }

 private:
  const Gpu& gpu_;
  PipelineCounts counts_;
};

}  // namespace ist::gl
