// Bytes to ModuleDesc. Pure: opens files, never a device. The input is untrusted.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "aot/module_desc.h"
#include "base/status.h"

namespace ist::aot {

// Reads a module from a folder or a .tcm archive (told apart by content, not by extension).
// A module with a metadata.tcb is an LLVM module, any other is one of SPIR-V; ModuleDesc::code says
// for which machine. Fails with corrupted_data for anything missing or malformed, and with
// incompatible_module for a well-formed module of a kind nothing here runs (SPIR-V: sparse tasks,
// second field trees; LLVM: quantised arguments, another Taichi than 1.7, another machine); the
// sentence names file, member and value. Any thread.
Result<ModuleDesc> read_module_from_path(const std::string& path);

// Reads a .tcm archive from memory; the bytes are not kept. Any thread.
Result<ModuleDesc> read_module_from_memory(std::span<const std::byte> tcm);

}  // namespace ist::aot
