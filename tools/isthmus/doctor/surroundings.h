// What is around the library: environment variables, files that drivers need, and the Debian package that brings what
// is missing. Loads no driver.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace doctor {

// [{"name", "value", "what"}]: variables of the library and of the driver loaders that are set; `what` is empty for one
// of ours that the library does not know.
nlohmann::json environment();

// [{"what", "package"}], for what was found: devices and contexts are those of the report.
nlohmann::json missing(const nlohmann::json& report);

// {"system", "processor"}
nlohmann::json machine();

}  // namespace doctor
