// Escape codes are known here only.
#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tool {
namespace {

ColorWhen chosen = ColorWhen::automatic;

bool colors_on(int file) {
  if (chosen != ColorWhen::automatic) return chosen == ColorWhen::always;
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if ((none && *none) || (terminal && std::strcmp(terminal, "dumb") == 0)) return false;
  return ::isatty(file) != 0;
}

// Columns that a text takes: escape codes and the later bytes of UTF-8 characters take none.
size_t width_of(const std::string& text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
      ++width;
    }
  }
  return width;
}

// How many bytes at the front of UTF-8 are a character that acts upon a terminal instead of being shown there; often 0.
size_t acting_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto is_in = [&](size_t i, unsigned first, unsigned last) { return byte(i) >= first && byte(i) <= last; };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  // U+0080 to U+009F.
  if (byte(0) == 0xc2 && is_in(1, 0x80, 0x9f)) return 2;
  // U+2028 to U+202E, line ends and directions; U+2066 to U+2069, more directions.
  const bool acts = (byte(1) == 0x80 && is_in(2, 0xa8, 0xae)) || (byte(1) == 0x81 && is_in(2, 0xa6, 0xa9));
  return byte(0) == 0xe2 && acts ? 3 : 0;
}

}  // namespace

void set_color(ColorWhen when) { chosen = when; }

std::string Paint::in(const char* code, const std::string& text) const {
  return on_ && !text.empty() ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
}

Paint out_paint() { return Paint(colors_on(STDOUT_FILENO)); }
Paint err_paint() { return Paint(colors_on(STDERR_FILENO)); }

std::string table(const std::vector<std::vector<std::string>>& rows, size_t indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 24;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text.empty() ? "none" : text;
}

std::string size_text(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
  return text;
}

void complain(const std::string& sentence) {
  const Paint paint = err_paint();
  std::fprintf(stderr, "%s %s\n", paint.red("isthmus:").c_str(), printable(sentence).c_str());
}

std::string printable(const std::string& text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const size_t acting = acting_bytes(std::string_view(text).substr(at));
    clean += acting ? '?' : text[at];
    at += std::max<size_t>(acting, 1);
  }
  return clean;
}

}  // namespace tool
