// The description of a module as text for people.
#pragma once

#include <string>

#include "../module/description.h"

namespace tool {

// `description` as describe() makes it, with "path" and "file_bytes" beside. In colours where stdout shows them.
std::string inspect_text(const Json& description);
// The one kernel, with parameters and bindings line by line.
std::string inspect_kernel_text(const Json& kernel);

}  // namespace tool
