// All rounds of all contestants, from options to a printed table.
#pragma once

#include "options.h"

namespace ist::bench {

// Returns the exit code of the program: 0, or 2 where goals are missed and that counts. Fails the process when
// something is wrong. Starts this program again as a worker: its main must look at is_worker() first.
int run_rounds(const Options& options);

}  // namespace ist::bench
