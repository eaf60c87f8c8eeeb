// What the headers' numbers are called, and how a call that has failed is passed on.
#pragma once

#include <ist/share.h>

#include <optional>
#include <string>
#include <vector>

namespace doctor {

// Nothing when all went well, else why not, as one sentence.
using Problem = std::optional<std::string>;

// Of a call of the library: its sentence, which is the thread's last error and is cleared.
Problem of_call(TiError error);
// The same of the functions of the C-API that return no error.
Problem of_last_error();

#define DOCTOR_TRY(...) \
  if (::doctor::Problem problem_ = (__VA_ARGS__)) return problem_

const char* name_of(IstHandleType type);
const char* name_of(IstRung rung);
const char* name_of(TiImageLayout layout);
// Names of the bits that are set.
std::vector<std::string> handles_in(uint32_t mask);
std::vector<std::string> rungs_in(uint32_t mask);
// 32 hex digits.
std::string hex(const uint8_t (&uuid)[16]);

}  // namespace doctor
