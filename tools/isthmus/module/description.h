// A module as JSON: everything that can be told of it without a device. Its keys are documented in isthmus.1 and stay.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "aot/module_desc.h"

namespace tool {

// Members in the order in which they are written.
using Json = nlohmann::ordered_json;

Json describe(const ist::aot::ModuleDesc& module);

// Bytes of the archive, or of the files in the folder; 0 when it cannot be told.
uint64_t bytes_on_disk(const std::string& path);

// "1.3" of a SPIR-V version word.
std::string spirv_version_text(uint32_t version);

// As one text; names that are no UTF-8 get replacement characters.
std::string dumped(const Json& value, int indent = 2);

}  // namespace tool
