// The report of the doctor as text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace doctor {

// Headings are bold where stdout shows that; the JSON is what doctor.cpp puts together.
std::string to_text(const nlohmann::json& report);

}  // namespace doctor
