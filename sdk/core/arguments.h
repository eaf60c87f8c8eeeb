// Checks the host's arguments against a kernel's parameters and writes them into its args block.
#pragma once

#include "core/launch_plan.h"

namespace ist {

inline constexpr uint32_t kMaxArguments = 64;  // the released library's limit, part of the ABI's behaviour

// Checks argument `position` in full (kind, dtype, rank, size, usage, ownership) and writes it into
// `launch`. `desc` and position name it in messages. Under the lock of `runtime`.
Status prepare_argument(Runtime& runtime, const aot::KernelDesc& desc, uint32_t position, const TiArgument& argument,
                        PreparedLaunch& launch);

// All arguments of a direct launch: count, then each by position.
Status prepare_arguments(Runtime& runtime, const aot::KernelDesc& desc, uint32_t count, const TiArgument* arguments,
                         PreparedLaunch& launch);

const char* argument_type_name(TiArgumentType type);  // "TI_ARGUMENT_TYPE_I32"

}  // namespace ist
