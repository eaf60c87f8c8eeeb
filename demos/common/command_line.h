// Values of options, files beside the program, and figures as JSON: what all demos do alike. Bad values throw
// std::invalid_argument with the option and the rule.
#pragma once

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace demo {

// Throws: "--size (7) is not of the form WxH."
[[noreturn]] void refuse(std::string_view name, std::string_view value, const std::string& rule);

template <class Int>
Int parse_number(std::string_view name, std::string_view text, Int low, Int high) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value < low || value > high)
    refuse(name, text, "is not a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ".");
  return value;
}

struct Size {
  uint32_t width;
  uint32_t height;
};
// "1280x720", each side from 64 to 8192.
Size parse_size(std::string_view name, std::string_view text);

std::string one_of(std::string_view name, std::string_view value, std::initializer_list<const char*> allowed);

// Where installed programs have the modules, and where the source tree does.
std::vector<std::filesystem::path> module_folders();

std::string json_string(const std::string& text);

// Figures of a run; "-" is standard output, an empty path nothing. Throws std::runtime_error.
void write_figures(const std::string& path, const std::string& json);

}  // namespace demo
