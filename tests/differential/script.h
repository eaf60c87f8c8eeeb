// The language in which launches are described to both sides. One statement per line:
//
//   module NAME                 loads the module, or goes back to one that is loaded; the others refer to it
//   array ID TYPE SHAPE [FILL]  makes an array, in place of an older one of that name. TYPE is f32, f32*3, f32*2*3;
//                               SHAPE 7 or 7x5 or - (rank 0). FILL: random (if left out), zero, in LOW HIGH,
//                               is VALUE... (the last one goes on)
//   image ID FORMAT SHAPE       makes an image of 1, 2 or 3 dimensions; FORMAT is the number of the TiFormat
//   launch KERNEL ARG...        ARG is an ID, or a value: i32:-3, f32:1.5, other types as TI_ARGUMENT_TYPE_SCALAR,
//                               and f32(1,2,3) for tensors
//   graph GRAPH NAME=ARG...
//   copy ID ID                  the whole memory or image, destination first
//   flush, wait, unload NAME
//   read ID [MODE]              waits, then records the memory; read_now does not wait. MODE tells how to compare:
//                               near TOLERANCE (of the largest value), sorted, and for
//                               random numbers model LAUNCH or uniform
//   times N STATEMENT
//
// Lines that begin with # are comments. Names with blanks are quoted.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "transcript.h"

namespace differential {

// Behind every array, filled and recorded as the array is: whoever writes past the end shows.
constexpr uint64_t kGuardBytes = 64;

// Words of a line, quotes removed; empty for comments.
std::vector<std::string> words_of(const std::string& line);

struct TypeInfo {
  const char* name;
  TiDataType type;
  uint32_t size_bytes;
};
std::span<const TypeInfo> types();
const TypeInfo* find_type(const std::string& name);
const TypeInfo* find_type(TiDataType type);

// Runs a script on one library and arch. Modules are looked for in `modules_folder`. Every statement is one step of the
// transcript, labelled by its line number and text; a statement that cannot be understood ends the process.
void run_script(const Api& api, TiArch arch, const std::string& modules_folder, const std::string& script_path,
                TranscriptWriter& transcript);

}  // namespace differential
