// Archives made for tests: any files, stored or deflated, in memory.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ist::test {

using Files = std::map<std::string, std::string>;  // contents by name

enum class Packing { stored, deflated };

std::vector<std::byte> write_zip(const Files& files, Packing packing = Packing::stored, const std::string& prefix = {});

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace ist::test
