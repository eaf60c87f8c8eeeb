// The switches of the environment, from the one table options.def.
#pragma once

#include <string>

#include "base/log.h"

namespace ist {

struct Options {
#define OPTION(type, field, name, initial, text) type field = initial;
#include "base/options.def"
#undef OPTION
};

// Read from the environment at the first call, constant afterwards. Any thread.
const Options& options();

}  // namespace ist
