// What every verb prints with: colours where somebody looks, tables, and the one way to complain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tool {

// Exit codes of all verbs but diff.
inline constexpr int kWell = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

enum class ColorWhen { automatic, always, never };

// For the whole process; automatic: a terminal, no NO_COLOR and no TERM=dumb. Before anything is printed.
void set_color(ColorWhen when);

// Words in colours, or as they are.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string bold(const std::string& text) const { return in("1", text); }
  std::string dim(const std::string& text) const { return in("2", text); }
  std::string red(const std::string& text) const { return in("31", text); }
  std::string green(const std::string& text) const { return in("32", text); }
  std::string cyan(const std::string& text) const { return in("36", text); }

 private:
  std::string in(const char* code, const std::string& text) const;
  bool on_;
};

// For stdout and for stderr.
Paint out_paint();
Paint err_paint();

// Columns as wide as what is in them, two spaces apart; lines begin with `indent` spaces and end without any.
std::string table(const std::vector<std::vector<std::string>>& rows, size_t indent = 2);

// "a, b, c"; of many the first ones and how many more there are; "none".
std::string listed(const std::vector<std::string>& names);

// "612 bytes", "4.0 KiB", "1.2 MiB"
std::string size_text(uint64_t bytes);

// "isthmus: sentence" on stderr.
void complain(const std::string& sentence);

// Words for one line on a terminal: each line end, control character (C1 too) and change of the writing direction of an
// untrusted name as "?".
std::string printable(const std::string& text);

}  // namespace tool
