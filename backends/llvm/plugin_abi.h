// The C interface between the library and its plugin libisthmus_llvm.so, which alone contains or links LLVM. Nothing
// but plain data crosses it, so that the two may be built with different C++ runtimes. The plugin exports one function,
// `ist_llvm_plugin`; everything else is reached through the table it returns.
//
// Threads: any, but one thread at a time for one module or one code.
// Failing: functions that return int return 0 for success, and else have written one sentence to `said`. IR and objects
// are untrusted: whatever they hold, a call returns.
#ifndef ISTHMUS_LLVM_PLUGIN_ABI_H
#define ISTHMUS_LLVM_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IST_LLVM_ABI_VERSION 1u
#define IST_LLVM_ENTRY "ist_llvm_plugin"

// Takes the bytes before it returns.
typedef struct IstLlvmSink {
  void (*write)(void* user, const char* bytes, size_t count);
  void* user;
} IstLlvmSink;

enum {  // results of functions
  IST_LLVM_OK = 0,
  IST_LLVM_MALFORMED = 1,     // what the IR or the object says is not sound
  IST_LLVM_INCOMPATIBLE = 2,  // it is, but wants what no module may have: named in the sentence
  IST_LLVM_FAILED = 3         // LLVM gave up, memory is short, or what is asked for is not there
};

enum {                      // IstLlvmTaskFacts::loop, by the context that the task hands to parallel_for
  IST_LLVM_LOOP_NONE = 0,   // calls it never: one thread
  IST_LLVM_LOOP_RANGE = 1,  // 56 bytes: i32 begin @40, end @44, block @48, step @52
  IST_LLVM_LOOP_OTHER = 2   // struct_for, mesh_for, or several
};

// What is known of a task from its IR.
typedef struct IstLlvmTaskFacts {
  uint32_t loop;
  // How many compare-exchange loops and atomicrmw on floating-point numbers there are in what each iteration runs.
  // Those that run once for each split (reductions behind its loop or in epilogues) do not count. Of a task without a
  // loop: all that it runs.
  uint32_t float_atomics;
} IstLlvmTaskFacts;

enum {                         // flags of emit_object
  IST_LLVM_PLAIN_ATOMICS = 1u  // atomic operations become plain ones: for one thread at a time
};

typedef struct IstLlvmModule IstLlvmModule;  // parsed IR
typedef struct IstLlvmCode IstLlvmCode;      // linked code of this machine

typedef struct IstLlvmPlugin {
  uint32_t abi_version;  // IST_LLVM_ABI_VERSION

  // What objects depend on besides IR and flags: versions of LLVM and of this plugin, CPU and its features. Lives as
  // long as the plugin.
  const char* cpu_identity;
  // Likewise for PTX.
  const char* ptx_identity;

  // Parses and verifies the IR of one kernel (text, typed pointers; `label` for messages), and checks that each of
  // `tasks` is a function `void (RuntimeContext*)` that it defines, and that the module has nothing which modules of
  // Taichi never have: other symbols, inline assembly on CPUs, constructors... (IST_LLVM_INCOMPATIBLE). The text need
  // not outlive the call.
  int (*parse)(const char* ir, size_t ir_bytes, const char* label, const char* const* tasks, size_t task_count,
               IstLlvmModule** module, const IstLlvmSink* said);
  void (*close)(IstLlvmModule* module);

  // CPU modules.
  int (*inspect)(const IstLlvmModule* module, IstLlvmTaskFacts* facts, const IstLlvmSink* said);
  // Object code of this machine for the tasks named by index (each once) and what they call; the module stays as it
  // was. Optimisation level 2 of the code generator.
  int (*emit_object)(const IstLlvmModule* module, const uint32_t* task_indices, size_t count, uint32_t flags,
                     const IstLlvmSink* object, const IstLlvmSink* said);
  // Loads an object of emit_object, of this or another process, with none but the symbols that modules may have
  // (IST_LLVM_INCOMPATIBLE names another, which the code generator put in). The object is copied. It ends with a sum
  // over itself, so that damaged ones are refused; whoever can write sound ones can write machine code.
  int (*link)(const char* object, size_t object_bytes, const char* label, IstLlvmCode** code, const IstLlvmSink* said);
  // Address of a task; null when there is none.
  void* (*find)(IstLlvmCode* code, const char* task);
  void (*release)(IstLlvmCode* code);

  // CUDA modules: PTX text, ended by a NUL that is not counted, for compute capability `sm` (70, 75, 80, 86).
  int (*emit_ptx)(const IstLlvmModule* module, uint32_t sm, const IstLlvmSink* ptx, const IstLlvmSink* said);
} IstLlvmPlugin;

// Null when the plugin cannot serve this version.
typedef const IstLlvmPlugin* (*IstLlvmEntry)(uint32_t abi_version);

#ifdef __cplusplus
}
#endif

#endif  // ISTHMUS_LLVM_PLUGIN_ABI_H
