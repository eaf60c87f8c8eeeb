// What one side did: a list of steps with their outcome and, for reads, the memory. Written step by step, so that
// a crash shows which step it was.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "api.h"

namespace differential {

struct Entry {
  std::string label;    // equal on both sides
  std::string outcome;  // "ok", or the name of the error, perhaps with a note in front; "crash" if the side died here
  TiDataType type = TI_DATA_TYPE_UNKNOWN;
  std::vector<uint8_t> bytes;
};

class TranscriptWriter {
 public:
  explicit TranscriptWriter(const std::string& path) : out_(path, std::ios::binary) {}
  // The label first, then what came of it: between them the step runs.
  void begin(const std::string& label);
  void end(const std::string& outcome, TiDataType type = TI_DATA_TYPE_UNKNOWN, const std::vector<uint8_t>& bytes = {});

 private:
  std::ofstream out_;
};

// All steps of the file; one that has begun and not ended has the outcome "crash".
std::vector<Entry> read_transcript(const std::string& path);

// "ok" for success, else the name without its prefix, e.g. "ARGUMENT_NULL", or the number.
std::string error_name(TiError error);

}  // namespace differential
