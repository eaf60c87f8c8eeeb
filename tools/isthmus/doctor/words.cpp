// The names, as the report prints them.
#include "words.h"

namespace doctor {
namespace {

std::string last_sentence() {
  char text[2048] = "";
  uint64_t size = sizeof text;
  (void)ti_get_last_error(&size, text);
  return text;
}

template <class T>
std::vector<std::string> names_in(uint32_t mask) {
  std::vector<std::string> names;
  for (uint32_t bit = 0; bit < 32; ++bit)
    if (mask & (1u << bit)) names.emplace_back(name_of(static_cast<T>(bit)));
  return names;
}

}  // namespace

Problem of_call(TiError error) {
  if (error == TI_ERROR_SUCCESS) return {};
  Problem problem = last_sentence();
  ti_set_last_error(TI_ERROR_SUCCESS, "");
  return problem;
}

Problem of_last_error() { return of_call(ti_get_last_error(nullptr, nullptr)); }

const char* name_of(IstHandleType type) {
  switch (type) {
    case IST_HANDLE_NONE:
      return "none";
    case IST_HANDLE_OPAQUE_FD:
      return "opaque fd";
    case IST_HANDLE_DMA_BUF:
      return "dma-buf";
    case IST_HANDLE_SYNC_FD:
      return "sync fd";
    case IST_HANDLE_OPAQUE_WIN32:
      return "win32 handle";
    case IST_HANDLE_HOST_POINTER:
      return "host pointer";
    default:
      return "?";
  }
}

const char* name_of(IstRung rung) {
  switch (rung) {
    case IST_RUNG_AUTO:
      return "auto";
    case IST_RUNG_QUEUE:
      return "queue";
    case IST_RUNG_TIMELINE:
      return "timeline";
    case IST_RUNG_BINARY:
      return "binary";
    case IST_RUNG_SYNC_FD:
      return "sync fd";
    case IST_RUNG_GL_FENCE:
      return "gl fence";
    case IST_RUNG_HOST:
      return "host";
    default:
      return "?";
  }
}

const char* name_of(TiImageLayout layout) {
  switch (layout) {
    case TI_IMAGE_LAYOUT_UNDEFINED:
      return "-";
    case TI_IMAGE_LAYOUT_SHADER_READ:
      return "shader read";
    case TI_IMAGE_LAYOUT_SHADER_READ_WRITE:
      return "shader read write";
    default:
      return "?";
  }
}

std::vector<std::string> handles_in(uint32_t mask) { return names_in<IstHandleType>(mask); }
std::vector<std::string> rungs_in(uint32_t mask) { return names_in<IstRung>(mask); }

std::string hex(const uint8_t (&uuid)[16]) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : uuid) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace doctor
