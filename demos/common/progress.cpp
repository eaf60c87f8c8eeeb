// The bar redraws one line and erases it in the end.
#include "progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace demo {

Progress::Progress(uint32_t total) : total_(total), visible_(total > 0 && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(uint32_t done) const {
  if (!visible_) return;
  constexpr uint32_t kWidth = 40;
  const auto filled = uint32_t(uint64_t(kWidth) * done / total_);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fprintf(stderr, "\r[%s] frame %u of %u", bar.c_str(), done, total_);
  std::fflush(stderr);
}

}  // namespace demo
