// The report of the doctor as text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace doctor {

// Plain text without escape codes; the JSON is what doctor.cpp puts together.
std::string to_text(const nlohmann::json& report);

}  // namespace doctor
