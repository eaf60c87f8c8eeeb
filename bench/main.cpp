// isthmus_bench: the rows for who works on the library; `isthmus bench` is the same for who has it installed.
#include "options.h"
#include "rounds.h"
#include "worker.h"

#ifndef ISTHMUS_BENCH_LIBRARY
#define ISTHMUS_BENCH_LIBRARY ""
#endif

int main(int argc, char** argv) {
  if (ist::bench::is_worker(argc, argv)) return ist::bench::run_worker(argv);
  // The library of this build, and the modules of assets.
  ist::bench::Options defaults;
  defaults.library = ISTHMUS_BENCH_LIBRARY;
  defaults.modules_folder = ISTHMUS_BENCH_MODULES;
  return ist::bench::run_rounds(ist::bench::read_options(argc, argv, defaults));
}
