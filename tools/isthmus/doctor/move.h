// Moves real pixels between a runtime and another side, and measures it. Runs in a process of its own.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "peer.h"

namespace doctor {

// One row of the report: state "ok", "wrong" (a pixel is not what was written) or "refused" (it cannot be, with the
// reason), and what Row says.
nlohmann::json move_pixels(const PairOptions& options);

}  // namespace doctor
