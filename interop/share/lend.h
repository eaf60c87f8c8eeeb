// IstHandover in the core's words, for every way of lending.
#pragma once

#include <ist/share.h>

#include <vector>

#include "capi/entry.h"
#include "core/handover.h"

namespace ist::share {

// Resolves and checks each; `which` names the array in messages. Layouts are checked against usages.
Result<std::vector<Handover>> translate(const capi::Call& call, uint32_t count, const IstHandover* objects,
                                        const char* which);

}  // namespace ist::share
