// The ABI's structs and enums, checked and turned into the core's words. Nothing is recorded here.
#pragma once

#include <taichi/taichi_core.h>

#include "capi/entry.h"
#include "core/image.h"
#include "core/memory.h"

namespace ist::capi {

Result<BufferDesc> translate(const TiMemoryAllocateInfo& info);
Result<ImageDesc> translate(const TiImageAllocateInfo& info);
Result<SamplerDesc> translate(const TiSamplerCreateInfo& info);
Result<Layout> translate(TiImageLayout layout);

// What a slice is to a copy: a host's own object may have been made without the usage for it.
enum class Role { source, target };

// `which` names the struct in messages: "dst". The slice lies in its object, which can play the role.
Result<MemorySlice> translate(const Call& call, const TiMemorySlice* slice, const char* which, Role role);
Result<ImageSlice> translate(const Call& call, const TiImageSlice* slice, const char* which, Role role);

// Can an image of this usage and format be in this layout?
Status check_layout(const ImageResource& image, Layout layout);

}  // namespace ist::capi
