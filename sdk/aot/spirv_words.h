// The numbers of the SPIR-V specification, with its table of which instructions have results.
#pragma once

#define SPV_ENABLE_UTILITY_CODE
#include <spirv_cross/spirv.hpp>
