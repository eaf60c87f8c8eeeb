// Handles in, sentences out.
#include "session.h"

#include <algorithm>
#include <utility>

namespace tool {

ist::Status of_call(TiError error) {
  if (error == TI_ERROR_SUCCESS) return {};
  uint64_t size = 0;
  (void)ti_get_last_error(&size, nullptr);
  std::string sentence(size, '\0');
  if (size) (void)ti_get_last_error(&size, sentence.data());
  sentence.resize(std::min(sentence.size(), sentence.find('\0')));
  ti_set_last_error(TI_ERROR_SUCCESS, "");
  return {static_cast<ist::Code>(error), std::move(sentence)};
}

ist::Status of_last_error() { return of_call(ti_get_last_error(nullptr, nullptr)); }

ist::Result<Session> Session::open(TiArch arch, uint32_t device, const std::string& module_path) {
  Session session;
  session.runtime_ = ti_create_runtime(arch, device);
  if (!session.runtime_) return of_last_error();
  session.module_ = ti_load_aot_module(session.runtime_, module_path.c_str());
  if (!session.module_) return of_last_error();
  return session;
}

Session::Session(Session&& other) noexcept
    : runtime_(std::exchange(other.runtime_, nullptr)),
      module_(std::exchange(other.module_, nullptr)),
      memories_(std::move(other.memories_)),
      images_(std::move(other.images_)) {}

Session::~Session() {
  if (!runtime_) return;
  for (const TiMemory memory : memories_) ti_free_memory(runtime_, memory);
  for (const TiImage image : images_) ti_free_image(runtime_, image);
  if (module_) ti_destroy_aot_module(module_);
  ti_destroy_runtime(runtime_);
}

ist::Result<TiMemory> Session::make_memory(uint64_t size_bytes, const std::optional<Bytes>& bytes) {
  constexpr uint64_t kStepBytes = uint64_t{16} << 20;
  TiMemoryAllocateInfo info{};
  info.size = std::max<uint64_t>(size_bytes, 1);
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  const TiMemory memory = ti_allocate_memory(runtime_, &info);
  if (!memory) return of_last_error();
  memories_.push_back(memory);
  if (bytes) {
    IST_CHECK(write_memory(memory, 0, bytes->data(), bytes->size()));
    return memory;
  }
  const Bytes zeros(std::min(size_bytes, kStepBytes));
  for (uint64_t at = 0; at < size_bytes; at += kStepBytes)
    IST_CHECK(write_memory(memory, at, zeros.data(), std::min(size_bytes - at, kStepBytes)));
  return memory;
}

ist::Status Session::write_memory(TiMemory memory, uint64_t offset_bytes, const std::byte* bytes,
                                  uint64_t count) const {
  const TiMemorySlice slice{memory, offset_bytes, count};
  return count ? of_call(ist_write_memory(runtime_, &slice, bytes)) : ist::Status();
}

ist::Status Session::read_memory(TiMemory memory, Bytes& bytes) const {
  const TiMemorySlice slice{memory, 0, bytes.size()};
  return bytes.empty() ? ist::Status() : of_call(ist_read_memory(runtime_, &slice, bytes.data()));
}

ist::Result<TiImage> Session::make_image(const TiImageAllocateInfo& info, uint64_t size_bytes,
                                         const std::optional<Bytes>& texels) {
  const TiImage image = ti_allocate_image(runtime_, &info);
  if (!image) return of_last_error();
  images_.push_back(image);
  const TiImageSlice slice{image, {}, info.extent, 0};
  const Bytes zeros(texels ? 0 : size_bytes);
  const Bytes& written = texels ? *texels : zeros;
  IST_CHECK(of_call(ist_write_image(runtime_, &slice, written.data(), written.size(), 0)));
  return image;
}

ist::Status Session::read_image(TiImage image, const TiImageExtent& extent, Bytes& texels) const {
  const TiImageSlice slice{image, {}, extent, 0};
  return of_call(ist_read_image(runtime_, &slice, texels.data(), texels.size(), 0));
}

ist::Status Session::wait() const {
  ti_wait(runtime_);
  return of_last_error();
}

}  // namespace tool
