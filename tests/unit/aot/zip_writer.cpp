// minizip's writer over a growing buffer.
#include "zip_writer.h"

#include <minizip/zip.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ist::test {

namespace {

struct Buffer {
  std::vector<std::byte> bytes;
  size_t position = 0;
};

voidpf open_buffer(voidpf opaque, const void*, int) { return opaque; }
uLong read_buffer(voidpf, voidpf stream, void* out, uLong size) {
  auto& buffer = *static_cast<Buffer*>(stream);
  const size_t count = std::min<size_t>(size, buffer.bytes.size() - buffer.position);
  if (count > 0) std::memcpy(out, buffer.bytes.data() + buffer.position, count);
  buffer.position += count;
  return static_cast<uLong>(count);
}

uLong write_buffer(voidpf, voidpf stream, const void* in, uLong size) {
  auto& buffer = *static_cast<Buffer*>(stream);
  buffer.bytes.resize(std::max(buffer.bytes.size(), buffer.position + size));
  if (size > 0) std::memcpy(buffer.bytes.data() + buffer.position, in, size);
  buffer.position += size;
  return size;
}

ZPOS64_T tell_buffer(voidpf, voidpf stream) { return static_cast<Buffer*>(stream)->position; }

long seek_buffer(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  auto& buffer = *static_cast<Buffer*>(stream);
  const size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? buffer.position
                      : origin == ZLIB_FILEFUNC_SEEK_END ? buffer.bytes.size()
                                                         : 0;
  buffer.position = base + offset;
  return 0;
}

int close_buffer(voidpf, voidpf) { return 0; }
int buffer_error(voidpf, voidpf) { return 0; }

}  // namespace

std::vector<std::byte> write_zip(const Files& files, Packing packing, const std::string& prefix) {
  Buffer buffer;
  zlib_filefunc64_def io = {open_buffer, read_buffer,  write_buffer, tell_buffer,
                            seek_buffer, close_buffer, buffer_error, &buffer};
  zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &io);
  const int method = packing == Packing::stored ? 0 : Z_DEFLATED;
  for (const auto& [name, content] : files) {
    zip_fileinfo info = {};
    const bool written = zipOpenNewFileInZip(zip, (prefix + name).c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                                             method, Z_BEST_COMPRESSION) == ZIP_OK &&
                         zipWriteInFileInZip(zip, content.data(), static_cast<unsigned>(content.size())) == ZIP_OK &&
                         zipCloseFileInZip(zip) == ZIP_OK;
    if (!written) std::abort();
  }
  if (zipClose(zip, nullptr) != ZIP_OK) std::abort();
  return std::move(buffer.bytes);
}

}  // namespace ist::test
