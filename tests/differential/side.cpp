// One side of a comparison: runs a script or a group of calls on one library and writes the transcript.
// differential_side LIBRARY MODULES_FOLDER TRANSCRIPT (script FILE | opengl FILE | gles FILE | x64 FILE | calls GROUP).
// A script runs on Vulkan, or on the arch that stands in its place. It ends without tidying up.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "calls.h"
#include "script.h"

int main(int argc, char** argv) {
  using namespace differential;
  if (argc != 6) return 2;
  const std::string library = argv[1], folder = argv[2], kind = argv[4], what = argv[5];
  std::string problem;
  const Api api = open_api(library, &problem);
  if (!problem.empty()) {
    std::cerr << problem << "\n";
    return 2;
  }
  TranscriptWriter transcript(argv[3]);
  if (kind == "script") {
    run_script(api, TI_ARCH_VULKAN, folder, what, transcript);
  } else if (kind == "opengl") {
    run_script(api, TI_ARCH_OPENGL, folder, what, transcript);
  } else if (kind == "gles") {
    run_script(api, TI_ARCH_GLES, folder, what, transcript);
  } else if (kind == "x64") {
    run_script(api, TI_ARCH_X64, folder, what, transcript);
  } else if (kind != "calls" || !run_calls(api, folder, what, transcript)) {
    return 2;
  }
  // What kernels have printed. The libraries' own clean-up at exit is no part of what is compared.
  std::fflush(stdout);
  std::_Exit(0);
}
